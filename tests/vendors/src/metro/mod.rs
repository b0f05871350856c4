//! Metro France: catalogue, availability, orders, deliveries, account, below `/api/v1`.

mod api;
mod error;
mod intake;
mod limits;
mod orders;
mod products;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request};
use axum::response::IntoResponse;
use axum::routing::post;
use http::StatusCode;
use http_body_util::BodyExt;
use serde::Deserialize;

pub(crate) use intake::{UNITS, factor};
pub use limits::Limits;
pub(crate) use limits::Meter;
pub(crate) use orders::delivery_day;
pub(crate) use products::plain;

use crate::common::server::Server;
use crate::common::simulated::simulated;
use crate::world::World;

/// How a wholesaler is started.
#[derive(Clone, Debug)]
pub struct MetroOptions {
    /// Where to listen: a loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The key in `X-API-KEY`.
    pub api_key: String,
    /// The restaurant's client number; another one is refused.
    pub client_number: String,
    /// An order moves on after so many looks at it; 0: only when told to.
    pub reads_per_step: u32,
    /// The rate limit.
    pub limits: Limits,
}

impl Default for MetroOptions {
    /// A free port, key `demo-metro-key`, client `FR-778812`, a step every three looks, the real limit.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            api_key: "demo-metro-key".to_owned(),
            client_number: "FR-778812".to_owned(),
            reads_per_step: 3,
            limits: Limits::default(),
        }
    }
}

/// A running wholesaler. Dropping it closes its port.
#[derive(Debug)]
pub struct Metro {
    server: Server,
    api: api::Api,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    status: Option<String>,
}

impl Metro {
    /// Starts a wholesaler that sells what the world knows.
    ///
    /// # Errors
    /// When the address is not a loopback address or is taken.
    pub async fn start(world: World, options: MetroOptions) -> io::Result<Self> {
        let listen = options.listen;
        let api = api::Api::new(world, options);
        let (answering, moving, resetting) = (api.clone(), api.clone(), api.clone());
        let router = Router::new().fallback(move |request: Request| {
            let api = answering.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
                api.answer(&parts, &body)
            }
        });
        let advance = move |Path(id): Path<String>, body: Bytes| {
            let api = moving.clone();
            async move {
                let body = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
                match serde_json::from_slice::<Advance>(&body) {
                    Ok(advance) => api.control(&id, advance.status.as_deref()),
                    Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
                }
            }
        };
        let control = Router::new().route("/_control/orders/{id}/advance", post(advance));
        let server = Server::start(listen, router, control, Arc::new(move || resetting.reset())).await?;
        Ok(Self { server, api })
    }
}

simulated!(Metro);
