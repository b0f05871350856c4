//! Lightspeed Retail R-Series: API V3 below `/API/V3`, and the older flavour of the specification below `/api/v1` and
//! `/API`.
//!
//! All scalars are strings, a list of one is an object, an empty list is missing, and what the vendor does not know is
//! refused. Not simulated, and refused with 400 or 405: the filter `or=`, and writes other than changing an item and
//! creating a discount.

mod api;
mod directory;
mod error;
mod filter;
mod item;
mod limits;
mod list;
mod oauth;
mod request;
mod sale;
mod stock;
mod wordy;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use http_body_util::BodyExt;

pub use limits::Limits;
pub use wordy::wordy_sales_page;

use crate::common::server::Server;
use crate::common::simulated::simulated;
use crate::oauth::{Authority, control};
use crate::world::World;

/// Which of the two APIs a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flavor {
    /// `/API/V3/….json`.
    V3,
    /// `/api/v1/…` and `/API/…`, as the specification writes them.
    Seed,
}

/// How a till is started.
#[derive(Clone, Debug)]
pub struct LightspeedOptions {
    /// Where to listen: a loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The number of the account.
    pub account_id: String,
    /// An access token that never expires and has every scope.
    pub bearer_token: String,
    /// The OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The redirect URI registered on the client.
    pub redirect_uri: String,
    /// Whether the authorize endpoint insists on a code challenge.
    pub require_pkce: bool,
    /// Life of issued access tokens in seconds; none for the vendor's (3600 from a code, 1800 from a refresh).
    pub token_life: Option<u64>,
    /// Whether the authorize endpoint asks; otherwise it grants at once, as if the owner had agreed before.
    pub ask_consent: bool,
    /// Whether a dead refresh token takes its whole grant with it when it is presented.
    pub reuse_revokes: bool,
    /// The rate limits.
    pub limits: Limits,
}

impl Default for LightspeedOptions {
    /// A free port, account 240117, token `demo-till-token`, client `demo-client` with secret `demo-secret`, real limits.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            account_id: "240117".to_owned(),
            bearer_token: "demo-till-token".to_owned(),
            client_id: "demo-client".to_owned(),
            client_secret: "demo-secret".to_owned(),
            redirect_uri: "http://127.0.0.1:8080/oauth/callback".to_owned(),
            require_pkce: true,
            token_life: None,
            ask_consent: false,
            reuse_revokes: false,
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
pub struct Lightspeed {
    server: Server,
    api: api::Api,
}

impl Lightspeed {
    /// Starts a till that sells what the world knows.
    ///
    /// # Errors
    /// When the address is not a loopback address or is taken.
    pub async fn start(world: World, options: LightspeedOptions) -> io::Result<Self> {
        let listen = options.listen;
        let api = api::Api::new(world, options);
        let resetting = api.clone();
        let control = control::router(api.authority().clone());
        let server = Server::start(listen, routes(api.clone()), control, Arc::new(move || resetting.reset())).await?;
        api.authority().at(server.url());
        Ok(Self { server, api })
    }

    /// The till without a port, to be called in process.
    pub fn router(world: World, options: LightspeedOptions) -> Router {
        routes(api::Api::new(world, options))
    }

    /// The authorization server: its grants, its log, and what steers it.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        self.api.authority()
    }
}

simulated!(Lightspeed);
