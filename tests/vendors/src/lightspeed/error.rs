//! The error shapes of the API: its own, and that for a request without a valid token.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::common::query::Malformed;

/// An error of the API, answered as `{"httpCode","httpMessage","message","errorClass"}`, all strings.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// As recorded from the real vendor.
    pub(super) fn no_such_row(resource: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Object of type '{resource}' not found with primary ID '{id}'."))
    }
}

impl From<Malformed> for ApiError {
    fn from(malformed: Malformed) -> Self {
        Self::bad_request(malformed.0)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({
            "httpCode": self.status.as_str(),
            "httpMessage": self.status.canonical_reason().unwrap_or(""),
            "message": self.message,
            "errorClass": "Exception",
        });
        (self.status, Json(body)).into_response()
    }
}

/// The answer to a request without a valid access token.
pub(super) fn access_denied() -> Response {
    let body = json!({
        "error": "access_denied",
        "error_description": "The resource owner or authorization server denied the request.",
        "hint": "Access token could not be verified",
        "message": "The resource owner or authorization server denied the request.",
    });
    let mut response = (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"OAuth\""));
    response
}
