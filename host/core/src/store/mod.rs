//! Durable small values, behind one trait.

mod sqlite;

use futures::future::BoxFuture;
use thiserror::Error;

pub use sqlite::SqliteStore;

/// Why the store did not do it.
#[derive(Debug, Error)]
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

/// Keys and values in named spaces. What `put` has answered survives a crash. Several processes may share a store.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// The value of a key.
    fn get(&self, space: &str, key: &str) -> BoxFuture<'static, Result<Option<Vec<u8>>, StoreError>>;

    /// Sets a key durably. A new key is refused when the space holds `limit` already.
    fn put(&self, space: &str, key: &str, value: Vec<u8>, limit: u64) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Removes a key; one that is not there is no error.
    fn delete(&self, space: &str, key: &str) -> BoxFuture<'static, Result<(), StoreError>>;
}
