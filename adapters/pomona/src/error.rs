//! Codes, statuses and error bodies: `{"error":{"code":…,"message":…}}`, a message alone, and RFC 6749's.

use moulin_adapter::error_class::ApiError;
use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail<'a> {
    #[serde(borrow)]
    code: Scalar<'a>,
    message: Scalar<'a>,
    details: OneOrMany<Field<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Field<'a> {
    #[serde(borrow)]
    field: Scalar<'a>,
    message: Scalar<'a>,
}

enum Class {
    Validation,
    Authentication,
    NotFound,
    RateLimit,
    Api,
}

/// The code says more than the status; a code nobody documented leaves it to the status.
fn class(code: Option<&str>, status: u16) -> Class {
    match code {
        Some("INVALID_REQUEST" | "VALIDATION_FAILED" | "OUT_OF_STOCK" | "DUPLICATE_ORDER" | "ORDER_LOCKED") => {
            Class::Validation
        }
        Some("ACCESS_DENIED" | "FORBIDDEN" | "invalid_token" | "insufficient_scope") => Class::Authentication,
        Some("NOT_FOUND") => Class::NotFound,
        Some("RATE_LIMIT_EXCEEDED") => Class::RateLimit,
        Some("INTERNAL_ERROR") => Class::Api,
        _ => match status {
            400 | 409 | 422 => Class::Validation,
            401 | 403 => Class::Authentication,
            404 => Class::NotFound,
            429 => Class::RateLimit,
            _ => Class::Api,
        },
    }
}

/// The error of an answer that is not 2xx, or of one with status 200 that holds an error.
pub(crate) fn from_answer(answer: &Response) -> Error {
    let status = answer.status();
    // An error page of a proxy is HTML: then the status alone must do.
    let body = answer.text().ok().and_then(detail).unwrap_or_default();
    let code = body.code.text();
    let message = match body.message.text() {
        Some(message) => message,
        None => format!("Pomona answered with status {status}"),
    };
    match class(code.as_deref(), status) {
        Class::Validation => {
            let message = match code {
                Some(code) => format!("{code}: {message}"),
                None => message,
            };
            body.details.into_iter().fold(Error::validation(message), |error, detail| {
                error.field(input(&detail.field.text().unwrap_or_default()), detail.message.text().unwrap_or_default())
            })
        }
        Class::Authentication => Error::authentication(status, code, message),
        Class::NotFound => Error::not_found(message),
        Class::RateLimit => Error::rate_limit(message, answer.retry_after_ms()),
        Class::Api => {
            let retryable = status >= 500 || code.as_deref() == Some("INTERNAL_ERROR");
            Error::Api(ApiError { status: Some(status), code, message, retryable })
        }
    }
}

/// Whether the body is one of the vendor's errors, not the page of a server that knows no such path.
pub(crate) fn is_in_the_vendors_words(answer: &Response) -> bool {
    let body = answer.text().ok().and_then(detail).unwrap_or_default();
    body.code.text().is_some() || body.message.text().is_some()
}

fn detail(body: &str) -> Option<Detail<'_>> {
    let [error, description] = read::members(body.trim(), ["error", "error_description"]).ok()?;
    match error {
        Some(object) if object.starts_with('{') => serde_json::from_str(object).ok(),
        Some(code) => Some(Detail {
            code: Scalar::from_json(code),
            message: Scalar::from_json(description.unwrap_or_default()),
            ..Detail::default()
        }),
        None => serde_json::from_str(body).ok(),
    }
}

/// The operation's own name of one of Pomona's fields.
fn input(field: &str) -> String {
    match field {
        "establishment" => "settings.establishment_code".to_owned(),
        _ => field.replace("product_code", "product_id"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, code: &str) -> Error {
        let body = format!(
            r#"{{"error":{{"code":"{code}","message":"Non","details":[{{"field":"items[0].product_code","message":"unknown"}}]}}}}"#
        );
        from_answer(&Response::new(status, &[("Retry-After", "7")], body))
    }

    #[test]
    fn every_code_of_the_sheet_has_its_class_whatever_the_status() {
        for (status, code) in [
            (400, "INVALID_REQUEST"),
            (422, "VALIDATION_FAILED"),
            (409, "OUT_OF_STOCK"),
            (409, "DUPLICATE_ORDER"),
            (409, "ORDER_LOCKED"),
            (422, "TOO_HEAVY"),
            (200, "OUT_OF_STOCK"),
        ] {
            let Error::Validation(found) = error(status, code) else { panic!("{status} {code}") };
            assert_eq!(found.message, format!("{code}: Non"));
            assert_eq!(
                (found.fields[0].field.as_str(), found.fields[0].message.as_str()),
                ("items[0].product_id", "unknown")
            );
        }
        for (status, code) in [(401, "ACCESS_DENIED"), (403, "FORBIDDEN"), (400, "ACCESS_DENIED"), (403, "X")] {
            let Error::Authentication(found) = error(status, code) else { panic!("{status} {code}") };
            assert_eq!((found.status, found.code.as_deref()), (Some(status), Some(code)));
        }
        assert!(matches!(error(404, "PRODUCT_GONE"), Error::NotFound(_)));
        assert!(matches!(error(400, "NOT_FOUND"), Error::NotFound(_)));
        for (status, code) in [(429, "SLOW"), (503, "RATE_LIMIT_EXCEEDED")] {
            assert!(matches!(error(status, code), Error::RateLimit(found) if found.retry_after_ms == Some(7_000)));
        }
        assert!(matches!(error(500, "INTERNAL_ERROR"), Error::Api(found) if found.retryable));
        assert!(matches!(error(200, "INTERNAL_ERROR"), Error::Api(found) if found.retryable));
        assert!(matches!(error(405, "METHOD_NOT_ALLOWED"), Error::Api(found) if !found.retryable));
    }

    #[test]
    fn the_other_shapes_are_read() {
        let bare = from_answer(&Response::new(409, &[], r#"{"message":"trop tard"}"#));
        assert!(matches!(bare, Error::Validation(found) if found.message == "trop tard"));
        let oauth = r#"{"error":"invalid_token","error_description":"expired"}"#;
        let Error::Authentication(found) = from_answer(&Response::new(401, &[], oauth)) else { panic!() };
        assert_eq!((found.code.as_deref(), found.message.as_str()), (Some("invalid_token"), "expired"));
    }

    #[test]
    fn a_body_that_is_not_json_leaves_the_status() {
        let Error::Api(found) = from_answer(&Response::new(502, &[], "<html>Bad Gateway</html>")) else { panic!() };
        assert_eq!((found.message.as_str(), found.retryable), ("Pomona answered with status 502", true));
        for body in ["", "[]", "null", "{", r#"{"error":null}"#, r#"{"error":[]}"#] {
            assert!(matches!(from_answer(&Response::new(401, &[], body)), Error::Authentication(_)), "{body}");
        }
        assert!(matches!(from_answer(&Response::new(404, &[], vec![0xFF])), Error::NotFound(_)));
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let host = moulin_adapter::testing::Host::new("v1").now(784_111_777_000);
        for (value, wait) in [("120", Some(120_000)), ("Sun, 06 Nov 1994 08:49:40 GMT", Some(3_000)), ("soon", None)] {
            let answer = Response::new(429, &[("Retry-After", value)], "");
            let Error::RateLimit(found) = host.run(|| from_answer(&answer)) else { panic!("{value}") };
            assert_eq!(found.retry_after_ms, wait, "{value}");
        }
        assert!(
            matches!(from_answer(&Response::new(429, &[], "")), Error::RateLimit(found) if found.retry_after_ms.is_none())
        );
    }
}
