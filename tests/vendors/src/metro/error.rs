//! The vendor's error shape.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::common::query::Malformed;

/// What is wrong with one field or parameter.
#[derive(Debug, Serialize)]
pub(super) struct Detail {
    pub(super) field: String,
    pub(super) message: String,
}

impl Detail {
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// `{"error":{"code","message","details","request_id"}}`.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) details: Vec<Detail>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Vec::new() }
    }

    /// A query or body that cannot be read.
    pub(super) fn invalid_request(details: Vec<Detail>) -> Self {
        Self { details, ..Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "The request is malformed") }
    }

    /// A body that can be read and breaks a rule.
    pub(super) fn validation(details: Vec<Detail>) -> Self {
        Self {
            details,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_FAILED", "The request breaks a rule")
        }
    }

    pub(super) fn not_found(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("{what} {id} does not exist"))
    }

    /// The answer; `request_id` is the number of the request.
    pub(super) fn into_response(self, request_id: u32) -> Response {
        #[derive(Serialize)]
        struct Body {
            error: Content,
        }
        #[derive(Serialize)]
        struct Content {
            code: &'static str,
            message: String,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            details: Vec<Detail>,
            request_id: String,
        }
        let Self { status, code, message, details } = self;
        json(status, &Body { error: Content { code, message, details, request_id: format!("req-{request_id:06}") } })
    }
}

impl From<Malformed> for ApiError {
    fn from(malformed: Malformed) -> Self {
        Self::invalid_request(vec![Detail::new("query", malformed.0)])
    }
}

/// An answer in JSON, decimals exact.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
