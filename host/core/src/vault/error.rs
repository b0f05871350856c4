//! Why the vault did not do it.

use std::path::PathBuf;

use thiserror::Error;

use super::key::KeyId;
use crate::store::StoreError;

/// Why the vault did not do it. Nothing was overwritten in any of these cases.
#[derive(Clone, Debug, Error)]
pub enum VaultError {
    /// There are sealed records, and no key.
    #[error(
        "the vault's key file {} is missing, and the vault holds records sealed with the key {used}; put the file back \
         from a backup, or remove moulin.sqlite and store every secret again", file.display()
    )]
    KeyMissing {
        /// Where it should be.
        file: PathBuf,
        /// The key in use.
        used: KeyId,
    },
    /// The key is another one than the vault is sealed with.
    #[error(
        "wrong key: the vault is sealed with the key {used}, and {origin} is {given}; give it the key it was sealed \
         with, and after a rotation start again with the new one"
    )]
    WrongKey {
        /// The key in use.
        used: KeyId,
        /// The key that was given.
        given: KeyId,
        /// Where it came from.
        origin: String,
    },
    /// A record cannot be opened with the key it was sealed with. Others are not concerned.
    #[error(
        "the vault's record {space}/{name} is damaged; other records are not concerned. Restore the data folder from a \
         backup, or replace this record: {remedy}"
    )]
    Damaged {
        /// The kind of record.
        space: &'static str,
        /// Its name.
        name: String,
        /// How it is replaced.
        remedy: String,
    },
    /// The key file can be read by others.
    #[error(
        "the vault's key file {0} can be used by others (mode {mode:04o}), so it is refused; do: chmod 600 {0}",
        file.display()
    )]
    KeyExposed {
        /// The file.
        file: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// What was given is no key.
    #[error("{origin} holds no key: a key is 32 bytes as Base64 or hex, such as `openssl rand -base64 32` prints")]
    KeyMalformed {
        /// Where it came from.
        origin: String,
    },
    /// The command that prints the key failed.
    #[error("vault.key_command: {command} {reason}; try it in a shell, as the user Moulin runs as")]
    KeyCommand {
        /// The program.
        command: String,
        /// What happened.
        reason: String,
    },
    /// The key file cannot be read or written.
    #[error("the vault's key file {}: {reason}; check its folder's disk and permissions", file.display())]
    KeyFile {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A name no secret can have.
    #[error(
        "\"{0}\" is no name for a secret: 1 to 128 lower-case letters, digits, '.', '_' and '-', and a letter or digit \
         first"
    )]
    Name(String),
    /// The key cannot be replaced in this way.
    #[error("{0}")]
    Rotation(String),
    /// The machine or a library failed in a way that it should not.
    #[error("{0}")]
    Internal(String),
    /// Others changed the vault again and again at the same time.
    #[error("the vault is being changed by others; try again")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
