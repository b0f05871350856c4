//! Request identifiers, and one log line for each request served.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, info, info_span};
use uuid::Uuid;

/// Names a request in answers and logs. A caller may choose it, so that its own logs can be matched.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest identifier that is taken over from a caller.
const LONGEST_ID: usize = 128;

tokio::task_local! {
    static CURRENT: HeaderValue;
}

/// Identifier of the request being served; none outside of one.
pub(super) fn request_id() -> Option<String> {
    CURRENT.try_with(|id| id.to_str().ok().map(str::to_owned)).ok().flatten()
}

/// Serves a request under an identifier and logs it. Query values are left out: they may name guests.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).filter(|id| is_acceptable(id)).cloned();
    let id = id.unwrap_or_else(fresh);
    let span = info_span!("request", id = id.to_str().unwrap_or_default());
    let start = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let served = async {
        let response = CURRENT.scope(id.clone(), next.run(request)).await;
        let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        info!(%method, path, status = response.status().as_u16(), ms, "served");
        response
    };
    let mut response = served.instrument(span).await;
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Visible ASCII of a sensible length: nothing that could break a log line.
fn is_acceptable(id: &HeaderValue) -> bool {
    (1..=LONGEST_ID).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
}

fn fresh() -> HeaderValue {
    HeaderValue::from_str(&Uuid::new_v4().to_string()).unwrap_or(HeaderValue::from_static("unknown"))
}
