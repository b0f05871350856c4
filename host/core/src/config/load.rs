//! Reads configuration files and the environment into a checked [`Config`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use figment::Figment;
use figment::error::Kind;
use figment::providers::{Env, Format, Toml};
use thiserror::Error;

use super::{Config, Problem, SecretSource};

/// Prefix of the environment variables that override files.
const ENV_PREFIX: &str = "MOULIN_";

/// Why there is no configuration to start with.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A file that was named does not exist or cannot be read.
    #[error("cannot read the configuration file {}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Something in the configuration cannot be used. All that was found is here, not only the first.
    #[error("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid {
        /// What is wrong, and where.
        problems: Vec<Problem>,
    },
}

/// Knows which file or variable set a key.
#[derive(Clone, Default)]
pub struct Origins(Option<Arc<Figment>>);

impl Origins {
    /// The file (or environment variable) that set this key, such as `connections.till.base_url`; for a key that nobody
    /// set, the one that set what encloses it.
    pub fn of(&self, key: &str) -> Option<String> {
        let figment = self.0.as_ref()?;
        let mut key = key;
        loop {
            if let Some(metadata) = figment.find_metadata(key) {
                return Some(source_name(metadata));
            }
            key = key.rsplit_once('.')?.0;
        }
    }
}

impl std::fmt::Debug for Origins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Origins")
    }
}

/// A file's path, or what figment calls the source.
fn source_name(metadata: &figment::Metadata) -> String {
    match metadata.source.as_ref().and_then(figment::Source::file_path) {
        Some(path) => path.display().to_string(),
        None => metadata.name.clone().into_owned(),
    }
}

/// Reads these TOML files, a later one overriding an earlier one, then the environment, and checks the whole.
///
/// # Errors
/// [`ConfigError::Unreadable`] for a file that is not there, [`ConfigError::Invalid`] with everything that is wrong.
pub fn load(files: &[impl AsRef<Path>]) -> Result<Config, ConfigError> {
    let mut figment = Figment::new();
    for file in files {
        let file = file.as_ref();
        std::fs::metadata(file).map_err(|source| ConfigError::Unreadable { file: file.to_owned(), source })?;
        figment = figment.merge(Toml::file_exact(file));
    }
    // Only names with a level (`MOULIN_HTTP__LISTEN`) are settings: MOULIN_CONFIG, MOULIN_LOG and the like are not.
    extract(figment.merge(Env::prefixed(ENV_PREFIX).filter(|key| key.as_str().contains("__")).split("__")))
}

/// Reads one TOML text, without the environment: for tests and for programs that embed the host.
///
/// # Errors
/// [`ConfigError::Invalid`] with everything that is wrong.
pub fn parse(toml: &str) -> Result<Config, ConfigError> {
    extract(Figment::from(Toml::string(toml)))
}

fn extract(figment: Figment) -> Result<Config, ConfigError> {
    let mut config: Config = figment.extract().map_err(|errors| ConfigError::Invalid {
        problems: errors.into_iter().map(|error| problem(&error)).collect(),
    })?;
    config.origins = Origins(Some(Arc::new(figment)));
    resolve_secret_files(&mut config);
    let problems = config.problems();
    if problems.is_empty() { Ok(config) } else { Err(ConfigError::Invalid { problems }) }
}

/// Paths of secrets are relative to the file that names them, as all paths are.
fn resolve_secret_files(config: &mut Config) {
    let Config { connections, origins, .. } = config;
    for (name, connection) in connections {
        let place = format!("connections.{name}");
        let folder = |key: String| Some(Path::new(&origins.of(&key)?).parent()?.to_owned());
        let auth =
            connection.auth.secrets_mut().into_iter().map(|(key, secret)| (format!("{place}.auth.{key}"), secret));
        let own = connection.secrets.iter_mut().map(|(key, secret)| (format!("{place}.secrets.{key}"), secret));
        for (key, secret) in auth.chain(own) {
            if let (SecretSource::File { file }, Some(folder)) = (secret, folder(key)) {
                *file = folder.join(&*file);
            }
        }
    }
}

/// figment's error in our form: the place, what is wrong, what to write.
fn problem(error: &figment::Error) -> Problem {
    let mut key = error.path.join(".");
    let message = match &error.kind {
        Kind::UnknownField(field, expected) => {
            // The path already ends in the key for figment's own structs; serde's buffered enums lose it.
            if error.path.last() != Some(field) {
                key = if key.is_empty() { field.clone() } else { format!("{key}.{field}") };
            }
            format!("unknown key; known here: {}", expected.join(", "))
        }
        Kind::UnknownVariant(variant, expected) => format!("\"{variant}\" is not one of {}", expected.join(", ")),
        Kind::MissingField(field) => {
            key = if key.is_empty() { field.to_string() } else { format!("{key}.{field}") };
            "missing; set it".to_owned()
        }
        // Not what was found: it may be a secret in the wrong place.
        Kind::InvalidType(_, expected) => format!("the wrong kind of value; write {expected}"),
        kind => kind.to_string(),
    };
    Problem { origin: error.metadata.as_ref().map(source_name), key, message }
}
