//! Where the vault's key comes from.

use std::path::Path;

use figment::value::magic::RelativePathBuf;
use serde::Deserialize;

use crate::vault::KeySource;

/// Name of the key file in the data folder, when the configuration names none.
const KEY_FILE: &str = "vault.key";

/// Where the vault's key comes from when it is not in the environment variable `MOULIN_VAULT_KEY`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VaultConfig {
    /// A program that prints the key, and its arguments; run without a shell.
    pub key_command: Option<Vec<String>>,
    /// A file with the key; made with mode 0600 when the first secret is stored. `vault.key` in the data folder if
    /// absent. Relative to the file that sets it.
    pub key_file: Option<RelativePathBuf>,
}

impl VaultConfig {
    /// The source, for a vault in this data folder.
    pub fn key_source(&self, data: &Path) -> KeySource {
        if let Some(variable) = KeySource::variable() {
            return variable;
        }
        match (&self.key_command, &self.key_file) {
            (Some(command), _) => KeySource::Command(command.clone()),
            (None, Some(file)) => KeySource::File(file.relative()),
            (None, None) => KeySource::File(data.join(KEY_FILE)),
        }
    }

    /// Key below `vault`, and what is wrong with it.
    pub(super) fn problems(&self) -> Vec<(&'static str, &'static str)> {
        let mut found = Vec::new();
        if let Some(command) = &self.key_command {
            if command.first().is_none_or(String::is_empty) {
                found.push(("key_command", "names no program; write one such as [\"pass\", \"show\", \"moulin\"]"));
            }
            if self.key_file.is_some() {
                found.push(("key_file", "there is a key_command too; leave out one of them"));
            }
        }
        found
    }
}
