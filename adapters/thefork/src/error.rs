//! Statuses and error bodies: `{"error":{"code":…,"message":…}}` (seed), `{"statusCode":404,"error":"Not Found",
//! "data":{"code":…}}` (B2B), or HTML.

use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body<'a> {
    error: Option<Word>,
    #[serde(borrow)]
    message: Scalar<'a>,
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Object { code: Option<String>, message: Option<String> },
    Text(String),
}

#[derive(Deserialize)]
struct Data {
    code: Option<String>,
}

fn read(answer: &Response) -> (Option<String>, String) {
    // An error page of a proxy is HTML: then the status alone must do.
    let body = answer.json::<Body<'_>>().unwrap_or_default();
    let (code, detail, phrase) = match body.error {
        Some(Word::Object { code, message }) => (code, message, None),
        Some(Word::Text(phrase)) => (None, None, Some(phrase)),
        None => (None, None, None),
    };
    let code = body.data.and_then(|data| data.code).or(code).filter(|code| !code.is_empty());
    let message = match (body.message.text().or(detail), &code, phrase) {
        (Some(message), Some(code), _) => format!("{code}: {message}"),
        (Some(message), None, _) => message,
        (None, Some(code), _) => format!("TheFork answered {code}"),
        (None, None, Some(phrase)) => format!("TheFork answered with status {}: {phrase}", answer.status()),
        (None, None, None) => format!("TheFork answered with status {}", answer.status()),
    };
    (code, message)
}

/// The vendor's code of a refusal.
pub(crate) fn code(answer: &Response) -> Option<String> {
    read(answer).0
}

/// The class of an answer that is not 2xx: by the code where it says more than the status.
pub(crate) fn from_answer(answer: &Response) -> Error {
    let status = answer.status();
    let (code, message) = read(answer);
    match code.as_deref() {
        Some("RATE_LIMIT_EXCEEDED") => return Error::rate_limit(message, answer.retry_after_ms()),
        Some("DOUBLE_BOOKING" | "DOUBLE_CANCELLATION" | "CANCELLATION_ERROR") => return Error::validation(message),
        // Creating a reservation writes it in the second way.
        Some("RESTAURANT_NOT_FOUND" | "Restaurant not found") => {
            return Error::invalid(
                "settings.restaurant_id",
                "is not a restaurant that TheFork shows to these credentials",
            );
        }
        Some("RESERVATION_NOT_FOUND" | "CUSTOMER_NOT_FOUND" | "PHONE_NUMBER_NOT_FOUND") => {
            return Error::not_found(message);
        }
        _ => {}
    }
    match status {
        400 | 409 | 422 => Error::validation(message),
        401 | 403 => Error::authentication(status, code, message),
        404 => Error::not_found(message),
        429 => Error::rate_limit(message, answer.retry_after_ms()),
        _ => Error::api(status, message).code(code),
    }
}

/// A refusal that came with a status of success.
pub(crate) fn hidden_in(answer: &Response) -> Option<Error> {
    if !answer.body().windows(7).any(|bytes| bytes == b"\"error\"") {
        return None;
    }
    let [error] = read::members(answer.text().ok()?, ["error"]).ok()?;
    error.filter(|json| *json != "null" && *json != "false").map(|_| from_answer(answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> Error {
        from_answer(&Response::new(status, &[("Retry-After", "7")], body))
    }

    fn b2b(status: u16, code: &str) -> Error {
        error(status, &format!(r#"{{"statusCode":{status},"error":"x","data":{{"code":"{code}"}}}}"#))
    }

    #[test]
    fn every_code_of_the_sheet_has_its_class() {
        for (status, code) in [(400, "CANCELLATION_ERROR"), (409, "DOUBLE_BOOKING"), (409, "DOUBLE_CANCELLATION")] {
            assert!(matches!(b2b(status, code), Error::Validation(found) if found.message.contains(code)), "{code}");
        }
        for code in ["CUSTOMER_NOT_FOUND", "RESERVATION_NOT_FOUND", "PHONE_NUMBER_NOT_FOUND"] {
            assert!(matches!(b2b(404, code), Error::NotFound(_)), "{code}");
        }
        for code in ["RESTAURANT_NOT_FOUND", "Restaurant not found"] {
            let Error::Validation(found) = b2b(404, code) else { panic!("{code}") };
            assert_eq!(found.fields[0].field, "settings.restaurant_id");
        }
        let Error::Authentication(found) = b2b(401, "") else { panic!() };
        assert_eq!((found.status, found.code), (Some(401), None));
        let seed = error(400, r#"{"error":{"code":"RATE_LIMIT_EXCEEDED","message":"slow down"}}"#);
        assert!(matches!(seed, Error::RateLimit(found) if found.retry_after_ms == Some(7_000)));
    }

    #[test]
    fn without_a_code_the_status_decides() {
        for body in ["", "<html>busy</html>", "{}", r#"{"statusCode":1,"error":"x"}"#, r#"{"error":7}"#] {
            for status in [400, 409, 422] {
                assert!(matches!(error(status, body), Error::Validation(_)), "{status} {body}");
            }
            for status in [401, 403] {
                assert!(matches!(error(status, body), Error::Authentication(_)), "{status} {body}");
            }
            assert!(matches!(error(404, body), Error::NotFound(_)), "{body}");
            assert!(matches!(error(429, body), Error::RateLimit(_)), "{body}");
            assert!(matches!(error(503, body), Error::Api(found) if found.retryable), "{body}");
            assert!(matches!(error(405, body), Error::Api(found) if !found.retryable), "{body}");
        }
    }

    #[test]
    fn an_error_in_a_200_is_found_and_the_word_elsewhere_is_not() {
        let hidden = |body: &str| hidden_in(&Response::new(200, &[], body));
        assert!(matches!(
            hidden(r#"{"error":{"code":"RESERVATION_NOT_FOUND","message":"no"}}"#),
            Some(Error::NotFound(_))
        ));
        assert!(matches!(hidden(r#"{"error":"broken"}"#), Some(Error::Api(found)) if !found.retryable));
        for fine in [r#"{"error":null,"items":[]}"#, r#"{"items":[{"error":"x"}]}"#, "[]", "<html>\"error\""] {
            assert!(hidden(fine).is_none(), "{fine}");
        }
    }
}
