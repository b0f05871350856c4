//! The vendor's error shape: `{"errors":[{"category","code","detail","field"}]}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::common::query::Malformed;
use crate::oauth::Denied;

/// An error of the API. The vendor's lists have one element here.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    category: &'static str,
    code: &'static str,
    detail: String,
    field: Option<String>,
}

const INVALID: &str = "INVALID_REQUEST_ERROR";

impl ApiError {
    fn new(status: StatusCode, category: &'static str, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, category, code, detail: detail.into(), field: None }
    }

    /// 400 with a code of the category `INVALID_REQUEST_ERROR`.
    pub(super) fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, INVALID, code, detail)
    }

    /// The same, of one field or parameter.
    pub(super) fn field(code: &'static str, field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..Self::invalid(code, detail) }
    }

    pub(super) fn not_found(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, INVALID, "NOT_FOUND", format!("{what} with id `{id}` was not found."))
    }

    pub(super) fn no_such_resource() -> Self {
        Self::new(StatusCode::NOT_FOUND, INVALID, "NOT_FOUND", "Resource not found.")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, INVALID, "METHOD_NOT_ALLOWED", "Method not allowed.")
    }

    pub(super) fn content_type() -> Self {
        let detail = "The Content-Type must be application/json.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, INVALID, "UNSUPPORTED_MEDIA_TYPE", detail)
    }

    pub(super) fn not_simulated(what: &str) -> Self {
        let detail = format!("{what} is not simulated.");
        Self::new(StatusCode::NOT_IMPLEMENTED, "API_ERROR", "NOT_IMPLEMENTED", detail)
    }

    /// The vendor rarely says how long to wait.
    pub(super) fn rate_limited() -> Self {
        let detail = "You have made too many requests. Please slow down.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_ERROR", "RATE_LIMITED", detail)
    }

    pub(super) fn scopes(needed: &str) -> Self {
        let detail = format!("The merchant has not given your application sufficient permissions: {needed}.");
        Self::new(StatusCode::FORBIDDEN, "AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES", detail)
    }

    pub(super) fn denied(denied: Denied) -> Self {
        let (code, detail) = match denied {
            Denied::Expired => ("ACCESS_TOKEN_EXPIRED", "The access token has expired."),
            Denied::Revoked => ("ACCESS_TOKEN_REVOKED", "The access token has been revoked."),
            _ => ("UNAUTHORIZED", "This request could not be authorized."),
        };
        Self::new(StatusCode::UNAUTHORIZED, "AUTHENTICATION_ERROR", code, detail)
    }
}

impl From<Malformed> for ApiError {
    fn from(malformed: Malformed) -> Self {
        Self::invalid("BAD_REQUEST", malformed.0)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = json!({ "category": self.category, "code": self.code, "detail": self.detail });
        if let (Some(field), Some(members)) = (self.field, error.as_object_mut()) {
            members.insert("field".to_owned(), field.into());
        }
        (self.status, Json(json!({ "errors": [error] }))).into_response()
    }
}
