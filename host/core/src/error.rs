//! Why an operation did not answer.

use std::time::Duration;

use thiserror::Error;

use crate::engine::Fault;
use crate::model::{FieldError, ValidationError, VendorError};

/// Why an operation did not answer: what the caller got wrong, what the adapter did, or what the vendor said.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// No connection of this name is configured.
    #[error("there is no connection \"{name}\"; configured are: {}", list(known))]
    UnknownConnection {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// No operation of this name exists.
    #[error("there is no operation \"{name}\"{}", nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default())]
    UnknownOperation {
        /// The name asked for.
        name: String,
        /// The one most like it.
        nearest: Option<&'static str>,
    },
    /// The connection's adapter is of another domain.
    #[error("the connection \"{connection}\" uses the adapter {adapter}, which has no {domain} operations")]
    WrongDomain {
        /// The connection.
        connection: String,
        /// Its adapter.
        adapter: String,
        /// The domain asked for.
        domain: &'static str,
    },
    /// The connection cannot be used now.
    #[error("the connection \"{connection}\" is not available: {reason}")]
    Unavailable {
        /// The connection.
        connection: String,
        /// Its adapter.
        adapter: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The input was refused before the vendor was asked.
    #[error("{operation}: {}", input(error))]
    Input {
        /// The operation.
        operation: String,
        /// Field by field.
        error: ValidationError,
    },
    /// The adapter gave no answer of its own.
    #[error(transparent)]
    Adapter(AdapterFault),
    /// The vendor, or the way to it, failed.
    #[error("{connection}: {operation}: {error}")]
    Vendor {
        /// The connection.
        connection: String,
        /// Its adapter.
        adapter: String,
        /// The operation.
        operation: String,
        /// What the adapter reports.
        error: VendorError,
    },
    /// A list came back to a page it had already given.
    #[error(
        "{connection}: {operation}: the vendor's pages go round in a circle (a cursor came twice); the list was stopped"
    )]
    RepeatedCursor {
        /// The connection.
        connection: String,
        /// Its adapter.
        adapter: String,
        /// The operation.
        operation: String,
    },
    /// The host itself failed; a report to Moulin's authors is in order.
    #[error("internal error: {0}")]
    Internal(String),
}

/// An adapter that crashed or went over a ceiling.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{connection}: {operation}: adapter {adapter} {version}: {fault}")]
pub struct AdapterFault {
    /// The adapter.
    pub adapter: String,
    /// Its version.
    pub version: String,
    /// The connection.
    pub connection: String,
    /// The operation.
    pub operation: String,
    /// What happened.
    pub fault: Fault,
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn input(error: &ValidationError) -> String {
    if error.fields.is_empty() {
        return error.message.clone();
    }
    error.fields.iter().map(|field| format!("{}: {}", field.field, field.message)).collect::<Vec<_>>().join("; ")
}

impl Error {
    /// The class in snake case, a label for metrics and problem types.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::UnknownConnection { .. } => "unknown_connection",
            Self::UnknownOperation { .. } => "unknown_operation",
            Self::WrongDomain { .. } => "wrong_domain",
            Self::Unavailable { .. } => "unavailable",
            Self::Input { .. } => "validation",
            Self::Adapter(_) => "adapter_fault",
            Self::Vendor { error, .. } => error.class(),
            Self::RepeatedCursor { .. } => "api",
            Self::Internal(_) => "internal",
        }
    }

    /// What the person who asked can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnknownConnection { .. } => "`moulin connection list` shows the connections",
            Self::UnknownOperation { .. } => "`moulin operations` shows the operations",
            Self::WrongDomain { .. } => "choose a connection of that domain; `moulin connection list` shows them",
            Self::Adapter(fault) => match &fault.fault {
                Fault::Ceiling(_) => {
                    "ask for a smaller page, or raise the limit under [host.limits] if the adapter is known to need more"
                }
                _ => "nothing else was affected; report it to the adapter's author with the log lines of this call",
            },
            Self::Vendor { error: VendorError::Authentication(_), connection, .. } => {
                return Some(format!("check the credentials of connections.{connection}.auth"));
            }
            Self::Vendor { error: VendorError::Connection(error), .. } if error.request_sent => {
                "the vendor may have done it: look before you repeat a write"
            }
            Self::Vendor { error: VendorError::Connection(_), .. } => "nothing was sent; it can be repeated",
            Self::RepeatedCursor { .. } => "ask for a shorter period, and report it to the adapter's author",
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// The fields at fault, if the input was refused.
    pub fn fields(&self) -> &[FieldError] {
        match self {
            Self::Input { error, .. } | Self::Vendor { error: VendorError::Validation(error), .. } => &error.fields,
            _ => &[],
        }
    }

    /// How long to wait before asking again.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Vendor { error: VendorError::RateLimit(error), .. } => match error.retry_after_ms {
                Some(millis) => Some(Duration::from_millis(millis)),
                None => None,
            },
            _ => None,
        }
    }

    /// The HTTP status the vendor answered with.
    pub const fn vendor_status(&self) -> Option<u16> {
        match self {
            Self::Vendor { error: VendorError::Api(error), .. } => error.status,
            Self::Vendor { error: VendorError::Authentication(error), .. } => error.status,
            _ => None,
        }
    }

    /// Connection, adapter and operation, as far as the error knows them.
    pub fn place(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        match self {
            Self::UnknownConnection { name, .. } => (Some(name), None, None),
            Self::UnknownOperation { name, .. } => (None, None, Some(name)),
            Self::WrongDomain { connection, adapter, .. } | Self::Unavailable { connection, adapter, .. } => {
                (Some(connection), Some(adapter), None)
            }
            Self::Input { operation, .. } => (None, None, Some(operation)),
            Self::Adapter(AdapterFault { connection, adapter, operation, .. })
            | Self::Vendor { connection, adapter, operation, .. }
            | Self::RepeatedCursor { connection, adapter, operation } => {
                (Some(connection), Some(adapter), Some(operation))
            }
            Self::Internal(_) => (None, None, None),
        }
    }

    /// A record of ours that cannot be written as JSON, which no record can be brought to.
    pub(crate) fn json(error: serde_json::Error) -> Self {
        Self::Internal(format!("a record cannot be written as JSON: {error}"))
    }
}
