//! Durable small values, behind one trait.

mod lock;
#[cfg(test)]
pub(crate) mod memory;
mod sqlite;

use std::time::Duration;

use futures::future::BoxFuture;
use thiserror::Error;

pub use lock::Lock;
pub use sqlite::SqliteStore;

/// Why the store did not do it.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// The space holds as many keys as it may.
    #[error("{space} holds {limit} keys, which is its limit; delete some")]
    Full {
        /// The space.
        space: String,
        /// Its limit.
        limit: u64,
    },
    /// The database failed; its own words.
    #[error("the store failed: {0}; check the data folder's disk and permissions")]
    Database(String),
}

/// What must be true of an entry for [`Store::apply`] to do anything.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The entry's space.
    pub space: String,
    /// Its key.
    pub key: String,
    /// The entry is exactly this, or, with `None`, is not there.
    pub value: Option<Vec<u8>>,
}

impl Condition {
    /// The entry is this, or is not there.
    pub fn new(space: &str, key: &str, value: Option<Vec<u8>>) -> Self {
        Self { space: space.to_owned(), key: key.to_owned(), value }
    }
}

/// What [`Store::apply`] does to an entry.
#[derive(Clone, Debug)]
pub struct Change {
    /// The entry's space.
    pub space: String,
    /// Its key.
    pub key: String,
    /// Its new value; with `None` it is removed.
    pub value: Option<Vec<u8>>,
}

impl Change {
    /// Sets the entry, or removes it.
    pub fn new(space: &str, key: &str, value: Option<Vec<u8>>) -> Self {
        Self { space: space.to_owned(), key: key.to_owned(), value }
    }
}

/// Keys with their values.
pub type Entries = Vec<(String, Vec<u8>)>;

/// Keys and values in named spaces. What a method has answered survives a crash. Several processes may share a store.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// The value of a key.
    fn get(&self, space: &str, key: &str) -> BoxFuture<'static, Result<Option<Vec<u8>>, StoreError>>;

    /// Sets a key durably. A new key is refused when the space holds `limit` already.
    fn put(&self, space: &str, key: &str, value: Vec<u8>, limit: u64) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Removes a key; one that is not there is no error.
    fn delete(&self, space: &str, key: &str) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Every key of a space with its value, in the order of the keys.
    fn list(&self, space: &str) -> BoxFuture<'static, Result<Entries, StoreError>>;

    /// In one durable transaction: every change if every condition holds, else nothing and false.
    fn apply(&self, conditions: Vec<Condition>, changes: Vec<Change>) -> BoxFuture<'static, Result<bool, StoreError>>;

    /// A lock that one holder has at a time, over all processes that share this store. `None` when it was not free
    /// within `wait`. Whoever holds it gives it back by dropping it, or by dying.
    fn lock(&self, name: &str, wait: Duration) -> BoxFuture<'static, Result<Option<Lock>, StoreError>>;

    /// A number that is another one after anybody, this process or another, has changed something in the store. It can
    /// be compared with earlier ones of this object only.
    fn revision(&self) -> BoxFuture<'static, Result<u64, StoreError>>;
}

#[cfg(test)]
mod tests;
