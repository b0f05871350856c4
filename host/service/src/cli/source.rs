//! Where a command finds adapters and connections: configuration files, or a running service.

use std::path::{Path, PathBuf};

use clap::Args;
use moulin_host::Host;
use moulin_host::config::{self, Config};
use url::Url;

use super::backend::Backend;
use super::failure::Failure;
use super::remote::Remote;
use crate::scrub::scrubber;

/// Environment variable with the configuration files, separated as in `PATH`.
const CONFIG: &str = "MOULIN_CONFIG";

/// The file that is used when nobody names one.
const DEFAULT: &str = "moulin.toml";

/// Options that name configuration files.
#[derive(Args, Debug)]
pub(crate) struct ConfigFiles {
    /// Configuration file; several are laid over each other, the last one wins. Without it the files in the environment
    /// variable MOULIN_CONFIG (separated by `:`), or moulin.toml in the current directory.
    #[arg(long = "config", value_name = "FILE", num_args = 1..)]
    files: Vec<PathBuf>,
}

/// Options that name configuration files or a running service.
#[derive(Args, Debug)]
pub(crate) struct Source {
    #[command(flatten)]
    config: ConfigFiles,
    /// Ask the running service at this URL, such as http://127.0.0.1:8080, instead of starting the adapters here
    #[arg(long, value_name = "URL", conflicts_with = "files")]
    url: Option<Url>,
}

impl ConfigFiles {
    /// Reads and checks the configuration.
    ///
    /// # Errors
    /// No file is named and none is there, or what they say cannot be used.
    pub(crate) fn load(&self) -> Result<Config, Failure> {
        let files = self.files(std::env::var_os(CONFIG).as_deref(), Path::new(DEFAULT))?;
        config::load(&files).map_err(|error| Failure::Usage(error.to_string()))
    }

    /// Starts a host with the configuration.
    ///
    /// # Errors
    /// As [`ConfigFiles::load`], and when adapters and connections do not fit each other.
    pub(crate) async fn start(&self) -> Result<Host, Failure> {
        start(self.load()?).await
    }

    fn files(&self, variable: Option<&std::ffi::OsStr>, default: &Path) -> Result<Vec<PathBuf>, Failure> {
        if !self.files.is_empty() {
            return Ok(self.files.clone());
        }
        if let Some(variable) = variable.filter(|value| !value.is_empty()) {
            return Ok(std::env::split_paths(variable).collect());
        }
        if default.exists() {
            return Ok(vec![default.to_owned()]);
        }
        Err(Failure::Usage(format!(
            "no configuration: there is no {} in the current directory; name a file with --config FILE or in the \
             environment variable {CONFIG}",
            default.display()
        )))
    }
}

/// Starts a host that tells the program's scrubber what it learns.
///
/// # Errors
/// Adapters and connections do not fit each other.
pub(crate) async fn start(config: Config) -> Result<Host, Failure> {
    let host = Host::builder(config).scrubber(scrubber().clone()).start().await;
    host.map_err(|error| Failure::Usage(error.to_string()))
}

impl Source {
    /// The running service, or a host started here.
    ///
    /// # Errors
    /// As [`ConfigFiles::start`], or the URL cannot be one of a service.
    pub(crate) async fn open(&self) -> Result<Backend, Failure> {
        match &self.url {
            Some(url) => Ok(Backend::Remote(Remote::new(url)?)),
            None => Ok(Backend::Local(self.config.start().await?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn named_files_come_before_the_variable_and_that_before_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let default = folder.path().join("moulin.toml");
        let none = ConfigFiles { files: Vec::new() };
        assert!(matches!(none.files(None, &default), Err(Failure::Usage(text)) if text.contains("--config")));
        std::fs::write(&default, "").unwrap();
        assert_eq!(none.files(None, &default).unwrap(), std::slice::from_ref(&default));
        let variable = std::env::join_paths(["a.toml", "b.toml"]).unwrap();
        let both = [PathBuf::from("a.toml"), PathBuf::from("b.toml")];
        assert_eq!(none.files(Some(&variable), &default).unwrap(), both);
        assert_eq!(none.files(Some(OsStr::new("")), &default).unwrap(), std::slice::from_ref(&default));
        let named = ConfigFiles { files: vec![PathBuf::from("c.toml")] };
        assert_eq!(named.files(Some(&variable), &default).unwrap(), [PathBuf::from("c.toml")]);
    }
}
