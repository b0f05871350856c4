//! Locks over processes, as files that the system unlocks when their holder dies.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{SHA256, digest};
use tokio::time::{Instant, sleep};

use super::StoreError;

/// How long to wait before a lock that another has is tried again. The system can wait for a lock only by blocking a
/// thread, for as long as the other likes.
const RETRY: Duration = Duration::from_millis(25);

/// What stands in a lock's file name as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// Longest name, encoded, that is used as a file's name; file systems take 255 bytes.
const LONGEST: usize = 200;

/// A lock that is held. It is given back when this is dropped, and when the process dies, however it does.
pub struct Lock {
    _guard: Box<dyn Send + Sync>,
}

impl Lock {
    /// A lock that is given back when `guard` is dropped.
    pub fn new(guard: impl Send + Sync + 'static) -> Self {
        Self { _guard: Box::new(guard) }
    }
}

impl std::fmt::Debug for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lock")
    }
}

/// A locked file. The file stays: removing it would let a third one lock a new file of the same name while a second
/// still waits for the old one.
struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started at this moment has a copy of the open file until it
        // runs its own program. Nothing can be done about an error, and closing follows.
        let _ = self.0.unlock();
    }
}

/// Waits for the lock of this name in this folder.
pub(super) async fn acquire(folder: &Path, name: &str, wait: Duration) -> Result<Option<Lock>, StoreError> {
    let path = folder.join(file_name(name));
    let failed = {
        let path = path.clone();
        move |error: &dyn std::fmt::Display| StoreError::Database(format!("{}: {error}", path.display()))
    };
    let opened = tokio::task::spawn_blocking(move || open(&path)).await;
    let file = opened.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
    let deadline = Instant::now() + wait;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(Lock::new(Held(file)))),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        sleep(left.min(RETRY)).await;
    }
}

fn open(path: &PathBuf) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// The name, readable where it can be.
fn file_name(name: &str) -> String {
    let encoded = utf8_percent_encode(name, PLAIN).to_string();
    if encoded.len() <= LONGEST {
        return encoded;
    }
    // No encoded name has a "+".
    let digest = digest(&SHA256, name.as_bytes());
    digest.as_ref().iter().fold("+".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}
