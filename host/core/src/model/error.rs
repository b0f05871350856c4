//! Why an operation failed at the vendor: the error of the contract.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

/// What is wrong with one field of the input.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct FieldError {
    /// Path of the field in the operation's input, such as `items[0].quantity`.
    pub field: String,
    /// One sentence that says what would be right.
    pub message: String,
}

/// The credentials were refused, or the account lacks a permission.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct AuthenticationError {
    /// One sentence for the person who operates the connection.
    pub message: String,
    /// HTTP status the vendor answered with, if it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The vendor's own error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// No usable answer came: name resolution, connection, TLS, time-out, reset, truncated body.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct ConnectionError {
    /// One sentence for people.
    pub message: String,
    /// True if the vendor may have received the request, so that repeating a write could do it twice.
    #[component(name = "request-sent")]
    pub request_sent: bool,
}

/// The vendor asks for fewer requests.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct RateLimitError {
    /// One sentence for people.
    pub message: String,
    /// How long to wait before the next request, in milliseconds, if the vendor said so.
    #[component(name = "retry-after-ms")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// The record asked for does not exist at the vendor.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct NotFoundError {
    /// One sentence for people.
    pub message: String,
}

/// The vendor, or Moulin before asking it, refused the input.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct ValidationError {
    /// One sentence for people.
    pub message: String,
    /// The fields at fault; empty when the vendor does not say.
    #[serde(default)]
    pub fields: Vec<FieldError>,
}

/// Any other failure of the vendor.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct ApiError {
    /// HTTP status, if the failure came as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The vendor's own error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// One sentence for people.
    pub message: String,
    /// True if the same request may succeed later without a change.
    pub retryable: bool,
}

/// Why an operation failed. The first six cases are those of the original connectors.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum VendorError {
    /// The credentials were refused, or the account lacks a permission.
    #[component(name = "authentication")]
    Authentication(AuthenticationError),
    /// No usable answer came.
    #[component(name = "connection")]
    Connection(ConnectionError),
    /// The vendor asks for fewer requests.
    #[component(name = "rate-limit")]
    RateLimit(RateLimitError),
    /// The record asked for does not exist.
    #[component(name = "not-found")]
    NotFound(NotFoundError),
    /// The input was refused.
    #[component(name = "validation")]
    Validation(ValidationError),
    /// Any other failure of the vendor.
    #[component(name = "api")]
    Api(ApiError),
    /// This vendor, or this flavour of it, cannot do the operation; the text says why.
    #[component(name = "unsupported")]
    Unsupported(String),
}

impl VendorError {
    /// The class in snake case, as in the JSON form: a label for metrics and problem types.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Authentication(_) => "authentication",
            Self::Connection(_) => "connection",
            Self::RateLimit(_) => "rate_limit",
            Self::NotFound(_) => "not_found",
            Self::Validation(_) => "validation",
            Self::Api(_) => "api",
            Self::Unsupported(_) => "unsupported",
        }
    }

    /// A refusal of one field of the input.
    pub fn invalid_field(field: impl Into<String>, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        Self::Validation(ValidationError {
            message: format!("{field}: {message}"),
            fields: vec![FieldError { field, message }],
        })
    }

    /// Every text of the error, for the scrubber to pass over.
    pub(crate) fn texts_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Authentication(error) => std::iter::once(&mut error.message).chain(error.code.as_mut()).collect(),
            Self::Connection(error) => vec![&mut error.message],
            Self::RateLimit(error) => vec![&mut error.message],
            Self::NotFound(error) => vec![&mut error.message],
            Self::Validation(error) => {
                let fields = error.fields.iter_mut().flat_map(|field| [&mut field.field, &mut field.message]);
                std::iter::once(&mut error.message).chain(fields).collect()
            }
            Self::Api(error) => std::iter::once(&mut error.message).chain(error.code.as_mut()).collect(),
            Self::Unsupported(reason) => vec![reason],
        }
    }
}

impl fmt::Display for VendorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = |f: &mut fmt::Formatter<'_>, status: Option<u16>, code: Option<&str>| match (status, code) {
            (Some(status), Some(code)) => write!(f, " (HTTP {status}, {code})"),
            (Some(status), None) => write!(f, " (HTTP {status})"),
            (None, Some(code)) => write!(f, " ({code})"),
            (None, None) => Ok(()),
        };
        match self {
            Self::Authentication(error) => {
                write!(f, "not authenticated: {}", error.message)?;
                code(f, error.status, error.code.as_deref())
            }
            Self::Connection(error) => write!(f, "no answer from the vendor: {}", error.message),
            Self::RateLimit(error) => {
                write!(f, "the vendor asks for fewer requests: {}", error.message)?;
                match error.retry_after_ms {
                    Some(wait) => write!(f, " (again in {} s)", wait.div_ceil(1000)),
                    None => Ok(()),
                }
            }
            Self::NotFound(error) => write!(f, "not found: {}", error.message),
            Self::Validation(error) => {
                write!(f, "the input was refused: {}", error.message)?;
                for field in &error.fields {
                    write!(f, "; {}: {}", field.field, field.message)?;
                }
                Ok(())
            }
            Self::Api(error) => {
                write!(f, "the vendor failed: {}", error.message)?;
                code(f, error.status, error.code.as_deref())
            }
            Self::Unsupported(reason) => write!(f, "not supported: {reason}"),
        }
    }
}

impl std::error::Error for VendorError {}
