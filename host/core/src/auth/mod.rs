//! Credentials of a connection: the schemes, and the token manager behind OAuth2.
//!
//! An adapter never sees any of this. Egress asks for the header on every attempt anew ([`Credentials::header`]), so a
//! token that died during a wait is never used, and reports an answer of 401 ([`Credentials::renew`]).
//!
//! Every scheme whose tokens come from an endpoint is a [`TokenSource`] of its own file behind the one
//! [`TokenManager`], which owns life time, single flight and errors.

mod answer;
mod client_credentials;
mod error;
mod secret;
mod token;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, header::AUTHORIZATION};

pub use client_credentials::{ClientAuthentication, ClientCredentials, TokenEndpoint, TokenRequestFormat};
pub use error::AuthError;
pub use secret::Secret;
use token::TokenManager;

use crate::telemetry::scrub::Scrubber;

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
    ClientCredentials(ClientCredentials),
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
}

/// The credentials of one connection.
pub struct Credentials(Kind);

enum Kind {
    None,
    Fixed(Credential),
    Token(TokenManager),
}

impl Credentials {
    /// Prepares a scheme, and tells the scrubber every secret of it.
    ///
    /// # Errors
    /// [`AuthError::Unusable`] if a value is empty or cannot stand in a header.
    pub fn new(scheme: Scheme, transport: Arc<dyn TokenTransport>, scrubber: &Scrubber) -> Result<Self, AuthError> {
        let kind = match scheme {
            Scheme::None => Kind::None,
            Scheme::ApiKey { header, prefix, key } => {
                scrubber.add(key.expose());
                let name = HeaderName::from_bytes(header.as_bytes())
                    .map_err(|error| unusable("the API key's header name", error))?;
                let value = header_value("the API key", prefix.as_deref().unwrap_or_default(), &key)?;
                Kind::Fixed(Credential { name, value, generation: 0 })
            }
            Scheme::Bearer { prefix, token } => {
                scrubber.add(token.expose());
                let value = header_value("the token", &prefix, &token)?;
                Kind::Fixed(Credential { name: AUTHORIZATION, value, generation: 0 })
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
                Kind::Fixed(Credential { name: AUTHORIZATION, value, generation: 0 })
            }
            Scheme::ClientCredentials(scheme) => {
                let prefix = scheme.endpoint.prefix.clone();
                let source = client_credentials::Source::new(scheme, transport, scrubber.clone())?;
                Kind::Token(TokenManager::new(prefix, Arc::new(source)))
            }
        };
        Ok(Self(kind))
    }

    /// Name of the header these credentials travel in; a guest must not set it itself.
    pub fn header_name(&self) -> Option<HeaderName> {
        match &self.0 {
            Kind::None => None,
            Kind::Fixed(credential) => Some(credential.name.clone()),
            Kind::Token(_) => Some(AUTHORIZATION),
        }
    }

    /// The header for one attempt, with a token that is not about to expire.
    ///
    /// Dropping the future does not stop a token request that others may wait for.
    ///
    /// # Errors
    /// Whatever kept the token from being had, if there is no token that is still good.
    pub async fn header(&self) -> Result<Option<Credential>, AuthError> {
        match &self.0 {
            Kind::None => Ok(None),
            Kind::Fixed(credential) => Ok(Some(credential.clone())),
            Kind::Token(manager) => manager.current().await.map(|token| Some(token.credential())),
        }
    }

    /// The vendor answered 401 to this credential. True if there is another one now and a second attempt is worth it.
    ///
    /// # Errors
    /// As [`Credentials::header`].
    pub async fn renew(&self, rejected: &Credential) -> Result<bool, AuthError> {
        match &self.0 {
            Kind::None | Kind::Fixed(_) => Ok(false),
            Kind::Token(manager) => manager.renew(rejected.generation).await,
        }
    }
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
mod tests;
