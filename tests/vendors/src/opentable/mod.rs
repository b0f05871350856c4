//! OpenTable: the specification's API below `/api/v3/restaurant`, and the vendor's platform: Sync v2 below `/sync`, the
//! in-house booking API below `/inhouse/v1`.
//!
//! Every write needs an `X-Request-Id`; the same one again gives the first answer again. What the vendor does not know is
//! refused. Not simulated: Booking v2 with its slot locks, experiences, menus, reviews, the POS API and webhooks.

mod api;
mod error;
mod inhouse;
mod seed;
mod seed_shape;
mod sync;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;

pub use crate::common::pace::Limits;

use crate::common::server::Server;
use crate::common::simulated::simulated;
use crate::oauth::{Authority, control};
use crate::world::World;

/// How a reservation book is started.
#[derive(Clone, Debug)]
pub struct OpenTableOptions {
    /// Where to listen: a loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The restaurant's number.
    pub restaurant_id: String,
    /// The OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// An access token that never expires and has every scope.
    pub bearer_token: String,
    /// A key in `X-API-KEY` for the specification's API.
    pub api_key: String,
    /// Life of issued access tokens in seconds; none for the vendor's.
    pub token_life: Option<u64>,
    /// The rate limit.
    pub limits: Limits,
}

impl Default for OpenTableOptions {
    /// A free port, restaurant 770042, client `demo-client` with secret `demo-secret`, token `demo-opentable-token`, key
    /// `demo-opentable-key`.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            restaurant_id: "770042".to_owned(),
            client_id: "demo-client".to_owned(),
            client_secret: "demo-secret".to_owned(),
            bearer_token: "demo-opentable-token".to_owned(),
            api_key: "demo-opentable-key".to_owned(),
            token_life: None,
            limits: Limits::default(),
        }
    }
}

/// A running reservation book. Dropping it closes its port.
#[derive(Debug)]
pub struct OpenTable {
    server: Server,
    api: api::Api,
}

impl OpenTable {
    /// Starts a book with the reservations the world knows.
    ///
    /// # Errors
    /// When the address is not a loopback address or is taken.
    pub async fn start(world: World, options: OpenTableOptions) -> io::Result<Self> {
        let listen = options.listen;
        let api = api::Api::new(world, options);
        let resetting = api.clone();
        let control = control::router(api.authority().clone());
        let server = Server::start(listen, api.router(), control, Arc::new(move || resetting.reset())).await?;
        api.authority().at(server.url());
        Ok(Self { server, api })
    }

    /// The vendor without a server, for tests that call it in process.
    pub fn router(world: World, options: OpenTableOptions) -> Router {
        api::Api::new(world, options).router()
    }

    /// The authorization server: its grants, its log, and what steers it.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        self.api.authority()
    }
}

simulated!(OpenTable);
