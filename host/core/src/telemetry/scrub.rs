//! Removes known secrets from every text that leaves the host: logs, errors, metrics, API answers.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aho_corasick::{AhoCorasick, MatchKind};
use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What stands in the place of a secret.
pub const MARK: &str = "***";

/// Values shorter than this many bytes are not looked for: removing every "on" or "1" would ruin the text and hide
/// nothing, because such a value is guessed, not read.
pub const SHORTEST: usize = 4;

/// Stable pieces of a Base64 text shorter than this many characters occur by chance.
const SHORTEST_BASE64_CORE: usize = 6;

/// How many values added with [`Scrubber::add_passing`] are remembered: at one access token an hour and thirty
/// connections, a day and a half.
const PASSING: usize = 1024;

/// RFC 3986 section 2.3: all but unreserved characters.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What JavaScript's `encodeURIComponent` leaves alone besides.
const COMPONENT: &AsciiSet = &STRICT.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');
/// URL Standard, query percent-encode set: the least that a URL library encodes.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// Knows secret values and removes them from texts, in plain, percent-encoded, Base64 and JSON-escaped form.
///
/// Clones share what they know. Values can be added at any time; a text without a match is not copied.
#[derive(Clone, Default)]
pub struct Scrubber(Arc<Inner>);

#[derive(Default)]
struct Inner {
    known: Mutex<Known>,
    matcher: ArcSwapOption<AhoCorasick>,
}

#[derive(Default)]
struct Known {
    /// Lasting secrets as they were added, and all forms of them.
    added: BTreeSet<String>,
    lasting: BTreeSet<String>,
    passing: VecDeque<BTreeSet<String>>,
}

impl Scrubber {
    /// Learns a secret for the life of the process, such as an API key.
    pub fn add(&self, secret: &str) {
        self.learn(secret, |known| {
            let new = known.added.insert(secret.to_owned());
            if new {
                known.lasting.extend(forms(secret));
            }
            new
        });
    }

    /// Learns a user name and password, so that the whole `user:password` of a Basic credential goes, not only the
    /// password's part of it.
    pub fn add_pair(&self, user: &str, password: &str) {
        self.add(password);
        if password.len() >= SHORTEST {
            self.add(&format!("{user}:{password}"));
        }
    }

    /// Learns a secret that is replaced from time to time, such as an access token. The oldest are forgotten once
    /// 1,024 are known, when they have long expired.
    pub fn add_passing(&self, secret: &str) {
        self.learn(secret, |known| {
            // A token is met anew whenever it is read from where it is kept: that must not push others out.
            if let Some(at) = known.passing.iter().position(|forms| forms.contains(secret)) {
                let met = known.passing.remove(at);
                known.passing.extend(met);
                return false;
            }
            known.passing.push_back(forms(secret));
            if known.passing.len() > PASSING {
                known.passing.pop_front();
            }
            true
        });
    }

    /// `change` says whether there is something new to look for.
    fn learn(&self, secret: &str, change: impl FnOnce(&mut Known) -> bool) {
        if secret.len() < SHORTEST {
            return;
        }
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !change(&mut known) {
            return;
        }
        let patterns = known.lasting.iter().chain(known.passing.iter().flatten());
        // Longest first, or the plain form would leave the tail of a longer secret that begins with it.
        let matcher = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(patterns);
        match matcher {
            Ok(matcher) => self.0.matcher.store(Some(Arc::new(matcher))),
            // Only more than 2^31 states fail; the matcher before this one goes on working.
            Err(error) => tracing::error!(%error, "a secret could not be added to the scrubber"),
        }
    }

    /// Whether a known secret stands in these bytes; for answers too large to be taken apart without need.
    pub fn finds(&self, bytes: &[u8]) -> bool {
        self.0.matcher.load().as_ref().is_some_and(|matcher| matcher.is_match(bytes))
    }

