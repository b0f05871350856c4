//! What the endpoints refuse with.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use super::profile::ErrorStyle;

/// An error code of RFC 6749 (4.1.2.1, 5.2) and what is wrong in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) why: String,
    /// The client came with `Authorization: Basic`, so the answer names that scheme.
    basic: bool,
}

/// The code of a client that asks for tokens too often. Only Zoho has it.
pub(super) const TOO_OFTEN: &str = "access_denied";

impl Refusal {
    pub(super) fn new(code: &'static str, why: impl Into<String>) -> Self {
        Self { code, why: why.into(), basic: false }
    }

    /// `invalid_request`.
    pub(super) fn request(why: impl Into<String>) -> Self {
        Self::new("invalid_request", why)
    }

    /// `invalid_grant`.
    pub(super) fn grant(why: impl Into<String>) -> Self {
        Self::new("invalid_grant", why)
    }

    /// `invalid_client`; `basic` when the client used Basic authentication.
    pub(super) fn client(why: impl Into<String>, basic: bool) -> Self {
        Self { basic, ..Self::new("invalid_client", why) }
    }

    /// The answer of the token endpoint. `echo` is a text to put into the description.
    pub(super) fn answer(&self, style: ErrorStyle, echo: Option<&str>) -> Response {
        let status = match (style, self.code) {
            (ErrorStyle::Zoho, _) => StatusCode::OK,
            (_, "invalid_client") => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut body = self.body(style);
        if let (Some(echo), Some(fields)) = (echo, body.as_object_mut()) {
            let description = format!("{} (client_secret was {echo})", self.why);
            fields.insert("error_description".to_owned(), description.into());
        }
        let mut response = (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
        if self.basic && status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"OAuth\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn body(&self, style: ErrorStyle) -> Value {
        let (code, why) = (self.code, &self.why);
        match style {
            ErrorStyle::Rfc => json!({ "error": code, "error_description": why }),
            ErrorStyle::Hint => json!({ "error": code, "error_description": described(code), "hint": why }),
            ErrorStyle::Zoho => {
                let mut body = Map::from_iter([("error".to_owned(), zoho(code).into())]);
                if code == TOO_OFTEN {
                    let text = "You have made too many requests continuously. Please try again after some time.";
                    body.insert("error_description".to_owned(), text.into());
                    body.insert("status".to_owned(), "failure".into());
                }
                Value::Object(body)
            }
        }
    }
}

/// Zoho calls a wrong code and a wrong refresh token the same.
fn zoho(code: &str) -> &str {
    if code == "invalid_grant" { "invalid_code" } else { code }
}

/// Lightspeed's descriptions; the particular stands in `hint`.
fn described(code: &str) -> &'static str {
    match code {
        "invalid_client" => "Client authentication failed",
        "invalid_grant" => "The provided authorization grant or refresh token is invalid.",
        "invalid_scope" => "The requested scope is invalid, unknown, or malformed",
        "unsupported_grant_type" => "The authorization grant type is not supported.",
        _ => "The request is missing a parameter or has an invalid one.",
    }
}
