//! The two error shapes.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use super::api::Flavor;
use crate::common::query::Malformed;

/// A refusal. The B2B API tells the code alone, the specification's code and message.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
    }

    pub(super) fn no_reservation(id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "RESERVATION_NOT_FOUND", format!("Reservation {id} does not exist"))
    }

    pub(super) fn no_customer(id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "CUSTOMER_NOT_FOUND", format!("Customer {id} does not exist"))
    }

    pub(super) fn no_restaurant(id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "RESTAURANT_NOT_FOUND", format!("Restaurant {id} does not exist"))
    }

    pub(super) fn double_booking() -> Self {
        Self::new(StatusCode::CONFLICT, "DOUBLE_BOOKING", "The guest has a reservation at this time")
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "", "Invalid access token")
    }

    pub(super) fn into_response(self, flavor: Flavor) -> Response {
        let Self { status, code, message } = self;
        let reason = status.canonical_reason().unwrap_or("Error");
        let number = status.as_u16();
        let body = match (flavor, status) {
            (Flavor::Seed, StatusCode::UNAUTHORIZED) => {
                json!({ "error": { "code": "UNAUTHORIZED", "message": message } })
            }
            (Flavor::Seed, _) => json!({ "error": { "code": code, "message": message } }),
            (Flavor::B2b, StatusCode::TOO_MANY_REQUESTS) => json!({ "statusCode": number, "error": reason }),
            // What the validator in front of the API refuses comes with a sentence and no code.
            (Flavor::B2b, StatusCode::BAD_REQUEST) if code == "INVALID_REQUEST" => {
                json!({ "statusCode": number, "error": reason, "message": message })
            }
            (Flavor::B2b, _) => json!({ "statusCode": number, "error": reason, "data": { "code": code } }),
        };
        (status, Json(body)).into_response()
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