    /// Replaces every known secret in the texts and names of a JSON value by [`MARK`]; a number with a secret in it
    /// becomes a text. What was JSON stays JSON, which the cleaned text of it need not.
    pub fn clean_json(&self, value: Value) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value,
            Value::Number(number) => match self.clean(&number.to_string()) {
                Cow::Borrowed(_) => Value::Number(number),
                Cow::Owned(clean) => Value::String(clean),
            },
            Value::String(text) => match self.clean(&text) {
                Cow::Borrowed(_) => Value::String(text),
                Cow::Owned(clean) => Value::String(clean),
            },
            Value::Array(values) => Value::Array(values.into_iter().map(|value| self.clean_json(value)).collect()),
            Value::Object(members) => {
                let members = members.into_iter();
                Value::Object(
                    members.map(|(name, value)| (self.clean(&name).into_owned(), self.clean_json(value))).collect(),
                )
            }
        }
    }

    /// The text with every known secret replaced by [`MARK`].
    pub fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let matcher = self.0.matcher.load();
        let Some(matcher) = matcher.as_ref() else {
            return Cow::Borrowed(text);
        };
        let mut matches = matcher.find_iter(text).peekable();
        if matches.peek().is_none() {
            return Cow::Borrowed(text);
        }
        let mut clean = String::with_capacity(text.len());
        let mut rest = 0;
        for found in matches {
            clean.push_str(text.get(rest..found.start()).unwrap_or_default());
            clean.push_str(MARK);
            rest = found.end();
        }
        clean.push_str(text.get(rest..).unwrap_or_default());
        Cow::Owned(clean)
    }

    /// The text cleaned, then cut to at most `longest` bytes as by [`cut`]. In this order: a secret cut in half would
    /// not be recognised.
    pub fn clean_and_cut(&self, text: &str, longest: usize) -> String {
        cut(&self.clean(text), longest).into_owned()
    }

    /// As [`Scrubber::clean_and_cut`] for bytes that are probably UTF-8, such as a vendor's error body.
    pub fn clean_bytes(&self, bytes: &[u8], longest: usize) -> String {
        self.clean_and_cut(&String::from_utf8_lossy(bytes), longest)
    }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrubber")
    }
}

/// Cuts a text to at most `longest` bytes at a character boundary and says how many bytes are missing.
pub fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    if text.len() <= longest {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(longest);
    let kept = text.get(..end).unwrap_or_default();
    Cow::Owned(format!("{kept}… ({} more bytes)", text.len() - end))
}

/// Every form in which a secret may appear in a text.
fn forms(secret: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([secret.to_owned()]);
    for set in [STRICT, COMPONENT, QUERY] {
        let encoded = utf8_percent_encode(secret, set).to_string();
        forms.insert(encoded.replace("%20", "+"));
        forms.insert(lower_hex(&encoded));
        forms.insert(encoded);
    }
    // Of the encoded forms too: RFC 6749 section 2.3.1 percent-encodes a client secret before the Base64 of Basic.
    for text in forms.clone() {
        forms.extend(base64_forms(text.as_bytes()));
    }
    let mut escaped = BTreeSet::from([secret.escape_debug().to_string()]);
    let json = json(secret);
    escaped.insert(json.replace('/', "\\/"));
    escaped.insert(ascii_json(&json));
    escaped.insert(json);
    // JSON or debug text that is quoted in JSON, such as a vendor's error body in our own answer.
    forms.extend(escaped.iter().map(|text| self::json(text)));
    forms.append(&mut escaped);
    forms.insert(html(secret));
    forms
}

/// A text as it stands between the quotes of a JSON string.
fn json(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

/// Base64 of the whole value, and the characters that are the same wherever the value lies in an encoded text.
fn base64_forms(bytes: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for engine in [STANDARD, URL_SAFE] {
        let whole = engine.encode(bytes);
        forms.push(utf8_percent_encode(&whole, STRICT).to_string());
        forms.push(whole);
    }
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        forms.push(engine.encode(bytes));
        // Three bytes make four characters, so there are three alignments. `before` zero bytes influence the first
        // `before + 1` characters (none for 0), and a last group that is not full leaves one character undecided.
        for before in 0..3_usize {
            let mut padded = vec![0_u8; before];
            padded.extend_from_slice(bytes);
            let encoded = engine.encode(&padded);
            let start = if before == 0 { 0 } else { before + 1 };
            let end = encoded.len() - usize::from(padded.len() % 3 != 0);
            if let Some(core) = encoded.get(start..end)
                && core.len() >= SHORTEST_BASE64_CORE
            {
                forms.push(core.to_owned());
            }
        }
    }
    forms
}

fn lower_hex(encoded: &str) -> String {
    let mut text = String::with_capacity(encoded.len());
    let mut hex = 0;
    for c in encoded.chars() {
        if hex > 0 {
            hex -= 1;
            text.push(c.to_ascii_lowercase());
        } else {
            hex = if c == '%' { 2 } else { 0 };
            text.push(c);
        }
    }
    text
}

