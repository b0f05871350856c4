//! The HTTP API.
//!
//! Every operation has one path, `/v1/connections/{connection}/{domain}/{function}`: GET with a query for reads, POST
//! with a JSON object for writes. Failures are problem details (RFC 9457).

mod access;
mod calls;
mod clean;
mod connect;
mod guard;
mod openapi;
mod respond;
mod status;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use moulin_host::Host;
use url::Url;

pub(crate) use moulin_host::AdapterStatus;
pub(crate) use views::{Authorisation, ConnectionView, Items, OperationView};

/// What handlers share.
#[derive(Clone)]
struct Service {
    host: Host,
    openapi: Bytes,
    /// Where people's browsers reach it.
    public: Url,
}

/// The API around a host, and the pages to connect accounts. `public` is where people's browsers reach it. `local` says
/// that the server listens on the loopback address, and that requests which name another host are therefore refused.
pub(crate) fn router(host: Host, public: Url, local: bool) -> Router {
    let (scrubber, guarded) = (host.scrubber().clone(), public.clone());
    let service = Service { host, openapi: Bytes::from(openapi::document().to_string()), public };
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
        .route("/v1/connections/{connection}/authorisation", post(connect::link))
        .route("/v1/connections/{connection}/{domain}/{function}", any(calls::operation))
        .route("/connect/{connection}", get(connect::page).post(connect::begin))
        .route(connect::CALLBACK, get(connect::callback))
        .method_not_allowed_fallback(respond::method_not_allowed)
        .fallback(respond::no_such_path)
        .with_state(Arc::new(service));
    let router = if local { router.layer(from_fn_with_state(guarded, guard::only_this_machine)) } else { router };
    router.layer(from_fn_with_state(scrubber, clean::answers)).layer(from_fn(access::log))
}

#[cfg(test)]
mod tests;
