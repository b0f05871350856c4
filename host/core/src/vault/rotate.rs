//! Another key for everything at once.
//!
//! Three steps, each durable before the next: the new key is written beside the file; all records are sealed with it and
//! it is named as the one in use, in one transaction; it replaces the file. Killed between any two, the store names the
//! key in use and that key is on the disk, in one of the two files; the next one to look puts them in order.

use std::sync::Arc;
use std::time::Duration;

use super::{ATTEMPTS, KEY_IN_USE, KeyId, KeySource, LAST_WRITE, META, Space, Vault, VaultError, VaultKey, file, seal};
use crate::store::{Change, Condition};

/// The lock under which keys are replaced.
const LOCK: &str = "vault.key";

/// How long to wait for another process that replaces the key.
const WAIT: Duration = Duration::from_secs(30);

/// The key that shall be used.
#[derive(Debug)]
pub enum NewKey {
    /// A random one, for a vault whose key is in a file.
    Generated,
    /// This one. A vault whose key comes from a variable or a command must get the same from there from now on.
    Given(VaultKey),
}

/// What a rotation did.
#[derive(Debug)]
pub struct Rotated {
    /// Records that are sealed with the new key now.
    pub records: usize,
    /// Records that could not be opened with the old key, as `space/name`. They were left as they are.
    pub damaged: Vec<String>,
    /// The key in use now.
    pub key: KeyId,
}

impl Vault {
    /// Seals every record anew with another key, all or none. Killed at any moment, every record can be read with the
    /// key that is found on the disk.
    ///
    /// # Errors
    /// Those of the key in use; [`VaultError::Rotation`] if the new key cannot be used with this source.
    pub async fn rotate(&self, new: NewKey) -> Result<Rotated, VaultError> {
        let keys = &self.0.keys;
        let new = Arc::new(match (new, &keys.source) {
            (NewKey::Given(key), _) => key,
            (NewKey::Generated, KeySource::File(_)) => VaultKey::generate()?,
            (NewKey::Generated, source) => {
                return Err(VaultError::Rotation(format!(
                    "the key comes from {}, where it cannot be replaced from here; give the new key",
                    source.origin()
                )));
            }
        });
        let Some(_lock) = self.lock(LOCK, WAIT).await? else { return Err(VaultError::Busy) };
        self.settle_locked().await?;
        for _ in 0..ATTEMPTS {
            if let Some(rotated) = self.try_rotate(&new).await? {
                keys.set(new);
                self.settle_locked().await?;
                return Ok(rotated);
            }
        }
        Err(VaultError::Busy)
    }

    /// `None` if something was written in between.
    async fn try_rotate(&self, new: &Arc<VaultKey>) -> Result<Option<Rotated>, VaultError> {
        let store = &self.0.store;
        // Before the records: what is written after this makes the transaction fail.
        let last_write = store.get(META, LAST_WRITE).await?;
        let writing = self.writing().await?;
        if writing.key.id() == new.id() {
            return Err(VaultError::Rotation("the new key is the one in use already; give another one".to_owned()));
        }
        let mut rotated = Rotated { records: 0, damaged: Vec::new(), key: new.id() };
        let mut changes = vec![
            Change::new(META, KEY_IN_USE, Some(seal::key_record(new.id()))),
            Change::new(META, LAST_WRITE, Some(seal::version()?.to_vec())),
        ];
        for space in Space::ALL {
            for (name, sealed) in store.list(space.name()).await? {
                let Some((version, value)) = seal::open(&writing.key, space, &name, &sealed) else {
                    rotated.damaged.push(format!("{}/{name}", space.name()));
                    continue;
                };
                let sealed = seal::seal(new, space, &name, &version, &value)?;
                changes.push(Change::new(space.name(), &name, Some(sealed)));
                rotated.records += 1;
            }
        }
        if let KeySource::File(path) = &self.0.keys.source {
            file::write_new(path, new.clone()).await?;
        }
        let conditions = vec![writing.condition, Condition::new(META, LAST_WRITE, last_write)];
        Ok(store.apply(conditions, changes).await?.then_some(rotated))
    }

    /// Finishes or drops what an interrupted rotation left, if there is something and no rotation is under way.
    pub(super) async fn settle(&self) {
        let KeySource::File(path) = &self.0.keys.source else { return };
        if !file::is_unsettled(path).await {
            return;
        }
        // Not worth waiting or failing for: the key was found.
        if let Ok(Some(_lock)) = self.lock(LOCK, Duration::ZERO).await
            && let Err(error) = self.settle_locked().await
        {
            tracing::warn!("the vault's new key could not take the place of the old one: {error}");
        }
    }

    async fn settle_locked(&self) -> Result<(), VaultError> {
        let KeySource::File(path) = &self.0.keys.source else { return Ok(()) };
        file::settle(path, self.in_use().await?).await
    }
}
