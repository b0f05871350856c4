//! `moulin secret`: what is kept in the vault. A value is never an argument, which other users of the machine can see
//! and the shell keeps.

use std::io::{self, IsTerminal, Read};

use clap::{Args, Subcommand};
use moulin_host::config::Config;
use moulin_host::open_vault;
use moulin_host::vault::{KEY_VARIABLE, KeySource, NewKey, Space, Vault, VaultError, VaultKey, is_secret_name};
use serde::Serialize;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::output::{Output, note};
use super::source::ConfigFiles;
use super::table::table;

/// Longest value that is read.
const LARGEST: usize = 64 << 10;

/// Commands about stored secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Store a secret under a name, in the place of the one there is; its value is asked for without being shown, or read
    /// from standard input
    Set(Named),
    /// List the names of stored secrets, and which keys of the configuration refer to them
    List(List),
    /// Delete a stored secret
    Delete(Named),
    /// Seal everything stored with a new key
    RotateKey(RotateKey),
}

/// A secret's name.
#[derive(Args, Debug)]
pub(crate) struct Named {
    /// Name of the secret: lower-case letters, digits, '.', '_' and '-', such as metro.key
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    files: ConfigFiles,
}

/// Options of `moulin secret list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    files: ConfigFiles,
}

/// Options of `moulin secret rotate-key`.
#[derive(Args, Debug)]
pub(crate) struct RotateKey {
    /// Print a new random key to standard output and use it, where the key does not come from a file; without this, the
    /// new key is asked for or read from standard input
    #[arg(long)]
    generate: bool,
    #[command(flatten)]
    files: ConfigFiles,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    references: &'a [String],
}

impl Secret {
    /// Does what the command says.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Set(command) => command.set().await,
            Self::List(command) => command.run().await,
            Self::Delete(command) => command.delete().await,
            Self::RotateKey(command) => command.run().await,
        }
    }
}

impl Named {
    async fn set(self) -> Result<(), Failure> {
        let Self { name, files } = self;
        let (config, vault) = open(&files)?;
        // Before the value is asked for.
        if !is_secret_name(&name) {
            return Err(VaultError::Name(name).into());
        }
        let value = read(&format!("Value of {name}, which is not shown: "), "the value")?;
        vault.put(Space::Secrets, &name, value.as_bytes()).await?;
        note(format_args!("stored {name}"));
        if !config.vault_references().contains_key(&name) {
            note(format_args!("hint: write {{ secret = \"{name}\" }} in the configuration where it is needed"));
        }
        Ok(())
    }

    async fn delete(self) -> Result<(), Failure> {
        let Self { name, files } = self;
        let (config, vault) = open(&files)?;
        if !vault.delete(Space::Secrets, &name).await? {
            let known = vault.list(Space::Secrets).await?;
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Failure::Usage(format!("there is no secret \"{name}\"; stored are: {known}")));
        }
        note(format_args!("deleted {name}"));
        for key in config.vault_references().get(&name).into_iter().flatten() {
            note(format_args!("warning: {key} refers to it; its connection is unavailable until {name} is set again"));
        }
        Ok(())
    }
}

impl List {
    async fn run(self) -> Result<(), Failure> {
        let (config, vault) = open(&self.files)?;
        let (names, references) = (vault.list(Space::Secrets).await?, config.vault_references());
        let references_to = |name: &String| references.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut output = Output::new();
        if self.json {
            for name in &names {
                output.json(&Row { name, references: references_to(name) })?;
            }
        } else if !names.is_empty() {
            let mut table = table(&["secret", "used by"]);
            for name in &names {
                table.add_row([name.clone(), references_to(name).join(", ")]);
            }
            output.line(table)?;
        }
        output.flush()?;
        for (name, keys) in references.iter().filter(|(name, _)| !names.contains(name)) {
            note(format_args!(
                "warning: {} refers to {name}, which is not stored; `moulin secret set {name}`",
                keys.join(", ")
            ));
        }
        Ok(())
    }
}

impl RotateKey {
    async fn run(self) -> Result<(), Failure> {
        let (_, vault) = open(&self.files)?;
        let in_file = matches!(vault.key_source(), KeySource::File(_));
        let new = if in_file {
            NewKey::Generated
        } else if self.generate {
            let key = VaultKey::generate()?;
            // Before it is used, so that it cannot be lost.
            let mut output = Output::new();
            output.line(&*key.expose())?;
            output.flush()?;
            NewKey::Given(key)
        } else {
            let text = read("New key, 32 bytes as Base64 or hex, which is not shown: ", "the new key")?;
            NewKey::Given(VaultKey::parse(&text, "what was given")?)
        };
        let rotated = vault.rotate(new).await.inspect_err(|_| {
            if self.generate && !in_file {
                note("the key that was printed is not in use");
            }
        })?;
        note(format_args!("{} records are sealed with the new key {}", rotated.records, rotated.key));
        for record in &rotated.damaged {
            note(format_args!("warning: {record} is damaged, cannot be opened with any key and was left as it is"));
        }
        match vault.key_source() {
            KeySource::File(file) => {
                note(format_args!("{} holds it; back it up. A running service takes it by itself", file.display()))
            }
            KeySource::Text { .. } => note(format_args!(
                "set {KEY_VARIABLE} to the new key and restart the service now: with the old one it can store nothing"
            )),
            KeySource::Command(_) => note(
                "let vault.key_command print the new key and restart the service now: with the old one it can store \
                 nothing",
            ),
        }
        Ok(())
    }
}

/// The configuration and the vault of its data folder. No adapter is started.
fn open(files: &ConfigFiles) -> Result<(Config, Vault), Failure> {
    let config = files.load()?;
    let vault = open_vault(&config).map_err(VaultError::from)?;
    Ok((config, vault))
}

/// Asks the person at the terminal, or reads all of standard input but its last line break.
fn read(prompt: &str, what: &str) -> Result<Zeroizing<String>, Failure> {
    let value = if io::stdin().is_terminal() {
        let typed = rpassword::prompt_password(prompt);
        typed.map(Zeroizing::new).map_err(|error| Failure::Other(format!("cannot read from the terminal: {error}")))?
    } else {
        // With all its room from the start: growing would leave a copy behind that nobody overwrites.
        let mut text = Zeroizing::new(String::with_capacity(LARGEST + 1));
        let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
        io::stdin().lock().take(limit).read_to_string(&mut text).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => Failure::Usage(format!("{what} is no text in UTF-8")),
            _ => Failure::Other(format!("cannot read standard input: {error}")),
        })?;
        if text.len() > LARGEST {
            return Err(Failure::Usage(format!("{what} is longer than {} KiB", LARGEST >> 10)));
        }
        let line = text.strip_suffix('\n').map_or(text.len(), |line| line.strip_suffix('\r').unwrap_or(line).len());
        text.truncate(line);
        text
    };
    if value.is_empty() {
        return Err(Failure::Usage(format!("{what} is empty; type it, or send it to standard input")));
    }
    Ok(value)
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let text = error.to_string();
        match error {
            VaultError::KeyMissing { .. }
            | VaultError::WrongKey { .. }
            | VaultError::KeyExposed { .. }
            | VaultError::KeyMalformed { .. }
            | VaultError::KeyCommand { .. }
            | VaultError::Name(_)
            | VaultError::Rotation(_) => Self::Usage(text),
            VaultError::KeyFile { .. }
            | VaultError::Damaged { .. }
            | VaultError::Internal(_)
            | VaultError::Busy
            | VaultError::Store(_) => Self::Other(text),
        }
    }
}
