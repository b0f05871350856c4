//! The vendor's error shape.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::common::query::Malformed;

/// An error: `{"status":"error","message","correlationId","category","errors"?}`.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) category: &'static str,
    pub(super) message: String,
    pub(super) errors: Vec<Value>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, category: &'static str, message: impl Into<String>) -> Self {
        Self { status, category, message: message.into(), errors: Vec::new() }
    }

    /// A request that cannot be read or breaks a rule.
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }

    /// Properties that cannot be written, each with its code and a sentence.
    pub(super) fn properties(found: Vec<(String, &'static str, String)>) -> Self {
        let listed: Vec<_> = found
            .iter()
            .map(|(name, code, message)| json!({ "isValid": false, "message": message, "error": code, "name": name }))
            .collect();
        let errors = found.into_iter().map(
            |(name, code, message)| json!({ "message": message, "code": code, "context": { "propertyName": [name] } }),
        );
        let message = format!("Property values were not valid: {}", Value::from(listed));
        Self { errors: errors.collect(), ..Self::validation(message) }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", message)
    }

    pub(super) fn conflict(existing: u64) -> Self {
        let message = format!("Contact already exists. Existing ID: {existing}");
        Self::new(StatusCode::CONFLICT, "CONFLICT", message)
    }

    /// The token may not do this.
    pub(super) fn missing_scope(scope: &str) -> Self {
        let message = "This app hasn't been granted all required scopes to make this call.";
        let detail = json!({
            "message": "One or more of the following scopes are required.",
            "context": { "requiredGranularScopes": [scope] },
        });
        Self { errors: vec![detail], ..Self::new(StatusCode::FORBIDDEN, "MISSING_SCOPES", message) }
    }

    /// The answer; `number` is the number of the request.
    pub(super) fn into_response(self, number: u32) -> Response {
        let mut body = Map::from_iter([
            ("status".to_owned(), "error".into()),
            ("message".to_owned(), self.message.into()),
            ("correlationId".to_owned(), correlation(number).into()),
            ("category".to_owned(), self.category.into()),
        ]);
        if !self.errors.is_empty() {
            body.insert("errors".to_owned(), self.errors.into());
        }
        (self.status, Json(Value::Object(body))).into_response()
    }
}

impl From<Malformed> for ApiError {
    fn from(malformed: Malformed) -> Self {
        Self::validation(malformed.0)
    }
}

/// An identifier of the request, as the vendor gives one with every error.
pub(super) fn correlation(number: u32) -> String {
    format!("b0f1c2d3-0000-4000-8000-{number:012x}")
}
