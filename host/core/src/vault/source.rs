//! Where the key comes from.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fmt};

use arc_swap::ArcSwapOption;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use super::key::{KeyId, VaultKey};
use super::{VaultError, file};

/// Environment variable with the key.
pub const KEY_VARIABLE: &str = "MOULIN_VAULT_KEY";

/// Time for the command that prints the key.
const COMMAND_TIME: Duration = Duration::from_secs(10);

/// How long a failure of the command stands before it is tried again: each may take its whole time, and many may ask.
const COMMAND_PAUSE: Duration = Duration::from_secs(5);

/// More than any key, and enough of an error.
const COMMAND_OUTPUT: usize = 4096;

/// Where the key comes from. Nothing is read before it is needed.
#[derive(Clone)]
pub enum KeySource {
    /// This text, Base64 or hex.
    Text {
        /// What it is called in errors, such as the variable's name.
        origin: String,
        /// The text.
        text: Zeroizing<String>,
    },
    /// What this program prints: its name and arguments, run without a shell.
    Command(Vec<String>),
    /// This file, which is made with the first record.
    File(PathBuf),
}

impl KeySource {
    /// The key in [`KEY_VARIABLE`], if that is set.
    pub fn variable() -> Option<Self> {
        let text = env::var_os(KEY_VARIABLE)?;
        // What is no Unicode is no key either, and is refused as such.
        let text = Zeroizing::new(text.to_string_lossy().into_owned());
        Some(Self::Text { origin: KEY_VARIABLE.to_owned(), text })
    }

    /// What it is called in messages.
    pub fn origin(&self) -> String {
        match self {
            Self::Text { origin, .. } => origin.clone(),
            Self::Command(_) => "what vault.key_command prints".to_owned(),
            Self::File(file) => file.display().to_string(),
        }
    }
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySource({})", self.origin())
    }
}

/// The source, and the key that was last had from it.
pub(super) struct Keys {
    pub(super) source: KeySource,
    current: ArcSwapOption<VaultKey>,
    /// One reads at a time; the failure of a command is kept for those behind.
    reading: Mutex<Option<(Instant, VaultError)>>,
}

impl Keys {
    pub(super) fn new(source: KeySource) -> Self {
        Self { source, current: ArcSwapOption::empty(), reading: Mutex::default() }
    }

    /// From now on the key is this one.
    pub(super) fn set(&self, key: Arc<VaultKey>) {
        self.current.store(Some(key));
    }

    /// The key with this identifier, and whether it was read just now.
    pub(super) async fn with_id(&self, used: KeyId) -> Result<(Arc<VaultKey>, bool), VaultError> {
        let fits = |key: &Arc<VaultKey>| key.id() == used;
        if let Some(key) = self.current.load_full().filter(fits) {
            return Ok((key, false));
        }
        let mut failed = self.reading.lock().await;
        if let Some(key) = self.current.load_full().filter(fits) {
            return Ok((key, false));
        }
        let found = match &self.source {
            KeySource::File(path) => file::read_with_id(path, used).await?,
            // Neither changes while this process runs.
            _ => match self.current.load_full() {
                Some(key) => Some(key),
                None => Some(self.given(&mut failed).await?),
            },
        };
        match (found, &self.source) {
            (Some(key), _) if fits(&key) => {
                self.set(key.clone());
                Ok((key, true))
            }
            (Some(key), source) => Err(VaultError::WrongKey { used, given: key.id(), origin: source.origin() }),
            (None, KeySource::File(file)) => Err(VaultError::KeyMissing { file: file.clone(), used }),
            (None, source) => Err(VaultError::KeyMalformed { origin: source.origin() }),
        }
    }

    /// A key for a vault that has no record yet; a file is made if it is not there.
    pub(super) async fn first(&self) -> Result<Arc<VaultKey>, VaultError> {
        let mut failed = self.reading.lock().await;
        let key = match &self.source {
            // Also when a key is known: without records the file may have been replaced since.
            KeySource::File(path) => file::read_or_create(path).await?,
            _ => match self.current.load_full() {
                Some(key) => key,
                None => self.given(&mut failed).await?,
            },
        };
        self.set(key.clone());
        Ok(key)
    }

    /// The key from the variable or the command.
    async fn given(&self, failed: &mut Option<(Instant, VaultError)>) -> Result<Arc<VaultKey>, VaultError> {
        let text = match &self.source {
            KeySource::Text { text, .. } => text.clone(),
            KeySource::Command(command) => {
                if let Some((_, error)) = failed.as_ref().filter(|(when, _)| when.elapsed() < COMMAND_PAUSE) {
                    return Err(error.clone());
                }
                let printed = run(command).await;
                *failed = printed.as_ref().err().map(|error| (Instant::now(), error.clone()));
                printed?
            }
            KeySource::File(_) => return Err(VaultError::Internal("a key file was taken for a variable".to_owned())),
        };
        VaultKey::parse(&text, &self.source.origin()).map(Arc::new)
    }
}

/// What a program prints to its standard output.
async fn run(command: &[String]) -> Result<Zeroizing<String>, VaultError> {
    let shown = command.first().cloned().unwrap_or_default();
    let failed = |reason: String| VaultError::KeyCommand { command: shown.clone(), reason };
    let Some((program, arguments)) = command.split_first() else { return Err(failed("names no program".to_owned())) };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let finished = timeout(COMMAND_TIME, async {
        let (printed, said) = tokio::join!(read(stdout), read(stderr));
        (printed, said, child.wait().await)
    });
    let Ok((printed, said, status)) = finished.await else {
        return Err(failed(format!("did not end within {} s and was stopped", COMMAND_TIME.as_secs())));
    };
    let status = status.map_err(|error| failed(format!("cannot be waited for: {error}")))?;
    if !status.success() {
        let said = String::from_utf8_lossy(&said);
        let said: String =
            said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().chars().take(200).collect();
        let said = if said.is_empty() { said } else { format!(": {said}") };
        return Err(failed(format!("failed with {status}{said}")));
    }
    let text = std::str::from_utf8(&printed).map_err(|_| failed("printed something that is no text".to_owned()))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// The beginning of what comes through a pipe; a program that writes more finds it closed.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> Zeroizing<Vec<u8>> {
    // With all its room from the start: growing would leave a copy behind that nobody overwrites.
    let mut bytes = Zeroizing::new(vec![0; COMMAND_OUTPUT]);
    let mut length = 0;
    if let Some(mut pipe) = pipe {
        while let Some(room) = bytes.get_mut(length..).filter(|room| !room.is_empty()) {
            match pipe.read(room).await {
                Ok(read) if read > 0 => length += read,
                _ => break,
            }
        }
    }
    bytes.truncate(length);
    bytes
}
