//! What the end-to-end tests share: adapters as built, hosts on a folder of their own, a vendor that does as told.

pub mod vendor;

use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::{env, fs};

use moulin_host::{Host, StartError, config};
use tempfile::TempDir;

/// A built adapter's file: `shipped/metro`, `test/hostile`.
///
/// # Panics
/// If it was not built, saying how to build it.
pub fn adapter(name: &str) -> PathBuf {
    let file = built().join(format!("{name}.wasm"));
    assert!(file.is_file(), "{} is missing; run `cargo xtask build --test-adapters`", file.display());
    file
}

/// Where built adapters are.
fn built() -> PathBuf {
    env::var_os("MOULIN_TEST_ADAPTERS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/adapters"), PathBuf::from)
}

/// A folder with adapters and a place for data, gone when dropped.
pub struct Folder(TempDir);

impl Folder {
    /// A folder with copies of these adapters.
    ///
    /// # Panics
    /// If the disk is full.
    pub fn with(adapters: &[&str]) -> Self {
        let folder = Self::alone(adapters);
        // All tests share what is compiled: compiling an adapter takes longer than most tests do.
        let (data, shared) = (folder.path().join("data"), built().join("compiled"));
        DirBuilder::new().recursive(true).mode(0o700).create(&shared).expect("a folder for compiled adapters");
        DirBuilder::new().mode(0o700).create(&data).expect("a folder in it");
        symlink(fs::canonicalize(shared).expect("its path"), data.join("compiled")).expect("a link to it");
        folder
    }

    /// As [`Folder::with`], sharing no compiled adapters with other tests.
    ///
    /// # Panics
    /// If the disk is full.
    pub fn alone(adapters: &[&str]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        fs::create_dir(folder.adapters()).expect("a folder in it");
        for name in adapters {
            let file = adapter(name);
            fs::copy(&file, folder.adapters().join(file.file_name().expect("a file's name"))).expect("a copy");
        }
        folder
    }

    /// The adapters' folder.
    pub fn adapters(&self) -> PathBuf {
        self.0.path().join("adapters")
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Starts a host on it. `toml` is the configuration without its `[host]` table, which may follow in `host`.
    ///
    /// # Errors
    /// The host's own.
    ///
    /// # Panics
    /// If the configuration itself is wrong.
    pub async fn host(&self, host: &str, toml: &str) -> Result<Host, StartError> {
        let text = format!(
            "[host]\nadapters = {:?}\ndata = {:?}\n{host}\n\n{toml}",
            self.adapters(),
            self.0.path().join("data")
        );
        Host::start(config::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))).await
    }
}
