//! Credentials of a connection: the schemes, and the token manager behind OAuth2.
//!
//! An adapter never sees any of this. Egress asks for the header on every attempt anew ([`Credentials::header`]), so a
//! token that died during a wait is never used, and reports an answer of 401 ([`Credentials::renew`]).
//!
//! Every scheme whose tokens come from an endpoint asks through the one [`client`]; the one [`TokenManager`] owns life
//! time, single flight, keeping and errors. A person's consent is [`consent`] with [`pending`] in between.

mod answer;
mod client;
mod clock;
mod connect;
mod consent;
mod echo;
mod error;
mod grant;
mod jwt;
pub(crate) mod keys;
mod pending;
mod secret;
mod source;
mod state;
mod template;
mod token;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, header::AUTHORIZATION};
use url::Url;

pub use client::{Client, ClientAuthentication, Fact, TokenEndpoint, TokenRequestFormat};
pub use connect::ConnectError;
pub use consent::{Callback, Consent};
pub(crate) use echo::Echo;
pub use error::AuthError;
use grant::Grant;
pub use jwt::Assertion;
pub use pending::LINK_LIFETIME;
use pending::Pending;
pub use secret::Secret;
use source::Source;
pub use state::{AccountState, AccountStatus};
pub use template::Template;
use token::{Account, TokenManager};

use crate::model::Instant;
use crate::telemetry::scrub::Scrubber;
use crate::vault::{Space, Vault, VaultError};

/// How a connection proves who it is, with the values to do so.
#[derive(Clone, Debug, Default)]
pub enum Scheme {
    /// Nothing is attached.
    #[default]
    None,
    /// A header that carries a key as it is.
    ApiKey {
        /// Name of the header, such as `X-API-KEY`.
        header: String,
        /// Text before the key, separated from it by one space.
        prefix: Option<String>,
        /// The key.
        key: Secret,
    },
    /// A token that does not expire, in `authorization`.
    Bearer {
        /// The word before the token; `Bearer` nearly everywhere (RFC 6750).
        prefix: String,
        /// The token.
        token: Secret,
    },
    /// HTTP Basic in UTF-8 (RFC 7617).
    Basic {
        /// User name, without a colon.
        user: String,
        /// Password.
        password: Secret,
    },
    /// OAuth2 client credentials (RFC 6749 section 4.4).
    ClientCredentials(Client),
    /// OAuth2 authorization code (RFC 6749 section 4.1): a person consents, refresh tokens follow.
    AuthorizationCode(Box<Consent>),
    /// A signed assertion for a token (RFC 7523).
    JwtBearer {
        /// Who asks, and where.
        client: Client,
        /// What is signed.
        assertion: Assertion,
    },
}

impl Scheme {
    /// The token endpoint, if there is one.
    pub fn token_endpoint(&self) -> Option<&TokenEndpoint> {
        match self {
            Self::None | Self::ApiKey { .. } | Self::Bearer { .. } | Self::Basic { .. } => None,
            Self::ClientCredentials(client) | Self::JwtBearer { client, .. } => Some(&client.endpoint),
            Self::AuthorizationCode(consent) => Some(&consent.client.endpoint),
        }
    }
}

/// Carries token requests to the token endpoint, under the same grants and address checks as every other request.
pub trait TokenTransport: Send + Sync + 'static {
    /// Sends one request and waits for the whole answer. Redirects are not followed.
    ///
    /// # Errors
    /// [`AuthError::Unreachable`] if no answer came or the endpoint lies outside the grants.
    fn send(&self, request: http::Request<Vec<u8>>) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, AuthError>>;
}

/// A header with the credential, and which token it holds.
#[derive(Clone)]
pub struct Credential {
    /// Name of the header.
    pub name: HeaderName,
    /// Its value, marked sensitive.
    pub value: HeaderValue,
    generation: u64,
    echo: Echo,
}

impl Credential {
    /// A value that does not change.
    fn fixed(name: HeaderName, value: HeaderValue, secrets: &[&str]) -> Self {
        Self { name, value, generation: 0, echo: Echo::new(secrets) }
    }

    /// An access token.
    fn token(prefix: &str, access: &Secret, generation: u64) -> Result<Self, AuthError> {
        let value = header_value("the access token", prefix, access)?;
        Ok(Self { name: AUTHORIZATION, value, generation, echo: Echo::new(&[access.expose()]) })
    }

    /// Finds this credential in what a vendor sends back.
    pub(crate) const fn echo(&self) -> &Echo {
        &self.echo
    }
}

/// Whose credentials these are and where what belongs to them is kept.
#[derive(Clone)]
pub struct Owner {
    /// The connection.
    pub connection: String,
    /// Grants and authorisations begun.
    pub vault: Vault,
}

/// A link for a person to open.
#[derive(Clone, Debug)]
pub struct Link {
    /// Where the person consents.
    pub url: Url,
    /// When it is of no use any more.
    pub expires_at: Instant,
}

/// The credentials of one connection.
pub struct Credentials {
    connection: String,
    kind: Kind,
    method: &'static str,
}

