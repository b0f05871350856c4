//! HubSpot: contacts, deals, notes, lists and campaigns, below `/crm/v3` and below the dated paths of 2026-03.

mod api;
mod error;
mod intake;
mod limits;
mod marketing;
mod oauth;
mod properties;
mod search;
mod store;

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

/// How a portal is started.
#[derive(Clone, Debug)]
pub struct HubSpotOptions {
    /// Where to listen: a loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The token of a private app: it never expires and has every scope.
    pub private_token: String,
    /// The OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The redirect URI registered on the client.
    pub redirect_uri: String,
    /// Life of issued access tokens in seconds; none for the vendor's 1800.
    pub token_life: Option<u64>,
    /// Whether the authorize endpoint asks; otherwise it grants at once, as if the owner had agreed before.
    pub ask_consent: bool,
    /// Whether the restaurant made its own properties (`loyalty_points`, `last_visit_date`, …) in the portal.
    pub custom_properties: bool,
    /// The rate limits.
    pub limits: Limits,
}

impl Default for HubSpotOptions {
    /// A free port, token `demo-hubspot-token`, client `demo-client` with secret `demo-secret`, real limits.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            private_token: "demo-hubspot-token".to_owned(),
            client_id: "demo-client".to_owned(),
            client_secret: "demo-secret".to_owned(),
            redirect_uri: "http://127.0.0.1:8080/oauth/callback".to_owned(),
            token_life: None,
            ask_consent: false,
            custom_properties: true,
            limits: Limits::default(),
        }
    }
}

/// A running portal. Dropping it closes its port.
#[derive(Debug)]
pub struct HubSpot {
    server: Server,
    api: api::Api,
}

impl HubSpot {
    /// Starts a portal that knows the world's regulars.
    ///
    /// # Errors
    /// When the address is not a loopback address or is taken.
    pub async fn start(world: World, options: HubSpotOptions) -> io::Result<Self> {
        let listen = options.listen;
        let api = api::Api::new(world, options);
        let resetting = api.clone();
        let control = control::router(api.authority().clone());
        let server = Server::start(listen, routed(api.clone()), control, Arc::new(move || resetting.reset())).await?;
        api.authority().at(server.url());
        Ok(Self { server, api })
    }

    /// The portal without a port, for calls in process.
    pub fn router(world: World, options: HubSpotOptions) -> Router {
        routed(api::Api::new(world, options))
    }

    /// The authorization server: its grants, its log, and what steers it.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        self.api.authority()
    }
}

simulated!(HubSpot);

fn routed(api: api::Api) -> Router {
    Router::new().fallback(move |request: Request| {
        let api = api.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
            api.answer(&parts, &body).await
        }
    })
}
