//! TheFork: the specification's API below `/api/v2`, and the vendor's own B2B API below `/manager/v1`.
//!
//! Both hand out tokens at `/oauth/token`, as two servers would: a request with an `audience` is for the B2B API. A token
//! of one does not open the other. What the vendor does not know is refused. Not simulated: offers, reviews, the POS API
//! and webhooks.

mod api;
mod b2b;
mod b2b_shape;
mod error;
mod seed;
mod seed_shape;

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
pub struct TheForkOptions {
    /// Where to listen: a loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The restaurant's number in the specification's API.
    pub restaurant_id: String,
    /// The restaurant's UUID in the B2B API.
    pub restaurant_uuid: String,
    /// The OAuth client, for both APIs.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// An access token for each of the two APIs that never expires.
    pub bearer_token: String,
    /// Life of issued access tokens in seconds; none for the vendor's.
    pub token_life: Option<u64>,
    /// The rate limit.
    pub limits: Limits,
}

impl Default for TheForkOptions {
    /// A free port, restaurant 75012, client `demo-client` with secret `demo-secret`, token `demo-thefork-token`.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            restaurant_id: "75012".to_owned(),
            restaurant_uuid: "c41d9a70-52be-4c8e-9a13-6f20d5b8a202".to_owned(),
            client_id: "demo-client".to_owned(),
            client_secret: "demo-secret".to_owned(),
            bearer_token: "demo-thefork-token".to_owned(),
            token_life: None,
            limits: Limits::default(),
        }
    }
}

/// A running reservation book. Dropping it closes its port.
#[derive(Debug)]
pub struct TheFork {
    server: Server,
    api: api::Api,
}

impl TheFork {
    /// Starts a book with the reservations the world knows.
    ///
    /// # Errors
    /// When the address is not a loopback address or is taken.
    pub async fn start(world: World, options: TheForkOptions) -> io::Result<Self> {
        let listen = options.listen;
        let api = api::Api::new(world, options);
        let resetting = api.clone();
        let control = control::router(api.b2b_authority().clone());
        let server = Server::start(listen, api.router(), control, Arc::new(move || resetting.reset())).await?;
        api.at(server.url());
        Ok(Self { server, api })
    }

    /// The vendor without a server, for tests that call it in process.
    pub fn router(world: World, options: TheForkOptions) -> Router {
        api::Api::new(world, options).router()
    }

    /// The authorization server of the B2B API, which `/_control/oauth` steers.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        self.api.b2b_authority()
    }

    /// The authorization server of the specification's API.
    #[must_use]
    pub fn seed_authority(&self) -> &Authority {
        self.api.seed_authority()
    }
}

simulated!(TheFork);
