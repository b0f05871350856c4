//! Connecting a connection's account, and keeping it connected.

use std::ops::Deref;
use std::sync::Arc;

use url::Url;

use super::Connection;
use crate::auth::{self, ConnectError, Credentials, Link};
use crate::config::AuthConfig;
use crate::egress::Egress;

/// The credentials of a connection as it is bound now.
pub(crate) struct Bound(Arc<Egress>);

impl Deref for Bound {
    type Target = Credentials;

    fn deref(&self) -> &Credentials {
        self.0.credentials()
    }
}

impl Connection {
    /// The credentials in use.
    pub(crate) fn credentials(&self) -> Result<Bound, ConnectError> {
        let bound = self.generation().and_then(|generation| self.bind(&generation));
        let bound = bound.map_err(|error| ConnectError::Unavailable(error.to_string()))?;
        Ok(Bound(bound.scope.egress.clone()))
    }

    /// Reads what the vault has of this connection: at the start, and after anybody changed it. Asks no vendor.
    pub(crate) async fn load_account(&self) {
        let facts = match self.0.config.auth {
            AuthConfig::Oauth2AuthorizationCode { .. }
            | AuthConfig::Oauth2ClientCredentials { .. }
            | AuthConfig::JwtBearer { .. } => auth::facts(&self.0.shared.vault, self.name()).await,
            _ => return,
        };
        if facts != **self.0.facts.load() {
            // The next call is bound anew.
            self.0.facts.store(Arc::new(facts));
        }
        // A connection that cannot be bound says so in its status.
        if let Ok(credentials) = self.credentials() {
            credentials.load().await;
        }
    }

    /// Uses a refresh token that would die unused.
    pub(crate) async fn keep_alive(&self) {
        let Ok(credentials) = self.credentials() else { return };
        if let Err(error) = credentials.keep_alive().await {
            tracing::warn!(connection = self.name(), %error, "the refresh token could not be kept alive; trying again later");
        }
    }

    /// Makes a link by which a person connects the account. `redirect_uri` is where the vendor sends the person, when
    /// the configuration does not say.
    ///
    /// # Errors
    /// [`ConnectError`] in a sentence that says what to do.
    pub async fn authorise(&self, redirect_uri: &Url, browser: Option<&str>) -> Result<Link, ConnectError> {
        let redirect_uri = self.redirect_uri().unwrap_or(redirect_uri);
        self.credentials()?.begin(redirect_uri, browser).await
    }

    /// Where the vendor sends people back to, if the configuration says so.
    pub fn redirect_uri(&self) -> Option<&Url> {
        match &self.0.config.auth {
            AuthConfig::Oauth2AuthorizationCode { redirect_uri, .. } => redirect_uri.as_ref(),
            _ => None,
        }
    }
}
