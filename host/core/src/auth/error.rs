//! Why there are no usable credentials.

use thiserror::Error;

/// Why a request could not be given credentials. Every text has passed the scrubber.
#[derive(Clone, Debug, Error)]
pub enum AuthError {
    /// A configured value cannot be used at all.
    #[error("{what} of the connection cannot be used: {reason}; correct it in the configuration")]
    Unusable {
        /// Which value, such as "the API key".
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The token endpoint refused (RFC 6749 section 5.2).
    #[error("the token endpoint refused: {code}{}; {}", description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default(), remedy.as_deref().unwrap_or_else(|| remedy_for(code)))]
    Refused {
        /// The endpoint's `error`, such as `invalid_client`.
        code: String,
        /// The endpoint's `error_description`.
        description: Option<String>,
        /// What to do, where more is known than the code says.
        remedy: Option<String>,
    },
    /// The token endpoint answered something that is neither a token nor an OAuth2 error.
    #[error("the token endpoint did not answer with a token: {reason}")]
    Answer {
        /// Status and the beginning of the body.
        reason: String,
    },
    /// The token endpoint could not be reached or may not be reached.
    #[error("no answer from the token endpoint: {reason}")]
    Unreachable {
        /// What happened.
        reason: String,
    },
    /// Nobody has connected the account, or the vendor no longer honours what it granted.
    #[error(
        "{reason}; connect the account: run `moulin connect {connection}`, or open /connect/{connection} of the service"
    )]
    NeedsAuthorisation {
        /// The connection.
        connection: String,
        /// Since when and why.
        reason: String,
    },
    /// Tokens cannot be read or kept.
    #[error("tokens cannot be kept: {reason}")]
    Vault {
        /// The vault's own sentence.
        reason: String,
    },
    /// Another process has been renewing the token for longer than a request waits.
    #[error("another process of this host is renewing the token and has not finished; try again")]
    Busy,
}

/// What a person does about an error code (RFC 6749 sections 4.1.2.1 and 5.2).
fn remedy_for(code: &str) -> &'static str {
    match code {
        "invalid_client" | "unauthorized_client" | "invalid_client_id" | "invalid_client_secret" => {
            "correct client_id and client_secret in the connection's auth, as the vendor's developer page shows them"
        }
        "invalid_grant" | "invalid_code" => {
            "the code or token is used up, expired or withdrawn: connect the account again"
        }
        "invalid_scope" => "correct the scopes in the connection's auth to those the vendor gave this client",
        "redirect_uri_mismatch" => {
            "register the redirect URI at the vendor exactly as it is used here, or set auth.redirect_uri"
        }
        "access_denied" | "slow_down" | "temporarily_unavailable" | "server_error" => {
            "the vendor does not give tokens now: wait, and look at the vendor's developer page if it stays so"
        }
        _ => "check client id, secret and scopes",
    }
}

impl AuthError {
    /// True if the token endpoint gave no answer at all, which is a matter of the connection, not of the credentials.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Busy)
    }

    /// The token endpoint said no, and would say it again.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Unusable { .. } | Self::Refused { .. } | Self::Answer { .. })
    }

    /// The grant itself is refused: asking again with it is useless.
    pub(super) fn is_grant_refused(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if matches!(code.as_str(), "invalid_grant" | "invalid_code"))
    }

    /// The client or its configuration is refused: a person has to correct it.
    pub(super) fn is_misconfiguration(&self) -> bool {
        match self {
            Self::Unusable { .. } => true,
            Self::Refused { code, .. } => matches!(
                code.as_str(),
                "invalid_client"
                    | "invalid_client_id"
                    | "invalid_client_secret"
                    | "unauthorized_client"
                    | "invalid_scope"
                    | "unsupported_grant_type"
            ),
            _ => false,
        }
    }
}
