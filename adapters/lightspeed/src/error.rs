//! Statuses and error bodies: `{"httpCode":"404","message":…}`, `{"error":{"code":…,"message":…}}`, OAuth's
//! `{"error":"access_denied","error_description":…}`, or HTML.

use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    message: Scalar<'a>,
    #[serde(rename = "errorClass")]
    class: Scalar<'a>,
    error: Option<OneError>,
    error_description: Scalar<'a>,
    hint: Scalar<'a>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneError {
    Code(String),
    Object { code: Option<String>, message: Option<String> },
}

/// The class of an answer that is not 2xx.
pub(crate) fn from_answer(answer: &Response) -> Error {
    let status = answer.status();
    let body = answer.json::<Body<'_>>().unwrap_or_default();
    let (code, detail) = match body.error {
        Some(OneError::Code(code)) => (Some(code), None),
        Some(OneError::Object { code, message }) => (code, message),
        None => (body.class.text(), None),
    };
    let message = body
        .message
        .text()
        .or(detail)
        .or_else(|| body.error_description.text())
        .or_else(|| body.hint.text())
        .unwrap_or_else(|| format!("Lightspeed answered with status {status}"));
    match status {
        400 | 409 | 422 => Error::validation(message),
        401 | 403 => Error::authentication(status, code, message),
        404 => Error::not_found(message),
        429 => Error::rate_limit(message, answer.retry_after_ms()),
        _ => Error::api(status, message).code(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &'static str) -> Error {
        from_answer(&Response::new(status, &[("retry-after", "3")], body))
    }

    #[test]
    fn every_status_of_the_sheet_has_its_class() {
        for status in [400, 409, 422] {
            assert!(matches!(error(status, ""), Error::Validation(_)), "{status}");
        }
        for status in [401, 403] {
            assert!(matches!(error(status, ""), Error::Authentication(_)), "{status}");
        }
        assert!(matches!(error(404, ""), Error::NotFound(_)));
        assert!(matches!(error(429, ""), Error::RateLimit(found) if found.retry_after_ms == Some(3_000)));
        for status in [500, 502, 503] {
            assert!(matches!(error(status, "<html>"), Error::Api(found) if found.retryable), "{status}");
        }
        assert!(matches!(error(405, ""), Error::Api(found) if !found.retryable));
    }

    #[test]
    fn all_three_bodies_are_read() {
        let recorded = r#"{"httpCode":"404","httpMessage":"Not Found","message":"Object of type 'Sale' not found with primary ID '9'.","errorClass":"Exception"}"#;
        let Error::NotFound(found) = error(404, recorded) else { panic!() };
        assert_eq!(found.message, "Object of type 'Sale' not found with primary ID '9'.");
        let Error::Api(found) = error(500, r#"{"error":{"code":"INTERNAL","message":"boom"}}"#) else { panic!() };
        assert_eq!((found.code.as_deref(), found.message.as_str()), (Some("INTERNAL"), "boom"));
        let oauth = r#"{"error":"access_denied","error_description":"The resource owner denied the request.","hint":"Access token could not be verified"}"#;
        let Error::Authentication(found) = error(401, oauth) else { panic!() };
        assert_eq!((found.code.as_deref(), found.status), (Some("access_denied"), Some(401)));
        assert_eq!(found.message, "The resource owner denied the request.");
        assert!(matches!(error(502, "<html>Bad Gateway</html>"), Error::Api(found) if found.message.contains("502")));
    }
}
