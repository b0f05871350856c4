//! The HTTP API.
//!
//! Every operation has one path, `/v1/connections/{connection}/{domain}/{function}`: GET with a query for reads, POST
//! with a JSON object for writes. Failures are problem details (RFC 9457).

mod access;
mod calls;
mod guard;
mod openapi;
mod respond;
mod status;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::middleware::from_fn;
use axum::routing::{any, get, post};
use moulin_host::Host;

pub(crate) use moulin_host::AdapterStatus;
pub(crate) use views::{ConnectionView, Items, OperationView};

/// What handlers share.
#[derive(Clone)]
struct Service {
    host: Host,
    openapi: Bytes,
}

/// The API around a host. `local` says that the server listens on the loopback address, and that requests which name
/// another host are therefore refused.
pub(crate) fn router(host: Host, local: bool) -> Router {
    let service = Service { host, openapi: Bytes::from(openapi::document().to_string()) };
    let router = Router::new()
        .route("/healthz", get(status::healthz))
        .route("/readyz", get(status::readyz))
        .route("/openapi.json", get(status::openapi))
        .route("/problems/{class}", get(status::problem_class))
        .route("/v1/adapters", get(status::adapters))
        .route("/v1/operations", get(status::operations))
        .route("/v1/connections", get(status::connections))
        .route("/v1/connections/{connection}", get(status::connection))
        .route("/v1/connections/{connection}/check", post(calls::check))
        .route("/v1/connections/{connection}/{domain}/{function}", any(calls::operation))
        .method_not_allowed_fallback(respond::method_not_allowed)
        .fallback(respond::no_such_path)
        .with_state(Arc::new(service));
    let router = if local { router.layer(from_fn(guard::only_this_machine)) } else { router };
    router.layer(from_fn(access::log))
}

#[cfg(test)]
mod tests;