#[expect(clippy::large_enum_variant, reason = "there is one for each connection")]
enum Kind {
    None,
    Fixed(Credential),
    Token(TokenManager),
    Consent { manager: TokenManager, consent: Box<Consent>, client: client::TokenClient, owner: Owner },
}

impl Credentials {
    /// Prepares a scheme, and tells the scrubber every secret of it.
    ///
    /// # Errors
    /// [`AuthError::Unusable`] if a value is empty or cannot stand in a header.
    pub fn new(
        scheme: Scheme,
        owner: Owner,
        transport: Arc<dyn TokenTransport>,
        scrubber: &Scrubber,
    ) -> Result<Self, AuthError> {
        let connection = owner.connection.clone();
        let token_client = |client: Client| client::TokenClient::new(client, transport.clone(), scrubber.clone());
        let manager = |owner: &Owner, made_for: String, idle_lifetime, source| {
            let Owner { connection, vault } = owner.clone();
            TokenManager::new(Account { connection, vault, made_for, idle_lifetime }, source, scrubber.clone())
        };
        let (method, kind) = match scheme {
            Scheme::None => ("none", Kind::None),
            Scheme::ApiKey { header, prefix, key } => {
                scrubber.add(key.expose());
                let name = HeaderName::from_bytes(header.as_bytes())
                    .map_err(|error| unusable("the API key's header name", error))?;
                let value = header_value("the API key", prefix.as_deref().unwrap_or_default(), &key)?;
                ("api_key", Kind::Fixed(Credential::fixed(name, value, &[key.expose()])))
            }
            Scheme::Bearer { prefix, token } => {
                scrubber.add(token.expose());
                let value = header_value("the token", &prefix, &token)?;
                ("bearer_token", Kind::Fixed(Credential::fixed(AUTHORIZATION, value, &[token.expose()])))
            }
            Scheme::Basic { user, password } => {
                scrubber.add_pair(&user, password.expose());
                if user.contains(':') {
                    return Err(unusable("the user name", "it contains a colon"));
                }
                if password.is_empty() {
                    return Err(unusable("the password", "it is empty"));
                }
                let pair = Secret::from(STANDARD.encode(format!("{user}:{}", password.expose())));
                let value = header_value("the password", "Basic", &pair)?;
                let secrets = [pair.expose(), password.expose()];
                ("basic", Kind::Fixed(Credential::fixed(AUTHORIZATION, value, &secrets)))
            }
            Scheme::ClientCredentials(client) => {
                let made_for = made_for(&client);
                if client.client_secret.is_none() {
                    return Err(unusable("the client secret", "it is missing"));
                }
                let source = Source::ClientCredentials(token_client(client)?);
                ("oauth2_client_credentials", Kind::Token(manager(&owner, made_for, None, source)))
            }
            Scheme::JwtBearer { client, assertion } => {
                scrubber.add(assertion.key.expose());
                let made_for = format!("{} as {}", made_for(&client), assertion.subject);
                let source = Source::Assertion(token_client(client)?, jwt::Signer::new(assertion)?);
                ("jwt_bearer", Kind::Token(manager(&owner, made_for, None, source)))
            }
            Scheme::AuthorizationCode(consent) => {
                let client = token_client(consent.client.clone())?;
                let source = Source::Consent(client.clone());
                let manager = manager(&owner, consent.made_for(), consent.idle_lifetime, source);
                ("oauth2_authorization_code", Kind::Consent { manager, consent, client, owner })
            }
        };
        Ok(Self { connection, kind, method })
    }

    const fn manager(&self) -> Option<&TokenManager> {
        match &self.kind {
            Kind::None | Kind::Fixed(_) => None,
            Kind::Token(manager) | Kind::Consent { manager, .. } => Some(manager),
        }
    }

    /// Name of the header these credentials travel in; a guest must not set it itself.
    pub fn header_name(&self) -> Option<HeaderName> {
        match &self.kind {
            Kind::None => None,
            Kind::Fixed(credential) => Some(credential.name.clone()),
            Kind::Token(_) | Kind::Consent { .. } => Some(AUTHORIZATION),
        }
    }

    /// The header for one attempt, with a token that is not about to expire.
    ///
    /// Dropping the future does not stop a token request that others may wait for.
    ///
    /// # Errors
    /// Whatever kept the token from being had, if there is no token that is still good.
    pub async fn header(&self) -> Result<Option<Credential>, AuthError> {
        match &self.kind {
            Kind::None => Ok(None),
            Kind::Fixed(credential) => Ok(Some(credential.clone())),
            Kind::Token(manager) | Kind::Consent { manager, .. } => {
                manager.current().await.map(|token| Some(token.credential()))
            }
        }
    }

    /// The vendor answered 401 to this credential. True if there is another one now and a second attempt is worth it.
    ///
    /// # Errors
    /// As [`Credentials::header`].
    pub async fn renew(&self, rejected: &Credential) -> Result<bool, AuthError> {
        match self.manager() {
            None => Ok(false),
            Some(manager) => manager.renew(rejected.generation).await,
        }
    }

    /// Reads what the vault has of these credentials: at the start, and after another process changed it.
    pub(crate) async fn load(&self) {
        if let Some(manager) = self.manager() {
            manager.load().await;
        }
    }

