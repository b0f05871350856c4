//! The vendor's error shape: a code, details, a message, and `status: error`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use crate::common::query::Malformed;

/// `{"code","details","message","status":"error"}`.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) details: Value,
    pub(super) message: String,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, details: json!({}), message: message.into() }
    }

    pub(super) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(super) fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::bad("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing")
            .with(json!({ "param_name": parameter }))
    }

    pub(super) fn module() -> Self {
        Self::bad("INVALID_MODULE", "the module name given seems to be invalid")
    }

    pub(super) fn method() -> Self {
        Self::bad("INVALID_REQUEST_METHOD", "The http request method type is not a valid one")
    }

    pub(super) fn query(message: impl Into<String>) -> Self {
        Self::bad("INVALID_QUERY", message)
    }

    /// As it stands in `data` beside the records that went well.
    pub(super) fn as_record(&self) -> Value {
        json!({ "code": self.code, "details": self.details, "message": self.message, "status": "error" })
    }
}

impl From<Malformed> for ApiError {
    fn from(malformed: Malformed) -> Self {
        Self::query(malformed.0)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self.as_record())).into_response()
    }
}
