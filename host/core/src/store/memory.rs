//! A store in memory, for tests of what builds on one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::{Change, Condition, Lock, Store, StoreError};

type Entries = BTreeMap<(String, String), Vec<u8>>;
type Locks = BTreeMap<String, Arc<tokio::sync::Mutex<()>>>;

/// Loses everything when dropped. Clones are the same store, as two processes share one.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryStore {
    entries: Arc<Mutex<Entries>>,
    locks: Arc<Mutex<Locks>>,
    revision: Arc<AtomicU64>,
}

impl MemoryStore {
    fn with<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Entries) -> Result<R, StoreError>,
    ) -> BoxFuture<'static, Result<R, StoreError>> {
        let done = work(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner));
        self.revision.fetch_add(1, Ordering::Relaxed);
        async move { done }.boxed()
    }
}

fn place(space: &str, key: &str) -> (String, String) {
    (space.to_owned(), key.to_owned())
}

impl Store for MemoryStore {
    fn get(&self, space: &str, key: &str) -> BoxFuture<'static, Result<Option<Vec<u8>>, StoreError>> {
        self.with(|entries| Ok(entries.get(&place(space, key)).cloned()))
    }

    fn put(&self, space: &str, key: &str, value: Vec<u8>, _: u64) -> BoxFuture<'static, Result<(), StoreError>> {
        self.with(|entries| {
            entries.insert(place(space, key), value);
            Ok(())
        })
    }

    fn delete(&self, space: &str, key: &str) -> BoxFuture<'static, Result<(), StoreError>> {
        self.with(|entries| {
            entries.remove(&place(space, key));
            Ok(())
        })
    }

    fn list(&self, space: &str) -> BoxFuture<'static, Result<Vec<(String, Vec<u8>)>, StoreError>> {
        self.with(|entries| {
            let found = entries.iter().filter(|((there, _), _)| there == space);
            Ok(found.map(|((_, key), value)| (key.clone(), value.clone())).collect())
        })
    }

    fn apply(&self, conditions: Vec<Condition>, changes: Vec<Change>) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.with(|entries| {
            let holds = |condition: &Condition| {
                entries.get(&place(&condition.space, &condition.key)) == condition.value.as_ref()
            };
            if !conditions.iter().all(holds) {
                return Ok(false);
            }
            for Change { space, key, value } in changes {
                match value {
                    Some(value) => entries.insert((space, key), value),
                    None => entries.remove(&(space, key)),
                };
            }
            Ok(true)
        })
    }

    fn lock(&self, name: &str, wait: Duration) -> BoxFuture<'static, Result<Option<Lock>, StoreError>> {
        let lock =
            self.locks.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default().clone();
        async move { Ok(tokio::time::timeout(wait, lock.lock_owned()).await.ok().map(Lock::new)) }.boxed()
    }

    fn revision(&self) -> BoxFuture<'static, Result<u64, StoreError>> {
        let revision = self.revision.load(Ordering::Relaxed);
        async move { Ok(revision) }.boxed()
    }
}
