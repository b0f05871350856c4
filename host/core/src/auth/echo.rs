//! Credentials that come back in a vendor's answer.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use memchr::memmem::Finder;

use crate::telemetry::scrub::{MARK, SHORTEST};

/// Finds the credential that was attached to a request in the answer to it, so that an adapter does not learn from a
/// vendor that repeats it what the host keeps from it.
///
/// Plain and as JSON escapes it, which is how vendors repeat headers and parameters. A search of a page of 560 KB is
/// some hundredths of its parse; all forms the [scrubber](crate::telemetry::scrub) knows would cost as much as that.
#[derive(Clone)]
pub(crate) struct Echo(Arc<[Finder<'static>]>);

impl Echo {
    pub(super) fn new(secrets: &[&str]) -> Self {
        let mut needles: Vec<String> = Vec::new();
        for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
            let json = serde_json::to_string(secret).unwrap_or_default();
            let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default().to_owned();
            for needle in [(*secret).to_owned(), json.replace('/', "\\/"), json] {
                if !needle.is_empty() && !needles.contains(&needle) {
                    needles.push(needle);
                }
            }
        }
        Self(needles.iter().map(|needle| Finder::new(needle).into_owned()).collect())
    }

    /// The body with every repetition of the credential blanked.
    pub(crate) fn blank(&self, body: Bytes) -> Bytes {
        self.0.iter().fold(body, |body, finder| match blank(finder, &body) {
            Cow::Borrowed(_) => body,
            Cow::Owned(clean) => clean.into(),
        })
    }

    /// A header's value with every repetition blanked; none if it has none.
    pub(crate) fn blank_text(&self, text: &str) -> Option<String> {
        let clean = self.0.iter().fold(Cow::Borrowed(text.as_bytes()), |text, finder| match blank(finder, &text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(clean) => Cow::Owned(clean),
        });
        match clean {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(String::from_utf8_lossy(&clean).into_owned()),
        }
    }
}

fn blank<'t>(finder: &Finder<'_>, text: &'t [u8]) -> Cow<'t, [u8]> {
    let mut found = finder.find_iter(text).peekable();
    if found.peek().is_none() {
        return Cow::Borrowed(text);
    }
    let mut clean = Vec::with_capacity(text.len());
    let mut rest = 0;
    for at in found {
        clean.extend_from_slice(text.get(rest..at).unwrap_or_default());
        clean.extend_from_slice(MARK.as_bytes());
        rest = at + finder.needle().len();
    }
    clean.extend_from_slice(text.get(rest..).unwrap_or_default());
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_blanked_in_every_place() {
        let echo = Echo::new(&["tok/en\"1", "abc"]);
        let body = Bytes::from_static(br#"{"a":"tok\/en\"1","b":"Bearer tok/en\"1 and tok/en\"1","c":"abc"}"#);
        let clean = echo.blank(body);
        assert_eq!(clean, br#"{"a":"***","b":"Bearer *** and ***","c":"abc"}"#.as_slice());
        assert_eq!(echo.blank_text("x tok/en\"1"), Some("x ***".to_owned()));
        assert_eq!(echo.blank_text("nothing"), None);
    }

    #[test]
    fn a_clean_body_is_not_copied() {
        let body = Bytes::from_static(b"nothing here");
        let before = body.as_ptr();
        assert_eq!(Echo::new(&["secret"]).blank(body).as_ptr(), before);
    }
}
