//! Failures in one form: the HTTP API sends it (RFC 9457), the command line prints it and takes its exit code from it.

mod account;
mod class;

use std::fmt;
use std::ops::{Deref, DerefMut};

use moulin_host::engine::{Ceiling, Fault};
use moulin_host::model::{FieldError, ValidationError};
use moulin_host::{AdapterFault, Error};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use class::{CLASSES, Class};

/// A failure. Boxed, because it is the error of nearly every function here and seldom there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Problem(Box<Details>);

/// Problem details (RFC 9457), with members of our own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Details {
    /// URI reference of the class.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The class in a few words.
    pub(crate) title: String,
    /// HTTP status.
    pub(crate) status: u16,
    /// What happened this time.
    pub(crate) detail: String,
    /// Class of the failure, such as `rate_limit`.
    pub(crate) class: String,
    /// The connection that was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) connection: Option<String>,
    /// The connection's adapter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) adapter: Option<String>,
    /// The operation that was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<String>,
    /// HTTP status of the vendor's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vendor_status: Option<u16>,
    /// Seconds to wait before the next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after: Option<u64>,
    /// The fields of the input at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldError>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// Identifier of the request, as in the header `x-request-id` and in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
}

impl Problem {
    /// A failure of this class.
    pub(crate) fn new(class: &str, detail: impl Into<String>) -> Self {
        let class = class::find(class);
        Self(Box::new(Details {
            kind: format!("/problems/{}", class.class),
            title: class.title.to_owned(),
            status: class.status,
            detail: detail.into(),
            class: class.class.to_owned(),
            connection: None,
            adapter: None,
            operation: None,
            vendor_status: None,
            retry_after: None,
            errors: Vec::new(),
            hint: None,
            request_id: None,
        }))
    }

    /// A refusal of one field of the input.
    pub(crate) fn field(field: &str, message: &str) -> Self {
        let mut problem = Self::new("validation", format!("{field}: {message}"));
        problem.errors.push(FieldError { field: field.to_owned(), message: message.to_owned() });
        problem
    }

    /// The same failure, with what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure, of a call of this operation on this connection.
    pub(crate) fn of_call(mut self, connection: &str, operation: &str) -> Self {
        self.connection.get_or_insert_with(|| connection.to_owned());
        self.operation.get_or_insert_with(|| operation.to_owned());
        self
    }

    /// The same failure, of this connection.
    pub(crate) fn of_connection(mut self, connection: &str) -> Self {
        self.connection.get_or_insert_with(|| connection.to_owned());
        self
    }

    /// Exit code of the command line for this failure.
    pub(crate) fn exit_code(&self) -> u8 {
        class::find(&self.class).exit_code
    }
}

impl Deref for Problem {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let class = match &error {
            // The only fault of an adapter that is as likely the vendor's: it has a status of its own in HTTP.
            Error::Adapter(AdapterFault { fault: Fault::Ceiling(Ceiling::Deadline(_)), .. }) => "deadline",
            error => error.class(),
        };
        let mut problem = Self::new(class, error.to_string());
        let (connection, adapter, operation) = error.place();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        problem.connection = owned(connection);
        problem.adapter = owned(adapter);
        problem.operation = owned(operation);
        problem.vendor_status = error.vendor_status();
        // Rounded up: a caller that waits less is refused again.
        problem.retry_after = error.retry_after().map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        problem.errors = error.fields().to_vec();
        problem.hint = error.hint();
        problem
    }
}

impl From<ValidationError> for Problem {
    fn from(error: ValidationError) -> Self {
        let mut problem = Self::new("validation", error.message);
        problem.errors = error.fields;
        problem
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        for error in &self.errors {
            let line = format!("{}: {}", error.field, error.message);
            if !self.detail.contains(&line) {
                write!(f, "\n  {line}")?;
            }
        }
        if let Some(seconds) = self.retry_after {
            write!(f, "\nagain in {seconds} s")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use moulin_host::model::{ApiError, AuthenticationError, RateLimitError, VendorError};
    use serde_json::json;

    use super::*;

    fn vendor(error: VendorError) -> Problem {
        Problem::from(Error::Vendor {
            connection: "till".to_owned(),
            adapter: "lightspeed".to_owned(),
            operation: "pos.list-products".to_owned(),
            error,
        })
    }

    #[test]
    fn every_class_of_the_contract_has_its_status_and_exit_code() {
        let authentication = vendor(VendorError::Authentication(AuthenticationError {
            message: "no".to_owned(),
            status: Some(401),
            code: None,
        }));
        assert_eq!((authentication.status, authentication.exit_code()), (502, 3));
        assert_eq!(authentication.vendor_status, Some(401));
        let rate =
            vendor(VendorError::RateLimit(RateLimitError { message: "slow".to_owned(), retry_after_ms: Some(1500) }));
        assert_eq!((rate.status, rate.exit_code(), rate.retry_after), (429, 5, Some(2)));
        let field = vendor(VendorError::invalid_field("limit", "at least 1"));
        assert_eq!((field.status, field.exit_code()), (422, 7));
        assert_eq!(field.errors[0].field, "limit");
        let api = vendor(VendorError::Api(ApiError {
            status: Some(500),
            code: None,
            message: "oops".to_owned(),
            retryable: true,
        }));
        assert_eq!((api.status, api.exit_code(), api.vendor_status), (502, 8, Some(500)));
        let unsupported = vendor(VendorError::Unsupported("no".to_owned()));
        assert_eq!((unsupported.status, unsupported.exit_code()), (501, 9));
        assert_eq!(unsupported.adapter.as_deref(), Some("lightspeed"));
    }

    #[test]
    fn a_call_past_its_deadline_is_told_from_a_crash() {
        let fault = |fault| {
            Problem::from(Error::Adapter(AdapterFault {
                adapter: "metro".to_owned(),
                version: "1.0.0".to_owned(),
                connection: "metro".to_owned(),
                operation: "suppliers.get-order".to_owned(),
                fault,
            }))
        };
        let late = fault(Fault::Ceiling(Ceiling::Deadline(std::time::Duration::from_secs(60))));
        assert_eq!((late.status, late.class.as_str()), (504, "deadline"));
        let crash = fault(Fault::Trap("unreachable".to_owned()));
        assert_eq!((crash.status, crash.class.as_str(), crash.exit_code()), (500, "adapter_fault", 10));
    }

    #[test]
    fn the_json_has_the_members_of_rfc_9457_and_no_nulls() {
        let json = serde_json::to_value(Problem::field("limit", "at least 1")).unwrap();
        assert_eq!(
            json,
            json!({
                "type": "/problems/validation", "title": "The input was refused", "status": 422,
                "detail": "limit: at least 1", "class": "validation",
                "errors": [{"field": "limit", "message": "at least 1"}],
            })
        );
    }

    #[test]
    fn people_read_each_field_once() {
        let text = Problem::field("limit", "at least 1").to_string();
        assert_eq!(text, "limit: at least 1");
        let error = ValidationError {
            message: "refused".to_owned(),
            fields: vec![FieldError { field: "to".to_owned(), message: "after from".to_owned() }],
        };
        assert_eq!(Problem::from(error).to_string(), "refused\n  to: after from");
    }
}
