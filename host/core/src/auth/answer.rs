//! Token endpoints' answers, as they really come.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use oauth2::basic::BasicTokenType;
use oauth2::{AccessToken, RefreshToken, Scope, TokenResponse};
use serde::{Deserialize, Deserializer, Serialize};

/// A successful answer (RFC 6749 section 5.1), read with the tolerance vendors need: `token_type` may be absent or any
/// word, `expires_in` a number or a text, or an ISO 8601 `expires_at` in its place (Square).
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Answer {
    access_token: AccessToken,
    #[serde(default, skip_serializing, deserialize_with = "text")]
    refresh_token: Option<RefreshToken>,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "moment")]
    expires_at: Option<SystemTime>,
    /// What else the vendor tells, such as `api_domain`.
    #[serde(flatten, skip_serializing)]
    others: BTreeMap<String, serde_json::Value>,
}

impl Answer {
    /// How long the token is good from `now` on, which is the vendor's clock where the vendor tells it; `None` if the
    /// answer does not say, or says something that cannot be, such as zero or a moment that has passed.
    pub(super) fn lifetime(&self, now: SystemTime) -> Option<Duration> {
        let until = |at: SystemTime| at.duration_since(now).ok();
        self.expires_in
            .map(Duration::from_secs)
            .filter(|life| !life.is_zero())
            .or_else(|| self.expires_at.and_then(until).filter(|life| *life >= Duration::from_secs(1)))
    }

    /// A member that is a text or a number; `None` for anything else and for the empty text.
    pub(super) fn member(&self, name: &str) -> Option<String> {
        match self.others.get(name)? {
            serde_json::Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Whether the answer names an error beside its token.
    pub(super) fn is_error(&self) -> bool {
        self.member("error").is_some()
    }
}

impl TokenResponse for Answer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        // The word in `authorization` is a matter of the scheme: vendors answer one and want another.
        &BasicTokenType::Bearer
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

/// A refresh token; an empty one or one that is no text is none.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RefreshToken>, D::Error> {
    Ok(match Option::<Loose>::deserialize(deserializer)? {
        Some(Loose::Text(text)) if !text.is_empty() => Some(RefreshToken::new(text)),
        _ => None,
    })
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(f64),
    Text(String),
    Other(serde::de::IgnoredAny),
}

/// A number of seconds as a number or a text; `None` for anything else, which must not cost us a good token.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = match Option::<Loose>::deserialize(deserializer)? {
        Some(Loose::Number(number)) => Some(number),
        Some(Loose::Text(text)) => text.trim().parse().ok(),
        _ => None,
    };
    // A century at most, so that adding it to a clock cannot overflow.
    Ok(number.filter(|number| number.is_finite() && *number >= 0.0).map(|number| number.min(3.2e9) as u64))
}

/// A moment as ISO 8601 or in seconds since the Unix epoch.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    let moment = match Option::<Loose>::deserialize(deserializer)? {
        Some(Loose::Number(number)) => jiff::Timestamp::from_second(number as i64).ok(),
        Some(Loose::Text(text)) => text.trim().parse().ok(),
        _ => None,
    };
    Ok(moment.map(SystemTime::from))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn lifetime(members: &str) -> Option<u64> {
        let answer: Answer = serde_json::from_str(&format!(r#"{{"access_token":"t"{members}}}"#)).unwrap();
        // `expires_at` is measured against the clock while the test runs.
        answer.lifetime(SystemTime::now()).map(|life| (life.as_secs_f64()).round() as u64)
    }

    #[test]
    fn life_times_are_read_in_every_form() {
        assert_eq!(lifetime(r#","expires_in":3600"#), Some(3600));
        assert_eq!(lifetime(r#","expires_in":"3600""#), Some(3600));
        assert_eq!(lifetime(r#","expires_in":3600.0"#), Some(3600));
        assert_eq!(lifetime(r#","expires_in":0"#), None);
        assert_eq!(lifetime(r#","expires_in":-5"#), None);
        assert_eq!(lifetime(r#","expires_in":null,"token_type":"whatever""#), None);
        assert_eq!(lifetime(r#","expires_in":{"a":1}"#), None);
        assert_eq!(lifetime(""), None);
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(7200);
        assert_eq!(lifetime(&format!(r#","expires_at":"{at}""#)), Some(7200));
        assert_eq!(lifetime(r#","expires_at":"2020-01-01T00:00:00Z""#), None);
        assert_eq!(lifetime(r#","expires_at":"soon""#), None);
    }
}
