//! The two error shapes of the vendor: the API's own, and OAuth's.

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

/// An error of the authorization server (RFC 6749, 5.2, with the vendor's `hint`).
#[derive(Debug)]
pub(super) struct OAuthError {
    pub(super) code: &'static str,
    pub(super) hint: String,
}

impl OAuthError {
    pub(super) fn new(code: &'static str, hint: impl Into<String>) -> Self {
        Self { code, hint: hint.into() }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let (status, description) = match self.code {
            "invalid_client" => (StatusCode::UNAUTHORIZED, "Client authentication failed"),
            "invalid_grant" => {
                (StatusCode::BAD_REQUEST, "The provided authorization grant or refresh token is invalid.")
            }
            "invalid_scope" => (StatusCode::BAD_REQUEST, "The requested scope is invalid, unknown, or malformed"),
            "unsupported_grant_type" => (StatusCode::BAD_REQUEST, "The authorization grant type is not supported."),
            _ => (StatusCode::BAD_REQUEST, "The request is missing a parameter or has an invalid one."),
        };
        let body = json!({ "error": self.code, "error_description": description, "hint": self.hint });
        (status, Json(body)).into_response()
    }
}
