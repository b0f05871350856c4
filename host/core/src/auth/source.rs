//! Where a connection's tokens come from.

use super::client::{Fresh, Request, TokenClient};
use super::jwt::Signer;
use super::{AuthError, Secret};

/// A way to ask for tokens.
pub(super) enum Source {
    /// With the client's own credentials (RFC 6749 section 4.4).
    ClientCredentials(TokenClient),
    /// With the refresh token that a person's consent brought (RFC 6749 section 6).
    Consent(TokenClient),
    /// With a signed assertion (RFC 7523).
    Assertion(TokenClient, Signer),
}

impl Source {
    /// Whether a person has to consent first.
    pub(super) const fn is_interactive(&self) -> bool {
        matches!(self, Self::Consent(_))
    }

    /// The word before the access token.
    pub(super) fn prefix(&self) -> &str {
        match self {
            Self::ClientCredentials(client) | Self::Consent(client) | Self::Assertion(client, _) => {
                &client.client().endpoint.prefix
            }
        }
    }

    /// Asks for tokens.
    pub(super) async fn fetch(&self, refresh: Option<&Secret>) -> Result<Fresh, AuthError> {
        match (self, refresh) {
            (Self::ClientCredentials(client), _) => client.request(Request::ClientCredentials).await,
            (Self::Assertion(client, signer), _) => {
                let assertion = signer.assertion()?;
                client.request(Request::Assertion(&assertion)).await
            }
            (Self::Consent(client), Some(refresh)) => client.request(Request::Refresh(refresh)).await,
            (Self::Consent(_), None) => Err(AuthError::Refused {
                code: "invalid_grant".to_owned(),
                description: Some("the vendor gave no refresh token".to_owned()),
                remedy: None,
            }),
        }
    }
}
