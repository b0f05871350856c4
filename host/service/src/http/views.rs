//! What the API shows beside the operations' own records.

use moulin_host::model::Instant;
use moulin_host::operations::{Domain, Kind, Operation};
use moulin_host::{ConnectionStatus, Host};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A list.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Items<T> {
    /// What is in it.
    pub(crate) items: Vec<T>,
}

/// A connection as an operator sees it. No secret is in it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Connection")]
pub(crate) struct ConnectionView {
    /// Its status.
    #[serde(flatten)]
    pub(crate) status: ConnectionStatus,
    /// IANA name of the restaurant's time zone.
    pub(crate) time_zone: String,
}

impl ConnectionView {
    /// Every connection of a host.
    pub(crate) fn all(host: &Host) -> Vec<Self> {
        host.connections().into_iter().map(|status| Self::of(host, status)).collect()
    }

    /// A connection of a host.
    pub(crate) fn of(host: &Host, status: ConnectionStatus) -> Self {
        let connection = host.connection(&status.name).ok();
        let zone = connection.as_ref().and_then(|connection| connection.time_zone().iana_name());
        Self { time_zone: zone.unwrap_or("UTC").to_owned(), status }
    }

    /// Whether it can be used.
    pub(crate) fn is_ready(&self) -> bool {
        self.status.state == moulin_host::ConnectionState::Ready
    }
}

/// A link by which a person connects an account.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Authorisation {
    /// Where the account's owner consents. Works once.
    pub(crate) url: String,
    /// When the link is of no use any more.
    pub(crate) expires_at: Instant,
}

/// An operation as a caller sees it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Operation")]
pub(crate) struct OperationView {
    /// Domain and function, such as `pos.list-transactions`.
    name: &'static str,
    /// One of `pos`, `suppliers`, `booking` and `crm`.
    domain: &'static str,
    /// `read` or `write`.
    kind: &'static str,
    /// Whether it answers page by page.
    paged: bool,
    /// HTTP method.
    method: &'static str,
    /// Path, with `{connection}` for the connection's name.
    path: String,
    /// One sentence.
    summary: &'static str,
}

impl OperationView {
    /// An operation.
    pub(crate) fn of(operation: &Operation) -> Self {
        Self {
            name: operation.name,
            domain: operation.domain.name(),
            kind: match operation.kind {
                Kind::Read => "read",
                Kind::Write => "write",
            },
            paged: operation.paged,
            method: method(operation),
            path: path(operation.domain, operation.function),
            summary: operation.summary.trim(),
        }
    }
}

/// HTTP method of an operation.
pub(crate) const fn method(operation: &Operation) -> &'static str {
    match operation.kind {
        Kind::Read => "GET",
        Kind::Write => "POST",
    }
}

/// Path template of an operation.
pub(crate) fn path(domain: Domain, function: &str) -> String {
    format!("/v1/connections/{{connection}}/{domain}/{function}")
}
