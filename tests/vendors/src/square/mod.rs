//! Square: payments, orders, catalogue, inventory, customers and locations below `/v2`, and its OAuth server.
//!
//! Amounts are whole minor units, lists are paged by cursors, empty lists are left out. What the vendor does not know is
//! refused. Not simulated, and refused with 501: queries in a search of the catalogue, writes to it other than changing
//! an item and creating a discount, transfers of stock, and a few filters of payments.

mod api;
mod catalog;
mod catalog_write;
mod directory;
mod error;
mod inventory;
mod limits;
mod page;
mod payments;
mod request;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use http_body_util::BodyExt;

pub use limits::Limits;

use crate::common::server::Server;
use crate::common::simulated::simulated;
use crate::oauth::{Authority, control};
use crate::world::World;

/// How a till is started.
#[derive(Clone, Debug)]
pub struct SquareOptions {
    /// Where to listen: a loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// A personal access token: it never expires and has every permission.
    pub access_token: String,
    /// The OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The redirect URI registered on the client.
    pub redirect_uri: String,
    /// Life of issued access tokens in seconds; none for the vendor's 30 days.
    pub token_life: Option<u64>,
    /// The rate limit.
    pub limits: Limits,
}

impl Default for SquareOptions {
    /// A free port, token `demo-square-token`, client `demo-client` with secret `demo-secret`, a limit of 300 a minute.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            access_token: "demo-square-token".to_owned(),
            client_id: "demo-client".to_owned(),
            client_secret: "demo-secret".to_owned(),
            redirect_uri: "http://127.0.0.1:8080/oauth/callback".to_owned(),
            token_life: None,
            limits: Limits::default(),
        }
    }
}

fn routes(api: api::Api) -> Router {
    Router::new().fallback(move |request: Request| {
        let api = api.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
            api.answer(&parts, &body).await
        }
    })
}

/// A running till. Dropping it closes its port.
#[derive(Debug)]
pub struct Square {
    server: Server,
    api: api::Api,
}

impl Square {
    /// The main location, where the restaurant sells.
    pub const LOCATION: &'static str = catalog::LOCATION;

    /// Starts a till that sells what the world knows.
    ///
    /// # Errors
    /// When the address is not a loopback address or is taken.
    pub async fn start(world: World, options: SquareOptions) -> io::Result<Self> {
        let listen = options.listen;
        let api = api::Api::new(world, options);
        let resetting = api.clone();
        let control = control::router(api.authority().clone());
        let server = Server::start(listen, routes(api.clone()), control, Arc::new(move || resetting.reset())).await?;
        api.authority().at(server.url());
        Ok(Self { server, api })
    }

    /// The till without a port, to be called in process.
    pub fn router(world: World, options: SquareOptions) -> Router {
        routes(api::Api::new(world, options))
    }

    /// The authorization server: its grants, its log, and what steers it.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        self.api.authority()
    }
}

simulated!(Square);
