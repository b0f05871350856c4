//! From a wholesaler to a server: its token endpoint, its API, and what steers it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use http::request::Parts;
use http_body_util::BodyExt;
use serde::Deserialize;

use crate::common::server::Server;
use crate::oauth::{Authority, control};

/// A wholesaler without its server. Clones share the state.
pub(crate) trait Vendor: Clone + Send + Sync + 'static {
    fn authority(&self) -> &Authority;
    /// Answers a request that is not for the token endpoint.
    fn answer(&self, parts: &Parts, body: &Bytes) -> Response;
    /// Moves an order: one step, or to the status named.
    fn control(&self, order: &str, status: Option<&str>) -> Response;
    /// Back to the state of the seed.
    fn reset(&self);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    status: Option<String>,
}

/// Everything the vendor answers on the wire.
pub(crate) fn router(vendor: impl Vendor) -> Router {
    Router::new().fallback(move |request: Request| {
        let vendor = vendor.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
            match vendor.authority().endpoint(&parts, &body).await {
                Some(answer) => answer,
                None => vendor.answer(&parts, &body),
            }
        }
    })
}

/// Starts its server.
pub(crate) async fn serve(listen: SocketAddr, vendor: impl Vendor) -> io::Result<Server> {
    let (moving, resetting) = (vendor.clone(), vendor.clone());
    let advance = move |Path(id): Path<String>, body: Bytes| {
        let vendor = moving.clone();
        async move {
            let body = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
            match serde_json::from_slice::<Advance>(&body) {
                Ok(advance) => vendor.control(&id, advance.status.as_deref()),
                Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
            }
        }
    };
    let reset = move || {
        resetting.reset();
        resetting.authority().reset();
    };
    let extra = Router::new()
        .route("/_control/orders/{id}/advance", post(advance))
        .merge(control::router(vendor.authority().clone()));
    let server = Server::start(listen, router(vendor.clone()), extra, Arc::new(reset)).await?;
    vendor.authority().at(server.url());
    Ok(server)
}
