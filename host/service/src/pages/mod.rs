//! Pages for a person who connects an account, in English and French: served by the service, and by `moulin connect`.
//!
//! Plain HTML with its style inside, no script and nothing from elsewhere.

mod failure;
mod html;
mod language;
mod text;

use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};

use crate::random;
pub(crate) use failure::{Again, Failed, failed};
pub(crate) use language::Language;
pub(crate) use text::{Begin, begin, connected, elsewhere, foreign_page, nothing_here, unknown_connection};

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// Its language.
    pub(crate) language: Language,
    /// What happened, in a few words.
    pub(crate) title: String,
    /// The rest, from top to bottom.
    pub(crate) parts: Vec<Part>,
}

/// A part of a page. Texts are plain and escaped when they are written.
#[derive(Debug)]
pub(crate) enum Part {
    /// A paragraph.
    Text(String),
    /// Steps, numbered.
    Steps(Vec<String>),
    /// What stands out: what to do next.
    Next(String),
    /// Words of a vendor or of Moulin itself, in English, for whoever looks after the service.
    Detail(String),
    /// A button that posts to this address.
    Button { label: String, action: String },
    /// A link.
    Link { label: String, href: String },
    /// Links to this page in the other languages.
    Languages,
}

impl Page {
    fn new(status: StatusCode, language: Language, title: String, parts: Vec<Part>) -> Self {
        Self { status, language, title, parts }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let nonce = random::hex::<16>();
        let button = self.parts.iter().find_map(|part| match part {
            Part::Button { action, .. } => Some(action),
            _ => None,
        });
        // Browsers hold `form-action` against every redirect that follows too, which ends at the vendor, wherever that
        // sends people to sign in. Plain http is for a service that is itself reached so.
        let forms = match button {
            None => "'none'",
            Some(action) if action.starts_with("https:") => "'self' https:",
            Some(_) => "'self' https: http:",
        };
        // With `no-referrer` a form would be sent with `Origin: null`, which is refused. The address of the page with the
        // form holds nothing secret; that of the others may.
        let referrer = if button.is_some() { "same-origin" } else { "no-referrer" };
        let policy = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
        );
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (CONTENT_LANGUAGE, self.language.code().to_owned()),
            (CONTENT_SECURITY_POLICY, policy),
            (REFERRER_POLICY, referrer.to_owned()),
            (CACHE_CONTROL, "no-store".to_owned()),
            (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        ];
        (self.status, headers, self.html(&nonce)).into_response()
    }
}
