//! Secrets and tokens, sealed.
//!
//! A record is sealed with AES-256-GCM (`seal`) and kept in the [`Store`]. The key comes from a variable, a command or a
//! file ([`KeySource`]). The store names the key that is in use, and everything that writes does so on the condition
//! that this is the key it has: a process that still has an old one can change nothing. A key that is missing or wrong
//! is an error and never a reason to begin anew.

mod error;
mod file;
mod key;
mod rotate;
mod seal;
mod snapshot;
mod source;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

pub use error::VaultError;
pub use key::{KeyId, VaultKey};
pub use rotate::{NewKey, Rotated};
pub use snapshot::Snapshot;
pub use source::{KEY_VARIABLE, KeySource};
pub(crate) use watch::Watch;

use crate::store::{Change, Condition, Lock, Store};
use seal::Version;
use source::Keys;

/// Where the vault keeps what it knows of itself.
const META: &str = "vault/meta";
/// Identifier of the key in use.
const KEY_IN_USE: &str = "key";
/// Another text after every write: who reads all records and then replaces them sees that one came in between.
const LAST_WRITE: &str = "last-write";

/// How often a write is tried again that another process came in between of. One that rotates does so once.
const ATTEMPTS: usize = 32;

/// How often the same is looked at before it is believed that the key does not fit.
const LOOKS: usize = 3;

/// What a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    /// Named secrets, which the configuration refers to.
    Secrets,
    /// Tokens of connections.
    Grants,
    /// Authorisations that were begun and not finished.
    Pending,
}

impl Space {
    const ALL: [Self; 3] = [Self::Secrets, Self::Grants, Self::Pending];

    /// Its name in the store.
    const fn name(self) -> &'static str {
        match self {
            Self::Secrets => "vault/secrets",
            Self::Grants => "vault/grants",
            Self::Pending => "vault/pending",
        }
    }

    /// What to do about a record of it that is damaged.
    fn remedy(self, name: &str) -> String {
        match self {
            Self::Secrets => format!("`moulin secret set {name}`"),
            Self::Grants => format!("connect {name} anew"),
            Self::Pending => "begin the authorisation again".to_owned(),
        }
    }
}

/// A value, and which write of it this is. It has no `Debug` of the value.
#[derive(Clone)]
pub struct Record {
    value: Zeroizing<Vec<u8>>,
    version: Version,
    sealed: Vec<u8>,
}

impl Record {
    /// The value.
    pub fn value(&self) -> &[u8] {
        &self.value
    }
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Record(***)")
    }
}

/// The vault of one store. Cheap to clone. Several processes may have one on the same store.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    keys: Keys,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({:?})", self.0.keys.source)
    }
}

/// What a write needs: the key, and that it is the one in use.
struct Writing {
    key: Arc<VaultKey>,
    condition: Condition,
    /// Set when this is the first record of all.
    first: Option<Change>,
}

impl Writing {
    /// The changes that go with those to records.
    fn with(&self, mut changes: Vec<Change>) -> Result<Vec<Change>, VaultError> {
        changes.extend(self.first.clone());
        changes.push(last_write()?);
        Ok(changes)
    }
}

fn last_write() -> Result<Change, VaultError> {
    Ok(Change::new(META, LAST_WRITE, Some(seal::version()?.to_vec())))
}

impl Vault {
    /// The vault in a store. Nothing is read or made yet.
    pub fn new(store: Arc<dyn Store>, source: KeySource) -> Self {
        Self(Arc::new(Inner { store, keys: Keys::new(source) }))
    }

    /// Where its key comes from.
    pub fn key_source(&self) -> &KeySource {
        &self.0.keys.source
    }

