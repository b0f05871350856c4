//! A strict OAuth 2.0 authorization server, configured by a [`Profile`].
//!
//! It refuses what the vendor of the profile would refuse, keeps book of grants and tokens, and lies on order. It runs as
//! a server of its own, [`OAuth`], with a resource `GET /whoami` to use tokens on; a simulated vendor with an API puts
//! an [`Authority`] behind its own routes.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use moulin_vendors::oauth::{GrantType, Mode, OAuth, OAuthOptions, Order, Profile};
//!
//! let server = OAuth::start(OAuthOptions::new(Profile::zoho())).await?;
//! server.authority().order(Order::times(Mode::SlowAfter { ms: 5_000 }, 1))?;
//! println!("{}", server.token_url());
//! assert_eq!(server.authority().count(GrantType::RefreshToken), 0);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod assertion;
mod authority;
mod authorize;
mod browser;
mod clock;
pub(crate) mod control;
mod endpoint;
mod error;
mod ledger;
mod lies;
mod modes;
mod pkce;
mod profile;
mod profiles;
mod request;
#[cfg(test)]
mod tests;
mod token;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;
use jiff::Timestamp;

pub use assertion::{Algorithm, AssertionKey};
pub(crate) use authority::Beginning;
pub use authority::{Authority, Outcome, TokenRequest};
pub use browser::{Decision, Redirect, consent};
pub use ledger::{Denied, Grant, Held, Revoked};
pub use modes::{Mode, Order, WrongOrder};
pub use profile::{
    ClientAuth, Consent, Endpoint, ErrorStyle, Expiry, Format, GrantType, Missing, Parameter, Pkce, Presence, Profile,
    Quota, Refresh, Reuse, Rotation, ScopeAnswer, Scopes, Shape,
};

use crate::common::server::Server;
use crate::common::simulated::simulated;

/// How an authorization server is started.
#[derive(Clone, Debug)]
pub struct OAuthOptions {
    /// Where to listen: a loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What it insists on.
    pub profile: Profile,
    /// The same number gives the same tokens in the same order.
    pub seed: u64,
    /// Where its clock begins; none for the machine's time. It runs in both cases.
    pub start: Option<Timestamp>,
    /// Keys registered for JWT assertions.
    pub keys: Vec<AssertionKey>,
}

impl OAuthOptions {
    /// This profile on a free port, by the machine's time, without keys.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { listen, profile, seed: 1785, start: None, keys: Vec::new() }
    }
}

/// A running authorization server. Dropping it closes its port.
#[derive(Debug)]
pub struct OAuth {
    server: Server,
    authority: Authority,
}

impl OAuth {
    /// Starts a server without grants.
    ///
    /// # Errors
    /// When the address is not a loopback address or is taken.
    pub async fn start(options: OAuthOptions) -> io::Result<Self> {
        let OAuthOptions { listen, profile, seed, start, keys } = options;
        let authority = Authority::new(Beginning { profile, seed, start, keys, planted: Vec::new() });
        let (answering, resetting) = (authority.clone(), authority.clone());
        let router = Router::new().fallback(move |request: Request| {
            let authority = answering.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
                let answer = authority.answer(&parts, &body).await;
                answer.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
            }
        });
        let control = control::router(authority.clone());
        let server = Server::start(listen, router, control, Arc::new(move || resetting.reset())).await?;
        authority.at(server.url());
        Ok(Self { server, authority })
    }

    /// The first authorize URL of the profile; that of the server for a profile without one.
    #[must_use]
    pub fn authorize_url(&self) -> String {
        self.joined(self.authority.profile().authorize_paths)
    }

    /// The first token URL of the profile.
    #[must_use]
    pub fn token_url(&self) -> String {
        self.joined(self.authority.profile().token_paths)
    }

    fn joined(&self, paths: Vec<String>) -> String {
        format!("{}{}", self.url(), paths.into_iter().next().unwrap_or_default())
    }

    /// What it knows, and what steers it.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }
}

simulated!(OAuth, |server| server.authority.reset());
