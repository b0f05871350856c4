//! Why there is no answer.

use std::time::Duration;

use thiserror::Error;

use crate::auth::AuthError;

/// Why a request got no answer. Each text says what to do, has passed the scrubber and holds no query string.
#[derive(Clone, Debug, Error)]
pub enum EgressError {
    /// The request asks for something that was not granted. Nothing was sent.
    #[error("refused: {reason}")]
    Denied {
        /// What was asked for and how it would be granted.
        reason: String,
    },
    /// The request is not well-formed, which is a fault of the adapter. Nothing was sent.
    #[error("the adapter's request is not valid: {reason}")]
    InvalidRequest {
        /// What is wrong.
        reason: String,
    },
    /// No connection came about: name resolution, TCP or TLS. Nothing was sent.
    #[error("no connection to {origin}: {reason}")]
    Connect {
        /// Scheme, host and port.
        origin: String,
        /// What happened.
        reason: String,
    },
    /// One attempt took too long.
    #[error("{origin} did not answer within {after:?}")]
    Timeout {
        /// Scheme, host and port.
        origin: String,
        /// The time given to the attempt.
        after: Duration,
    },
    /// The connection broke, or what came over it was not HTTP, after the request may have been received.
    #[error("the exchange with {origin} broke off: {reason}")]
    Interrupted {
        /// Scheme, host and port.
        origin: String,
        /// What happened.
        reason: String,
    },
    /// The answers of this call are larger than it may read.
    #[error("the answers are larger than {limit} bytes, the limit of one call; ask for smaller pages")]
    TooLarge {
        /// Ceiling for all answers of one call together, in bytes after decompression.
        limit: u64,
    },
    /// The call's time is up.
    #[error("the call's time was up before the answer was there")]
    DeadlineExceeded {
        /// True if the request may have been received.
        request_sent: bool,
    },
    /// The call made too many requests.
    #[error("more than {limit} requests, the limit of one call")]
    RequestCountExceeded {
        /// Ceiling for one call.
        limit: u32,
    },
    /// Our own limiter would have to wait past the call's deadline. Nothing was sent.
    #[error("the vendor's rate limit {limit:?} leaves no room for {wait:?}, past the call's deadline")]
    RateLimited {
        /// Name of the limit.
        limit: String,
        /// After this time there is room again.
        wait: Duration,
    },
    /// The vendor redirects to where this connection may not go.
    #[error("the vendor redirects to {to}, which is refused: {reason}")]
    RedirectDenied {
        /// Scheme, host and port of the redirect, or the redirect itself if it is no URL.
        to: String,
        /// Why.
        reason: String,
    },
    /// The vendor redirects in circles.
    #[error("more than {limit} redirects in a row")]
    TooManyRedirects {
        /// Ceiling.
        limit: u8,
    },
    /// The connection's credentials cannot be had.
    #[error(transparent)]
    Credentials(#[from] AuthError),
}

impl EgressError {
    /// True if the vendor may have received the request, so that repeating a write could do it twice.
    pub fn request_sent(&self) -> bool {
        match self {
            Self::Denied { .. }
            | Self::InvalidRequest { .. }
            | Self::Connect { .. }
            | Self::RequestCountExceeded { .. }
            | Self::RateLimited { .. }
            | Self::Credentials(_) => false,
            Self::DeadlineExceeded { request_sent } => *request_sent,
            Self::Timeout { .. }
            | Self::Interrupted { .. }
            | Self::TooLarge { .. }
            | Self::RedirectDenied { .. }
            | Self::TooManyRedirects { .. } => true,
        }
    }
}
