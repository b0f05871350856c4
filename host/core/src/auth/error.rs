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
    #[error("the token endpoint refused the credentials ({code}{}); check client id, secret and scopes", description.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Refused {
        /// The endpoint's `error`, such as `invalid_client`.
        code: String,
        /// The endpoint's `error_description`.
        description: Option<String>,
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
}

impl AuthError {
    /// True if the token endpoint gave no answer at all, which is a matter of the connection, not of the credentials.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}
