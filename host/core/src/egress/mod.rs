//! The only way to the network.
//!
//! One [`Egress`] per connection: its own grants, credentials, limits and connection pool, so that nothing is shared
//! between restaurants. A request goes through the stages that `pipeline.rs` spells out in order:
//!
//! `grant → concurrency limit → total deadline → response cache → retry( breaker → rate limiter → credentials →
//! attempt timeout → transport )`
//!
//! | file | what it decides |
//! |---|---|
//! | `grants.rs` | which origins a connection may reach |
//! | `address.rs`, `resolve.rs` | which addresses a name may stand for |
//! | `target.rs`, `headers.rs` | what a guest's request becomes on the wire |
//! | `limits/` | how fast |
//! | `redirect.rs` | whether and how an answer of 3xx is followed |
//! | `transport.rs` | TLS, the pool, how much of an answer is read |

mod address;
mod budget;
mod error;
mod grants;
mod headers;
mod limits;
mod pipeline;
mod redirect;
mod request;
mod resolve;
mod target;
mod transport;

pub use budget::Budget;
pub use error::EgressError;
pub use grants::{GrantError, Grants, Origin};
pub use limits::{BucketHeaders, LimitKind, LimitSignal, RateLimit, RemainingHeaders};
pub use pipeline::{Egress, EgressSettings, SetupError};
pub use request::{CachePolicy, Idempotency, Request, Response};
pub use transport::{Outgoing, Transport};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