    /// Uses a refresh token that would die unused.
    ///
    /// # Errors
    /// As [`Credentials::header`].
    pub(crate) async fn keep_alive(&self) -> Result<(), AuthError> {
        match self.manager() {
            None => Ok(()),
            Some(manager) => manager.keep_alive().await,
        }
    }

    /// How things stand.
    pub fn status(&self) -> AccountStatus {
        self.manager().map_or_else(AccountStatus::connected, TokenManager::status)
    }

    /// Makes a link by which a person connects the account; it is good for ten minutes and once.
    ///
    /// `browser` is something only the person's browser knows (a cookie); the redirect must come with it.
    ///
    /// # Errors
    /// [`ConnectError::NoConsentNeeded`], [`ConnectError::Vault`].
    pub(crate) async fn begin(&self, redirect_uri: &Url, browser: Option<&str>) -> Result<Link, ConnectError> {
        let Kind::Consent { consent, owner, .. } = &self.kind else {
            let method = self.method.to_owned();
            return Err(ConnectError::NoConsentNeeded { connection: self.connection.clone(), method });
        };
        let begun = consent.begin(&owner.connection, redirect_uri, browser);
        let kept = begun.pending.keep(&owner.vault, &begun.state).await;
        kept.map_err(|error| ConnectError::Vault { reason: error.to_string() })?;
        let expires_at = Instant::from_millis(begun.pending.expires_at_ms());
        Ok(Link { url: begun.url, expires_at })
    }

    /// Ends what [`Credentials::begin`] began: exchanges the code and keeps what was granted.
    async fn complete(&self, pending: &Pending, callback: &Callback) -> Result<(), ConnectError> {
        let connection = pending.connection.clone();
        let Kind::Consent { manager, consent, client, owner } = &self.kind else {
            return Err(ConnectError::NoConsentNeeded { connection, method: self.method.to_owned() });
        };
        if pending.made_for != consent.made_for() {
            return Err(ConnectError::Unavailable(format!(
                "the configuration of {connection} changed since this link was made; begin again"
            )));
        }
        let fresh = consent.exchange(client, pending, callback).await?;
        let failed = |error: &dyn std::fmt::Display| ConnectError::Vault { reason: error.to_string() };
        // A refresh of the old grant under way must not be written over the new one.
        let lock = grant::lock(&owner.vault, &connection).await;
        let _lock = lock.map_err(|error| failed(&error))?;
        let before = match owner.vault.get(Space::Grants, &connection).await {
            Ok(record) => record.and_then(|record| Grant::from_bytes(record.value()).ok()),
            // A person has just replaced what it held.
            Err(VaultError::Damaged { .. }) => None,
            Err(error) => return Err(failed(&error)),
        };
        let grant = Grant::connected(consent.made_for(), fresh, before.as_ref());
        let kept = owner.vault.put(Space::Grants, &connection, &grant.to_bytes()).await;
        kept.map_err(|error| failed(&error))?;
        manager.load().await;
        Ok(())
    }
}

/// What becomes of a redirect: the connection that is connected now.
///
/// `credentials` finds a connection's credentials by its name.
///
/// # Errors
/// Every way in which a redirect can be wrong.
pub(crate) async fn complete<C: std::ops::Deref<Target = Credentials>>(
    vault: &Vault,
    callback: &Callback,
    browser: Option<&str>,
    credentials: impl FnOnce(&str) -> Result<C, ConnectError>,
) -> Result<String, ConnectError> {
    let state = callback.get("state").ok_or(ConnectError::NoState)?;
    let pending = Pending::claim(vault, state, browser).await?;
    credentials(&pending.connection)?.complete(&pending, callback).await?;
    Ok(pending.connection)
}

/// What the vault knows that a vendor told about a connection.
pub(crate) async fn facts(vault: &Vault, connection: &str) -> BTreeMap<String, String> {
    let record = vault.get(Space::Grants, connection).await.ok().flatten();
    record.and_then(|record| Grant::from_bytes(record.value()).ok()).map(|grant| grant.facts).unwrap_or_default()
}

/// For whom a token is good that the client gets by itself.
fn made_for(client: &Client) -> String {
    let Client { endpoint, client_id, .. } = client;
    let scope = endpoint.scope().unwrap_or_default();
    format!("{client_id} at {} for {scope} {:?}", endpoint.url, endpoint.parameters)
}

fn unusable(what: &str, reason: impl ToString) -> AuthError {
    AuthError::Unusable { what: what.to_owned(), reason: reason.to_string() }
}

/// `prefix secret` as a header value that debug output hides.
fn header_value(what: &str, prefix: &str, secret: &Secret) -> Result<HeaderValue, AuthError> {
    if secret.is_empty() {
        return Err(unusable(what, "it is empty"));
    }
    let text = match prefix {
        "" => secret.clone(),
        prefix => Secret::from(format!("{prefix} {}", secret.expose())),
    };
    let mut value = HeaderValue::from_str(text.expose())
        .map_err(|_| unusable(what, "it has characters that no HTTP header may have (a line break at its end?)"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
pub(crate) mod tests;
