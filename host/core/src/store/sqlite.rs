//! The embedded store: SQLite in WAL mode.
//!
//! Chosen over LMDB because several processes (the service, the command line) may open it without agreeing on a map
//! size, a file copied while in use can still be opened, and every operator has a tool that reads it. It is no hot
//! path: caches and compiled code do not live here.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, StoreError};

/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// A store in one file.
#[derive(Clone, Debug)]
pub struct SqliteStore(Arc<Mutex<Connection>>);

impl SqliteStore {
    /// Opens the store in this folder, creating folder (mode 0700) and file (mode 0600) when they are not there.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the folder cannot be written or the file is no database.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let failed = |what: &dyn std::fmt::Display| StoreError::Database(format!("{}: {what}", folder.display()));
        if !folder.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| failed(&error))?;
        }
        let file = folder.join("moulin.sqlite");
        // SQLite gives its side files the mode of the main one, so that one is made first.
        let created = OpenOptions::new().append(true).create(true).mode(0o600).open(&file);
        created.map_err(|error| failed(&error))?;
        let connection = Connection::open(&file).map_err(|error| failed(&error))?;
        Self::prepare(connection).map_err(|error| failed(&error))
    }

    fn prepare(connection: Connection) -> rusqlite::Result<Self> {
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // In WAL mode the default, NORMAL, may lose the last commits at a power cut; `put` promises that it does not.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS entries (
                space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (space, key)
            ) WITHOUT ROWID, STRICT",
        )?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs on a blocking thread: a commit waits for the disk.
    fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<R, StoreError> + Send + 'static,
    ) -> BoxFuture<'static, Result<R, StoreError>> {
        let connection = self.0.clone();
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || {
                // A panic while the lock was held has rolled its transaction back.
                work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))
            });
            done.await.unwrap_or_else(|error| Err(StoreError::Database(error.to_string())))
        })
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

impl Store for SqliteStore {
    fn get(&self, space: &str, key: &str) -> BoxFuture<'static, Result<Option<Vec<u8>>, StoreError>> {
        let (space, key) = (space.to_owned(), key.to_owned());
        self.run(move |connection| {
            let mut select = connection.prepare_cached("SELECT value FROM entries WHERE space = ?1 AND key = ?2")?;
            Ok(select.query_row(params![space, key], |row| row.get(0)).optional()?)
        })
    }

    fn put(&self, space: &str, key: &str, value: Vec<u8>, limit: u64) -> BoxFuture<'static, Result<(), StoreError>> {
        let (space, key) = (space.to_owned(), key.to_owned());
        self.run(move |connection| {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let others: i64 = transaction.query_row(
                "SELECT count(*) FROM entries WHERE space = ?1 AND key <> ?2",
                params![space, key],
                |row| row.get(0),
            )?;
            if u64::try_from(others).unwrap_or(0) >= limit {
                return Err(StoreError::Full { space, limit });
            }
            transaction.execute(
                "INSERT INTO entries (space, key, value) VALUES (?1, ?2, ?3)
                 ON CONFLICT (space, key) DO UPDATE SET value = excluded.value",
                params![space, key, value],
            )?;
            Ok(transaction.commit()?)
        })
    }

    fn delete(&self, space: &str, key: &str) -> BoxFuture<'static, Result<(), StoreError>> {
        let (space, key) = (space.to_owned(), key.to_owned());
        self.run(move |connection| {
            connection.execute("DELETE FROM entries WHERE space = ?1 AND key = ?2", params![space, key])?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn values_survive_and_spaces_are_apart() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let store = SqliteStore::open(&data).unwrap();
        store.put("a", "k", vec![1], 10).await.unwrap();
        store.put("a", "k", vec![2], 10).await.unwrap();
        drop(store);
        let store = SqliteStore::open(&data).unwrap();
        assert_eq!(store.get("a", "k").await.unwrap(), Some(vec![2]));
        assert_eq!(store.get("b", "k").await.unwrap(), None);
        store.delete("a", "k").await.unwrap();
        assert_eq!(store.get("a", "k").await.unwrap(), None);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data), 0o700);
        for file in fs::read_dir(&data).unwrap() {
            assert_eq!(mode(&file.unwrap().path()), 0o600);
        }
    }

    #[tokio::test]
    async fn two_processes_may_share_it() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (SqliteStore::open(folder.path()).unwrap(), SqliteStore::open(folder.path()).unwrap());
        for number in 0..20 {
            let (left, right) = (format!("l{number}"), format!("r{number}"));
            let both = tokio::join!(one.put("s", &left, vec![0], 100), other.put("s", &right, vec![0], 100));
            assert!(both.0.is_ok() && both.1.is_ok());
        }
        assert_eq!(one.get("s", "r19").await.unwrap(), Some(vec![0]));
    }

    #[tokio::test]
    async fn a_full_space_takes_no_new_key_but_changes_old_ones() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path()).unwrap();
        store.put("s", "a", vec![1], 1).await.unwrap();
        assert!(matches!(store.put("s", "b", vec![1], 1).await, Err(StoreError::Full { limit: 1, .. })));
        store.put("s", "a", vec![2], 1).await.unwrap();
        assert_eq!(store.get("s", "a").await.unwrap(), Some(vec![2]));
    }

    #[test]
    fn a_file_that_is_no_database_is_an_error_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("moulin.sqlite");
        fs::write(&file, "this is not a database, and it is long enough to be looked at as one").unwrap();
        let error = SqliteStore::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("not a database"), "{error}");
        assert!(fs::read_to_string(&file).unwrap().starts_with("this is not"));
    }
}
