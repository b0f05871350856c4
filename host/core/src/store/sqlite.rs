//! The embedded store: SQLite in WAL mode.
//!
//! Chosen over LMDB because several processes (the service, the command line) may open it without agreeing on a map
//! size, a file copied while in use can still be opened, and every operator has a tool that reads it. It is no hot
//! path: caches and compiled code do not live here.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use super::{Change, Condition, Entries, Lock, Store, StoreError, lock};

/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// A store in one file, with a folder of locks beside it.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    database: Arc<Mutex<Database>>,
    locks: Arc<Path>,
}

#[derive(Debug)]
struct Database {
    connection: Connection,
    /// Counts the commits of this object, and the moments when commits of others were noticed.
    revision: u64,
    /// SQLite's own number for the commits of others when it was last asked.
    others: i64,
}

impl Database {
    /// Does something in a transaction that no other writer can come between, and commits when it gave a value.
    fn write<R>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<Option<R>, StoreError>,
    ) -> Result<Option<R>, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        if done.is_some() {
            transaction.commit()?;
            self.revision += 1;
        }
        Ok(done)
    }
}

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
        let database = Self::connect(&file).map_err(|error| failed(&error))?;
        Ok(Self { database: Arc::new(Mutex::new(database)), locks: folder.join("locks").into() })
    }

    fn connect(file: &Path) -> rusqlite::Result<Database> {
        // Two processes that turn a new file to WAL mode at once get in each other's way, and there SQLite does not
        // wait by itself.
        let began = Instant::now();
        loop {
            match Self::prepare(Connection::open(file)?) {
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && began.elapsed() < BUSY => {
                    thread::sleep(Duration::from_millis(5));
                }
                prepared => return prepared,
            }
        }
    }

    fn prepare(connection: Connection) -> rusqlite::Result<Database> {
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // In WAL mode the default, NORMAL, may lose the last commits at a power cut; `put` promises that it does not.
        connection.pragma_update(None, "synchronous", "FULL")?;
        // What was removed is overwritten in the file: records may be secrets sealed with a key that was given up.
        connection.pragma_update(None, "secure_delete", "ON")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS entries (
                space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (space, key)
            ) WITHOUT ROWID, STRICT",
        )?;
        let others = data_version(&connection)?;
        Ok(Database { connection, revision: 0, others })
    }

    /// Runs on a blocking thread: a commit waits for the disk.
    fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Database) -> Result<R, StoreError> + Send + 'static,
    ) -> BoxFuture<'static, Result<R, StoreError>> {
        let database = self.database.clone();
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || {
                // A panic while the lock was held has rolled its transaction back.
                work(&mut database.lock().unwrap_or_else(PoisonError::into_inner))
            });
            done.await.unwrap_or_else(|error| Err(StoreError::Database(error.to_string())))
        })
    }
}

/// A number that changes when another connection, of this or another process, has committed; it does not count the
/// commits of this one (sqlite.org/pragma.html#pragma_data_version).
fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0))
}

fn select(connection: &Connection, space: &str, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut select = connection.prepare_cached("SELECT value FROM entries WHERE space = ?1 AND key = ?2")?;
    select.query_row(params![space, key], |row| row.get(0)).optional()
}

fn upsert(connection: &Connection, space: &str, key: &str, value: &[u8]) -> rusqlite::Result<()> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO entries (space, key, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (space, key) DO UPDATE SET value = excluded.value",
    )?;
    upsert.execute(params![space, key, value]).map(drop)
}

fn remove(connection: &Connection, space: &str, key: &str) -> rusqlite::Result<()> {
    let mut remove = connection.prepare_cached("DELETE FROM entries WHERE space = ?1 AND key = ?2")?;
    remove.execute(params![space, key]).map(drop)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

impl Store for SqliteStore {
    fn get(&self, space: &str, key: &str) -> BoxFuture<'static, Result<Option<Vec<u8>>, StoreError>> {
        let (space, key) = (space.to_owned(), key.to_owned());
        self.run(move |database| Ok(select(&database.connection, &space, &key)?))
    }

    fn put(&self, space: &str, key: &str, value: Vec<u8>, limit: u64) -> BoxFuture<'static, Result<(), StoreError>> {
        let (space, key) = (space.to_owned(), key.to_owned());
        self.run(move |database| {
            let put = database.write(|connection| {
                let others: i64 = connection.query_row(
                    "SELECT count(*) FROM entries WHERE space = ?1 AND key <> ?2",
                    params![space, key],
                    |row| row.get(0),
                )?;
                if u64::try_from(others).unwrap_or(0) >= limit {
                    return Err(StoreError::Full { space: space.clone(), limit });
                }
                Ok(Some(upsert(connection, &space, &key, &value)?))
            });
            put.map(drop)
        })
    }

    fn delete(&self, space: &str, key: &str) -> BoxFuture<'static, Result<(), StoreError>> {
        let (space, key) = (space.to_owned(), key.to_owned());
        self.run(move |database| database.write(|connection| Ok(Some(remove(connection, &space, &key)?))).map(drop))
    }

    fn list(&self, space: &str) -> BoxFuture<'static, Result<Entries, StoreError>> {
        let space = space.to_owned();
        self.run(move |database| {
            let mut list =
                database.connection.prepare_cached("SELECT key, value FROM entries WHERE space = ?1 ORDER BY key")?;
            let entries = list.query_map(params![space], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(entries.collect::<rusqlite::Result<_>>()?)
        })
    }

    fn apply(&self, conditions: Vec<Condition>, changes: Vec<Change>) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.run(move |database| {
            let applied = database.write(|connection| {
                for Condition { space, key, value } in &conditions {
                    if select(connection, space, key)? != *value {
                        return Ok(None);
                    }
                }
                for Change { space, key, value } in &changes {
                    match value {
                        Some(value) => upsert(connection, space, key, value)?,
                        None => remove(connection, space, key)?,
                    }
                }
                Ok(Some(()))
            });
            Ok(applied?.is_some())
        })
    }

    fn lock(&self, name: &str, wait: Duration) -> BoxFuture<'static, Result<Option<Lock>, StoreError>> {
        let (locks, name) = (self.locks.clone(), name.to_owned());
        Box::pin(async move { lock::acquire(&locks, &name, wait).await })
    }

    fn revision(&self) -> BoxFuture<'static, Result<u64, StoreError>> {
        self.run(|database| {
            let others = data_version(&database.connection)?;
            if others != database.others {
                database.others = others;
                database.revision += 1;
            }
            Ok(database.revision)
        })
    }
}
