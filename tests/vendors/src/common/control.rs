//! `/_control/`: what tests and the demonstration steer a vendor with. No credentials; never struck by faults, never
//! recorded.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;

use super::faults::Rule;
use super::recording::Recorded;
use super::server::Front;

#[derive(Clone)]
struct Control {
    front: Front,
    reset: Arc<dyn Fn() + Send + Sync>,
}

/// The routes all vendors have.
pub(crate) fn router(front: Front, reset: Arc<dyn Fn() + Send + Sync>) -> Router {
    Router::new()
        .route("/_control/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/_control/requests", get(requests).delete(clear_requests))
        .route("/_control/reset", post(reset_all))
        .with_state(Control { front, reset })
}

async fn faults(State(control): State<Control>) -> Json<Vec<Rule>> {
    Json(control.front.faults.rules())
}

async fn add_fault(State(control): State<Control>, body: Bytes) -> Response {
    let added = serde_json::from_slice::<Rule>(&body)
        .map_err(|error| error.to_string())
        .and_then(|rule| control.front.faults.push(rule).map_err(|error| error.to_string()));
    match added {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response(),
    }
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.front.faults.clear();
    StatusCode::NO_CONTENT
}

async fn requests(State(control): State<Control>) -> Json<Vec<Recorded>> {
    Json(control.front.recording.all())
}

async fn clear_requests(State(control): State<Control>) -> StatusCode {
    control.front.recording.clear();
    StatusCode::NO_CONTENT
}

/// Back to the state of the seed: data, tokens, limits, faults and recordings.
async fn reset_all(State(control): State<Control>) -> StatusCode {
    control.front.faults.clear();
    control.front.recording.clear();
    (control.reset)();
    StatusCode::NO_CONTENT
}
