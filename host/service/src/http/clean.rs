//! Removes secrets from every answer on its way out.

use std::borrow::Cow;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use moulin_host::telemetry::scrub::Scrubber;

use crate::problem::Problem;
use crate::scrub::clean_json;

/// Searches the body of every answer, and takes it apart only when there is something to remove.
pub(super) async fn answers(State(scrubber): State<Scrubber>, request: Request, next: Next) -> Response {
    let (mut parts, body) = next.run(request).await.into_parts();
    // Every body is whole in memory already.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Problem::new("internal", "an answer could not be written").into_response();
    };
    if !scrubber.finds(&bytes) {
        return Response::from_parts(parts, Body::from(bytes));
    }
    let text = String::from_utf8_lossy(&bytes);
    let media_type = parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_json = media_type.starts_with(b"application/") && media_type.ends_with(b"json");
    let clean: Cow<'_, str> = if is_json { clean_json(&scrubber, &text) } else { scrubber.clean(&text) };
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(clean.into_owned()))
}

#[cfg(test)]
mod tests {
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use axum::{Json, Router};
    use http_body_util::BodyExt;
    use serde_json::{Value, json};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn json_stays_json_and_other_answers_are_cleaned_too() {
        let scrubber = Scrubber::default();
        scrubber.add("nice-secret");
        let router = Router::new()
            // Cleaned as a text, the escape of the line break would lose its letter.
            .route("/json", get(|| async { Json(json!({"nice-secret": ["a\nice-secret nice-secret"]})) }))
            .route("/page", get(|| async { "a nice-secret here" }))
            .route("/clean", get(|| async { "nothing" }))
            .layer(from_fn_with_state(scrubber, answers));
        let get = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            response.into_body().collect().await.unwrap().to_bytes()
        };
        let value: Value = serde_json::from_slice(&get("/json").await).unwrap();
        assert_eq!(value, json!({"***": ["a\nice-secret ***"]}));
        assert_eq!(get("/page").await, "a *** here");
        assert_eq!(get("/clean").await, "nothing");
    }
}
