//! The compiler for adapters: finds one that can build for `wasm32-wasip2`, or gets one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::debian;
use crate::failure::{Failure, Result};
use crate::process::{answer, succeeds_within};
use crate::workspace::Workspace;

/// What adapters are compiled for; rustc makes components of it without further tools.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// Long enough to fetch 20 MB over a poor line; without a route to the server rustup gives up within seconds by itself.
const FETCH_LIMIT: Duration = Duration::from_secs(120);

/// Inlining across the crates of an adapter as far as a loop over a page of sales needs it. Measured on wasmtime 48 as
/// CPU time against a native parse of the same page (100 sales of 10 lines): 2.2–2.4 before, 1.9 after, for a component
/// of 0.33 MB instead of 0.17 MB.
const INLINING: &str = "-Cllvm-args=-inline-threshold=2000";

/// A compiler that can build adapters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Compiler {
    /// The active toolchain, which has the target's standard library.
    Active,
    /// Debian's second Rust, which builds the standard library from its sources.
    Debian {
        /// Folder of the `wasm-component-ld` and `rust-lld` that Debian does not ship.
        linkers: PathBuf,
    },
}

impl Compiler {
    /// Finds a compiler, or gets one, in this order: the target is there; Debian's compiler is there; `rustup` adds the
    /// target; `apt-get` installs Debian's compiler (only as root, said before it happens). What was got is found by the
    /// first two checks the next time, so nothing is remembered.
    ///
    /// # Errors
    /// None of the ways works here; the text names the remedies.
    pub(crate) fn find(workspace: &Workspace) -> Result<Self> {
        if active_has_target(workspace.root()) {
            return Ok(Self::Active);
        }
        let linkers = linkers(workspace.root());
        if let Some(linkers) = linkers.clone().filter(|_| debian::missing().is_none()) {
            return Ok(Self::Debian { linkers });
        }
        println!("    this toolchain lacks {TARGET}; asking rustup for it");
        if add_target(workspace.root()) && active_has_target(workspace.root()) {
            return Ok(Self::Active);
        }
        let reason = match linkers {
            None => format!(
                "rustup could not add it, and this toolchain has no wasm-component-ld and rust-lld to link for {TARGET}"
            ),
            Some(linkers) => match debian::install() {
                Ok(()) => return Ok(Self::Debian { linkers }),
                Err(failure) => format!("rustup could not add it, and {failure}"),
            },
        };
        Err(Failure::new(format!(
            "no compiler for {TARGET}: {reason}\n\
             Either give rustup a way to static.rust-lang.org and run:  rustup target add {TARGET}\n\
             or, on Debian 12, run as root:  apt-get update && apt-get install --no-install-recommends {}",
            debian::PACKAGES.join(" "),
        )))
    }

    /// The folder below `target` for what this compiler makes. One of its own: artefacts of two compilers do not mix,
    /// adapters share nothing with the host's profile, and an editor's `cargo check` does not lock it.
    pub(crate) fn target_folder(workspace: &Workspace) -> PathBuf {
        workspace.target().join("guest")
    }

    /// A cargo command that compiles the library of `package` as a component, in profile `adapter`.
    ///
    /// The crate type is named here because cargo leaves out link-time optimisation for a library that is also an `rlib`.
    pub(crate) fn cargo(&self, workspace: &Workspace, package: &str) -> Command {
        let mut command = match self {
            Self::Active => workspace.cargo(),
            Self::Debian { linkers } => debian::cargo(workspace.root(), linkers),
        };
        let mut flags = vec![INLINING.to_owned()];
        command.args([
            "rustc",
            "--profile",
            "adapter",
            "--target",
            TARGET,
            "--lib",
            "--crate-type",
            "cdylib",
            "--package",
            package,
        ]);
        command.arg("--target-dir").arg(Self::target_folder(workspace));
        if matches!(self, Self::Debian { .. }) {
            command.args(debian::ARGUMENTS);
            flags.extend(debian::flags());
        }
        // This form has precedence over every other source of flags (a native linker of the developer's own would not
        // do here) and allows spaces in paths.
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        command
    }
}

/// Whether the toolchain that cargo uses in `root` has the standard library of the target, and the linker.
fn active_has_target(root: &Path) -> bool {
    let folder = rustc(root, &["--print", "target-libdir", "--target", TARGET]);
    folder.is_some_and(|folder| holds_std(Path::new(&folder))) && linkers(root).is_some()
}

fn holds_std(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

/// The folder of `wasm-component-ld` and `rust-lld` in the active toolchain.
fn linkers(root: &Path) -> Option<PathBuf> {
    let sysroot = rustc(root, &["--print", "sysroot"])?;
    let host = rustc(root, &["--print", "host-tuple"])?;
    let folder = Path::new(&sysroot).join("lib").join("rustlib").join(host).join("bin");
    let suffix = std::env::consts::EXE_SUFFIX;
    let there = |name: &str| folder.join(format!("{name}{suffix}")).is_file();
    (there("wasm-component-ld") && there("rust-lld")).then_some(folder)
}

fn rustc(root: &Path, arguments: &[&str]) -> Option<String> {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    answer(root, program, arguments)
}

fn add_target(root: &Path) -> bool {
    let mut command = Command::new("rustup");
    command.current_dir(root).args(["target", "add", TARGET]);
    succeeds_within(&mut command, FETCH_LIMIT)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashMap;

    use super::*;

    #[test]
    fn only_a_folder_with_the_standard_library_counts_as_the_target() {
        let folder = std::env::temp_dir().join(format!("xtask-guest-{}", std::process::id()));
        fs::create_dir_all(folder.join("self-contained")).unwrap();
        assert!(!holds_std(&folder), "an empty folder is left behind by rustup when a target is removed");
        fs::write(folder.join("libstd-0.rlib"), []).unwrap();
        assert!(holds_std(&folder));
        fs::remove_dir_all(&folder).unwrap();
        assert!(!holds_std(&folder));
    }

    #[test]
    fn debians_compiler_builds_the_library_and_links_with_rustups_linkers() {
        let workspace = Workspace::load().unwrap();
        let command = Compiler::Debian { linkers: PathBuf::from("/tool chain/bin") }.cargo(&workspace, "metro");
        assert_eq!(command.get_program(), "/usr/bin/cargo");
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
        assert!(arguments.contains(&"-Zbuild-std=std,panic_abort".to_owned()), "{arguments:?}");
        let variables: HashMap<_, _> =
            command.get_envs().map(|(name, value)| (name.to_string_lossy().into_owned(), value)).collect();
        let value =
            |name: &str| variables.get(name).copied().flatten().map(|value| value.to_string_lossy().into_owned());
        assert!(value("PATH").unwrap().starts_with("/tool chain/bin"));
        assert_eq!(
            value("CARGO_ENCODED_RUSTFLAGS").unwrap(),
            "-Cllvm-args=-inline-threshold=2000\u{1f}-Clink-self-contained=no\u{1f}-L\u{1f}/usr/lib/wasm32-wasi"
        );
        assert_eq!(variables.get("LD_LIBRARY_PATH"), Some(&None), "libraries of the other toolchain are out of reach");
    }
}
