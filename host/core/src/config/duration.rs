//! Durations as people write them: `"30s"`, `"1m 30s"`, `"500ms"`.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};

/// A duration above zero.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| {
            de::Error::custom(format!("\"{text}\" is not a duration above zero; write \"30s\" or \"500ms\""))
        })
}
