//! Statuses and error bodies: `{"error":{"code":…,"message":…,"details":[{"field":…,"message":…}]}}`.

use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    error: Detail<'a>,
}

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

/// The class of an answer that is not 2xx.
pub(crate) fn from_answer(answer: &Response) -> Error {
    let status = answer.status();
    // An error page of a proxy is HTML: then the status alone must do.
    let body = answer.json::<Body<'_>>().unwrap_or_default().error;
    let code = body.code.text();
    let message = match body.message.text() {
        Some(message) => message,
        None => format!("Metro answered with status {status}"),
    };
    match status {
        400 | 409 | 422 => {
            let message = match code {
                Some(code) => format!("{code}: {message}"),
                None => message,
            };
            body.details.into_iter().fold(Error::validation(message), |error, detail| {
                error.field(detail.field.text().unwrap_or_default(), detail.message.text().unwrap_or_default())
            })
        }
        401 | 403 => Error::authentication(status, code, message),
        404 => Error::not_found(message),
        429 => Error::rate_limit(message, answer.retry_after_ms()),
        _ => Error::api(status, message).code(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, code: &str) -> Error {
        from_answer(&Response::new(
            status,
            &[("Retry-After", "7")],
            format!(
                r#"{{"error":{{"code":"{code}","message":"Invalid","details":[{{"field":"items[0].quantity","message":"must be > 0"}}],"request_id":"r"}}}}"#
            ),
        ))
    }

    #[test]
    fn every_status_of_the_sheet_has_its_class() {
        for (status, code) in
            [(400, "INVALID_REQUEST"), (422, "VALIDATION_FAILED"), (409, "OUT_OF_STOCK"), (409, "ORDER_LOCKED")]
        {
            let Error::Validation(found) = error(status, code) else { panic!("{status}") };
            assert_eq!(found.message, format!("{code}: Invalid"));
            assert_eq!(found.fields[0].field, "items[0].quantity");
            assert_eq!(found.fields[0].message, "must be > 0");
        }
        for status in [401, 403] {
            let Error::Authentication(found) = error(status, "ACCESS_DENIED") else { panic!("{status}") };
            assert_eq!((found.status, found.code.as_deref()), (Some(status), Some("ACCESS_DENIED")));
        }
        assert!(matches!(error(404, "NOT_FOUND"), Error::NotFound(_)));
        assert!(
            matches!(error(429, "RATE_LIMIT_EXCEEDED"), Error::RateLimit(found) if found.retry_after_ms == Some(7_000))
        );
        assert!(matches!(error(500, "INTERNAL_ERROR"), Error::Api(found) if found.retryable));
        assert!(matches!(error(405, "X"), Error::Api(found) if !found.retryable));
    }

    #[test]
    fn a_body_that_is_not_json_leaves_the_status() {
        let Error::Api(found) = from_answer(&Response::new(502, &[], "<html>Bad Gateway</html>")) else { panic!() };
        assert_eq!(found.message, "Metro answered with status 502");
        assert!(matches!(from_answer(&Response::new(401, &[], "")), Error::Authentication(_)));
        assert!(matches!(from_answer(&Response::new(400, &[], r#"{"error":"bad"}"#)), Error::Validation(_)));
    }
}
