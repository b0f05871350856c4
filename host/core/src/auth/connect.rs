//! Why an account could not be connected.

use thiserror::Error;

use super::AuthError;

/// Why an account could not be connected, in a sentence that says what the person should do. Texts of the vendor have
/// passed the scrubber.
#[derive(Clone, Debug, Error)]
pub enum ConnectError {
    /// The connection's method needs nobody's consent.
    #[error(
        "the connection {connection} authenticates with {method}, for which nobody has to consent; look at `moulin connection check {connection}`"
    )]
    NoConsentNeeded {
        /// The connection.
        connection: String,
        /// Its method.
        method: String,
    },
    /// The redirect has no `state`.
    #[error("this is not the address a vendor sends people back to: it has no `state`; begin again")]
    NoState,
    /// No authorisation with this state was begun here.
    #[error("this link was not made here, or long ago; begin again")]
    UnknownState,
    /// The state was used before.
    #[error("this link was used already; if {connection} is not connected, begin again")]
    UsedState {
        /// The connection.
        connection: String,
    },
    /// More than ten minutes passed.
    #[error("this link has expired: consent within 10 minutes of opening it; begin again for {connection}")]
    ExpiredState {
        /// The connection.
        connection: String,
    },
    /// Begun in one browser, ended in another.
    #[error(
        "this link was opened in another browser than the one that began; begin again for {connection} and stay in one"
    )]
    OtherBrowser {
        /// The connection.
        connection: String,
    },
    /// The person said no.
    #[error("the vendor's page reports that access was refused; begin again for {connection} and choose to allow it")]
    Declined {
        /// The connection.
        connection: String,
    },
    /// The vendor did not like the request.
    #[error("the vendor refused to connect {connection}: {code}{}; check client id, scopes and redirect URI against the vendor's developer page", description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Refused {
        /// The connection.
        connection: String,
        /// RFC 6749 section 4.1.2.1.
        code: String,
        /// The vendor's explanation.
        description: Option<String>,
    },
    /// The redirect names another sender than the vendor (RFC 9207).
    #[error(
        "the answer for {connection} comes from {issuer} and not from {expected}: do not go on; begin again, and if it happens again tell the vendor"
    )]
    WrongIssuer {
        /// The connection.
        connection: String,
        /// Who it says it is.
        issuer: String,
        /// Who it should be.
        expected: String,
    },
    /// Neither a code nor an error came.
    #[error("the vendor sent no code for {connection}; begin again")]
    NoCode {
        /// The connection.
        connection: String,
    },
    /// The code could not be exchanged for tokens.
    #[error("{connection} is not connected: {error}")]
    Exchange {
        /// The connection.
        connection: String,
        /// Why.
        error: AuthError,
    },
    /// The vault does not work.
    #[error("nothing can be kept: {reason}")]
    Vault {
        /// The vault's own sentence.
        reason: String,
    },
    /// The connection cannot be used at all.
    #[error("{0}")]
    Unavailable(String),
}

impl ConnectError {
    /// The connection it is about, where that is known.
    pub fn connection(&self) -> Option<&str> {
        match self {
            Self::NoState | Self::UnknownState | Self::Vault { .. } | Self::Unavailable(_) => None,
            Self::NoConsentNeeded { connection, .. }
            | Self::UsedState { connection }
            | Self::ExpiredState { connection }
            | Self::OtherBrowser { connection }
            | Self::Declined { connection }
            | Self::Refused { connection, .. }
            | Self::WrongIssuer { connection, .. }
            | Self::NoCode { connection }
            | Self::Exchange { connection, .. } => Some(connection),
        }
    }
}