    /// A record.
    ///
    /// # Errors
    /// Those of the key, if there is such a record; [`VaultError::Damaged`].
    pub async fn get(&self, space: Space, name: &str) -> Result<Option<Record>, VaultError> {
        let (mut last, mut looks) = (None, 0);
        loop {
            let Some(sealed) = self.0.store.get(space.name(), name).await? else { return Ok(None) };
            // A rotation between reading the record and reading the key looks like a wrong key or a damaged record; but
            // then the record is another one by now, or the key is there at the next look.
            looks = if last.as_ref() == Some(&sealed) { looks + 1 } else { 1 };
            let opened = self.open(space, name, sealed.clone()).await;
            last = Some(sealed);
            match opened {
                Err(VaultError::WrongKey { .. } | VaultError::KeyMissing { .. } | VaultError::Damaged { .. })
                    if looks < LOOKS => {}
                opened => return opened.map(Some),
            }
        }
    }

    /// Sets a record, whatever it was. Durable when it returns.
    ///
    /// # Errors
    /// Those of the key; [`VaultError::Name`] for a name no secret can have.
    pub async fn put(&self, space: Space, name: &str, value: &[u8]) -> Result<(), VaultError> {
        check_name(space, name)?;
        for _ in 0..ATTEMPTS {
            let writing = self.writing().await?;
            let sealed = seal::seal(&writing.key, space, name, &seal::version()?, value)?;
            let changes = writing.with(vec![Change::new(space.name(), name, Some(sealed))])?;
            if self.0.store.apply(vec![writing.condition], changes).await? {
                return Ok(());
            }
        }
        Err(VaultError::Busy)
    }

    /// Sets a record if it is still the one that was read (`None`: if there is none), and gives it as it is then.
    /// `Ok(None)` if it is not. Durable when it returns.
    ///
    /// # Errors
    /// As [`Vault::put`], and [`VaultError::Damaged`] if there is a record that cannot be read.
    pub async fn swap(
        &self,
        space: Space,
        name: &str,
        before: Option<&Record>,
        value: &[u8],
    ) -> Result<Option<Record>, VaultError> {
        check_name(space, name)?;
        let mut expected = before.map(|record| record.sealed.clone());
        for _ in 0..ATTEMPTS {
            let writing = self.writing().await?;
            let version = seal::version()?;
            let sealed = seal::seal(&writing.key, space, name, &version, value)?;
            let changes = writing.with(vec![Change::new(space.name(), name, Some(sealed.clone()))])?;
            let conditions = vec![writing.condition, Condition::new(space.name(), name, expected)];
            if self.0.store.apply(conditions, changes).await? {
                return Ok(Some(Record { value: Zeroizing::new(value.to_vec()), version, sealed }));
            }
            // Another record, or the same one sealed with another key?
            expected = match (before, self.get(space, name).await?) {
                (None, None) => None,
                (Some(before), Some(now)) if before.version == now.version => Some(now.sealed),
                _ => return Ok(None),
            };
        }
        Err(VaultError::Busy)
    }

    /// Removes exactly this record: true for the one caller that did.
    ///
    /// # Errors
    /// The store's, and those of [`Vault::get`].
    pub async fn take(&self, space: Space, name: &str, record: &Record) -> Result<bool, VaultError> {
        let mut expected = record.sealed.clone();
        for _ in 0..ATTEMPTS {
            let condition = Condition::new(space.name(), name, Some(expected));
            let changes = vec![Change::new(space.name(), name, None), last_write()?];
            if self.0.store.apply(vec![condition], changes).await? {
                return Ok(true);
            }
            expected = match self.get(space, name).await? {
                Some(now) if now.version == record.version => now.sealed,
                _ => return Ok(false),
            };
        }
        Err(VaultError::Busy)
    }

