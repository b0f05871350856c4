//! What is there, and how it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use moulin_host::{AdapterStatus, ConnectionState, operations};
use serde_json::json;

use super::Service;
use super::views::{ConnectionView, Items, OperationView};
use crate::problem::{CLASSES, Class, Problem};

/// The process serves.
pub(super) async fn healthz() -> impl IntoResponse {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// The service can do its work: at least one connection can be used, or none is configured. One vendor's adapter that is
/// missing does not take the other vendors away.
pub(super) async fn readyz(State(service): State<Arc<Service>>) -> impl IntoResponse {
    let connections = service.host.connections();
    let ready = connections.iter().filter(|connection| connection.state == ConnectionState::Ready).count();
    let (code, status) = if ready == connections.len() {
        (StatusCode::OK, "ready")
    } else if ready > 0 {
        (StatusCode::OK, "degraded")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    };
    let states: BTreeMap<_, _> = connections.iter().map(|connection| (&connection.name, connection.state)).collect();
    (code, Json(json!({ "status": status, "connections": states })))
}

/// The OpenAPI document.
pub(super) async fn openapi(State(service): State<Arc<Service>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], service.openapi.clone())
}

/// What a class of failures means.
pub(super) async fn problem_class(path: Result<Path<String>, PathRejection>) -> Result<Json<&'static Class>, Problem> {
    let name = path.map(|Path(name)| name).unwrap_or_default();
    let class = CLASSES.iter().find(|class| class.class == name);
    class.map(Json).ok_or_else(|| Problem::new("no_such_path", format!("there is no class of failures {name:?}")))
}

/// Adapters in service and files that are refused.
pub(super) async fn adapters(State(service): State<Arc<Service>>) -> Json<Items<AdapterStatus>> {
    Json(Items { items: service.host.adapters() })
}

/// Every operation.
pub(super) async fn operations() -> Json<Items<OperationView>> {
    Json(Items { items: operations::all().iter().map(OperationView::of).collect() })
}

/// Every connection.
pub(super) async fn connections(State(service): State<Arc<Service>>) -> Json<Items<ConnectionView>> {
    Json(Items { items: ConnectionView::all(&service.host) })
}

/// One connection.
pub(super) async fn connection(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<ConnectionView>, Problem> {
    let Path(name) = path.map_err(|error| Problem::new("malformed", error.body_text()))?;
    let status = service.host.connection(&name)?.status();
    Ok(Json(ConnectionView::of(&service.host, status)))
}
