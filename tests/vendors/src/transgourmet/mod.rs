//! Transgourmet France: catalogue, availability, orders, deliveries and account, below `/api`; tokens from
//! `/api/oauth/token`. A user with a password and a key in `X-API-KEY` are taken as well.
//!
//! Names are in camel case, numbers are JSON numbers, prices are for a package, lists are in pages.

mod api;
mod show;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;

use crate::common::server::Server;
use crate::common::simulated::simulated;
use crate::metro::Limits;
use crate::oauth::Authority;
use crate::wholesale::{Vendor, router, serve};
use crate::world::World;

/// How the wholesaler is started.
#[derive(Clone, Debug)]
pub struct TransgourmetOptions {
    /// Where to listen: a loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The restaurant's number; another one is refused.
    pub customer_id: String,
    /// The OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// An access token that never expires.
    pub bearer_token: String,
    /// The user for HTTP Basic.
    pub username: String,
    /// The user's password.
    pub password: String,
    /// The key in `X-API-KEY`.
    pub api_key: String,
    /// Life of issued access tokens in seconds; none for the vendor's hour.
    pub token_life: Option<u64>,
    /// An order moves on after so many looks at it; 0: only when told to.
    pub reads_per_step: u32,
    /// The rate limit.
    pub limits: Limits,
}

impl Default for TransgourmetOptions {
    /// A free port, customer `C-42`, client `demo-client`, a step every three looks, the real limit.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            customer_id: "C-42".to_owned(),
            client_id: "demo-client".to_owned(),
            client_secret: "demo-secret".to_owned(),
            bearer_token: "tg-demo-token".to_owned(),
            username: "vieux-moulin".to_owned(),
            password: "demo-transgourmet-password".to_owned(),
            api_key: "demo-transgourmet-key".to_owned(),
            token_life: None,
            reads_per_step: 3,
            limits: Self::limits(1),
        }
    }
}

impl TransgourmetOptions {
    /// The vendor's limit of 100 requests a minute, so many times larger. 0: nothing is refused.
    #[must_use]
    pub fn limits(factor: u32) -> Limits {
        Limits::of(100, factor)
    }
}

/// A running wholesaler. Dropping it closes its port.
#[derive(Debug)]
pub struct Transgourmet {
    server: Server,
    api: api::Api,
}

impl Transgourmet {
    /// Starts a wholesaler that sells what the world knows.
    ///
    /// # Errors
    /// When the address is not a loopback address or is taken.
    pub async fn start(world: World, options: TransgourmetOptions) -> io::Result<Self> {
        let listen = options.listen;
        let api = api::Api::new(world, options);
        Ok(Self { server: serve(listen, api.clone()).await?, api })
    }

    /// The wholesaler without a port, for tests in the same process.
    pub fn router(world: World, options: TransgourmetOptions) -> Router {
        router(api::Api::new(world, options))
    }

    /// The authorization server: its log, and what steers it.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        self.api.authority()
    }
}

simulated!(Transgourmet, |vendor| {
    vendor.api.reset();
    vendor.api.authority().reset();
});