    /// Removes a record, readable or not; false if there was none.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete(&self, space: Space, name: &str) -> Result<bool, VaultError> {
        for _ in 0..ATTEMPTS {
            let Some(sealed) = self.0.store.get(space.name(), name).await? else { return Ok(false) };
            let condition = Condition::new(space.name(), name, Some(sealed));
            let changes = vec![Change::new(space.name(), name, None), last_write()?];
            if self.0.store.apply(vec![condition], changes).await? {
                return Ok(true);
            }
        }
        Err(VaultError::Busy)
    }

    /// The names of all records, in order. Needs no key.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, space: Space) -> Result<Vec<String>, VaultError> {
        let records = self.0.store.list(space.name()).await?;
        Ok(records.into_iter().map(|(name, _)| name).collect())
    }

    /// A lock over processes; see [`Store::lock`].
    ///
    /// # Errors
    /// The store's.
    pub async fn lock(&self, name: &str, wait: Duration) -> Result<Option<Lock>, VaultError> {
        Ok(self.0.store.lock(name, wait).await?)
    }

    /// Another number after every change of the store; see [`Store::revision`].
    ///
    /// # Errors
    /// The store's.
    pub async fn revision(&self) -> Result<u64, VaultError> {
        Ok(self.0.store.revision().await?)
    }

    /// Opens what the store gave.
    async fn open(&self, space: Space, name: &str, sealed: Vec<u8>) -> Result<Record, VaultError> {
        let damaged = || VaultError::Damaged { space: space.name(), name: name.to_owned(), remedy: space.remedy(name) };
        let id = seal::key_id(&sealed).ok_or_else(damaged)?;
        let key = match self.key(id).await {
            Ok(key) => key,
            Err(error) => {
                // With the key in use at hand, a record that names another one is the one at fault.
                let in_use = self.in_use().await?.filter(|in_use| *in_use != id);
                return Err(match in_use {
                    Some(in_use) => self.key(in_use).await.map_or_else(|error| error, |_| damaged()),
                    None => error,
                });
            }
        };
        let (version, value) = seal::open(&key, space, name, &sealed).ok_or_else(damaged)?;
        Ok(Record { value, version, sealed })
    }

    /// The key with this identifier. Puts a key file in order that a rotation left behind.
    async fn key(&self, id: KeyId) -> Result<Arc<VaultKey>, VaultError> {
        let (key, fresh) = self.0.keys.with_id(id).await?;
        if fresh {
            self.settle().await;
        }
        Ok(key)
    }

    /// The key in use, by its record.
    async fn in_use(&self) -> Result<Option<KeyId>, VaultError> {
        let record = self.0.store.get(META, KEY_IN_USE).await?;
        record.map(|record| read_in_use(&record)).transpose()
    }

    /// What a write needs.
    async fn writing(&self) -> Result<Writing, VaultError> {
        for _ in 1..LOOKS {
            match self.try_writing().await {
                // As in `get`.
                Err(VaultError::WrongKey { .. } | VaultError::KeyMissing { .. }) => {}
                outcome => return outcome,
            }
        }
        self.try_writing().await
    }

    async fn try_writing(&self) -> Result<Writing, VaultError> {
        let record = self.0.store.get(META, KEY_IN_USE).await?;
        let condition = Condition::new(META, KEY_IN_USE, record.clone());
        if let Some(record) = record {
            let key = self.key(read_in_use(&record)?).await?;
            return Ok(Writing { key, condition, first: None });
        }
        // Records without the one that names their key: it was lost, and they name it themselves.
        let mut sealed_with = None;
        for space in Space::ALL {
            let records = self.0.store.list(space.name()).await?;
            sealed_with = sealed_with.or(records.iter().find_map(|(_, sealed)| seal::key_id(sealed)));
        }
        let key = match sealed_with {
            Some(id) => self.key(id).await?,
            None => self.0.keys.first().await?,
        };
        let first = Change::new(META, KEY_IN_USE, Some(seal::key_record(key.id())));
        Ok(Writing { key, condition, first: Some(first) })
    }
}

fn read_in_use(record: &[u8]) -> Result<KeyId, VaultError> {
    seal::read_key_record(record).ok_or_else(|| VaultError::Damaged {
        space: META,
        name: KEY_IN_USE.to_owned(),
        remedy: "there is no other way".to_owned(),
    })
}

/// Refuses a name that could not be written in a configuration.
fn check_name(space: Space, name: &str) -> Result<(), VaultError> {
    if space != Space::Secrets || is_secret_name(name) { Ok(()) } else { Err(VaultError::Name(name.to_owned())) }
}

/// Whether a secret may have this name: `[a-z0-9][a-z0-9._-]{0,127}`.
pub fn is_secret_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= 128
        && name.bytes().next().is_some_and(plain)
        && name.bytes().all(|byte| plain(byte) || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests;
