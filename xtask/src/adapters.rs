//! Builds the adapters and collects their components in `target/adapters`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Context, Result};
use crate::guest::{Compiler, TARGET};
use crate::process::run;
use crate::workspace::{Package, Workspace};

/// Packages under `adapters/` that are libraries for adapters and none themselves.
const LIBRARIES: [&str; 1] = ["moulin-adapter"];

/// The test adapter that is built in several versions, so that tests have something to swap.
const VERSIONED: &str = "hostile";

/// The version numbers it claims besides its own.
const VERSIONS: [&str; 2] = ["1.0.1", "1.0.2"];

/// The variable by which it learns at build time which version to claim.
const VERSION_VARIABLE: &str = "MOULIN_TEST_VERSION";

/// Builds every adapter under `adapters/` into `target/adapters/shipped`, and with `tests` those under `tests/adapters`
/// into `target/adapters/test`. A component whose content did not change keeps its file.
///
/// # Errors
/// No compiler can be had, an adapter does not build, or a file cannot be written.
pub(crate) fn build(workspace: &Workspace, tests: bool) -> Result<()> {
    let compiler = Compiler::find(workspace)?;
    let shipped = workspace.adapters().join("shipped");
    for package in workspace.packages_in("adapters") {
        if !LIBRARIES.contains(&package.name.as_str()) {
            compile(workspace, &compiler, package, None, &shipped)?;
        }
    }
    if !tests {
        return Ok(());
    }
    let test = workspace.adapters().join("test");
    for package in workspace.packages_in("tests/adapters") {
        let changed = compile(workspace, &compiler, package, None, &test)?;
        // Cargo compiles anew whenever the variable changes, so the further versions are looked at only when the code
        // changed or one is missing.
        let complete = VERSIONS.iter().all(|version| file(&test, package, Some(version)).is_file());
        if package.name == VERSIONED && (changed || !complete) {
            for version in VERSIONS {
                compile(workspace, &compiler, package, Some(version), &test)?;
            }
        }
    }
    Ok(())
}

/// Compiles one adapter and puts the component into `folder`. True: the file is new or has changed.
fn compile(
    workspace: &Workspace,
    compiler: &Compiler,
    package: &Package,
    version: Option<&str>,
    folder: &Path,
) -> Result<bool> {
    let mut cargo = compiler.cargo(workspace, &package.name);
    match version {
        Some(version) => cargo.env(VERSION_VARIABLE, version),
        None => cargo.env_remove(VERSION_VARIABLE),
    };
    run(&mut cargo).context(|| format!("adapter {}", package.name))?;
    let library = format!("{}.wasm", package.name.replace('-', "_"));
    let made = Compiler::target_folder(workspace).join(TARGET).join("adapter").join(library);
    let place = file(folder, package, version);
    let changed = put(&made, &place).context(|| format!("cannot copy {} to {}", made.display(), place.display()))?;
    if changed {
        let size = fs::metadata(&place).map(|data| data.len()).unwrap_or_default();
        println!("    {} ({} KB)", workspace.show(&place), size.div_ceil(1024));
    }
    Ok(changed)
}

/// Where the component of an adapter goes. The package's name is the adapter's id.
fn file(folder: &Path, package: &Package, version: Option<&str>) -> PathBuf {
    folder.join(match version {
        Some(version) => format!("{}-{version}.wasm", package.name),
        None => format!("{}.wasm", package.name),
    })
}

/// Puts a copy of `from` at `to` unless the same bytes are there, and tells whether it did. A running service may watch
/// the folder, so the file appears whole or not at all.
fn put(from: &Path, to: &Path) -> std::io::Result<bool> {
    let content = fs::read(from)?;
    if fs::read(to).is_ok_and(|present| present == content) {
        return Ok(false);
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    // Not `.wasm`, so that nobody takes the half-written file for an adapter.
    let part = to.with_extension(format!("part-{}", std::process::id()));
    fs::write(&part, &content)?;
    fs::rename(&part, to)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_unchanged_component_keeps_its_file() {
        let folder = std::env::temp_dir().join(format!("xtask-adapters-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (from, to) = (folder.join("made.wasm"), folder.join("deep/er/metro.wasm"));
        fs::write(&from, b"first").unwrap();
        assert!(put(&from, &to).unwrap(), "the file is new");
        let before = fs::metadata(&to).unwrap().modified().unwrap();
        assert!(!put(&from, &to).unwrap(), "nothing changed");
        assert_eq!(fs::metadata(&to).unwrap().modified().unwrap(), before);
        fs::write(&from, b"second").unwrap();
        assert!(put(&from, &to).unwrap(), "the content changed");
        assert_eq!(fs::read(&to).unwrap(), b"second");
        assert_eq!(fs::read_dir(to.parent().unwrap()).unwrap().count(), 1, "no half-written file stays");
        assert!(put(&folder.join("absent.wasm"), &to).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
