//! Zoho CRM: contacts, deals, notes, accounts, campaigns, tags and the custom module `Rewards`, below `/crm/v2` and
//! `/crm/v8`.

mod api;
mod error;
mod fields;
mod limits;
mod oauth;
mod search;
mod store;
mod write;

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

/// How an organisation is started.
#[derive(Clone, Debug)]
pub struct ZohoOptions {
    /// Where to listen: a loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// An access token that never expires and has every scope.
    pub access_token: String,
    /// The OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The redirect URI registered on the client.
    pub redirect_uri: String,
    /// Life of issued access tokens in seconds; none for the vendor's 3600.
    pub token_life: Option<u64>,
    /// Whether the authorize endpoint asks; otherwise it grants at once, as if the owner had agreed before.
    pub ask_consent: bool,
    /// Whether the specification's path `/crm/v2/contacts` works; the vendor documents `Contacts` only.
    pub seed_paths: bool,
    /// Whether the restaurant made the module `Rewards`.
    pub rewards: bool,
    /// Whether `Contact_ID` of a reward is a lookup instead of a text.
    pub rewards_lookup: bool,
    /// Whether a workflow of the organisation changes a contact's points by each reward.
    pub rewards_workflow: bool,
    /// The rate limits.
    pub limits: Limits,
}

impl Default for ZohoOptions {
    /// A free port, token `demo-zoho-token`, client `demo-client` with secret `demo-secret`, real limits.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            access_token: "demo-zoho-token".to_owned(),
            client_id: "demo-client".to_owned(),
            client_secret: "demo-secret".to_owned(),
            redirect_uri: "http://127.0.0.1:8080/oauth/callback".to_owned(),
            token_life: None,
            ask_consent: false,
            seed_paths: true,
            rewards: true,
            rewards_lookup: false,
            rewards_workflow: true,
            limits: Limits::default(),
        }
    }
}

/// A running organisation. Dropping it closes its port.
#[derive(Debug)]
pub struct Zoho {
    server: Server,
    api: api::Api,
}

impl Zoho {
    /// Starts an organisation that knows the world's regulars.
    ///
    /// # Errors
    /// When the address is not a loopback address or is taken.
    pub async fn start(world: World, options: ZohoOptions) -> io::Result<Self> {
        let listen = options.listen;
        let api = api::Api::new(world, options);
        let resetting = api.clone();
        let control = control::router(api.authority().clone());
        let server = Server::start(listen, routed(api.clone()), control, Arc::new(move || resetting.reset())).await?;
        api.authority().at(server.url());
        Ok(Self { server, api })
    }

    /// The organisation without a port, for calls in process.
    pub fn router(world: World, options: ZohoOptions) -> Router {
        routed(api::Api::new(world, options))
    }

    /// The authorization server: its grants, its log, and what steers it.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        self.api.authority()
    }
}

simulated!(Zoho);

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
