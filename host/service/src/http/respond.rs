//! Answers that are not an operation's own.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// Media type of problem details (RFC 9457).
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        self.request_id = super::access::request_id();
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// No route has this path.
pub(super) async fn no_such_path(uri: Uri) -> Problem {
    Problem::new("no_such_path", format!("there is nothing at {}", uri.path()))
        .hint("GET /openapi.json lists the paths there are")
}

/// The path exists, but not with this method. The router adds `Allow`.
pub(super) async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::new("method_not_allowed", format!("{} does not take {method}", uri.path()))
}
