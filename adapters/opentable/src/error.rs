//! Statuses and error bodies: `{"error":{"code":…,"message":…}}` (seed), `{"status":401,"error":"Unauthorized",
//! "requestId":…}` (the gateway before Sync), `{"errors":[{"code":…,"message":…}],"requestid":…}` (booking), or HTML.

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
    errors: Option<Vec<Detail>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Object(Detail),
    Text(String),
}

#[derive(Deserialize)]
struct Detail {
    code: Option<String>,
    message: Option<String>,
}

fn read(answer: &Response) -> (Option<String>, String) {
    // An error page of a proxy is HTML: then the status alone must do.
    let body = answer.json::<Body<'_>>().unwrap_or_default();
    let first = body.errors.and_then(|errors| errors.into_iter().next());
    let (detail, phrase) = match (first, body.error) {
        (Some(detail), _) | (None, Some(Word::Object(detail))) => (Some(detail), None),
        (None, Some(Word::Text(phrase))) => (None, Some(phrase)),
        (None, None) => (None, None),
    };
    let (code, told) = detail.map_or((None, None), |detail| (detail.code, detail.message));
    let code = code.filter(|code| !code.is_empty());
    let message = match (told.or_else(|| body.message.text()), &code, phrase) {
        (Some(message), Some(code), _) => format!("{code}: {message}"),
        (Some(message), None, _) => message,
        (None, Some(code), _) => format!("OpenTable answered {code}"),
        (None, None, Some(phrase)) => format!("OpenTable answered with status {}: {phrase}", answer.status()),
        (None, None, None) => format!("OpenTable answered with status {}", answer.status()),
    };
    (code, message)
}

/// The class of an answer that is not 2xx: by the code where it says more than the status.
pub(crate) fn from_answer(answer: &Response) -> Error {
    let status = answer.status();
    let (code, message) = read(answer);
    match code.as_deref() {
        Some("RATE_LIMIT_EXCEEDED") => return Error::rate_limit(message, answer.retry_after_ms()),
        // Comes with 403 and has nothing to do with rights.
        Some("RedirectToHost") => return Error::api(status, message).code(code),
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
    if !answer.body().windows(6).any(|bytes| bytes == b"\"error") {
        return None;
    }
    let [error, errors] = read::members(answer.text().ok()?, ["error", "errors"]).ok()?;
    let says = |json: &&str| !matches!(*json, "null" | "false" | "[]" | "\"\"");
    error.filter(says).or(errors.filter(says)).map(|_| from_answer(answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> Error {
        from_answer(&Response::new(status, &[("Retry-After", "30")], body))
    }

    #[test]
    fn all_three_bodies_are_read() {
        let gateway = r#"{"timestamp":"2025-04-12T10:30:00.000+0000","path":"/sync/v2/reservations","status":401,"error":"Unauthorized","requestId":"9a3f01bc"}"#;
        let Error::Authentication(found) = error(401, gateway) else { panic!() };
        assert_eq!(found.message, "OpenTable answered with status 401: Unauthorized");
        let booking = r#"{"errors":[{"message":"reservation_token or restaurant id is invalid"}],"requestid":"b"}"#;
        let Error::Validation(found) = error(400, booking) else { panic!() };
        assert_eq!(found.message, "reservation_token or restaurant id is invalid");
        let seed = r#"{"error":{"code":"SLOT_UNAVAILABLE","message":"no table"}}"#;
        let Error::Validation(found) = error(409, seed) else { panic!() };
        assert_eq!(found.message, "SLOT_UNAVAILABLE: no table");
    }

    #[test]
    fn the_code_wins_over_the_status() {
        let host = r#"{"errors":[{"code":"RedirectToHost","message":"Human intervention is needed"}],"requestid":"f"}"#;
        let Error::Api(found) = error(403, host) else { panic!() };
        assert_eq!((found.code.as_deref(), found.retryable, found.status), (Some("RedirectToHost"), false, Some(403)));
        let limit = error(403, r#"{"error":{"code":"RATE_LIMIT_EXCEEDED"}}"#);
        assert!(matches!(limit, Error::RateLimit(found) if found.retry_after_ms == Some(30_000)));
    }

    #[test]
    fn without_a_code_the_status_decides() {
        for body in ["", "<html>busy</html>", "{}", r#"{"error":7,"errors":7}"#, r#"{"errors":[]}"#] {
            for status in [400, 409, 422] {
                assert!(matches!(error(status, body), Error::Validation(_)), "{status} {body}");
            }
            for status in [401, 403] {
                assert!(matches!(error(status, body), Error::Authentication(_)), "{status} {body}");
            }
            assert!(matches!(error(404, body), Error::NotFound(_)), "{body}");
            assert!(matches!(error(429, body), Error::RateLimit(_)), "{body}");
            assert!(matches!(error(503, body), Error::Api(found) if found.retryable), "{body}");
            assert!(matches!(error(406, body), Error::Api(found) if !found.retryable), "{body}");
        }
    }

    #[test]
    fn an_error_in_a_200_is_found_and_the_word_elsewhere_is_not() {
        let hidden = |body: &str| hidden_in(&Response::new(200, &[], body));
        for wrong in [r#"{"errors":[{"message":"broken"}]}"#, r#"{"error":"broken"}"#, r#"{"error":{"code":"X"}}"#] {
            assert!(matches!(hidden(wrong), Some(Error::Api(found)) if !found.retryable), "{wrong}");
        }
        for fine in [r#"{"error":null,"items":[]}"#, r#"{"errors":[],"a":1}"#, r#"{"items":[{"error":"x"}]}"#, "[]"] {
            assert!(hidden(fine).is_none(), "{fine}");
        }
    }
}
