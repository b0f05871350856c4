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

#[derive(Clone, Default)]
struct Values {
    epoch: u64,
    /// Names that are not there have no secret in the vault.
    secrets: BTreeMap<String, Entry>,
}

#[derive(Clone)]
struct Entry {
    value: Option<Secret>,
    /// Why it could not be read the last time.
    error: Option<VaultError>,
}

impl Snapshot {
    /// Reads these secrets. One that cannot be read keeps the value it had: a running service goes on when its key is
    /// taken away. Gives every error that was not there before.
    pub async fn load(&self, vault: &Vault, names: &BTreeSet<String>) -> Vec<VaultError> {
        let _reading = self.0.reading.lock().await;
        let before = self.0.values.load_full();
        let (mut secrets, mut errors) = (BTreeMap::new(), Vec::new());
        for name in names {
            let known = before.secrets.get(name);
            match read(vault, name).await {
                Ok(None) => {}
                Ok(Some(value)) => drop(secrets.insert(name.clone(), Entry { value: Some(value), error: None })),
                Err(error) => {
                    let text = |error: &VaultError| error.to_string();
                    let said = known.and_then(|known| known.error.as_ref()).map(text);
                    if said.as_ref() != Some(&text(&error)) {
                        errors.push(error.clone());
                    }
                    let value = known.and_then(|known| known.value.clone());
                    secrets.insert(name.clone(), Entry { value, error: Some(error) });
                }
            }
        }
        let epoch = if same(&before.secrets, &secrets) { before.epoch } else { before.epoch + 1 };
        self.0.values.store(Arc::new(Values { epoch, secrets }));
        errors
    }

    /// A secret, if it was there when the vault was last read.
    pub fn get(&self, name: &str) -> Option<Secret> {
        self.0.values.load().secrets.get(name)?.value.clone()
    }

    /// Why a secret could not be read, if there is one and it could not.
    pub fn error(&self, name: &str) -> Option<VaultError> {
        self.0.values.load().secrets.get(name)?.error.clone()
    }

    /// Grows whenever a secret has another value, is new or is gone.
    pub fn epoch(&self) -> u64 {
        self.0.values.load().epoch
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

/// Whether a connection would be made alike of both.
fn same(before: &BTreeMap<String, Entry>, after: &BTreeMap<String, Entry>) -> bool {
    before.len() == after.len()
        && before.iter().zip(after).all(|((name, before), (other, after))| name == other && before.is_like(after))
}

impl Entry {
    fn is_like(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Some(value), Some(other)) => value.expose() == other.expose(),
            // An error is seen only where there is no value.
            (None, None) => {
                let text = |entry: &Self| entry.error.as_ref().map(ToString::to_string);
                text(self) == text(other)
            }
            _ => false,
        }
    }
}
