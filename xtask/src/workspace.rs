//! Where things are: the root, the target folder and the packages.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::failure::{Context, Failure, Result};

/// The workspace this program belongs to.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Package {
    /// Name in its manifest.
    pub(crate) name: String,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Workspace {
    /// Asks cargo about the workspace.
    ///
    /// # Errors
    /// Cargo cannot be run, or a manifest is broken.
    pub(crate) fn load() -> Result<Self> {
        let here =
            env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let output = cargo(&here)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context(|| "cannot start cargo".to_owned())?;
        if !output.status.success() {
            return Err(Failure::new(format!(
                "cargo metadata failed\n{}",
                String::from_utf8_lossy(&output.stderr).trim_end()
            )));
        }
        Self::parse(&output.stdout)
    }

    fn parse(metadata: &[u8]) -> Result<Self> {
        let metadata: Metadata =
            serde_json::from_slice(metadata).context(|| "cannot read the answer of cargo metadata".to_owned())?;
        Ok(Self { root: metadata.workspace_root, target: metadata.target_directory, packages: metadata.packages })
    }

    /// The folder of the root manifest.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target folder, wherever the environment or the configuration put it.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where finished adapters are collected. Always in the checkout: configuration files and tests name this folder.
    pub(crate) fn adapters(&self) -> PathBuf {
        self.root.join("target").join("adapters")
    }

    /// A binary of the development profile.
    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// A cargo command in the root.
    pub(crate) fn cargo(&self) -> Command {
        cargo(&self.root)
    }

    /// The packages whose folder lies directly in `folder`, such as `adapters`, in order of name.
    pub(crate) fn packages_in(&self, folder: &str) -> Vec<&Package> {
        let folder = self.root.join(folder);
        let mut found: Vec<_> = self
            .packages
            .iter()
            .filter(|package| package.manifest_path.parent().and_then(Path::parent) == Some(folder.as_path()))
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// A path as people want to read it: relative to the root where it lies below.
    pub(crate) fn show(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(folder);
    forget_package(&mut command);
    command
}

/// Takes the variables away that `cargo run` set for this program's own package.
///
/// Build scripts of some crates (ring among them) ask to be run again when `CARGO_PKG_NAME` or `CARGO_MANIFEST_DIR` of
/// the environment change, so a cargo started from here would rebuild what a cargo started by hand has built.
pub(crate) fn forget_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let known = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
                || matches!(name, "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE")
        });
        if known {
            command.env_remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn packages_are_found_by_the_folder_they_lie_in() {
        let metadata = br#"{"workspace_root":"/w","target_directory":"/t","packages":[
            {"name":"metro","manifest_path":"/w/adapters/metro/Cargo.toml"},
            {"name":"moulin-adapter","manifest_path":"/w/adapters/sdk/Cargo.toml"},
            {"name":"hostile","manifest_path":"/w/tests/adapters/hostile/Cargo.toml"},
            {"name":"lightspeed","manifest_path":"/w/adapters/lightspeed/Cargo.toml"}]}"#;
        let workspace = Workspace::parse(metadata).unwrap();
        let names =
            |folder| workspace.packages_in(folder).iter().map(|package| package.name.clone()).collect::<Vec<_>>();
        assert_eq!(names("adapters"), ["lightspeed", "metro", "moulin-adapter"]);
        assert_eq!(names("tests/adapters"), ["hostile"]);
        assert_eq!(workspace.adapters(), Path::new("/w/target/adapters"));
        assert_eq!(
            workspace.show(Path::new("/w/config/demo.toml")),
            Path::new("config/demo.toml").display().to_string()
        );
        assert_eq!(workspace.show(Path::new("/elsewhere")), "/elsewhere");
    }
}