/// JSON as writers do that keep to ASCII.
fn ascii_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use serde_json::json;

    use super::*;

    const CANARY: &str = "k&y/€ \"pa+ss\"=é";

    fn scrubber() -> Scrubber {
        let scrubber = Scrubber::default();
        scrubber.add(CANARY);
        scrubber
    }

    #[test]
    fn a_text_without_secrets_is_not_copied() {
        assert!(matches!(scrubber().clean("nothing here"), Cow::Borrowed("nothing here")));
        assert!(matches!(Scrubber::default().clean("x"), Cow::Borrowed("x")));
    }

    #[test]
    fn every_form_of_a_secret_is_removed() {
        let encoded = utf8_percent_encode(CANARY, STRICT).to_string();
        let texts = [
            CANARY.to_owned(),
            encoded.clone(),
            encoded.to_lowercase(),
            encoded.replace("%20", "+"),
            serde_json::to_string(CANARY).unwrap(),
            serde_json::to_string(CANARY).unwrap().replace('/', "\\/"),
            format!("{CANARY:?}"),
            STANDARD.encode(CANARY),
            URL_SAFE.encode(CANARY),
            STANDARD_NO_PAD.encode(CANARY),
            STANDARD.encode(&encoded),
            html(CANARY),
        ];
        for text in texts {
            let clean = scrubber().clean(&format!("before {text} after")).into_owned();
            assert!(clean.starts_with("before ") && clean.ends_with(" after"), "{clean}");
            assert!(clean.contains(MARK) && clean.len() <= "before \"***\" after".len(), "{text} left {clean}");
        }
    }

    #[test]
    fn json_stays_json_and_escapes_of_escapes_are_seen() {
        let scrubber = scrubber();
        scrubber.add("nothing-else");
        scrubber.add("240117");
        // Cleaned as a text it would lose the letter of its escape.
        let value = json!({"a": [CANARY, "a\nothing-else", 1240117, 7], CANARY: null});
        let text = value.to_string();
        assert!(scrubber.finds(text.as_bytes()));
        assert!(!scrubber.finds(br#"{"a":"b"}"#));
        let clean = scrubber.clean_json(value);
        assert_eq!(clean, json!({"a": [MARK, "a\nothing-else", "1***", 7], MARK: null}));
        for quoted in [json!(CANARY).to_string(), format!("{CANARY:?}")] {
            let text = json!({"detail": quoted}).to_string();
            assert!(scrubber.finds(text.as_bytes()), "{text}");
            assert!(!scrubber.clean(&text).contains("pa+ss"), "{text}");
        }
    }

    #[test]
    fn base64_is_recognised_at_every_alignment() {
        let secret = "0123456789abcdefXYZ";
        let scrubber = Scrubber::default();
        scrubber.add(secret);
        for before in ["", "a", "ab", "abc", "user:"] {
            for after in ["", "z", "zz", "zzz"] {
                for engine in [STANDARD, URL_SAFE] {
                    let text = engine.encode(format!("{before}{secret}{after}"));
                    let clean = scrubber.clean(&text).into_owned();
                    assert!(clean.contains(MARK), "{before}|{after}: {clean}");
                    // What remains are the neighbours and at most one undecided character on either side.
                    assert!(clean.len() <= MARK.len() + 16, "{before}|{after}: {clean}");
                }
            }
        }
    }

    #[test]
    fn the_pair_of_a_basic_credential_goes_whole() {
        let scrubber = Scrubber::default();
        scrubber.add_pair("moulin", "hunter22");
        let header = format!("Basic {}", STANDARD.encode("moulin:hunter22"));
        assert_eq!(scrubber.clean(&header), "Basic ***");
    }

    #[test]
    fn the_longer_of_two_secrets_goes_whole() {
        let scrubber = Scrubber::default();
        scrubber.add("abcdef");
        scrubber.add("abcdefghij");
        assert_eq!(scrubber.clean("<abcdefghij>"), "<***>");
    }

    #[test]
    fn short_values_are_left_alone() {
        let scrubber = Scrubber::default();
        scrubber.add("");
        scrubber.add("on");
        assert_eq!(scrubber.clean("once upon"), "once upon");
    }

    #[test]
    fn clones_share_what_is_learnt_while_others_read() {
        let scrubber = Scrubber::default();
        std::thread::scope(|scope| {
            for n in 0..4 {
                let scrubber = scrubber.clone();
                scope.spawn(move || {
                    for i in 0..20 {
                        let token = format!("token-{n}-{i}-end");
                        scrubber.add_passing(&token);
                        assert_eq!(scrubber.clean(&token), MARK);
                    }
                });
            }
        });
    }

    #[test]
    fn a_token_met_again_and_again_does_not_push_others_out() {
        let scrubber = Scrubber::default();
        scrubber.add_passing("the-other-connections-token");
        for _ in 0..=PASSING {
            scrubber.add_passing("the-same-token");
        }
        assert_eq!(scrubber.clean("the-other-connections-token the-same-token"), "*** ***");
    }

    #[test]
    fn cutting_keeps_characters_whole_and_says_so() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("ab€cd", 4), "ab… (5 more bytes)");
        let scrubber = Scrubber::default();
        scrubber.add("secret-value");
        // The cut would fall inside the secret.
        assert_eq!(scrubber.clean_and_cut("x secret-value y and more", 6), "x *** … (10 more bytes)");
    }
}
