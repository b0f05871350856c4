//! The three error shapes: the specification's, the gateway's in front of Sync, and the booking API's.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::common::query::Malformed;

/// Which shape a path answers errors in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `{"error":{"code","message"}}`.
    Seed,
    /// `{"timestamp","path","status","error","requestId"}`.
    Gateway,
    /// `{"errors":[{"code"?,"message"}],"requestid"}`.
    Booking,
}

/// A refusal.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after: Option<u32>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
    }

    pub(super) fn not_found(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("{what} {id} does not exist"))
    }

    pub(super) fn too_many() -> Self {
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "Too many requests");
        Self { retry_after: Some(30), ..error }
    }

    /// What only a person at the restaurant can do.
    pub(super) fn redirect_to_host() -> Self {
        Self::new(StatusCode::FORBIDDEN, "RedirectToHost", "Human intervention is needed to complete the request")
    }

    /// The answer; `request` is the number of the request.
    pub(super) fn into_response(self, shape: Shape, path: &str, at: &str, request: u32) -> Response {
        let Self { status, code, message, retry_after } = self;
        let id = format!("{request:08x}");
        let body = match shape {
            Shape::Seed => json!({ "error": { "code": code, "message": message } }),
            Shape::Gateway => json!({
                "timestamp": at, "path": path, "status": status.as_u16(),
                "error": status.canonical_reason().unwrap_or("Error"), "requestId": id,
            }),
            // Only some refusals have a code there.
            Shape::Booking if code == "RedirectToHost" => {
                json!({ "errors": [{ "code": code, "message": message }], "requestid": id })
            }
            Shape::Booking => json!({ "errors": [{ "message": message }], "requestid": id }),
        };
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Malformed> for ApiError {
    fn from(malformed: Malformed) -> Self {
        Self::bad_request(malformed.0)
    }
}

/// What a strict reader found wrong.
impl From<String> for ApiError {
    fn from(wrong: String) -> Self {
        Self::bad_request(wrong)
    }
}
