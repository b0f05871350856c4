//! Where a secret's value comes from.

use std::path::PathBuf;
use std::{env, fmt, fs};

use serde::Deserialize;
use thiserror::Error;

use crate::auth::Secret;
use crate::vault::Snapshot;

/// A reference to a secret, or the secret itself.
#[derive(Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "a secret is { secret = \"name\" }, { env = \"NAME\" }, { file = \"path\" } or, for tests, the text itself"
)]
pub enum SecretSource {
    /// Taken from the vault: `{ secret = "metro.key" }`.
    Vault {
        /// Its name there.
        secret: String,
    },
    /// Taken from an environment variable: `{ env = "METRO_API_KEY" }`.
    Env {
        /// Name of the variable.
        env: String,
    },
    /// Taken from a file, its last line break cut: `{ file = "/run/secrets/metro" }`.
    File {
        /// Path of the file.
        file: PathBuf,
    },
    /// The value itself. Accepted with a warning: a configuration file is copied, mailed and committed.
    Literal(String),
}

/// Why a secret has no value.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The vault has no such secret.
    #[error("the vault has no secret \"{0}\"; store it with `moulin secret set {0}`")]
    VaultMissing(String),
    /// The vault cannot be read; its own words.
    #[error("{0}")]
    Vault(String),
    /// The environment variable is not set.
    #[error("the environment variable {0} is not set; set it before starting")]
    EnvMissing(String),
    /// The file cannot be read.
    #[error("cannot read {}: {source}; create it with the secret as its only line", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The value is empty.
    #[error("the value is empty; write the secret there")]
    Empty,
}

impl SecretSource {
    /// Whether the value itself stands in the configuration.
    pub const fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }

    /// Its name in the vault, if it is there.
    pub fn vault_name(&self) -> Option<&str> {
        match self {
            Self::Vault { secret } => Some(secret),
            _ => None,
        }
    }

    /// The value as it is now.
    ///
    /// # Errors
    /// [`SecretError`], which says what to do.
    pub fn resolve(&self, vault: &Snapshot) -> Result<Secret, SecretError> {
        let value = match self {
            Self::Vault { secret } => {
                return vault.get(secret).ok_or_else(|| match vault.error(secret) {
                    Some(error) => SecretError::Vault(error.to_string()),
                    None => SecretError::VaultMissing(secret.clone()),
                });
            }
            Self::Env { env } => env::var(env).map_err(|_| SecretError::EnvMissing(env.clone()))?,
            Self::File { file } => {
                let mut text =
                    fs::read_to_string(file).map_err(|source| SecretError::File { file: file.clone(), source })?;
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
                text
            }
            Self::Literal(value) => value.clone(),
        };
        if value.is_empty() { Err(SecretError::Empty) } else { Ok(Secret::from(value)) }
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vault { secret } => write!(f, "{{ secret = {secret:?} }}"),
            Self::Env { env } => write!(f, "{{ env = {env:?} }}"),
            Self::File { file } => write!(f, "{{ file = {file:?} }}"),
            Self::Literal(_) => f.write_str("(literal)"),
        }
    }
}
