//! The secrets the configuration refers to, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use super::{Space, Vault, VaultError};
use crate::auth::Secret;

/// The named secrets as they were when they were last read. Cheap to clone; all clones see the same.
#[derive(Clone, Default)]
pub struct Snapshot(Arc<Inner>);

#[derive(Default)]
struct Inner {
    values: ArcSwap<Values>,
    /// One reads at a time.
    reading: Mutex<()>,
}

#[derive(Default)]
struct Values {
    epoch: u64,
    /// Every name that was asked for.
    secrets: BTreeMap<String, Entry>,
}

#[derive(Clone, Default)]
struct Entry {
    value: Option<Secret>,
    /// Why it could not be read the last time.
    error: Option<VaultError>,
    /// The epoch it changed in.
    changed: u64,
}

impl Entry {
    /// Whether a connection would be made alike of both.
    fn is_like(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Some(value), Some(other)) => value.expose() == other.expose(),
            // An error is seen only where there is no value.
            (None, None) => self.error_text() == other.error_text(),
            _ => false,
        }
    }

    fn error_text(&self) -> Option<String> {
        self.error.as_ref().map(ToString::to_string)
    }
}

impl Snapshot {
    /// Reads these secrets, and forgets others. One that cannot be read keeps the value it had: a running service goes
    /// on when its key is taken away. Gives every error that was not there before.
    pub async fn load(&self, vault: &Vault, names: &BTreeSet<String>) -> Vec<VaultError> {
        let _reading = self.0.reading.lock().await;
        let before = self.0.values.load_full();
        let (mut secrets, mut errors) = (BTreeMap::new(), Vec::new());
        let mut epoch = before.epoch;
        for name in names {
            let known = before.secrets.get(name).cloned();
            let mut entry = match read(vault, name).await {
                Ok(value) => Entry { value, ..Entry::default() },
                Err(error) => {
                    let value = known.as_ref().and_then(|known| known.value.clone());
                    let entry = Entry { value, error: Some(error.clone()), changed: 0 };
                    if known.as_ref().and_then(Entry::error_text) != entry.error_text() {
                        errors.push(error);
                    }
                    entry
                }
            };
            entry.changed = match known {
                Some(known) if known.is_like(&entry) => known.changed,
                _ => {
                    epoch = before.epoch + 1;
                    epoch
                }
            };
            secrets.insert(name.clone(), entry);
        }
        self.0.values.store(Arc::new(Values { epoch, secrets }));
        errors
    }

    /// A secret, if it was there when the vault was last read.
    pub fn get(&self, name: &str) -> Option<Secret> {
        self.0.values.load().secrets.get(name)?.value.clone()
    }

    /// Why a secret could not be read, if it could not.
    pub fn error(&self, name: &str) -> Option<VaultError> {
        self.0.values.load().secrets.get(name)?.error.clone()
    }

    /// Grows whenever a secret has another value, is new or is gone.
    pub fn epoch(&self) -> u64 {
        self.0.values.load().epoch
    }

    /// As [`Snapshot::epoch`], for these secrets only.
    pub fn epoch_of<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> u64 {
        let values = self.0.values.load();
        names.into_iter().filter_map(|name| values.secrets.get(name)).map(|entry| entry.changed).max().unwrap_or(0)
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.values.load().secrets.keys()).finish()
    }
}

async fn read(vault: &Vault, name: &str) -> Result<Option<Secret>, VaultError> {
    let Some(record) = vault.get(Space::Secrets, name).await? else { return Ok(None) };
    let text = std::str::from_utf8(record.value()).map_err(|_| VaultError::Damaged {
        space: Space::Secrets.name(),
        name: name.to_owned(),
        remedy: Space::Secrets.remedy(name),
    })?;
    Ok(Some(Secret::from(text)))
}
