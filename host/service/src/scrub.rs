//! What every text passes that leaves the program.

use std::borrow::Cow;
use std::sync::LazyLock;

use moulin_host::telemetry::scrub::Scrubber;
use serde_json::Value;

/// One for the whole program: log lines are written before there is a host and after it is gone.
static SCRUBBER: LazyLock<Scrubber> = LazyLock::new(Scrubber::default);

/// Knows every secret the host of this program learnt.
pub(crate) fn scrubber() -> &'static Scrubber {
    &SCRUBBER
}

/// A JSON text without the secrets this scrubber knows, still JSON.
pub(crate) fn clean_json<'t>(scrubber: &Scrubber, text: &'t str) -> Cow<'t, str> {
    if !scrubber.finds(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) => Cow::Owned(scrubber.clean_json(value).to_string()),
        Err(_) => scrubber.clean(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_taken_apart_only_when_there_is_a_secret_in_it() {
        let scrubber = Scrubber::default();
        scrubber.add("quiet-1");
        assert!(matches!(clean_json(&scrubber, r#"{ "a" : 1.50 }"#), Cow::Borrowed(_)));
        assert_eq!(clean_json(&scrubber, r#"{ "a" : "x quiet-1" }"#), r#"{"a":"x ***"}"#);
        assert_eq!(clean_json(&scrubber, "not JSON: quiet-1"), "not JSON: ***");
    }
}
