//! The error shape: `{"error":{"code","message","details"}}`.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::common::query::Malformed;

/// What is wrong with one field or parameter.
#[derive(Debug, Serialize)]
pub(crate) struct Detail {
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Detail {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// A refusal with its status and the vendor's code.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) details: Vec<Detail>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Vec::new() }
    }

    /// A query or body that cannot be read.
    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            details: vec![Detail::new(field, message)],
            ..Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "The request is malformed")
        }
    }

    /// A body that can be read and breaks a rule.
    pub(crate) fn rule(code: &'static str, details: Vec<Detail>) -> Self {
        Self { details, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, "The request breaks a rule") }
    }

    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("{what} {id} does not exist"))
    }

    pub(crate) fn not_allowed(method: &http::Method) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", format!("{method} is not allowed here"))
    }

    /// An account that is not the one of the credentials.
    pub(crate) fn foreign(account: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", format!("The credentials do not belong to this {account}"))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
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
        }
        let Self { status, code, message, details } = self;
        json(status, &Body { error: Content { code, message, details } })
    }
}

impl From<Malformed> for ApiError {
    fn from(malformed: Malformed) -> Self {
        Self::invalid("query", malformed.0)
    }
}

/// An answer in JSON, decimals exact.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
