//! The key file: made once, replaced whole, never half-written.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::VaultError;
use super::key::{KeyId, VaultKey};

/// More than any form of a key.
const LARGEST: u64 = 4096;

/// The key with this identifier: from the file, or from the one a rotation left beside it. Without it, the key that
/// stands in the file.
pub(super) async fn read_with_id(path: &Path, used: KeyId) -> Result<Option<Arc<VaultKey>>, VaultError> {
    let path = path.to_owned();
    blocking(move || {
        let main = read(&path);
        if matches!(&main, Ok(Some(key)) if key.id() == used) {
            return main.map(|key| key.map(Arc::new));
        }
        // A rotation that was interrupted, or is under way, has written the key beside the old one.
        if let Ok(Some(new)) = read(&beside(&path))
            && new.id() == used
        {
            return Ok(Some(Arc::new(new)));
        }
        main.map(|key| key.map(Arc::new))
    })
    .await
}

/// The key in the file; a new one is made if there is none.
pub(super) async fn read_or_create(path: &Path) -> Result<Arc<VaultKey>, VaultError> {
    let path = path.to_owned();
    blocking(move || {
        if let Some(key) = read(&path)? {
            return Ok(Arc::new(key));
        }
        let key = VaultKey::generate()?;
        let failed = failed(&path);
        let part = write_part(&path, &key).map_err(&failed)?;
        // Unlike a rename, a link does not replace a file that another process made in the meantime.
        let linked = fs::hard_link(&part, &path);
        let removed = fs::remove_file(&part);
        match linked {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        removed.map_err(&failed)?;
        sync_folder(&path).map_err(&failed)?;
        // Whoever was first: this is the key that is on the disk.
        read(&path)?.map(Arc::new).ok_or_else(|| failed(ErrorKind::NotFound.into()))
    })
    .await
}

/// Writes the key that shall replace the one in the file beside it, durably.
pub(super) async fn write_new(path: &Path, key: Arc<VaultKey>) -> Result<(), VaultError> {
    let path = path.to_owned();
    blocking(move || {
        let write = || {
            fs::rename(write_part(&path, &key)?, beside(&path))?;
            sync_folder(&path)
        };
        write().map_err(failed(&path))
    })
    .await
}

/// Puts what [`write_new`] wrote in the place of the file, if that is the key in use, and removes it if it is not.
/// Only for who holds the lock under which keys are replaced.
pub(super) async fn settle(path: &Path, used: Option<KeyId>) -> Result<(), VaultError> {
    let path = path.to_owned();
    blocking(move || {
        let new = beside(&path);
        let Some(left) = read(&new)? else { return Ok(()) };
        let done = if used == Some(left.id()) {
            fs::rename(&new, &path)
        } else if used.is_none() || read(&path)?.is_some_and(|key| used == Some(key.id())) {
            fs::remove_file(&new)
        } else {
            // Neither is the key in use: a person must look, and may need both.
            return Ok(());
        };
        done.and_then(|()| sync_folder(&path)).map_err(failed(&path))
    })
    .await
}

/// Whether a rotation has left its new key beside the file.
pub(super) async fn is_unsettled(path: &Path) -> bool {
    let new = beside(path);
    tokio::fs::try_exists(new).await.unwrap_or(false)
}

/// Where a rotation writes the new key.
fn beside(path: &Path) -> PathBuf {
    with_ending(path, ".new")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// The key in a file that nobody else may use; `None` if there is no file.
fn read(path: &Path) -> Result<Option<VaultKey>, VaultError> {
    let failed = failed(path);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    // Of the file that is open, not of its name, which may be another one by now.
    let metadata = file.metadata().map_err(&failed)?;
    if !metadata.is_file() {
        return Err(failed(io::Error::other("it is no regular file")));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(VaultError::KeyExposed { file: path.to_owned(), mode });
    }
    let origin = path.display().to_string();
    if metadata.len() > LARGEST {
        return Err(VaultError::KeyMalformed { origin });
    }
    let mut text = Zeroizing::new(String::with_capacity(4096));
    match file.take(LARGEST).read_to_string(&mut text) {
        Ok(_) => VaultKey::parse(&text, &origin).map(Some),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(VaultError::KeyMalformed { origin }),
        Err(error) => Err(failed(error)),
    }
}

/// Writes a key into a new file of its own beside `path`, durably.
fn write_part(path: &Path, key: &VaultKey) -> io::Result<PathBuf> {
    let part = with_ending(path, &format!(".{}.part", Uuid::new_v4()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    let text = key.expose();
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    Ok(part)
}

/// Makes a file's new name durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn failed(path: &Path) -> impl Fn(io::Error) -> VaultError + use<> {
    let file = path.to_owned();
    move |error| VaultError::KeyFile { file: file.clone(), reason: error.to_string() }
}

async fn blocking<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, VaultError> + Send + 'static,
) -> Result<R, VaultError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(VaultError::Internal(error.to_string())))
}
