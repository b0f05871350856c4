//! Constructors and conversions of the contract's error.

use crate::Error;
use crate::bindings::common::moulin::types::types::{
    ApiError, AuthenticationError, ConnectionError, FieldError, NotFoundError, RateLimitError, ValidationError,
};

impl Error {
    /// The vendor refused the credentials or the right to do this.
    pub fn authentication(status: u16, code: Option<String>, message: impl Into<String>) -> Self {
        Self::Authentication(AuthenticationError { message: message.into(), status: Some(status), code })
    }

    /// No usable answer came. `request_sent`: the vendor may have received the request.
    pub fn connection(message: impl Into<String>, request_sent: bool) -> Self {
        Self::Connection(ConnectionError { message: message.into(), request_sent })
    }

    /// The vendor asks for fewer requests.
    pub fn rate_limit(message: impl Into<String>, retry_after_ms: Option<u64>) -> Self {
        Self::RateLimit(RateLimitError { message: message.into(), retry_after_ms })
    }

    /// The record does not exist at the vendor.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::NotFound(NotFoundError { message: message.into() })
    }

    /// The input was refused as a whole; add fields with [`Error::field`].
    pub fn validation(message: impl Into<String>) -> Self {
        Self::Validation(ValidationError { message: message.into(), fields: Vec::new() })
    }

    /// One field of the input is wrong.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        Self::Validation(ValidationError {
            message: format!("{field}: {message}"),
            fields: vec![FieldError { field, message }],
        })
    }

    /// Adds a field to a validation error; other classes stay as they are.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        if let Self::Validation(error) = &mut self {
            error.fields.push(FieldError { field: field.into(), message: message.into() });
        }
        self
    }

    /// Another failure of the vendor; a status of 500 or more may pass by itself.
    pub fn api(status: u16, message: impl Into<String>) -> Self {
        Self::Api(ApiError { status: Some(status), code: None, message: message.into(), retryable: status >= 500 })
    }

    /// An answer that does not say what the vendor's documentation promises.
    pub fn unexpected(message: impl Into<String>) -> Self {
        Self::Api(ApiError { status: None, code: None, message: message.into(), retryable: false })
    }

    /// Adds the vendor's own error code, where the class has a place for it.
    #[must_use]
    pub fn code(mut self, text: Option<String>) -> Self {
        match &mut self {
            Self::Authentication(error) => error.code = text,
            Self::Api(error) => error.code = text,
            _ => {}
        }
        self
    }

    /// This vendor, or this flavour of it, cannot do the operation.
    pub fn unsupported(reason: impl Into<String>) -> Self {
        Self::Unsupported(reason.into())
    }

    pub(crate) fn not_offered(operation: &str) -> Self {
        Self::Unsupported(format!("this adapter does not offer {}", operation.replace('_', "-")))
    }

    /// Puts before the message what it is about, such as `reservation 4711`; the class stays.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        let message = match &mut self {
            Self::Authentication(error) => &mut error.message,
            Self::Connection(error) => &mut error.message,
            Self::RateLimit(error) => &mut error.message,
            Self::NotFound(error) => &mut error.message,
            Self::Validation(error) => &mut error.message,
            Self::Api(error) => &mut error.message,
            Self::Unsupported(reason) => reason,
        };
        *message = format!("{what}: {message}");
        self
    }

    /// True if a write may have been carried out although no answer came.
    pub fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Connection(ConnectionError { request_sent: true, .. }))
    }
}

pub(crate) fn missing_setting(key: &str) -> Error {
    Error::invalid(format!("settings.{key}"), "must be set for this connection")
}

/// A body that is not the JSON it should be. The text of the body is not repeated: it may hold personal data.
impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::unexpected(format!("the vendor's answer is not the JSON expected: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_error_may_pass_and_a_client_error_will_not() {
        let Error::Api(server) = Error::api(503, "down") else { panic!("api expected") };
        let Error::Api(client) = Error::api(405, "no").code(Some("X".into())) else { panic!("api expected") };
        assert!(server.retryable && !client.retryable);
        assert_eq!(client.code.as_deref(), Some("X"));
    }

    #[test]
    fn only_a_sent_request_is_ambiguous() {
        assert!(Error::connection("reset", true).is_ambiguous());
        assert!(!Error::connection("refused", false).is_ambiguous());
        assert!(!Error::api(500, "").is_ambiguous());
    }

    #[test]
    fn an_error_says_what_it_is_about_and_keeps_its_class() {
        let Error::NotFound(found) = Error::not_found("gone").about("guest 7") else { panic!("not found expected") };
        assert_eq!(found.message, "guest 7: gone");
        assert!(Error::connection("reset", true).about("guest 7").is_ambiguous());
        assert!(matches!(Error::unsupported("no").about("x"), Error::Unsupported(reason) if reason == "x: no"));
    }

    #[test]
    fn fields_gather_in_a_validation_error() {
        let Error::Validation(error) = Error::invalid("price", "must not be negative").field("sku", "too long") else {
            panic!("validation expected")
        };
        assert_eq!(error.fields.len(), 2);
        assert_eq!(error.message, "price: must not be negative");
    }
}
