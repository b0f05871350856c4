//! Where a secret's value comes from.

use std::path::PathBuf;
use std::{env, fmt, fs};

use serde::Deserialize;
use thiserror::Error;

use crate::auth::Secret;

/// A reference to a secret, or the secret itself.
#[derive(Clone, Deserialize)]
#[serde(untagged, expecting = "a secret is { env = \"NAME\" }, { file = \"path\" } or, for tests, the text itself")]
pub enum SecretSource {
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

    /// The value.
    pub fn resolve(&self) -> Result<Secret, SecretError> {
        let value = match self {
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
            Self::Env { env } => write!(f, "{{ env = {env:?} }}"),
            Self::File { file } => write!(f, "{{ file = {file:?} }}"),
            Self::Literal(_) => f.write_str("(literal)"),
        }
    }
}
