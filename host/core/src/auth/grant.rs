//! What an account's owner or the vendor granted to a connection, as it is kept in the vault.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::client::Fresh;
use super::{Secret, clock};
use crate::store::Lock;
use crate::vault::{Vault, VaultError};

/// Tokens and facts of one connection. It is written by the token manager and by a completed authorisation, nowhere
/// else.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Grant {
    /// For which client at which token endpoint, see [`super::Client`]: what another one was granted is of no use.
    pub(super) made_for: String,
    /// Grows with every change, so that a token can be told from the one before it.
    pub(super) generation: u64,
    #[serde(with = "super::secret::text")]
    pub(super) access: Secret,
    #[serde(default, with = "super::secret::optional", skip_serializing_if = "Option::is_none")]
    pub(super) refresh: Option<Secret>,
    obtained_at_ms: i64,
    lifetime_ms: u64,
    /// When the account was connected; absent where no person is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) connected_at_ms: Option<i64>,
    /// What the vendor told on the way, offered as settings.
    #[serde(default)]
    pub(super) facts: BTreeMap<String, String>,
    /// The vendor no longer honours it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lost: Option<Lost>,
}

/// Since when and why a grant is of no use.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Lost {
    pub(super) at_ms: i64,
    pub(super) reason: String,
}

/// How long another process may take over renewing the same token. Above the time a token request may take.
const LOCK_WAIT: Duration = Duration::from_secs(45);

/// The right to change a connection's grant, over all processes; none if another one did not let go of it in time.
pub(super) async fn lock(vault: &Vault, connection: &str) -> Result<Option<Lock>, VaultError> {
    vault.lock(&format!("grant.{connection}"), LOCK_WAIT).await
}

impl Grant {
    /// A grant that was just received. What it does not say anew is kept from the one `before`: a refresh token when the
    /// vendor sends none, facts, and when a person connected.
    pub(super) fn new(made_for: String, fresh: Fresh, before: Option<&Self>) -> Self {
        let now = clock::to_millis(clock::now());
        let kept = before.filter(|before| before.made_for == made_for);
        let mut facts = kept.map(|kept| kept.facts.clone()).unwrap_or_default();
        facts.extend(fresh.facts);
        Self {
            made_for,
            // A grant for another client counts on: a token of before must not be taken for the new one.
            generation: before.map_or(0, |before| before.generation) + 1,
            access: fresh.access,
            refresh: fresh.refresh.or_else(|| kept.and_then(|kept| kept.refresh.clone())),
            obtained_at_ms: now,
            lifetime_ms: u64::try_from(fresh.lifetime.as_millis()).unwrap_or(u64::MAX),
            connected_at_ms: kept.and_then(|kept| kept.connected_at_ms),
            facts,
            lost: None,
        }
    }

    /// A grant that a person just consented to. Nothing of an earlier consent is kept: it may have been another account.
    pub(super) fn connected(made_for: String, fresh: Fresh, before: Option<&Self>) -> Self {
        let grant = Self::new(made_for, fresh, None).after(before.map_or(0, |before| before.generation));
        Self { connected_at_ms: Some(grant.obtained_at_ms), ..grant }
    }

    /// The grant with a number above `floor`: that of a token which is known to be another one.
    pub(super) fn after(mut self, floor: u64) -> Self {
        self.generation = self.generation.max(floor + 1);
        self
    }

    pub(super) fn obtained_at(&self) -> SystemTime {
        clock::from_millis(self.obtained_at_ms)
    }

    fn lifetime(&self) -> Duration {
        Duration::from_millis(self.lifetime_ms)
    }

    pub(super) fn expires_at(&self) -> SystemTime {
        self.obtained_at().checked_add(self.lifetime()).unwrap_or_else(|| self.obtained_at())
    }

    /// From here on the access token is renewed before use.
    pub(super) fn renew_at(&self) -> SystemTime {
        self.expires_at() - margin(self.lifetime())
    }

    /// As it is kept.
    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Only maps with keys that are no text cannot be written.
        Zeroizing::new(serde_json::to_vec(self).unwrap_or_default())
    }

    /// [`Grant::to_bytes`] read back; the error says what is wrong without quoting.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes)
            .map_err(|error| format!("a grant cannot be read (column {}): connect the account again", error.column()))
    }
}

/// How long before its end a token is renewed: a tenth of its life, at least a minute so that it survives a slow
/// request, at most a quarter of an hour, and never more than half the life of a very short one.
fn margin(lifetime: Duration) -> Duration {
    let tenth = (lifetime / 10).min(Duration::from_secs(15 * 60));
    tenth.max(Duration::from_secs(60)).min(lifetime / 2)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fresh(access: &str, refresh: Option<&str>) -> Fresh {
        Fresh {
            access: access.into(),
            refresh: refresh.map(Secret::from),
            lifetime: Duration::from_secs(3600),
            facts: BTreeMap::new(),
        }
    }

    #[test]
    fn the_margin_suits_the_life() {
        let seconds = |life| margin(Duration::from_secs(life)).as_secs();
        assert_eq!(seconds(14 * 24 * 3600), 900);
        assert_eq!(seconds(3600), 360);
        assert_eq!(seconds(300), 60);
        assert_eq!(seconds(60), 30);
    }

    #[test]
    fn what_an_answer_does_not_say_is_kept() {
        let mut first = Grant::new("us".into(), fresh("a1", Some("r1")), None);
        first.connected_at_ms = Some(7);
        first.facts.insert("api_domain".into(), "https://api.example".into());
        let second = Grant::new("us".into(), fresh("a2", None), Some(&first));
        assert_eq!((second.refresh.unwrap().expose(), second.generation, second.connected_at_ms), ("r1", 2, Some(7)));
        assert_eq!(second.facts.len(), 1);
        let other_client = Grant::new("them".into(), fresh("a3", None), Some(&first));
        assert!(other_client.refresh.is_none() && other_client.facts.is_empty());
        assert_eq!(other_client.generation, 2);
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let grant = Grant::new("us".into(), fresh("a\"1", Some("r1")), None);
        let read = Grant::from_bytes(&grant.to_bytes()).unwrap();
        assert_eq!((read.access.expose(), read.refresh.as_ref().unwrap().expose()), ("a\"1", "r1"));
        assert_eq!(read.renew_at().duration_since(read.obtained_at()).unwrap(), Duration::from_secs(3240));
        assert!(!Grant::from_bytes(b"{\"access\":\"secret").err().unwrap().contains("secret"));
    }
}
