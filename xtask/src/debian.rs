//! Debian's second Rust, for machines that reach Debian's archive but not the Rust download server.
//!
//! Debian 12 carries a current compiler for its browsers (`rustc-web`) with the sources of the standard library. It has no
//! compiled library for `wasm32-wasip2`, so cargo builds one (`-Zbuild-std`, about 50 s the first time on two cores)
//! against `wasi-libc`. The linkers come from the toolchain of rustup.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure, Result};
use crate::process::{answer, run};
use crate::workspace::forget_package;

/// What has to be installed.
pub(crate) const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "wasi-libc"];

/// What cargo is told besides.
pub(crate) const ARGUMENTS: [&str; 1] = ["-Zbuild-std=std,panic_abort"];

const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const LIBC: &str = "/usr/lib/wasm32-wasi";
const STD_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// The oldest minor version of Rust 1 that compiles this workspace.
const OLDEST: u32 = 95;

/// Compiler flags: the C library is Debian's, not one that rustc brings along.
pub(crate) fn flags() -> [String; 3] {
    ["-Clink-self-contained=no".to_owned(), "-L".to_owned(), LIBC.to_owned()]
}

/// What of Debian's compiler is missing, in words; none when all is there.
pub(crate) fn missing() -> Option<String> {
    for file in [RUSTC, CARGO, STD_SOURCES] {
        if !Path::new(file).is_file() {
            return Some(format!("{file} is missing"));
        }
    }
    if !Path::new(LIBC).join("libc.a").is_file() {
        return Some(format!("{LIBC}/libc.a is missing"));
    }
    let version = answer(Path::new("/"), RUSTC, ["--version"]).unwrap_or_default();
    if is_new_enough(&version) {
        None
    } else {
        Some(format!("{RUSTC} is `{version}`, and 1.{OLDEST} or newer is needed"))
    }
}

/// Whether a text like `rustc 1.96.0 (…)` names a version that will do.
fn is_new_enough(version: &str) -> bool {
    let minor = version
        .strip_prefix("rustc 1.")
        .and_then(|rest| rest.split('.').next())
        .and_then(|minor| minor.parse::<u32>().ok());
    minor.is_some_and(|minor| minor >= OLDEST)
}

/// Installs the packages, after saying so. Refuses to remove others for them.
///
/// # Errors
/// Not root, no `apt-get`, a failed installation, or a Debian whose packages are too old.
pub(crate) fn install() -> Result<()> {
    if !Path::new("/usr/bin/apt-get").is_file() {
        return Err(Failure::new("this is not a Debian system (no apt-get)"));
    }
    if answer(Path::new("/"), "id", ["-u"]).as_deref() != Some("0") {
        return Err(Failure::new("Debian's compiler can be installed only as root"));
    }
    println!("    installing Debian's compiler with apt-get: {}", PACKAGES.join(" "));
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
            .context(|| format!("apt-get {}", arguments.first().copied().unwrap_or_default()))
    };
    apt(&["update", "-q"])?;
    let mut line = vec!["install", "-q", "-y", "--no-install-recommends", "--no-remove"];
    line.extend(PACKAGES);
    apt(&line)?;
    match missing() {
        None => Ok(()),
        Some(missing) => Err(Failure::new(format!("after the installation {missing}"))),
    }
}

/// Debian's cargo with Debian's rustc in `root`, with `linkers` in reach.
pub(crate) fn cargo(root: &Path, linkers: &Path) -> Command {
    let mut command = Command::new(CARGO);
    command.current_dir(root);
    forget_package(&mut command);
    // Variables by which rustup's cargo and rustc know each other, and the path of rustc's own libraries.
    for name in ["CARGO", "RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH"] {
        command.env_remove(name);
    }
    command.env("RUSTC", RUSTC).env("RUSTC_BOOTSTRAP", "1");
    let paths = env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(PathBuf::from(linkers)).chain(env::split_paths(&paths));
    if let Ok(paths) = env::join_paths(paths) {
        command.env("PATH", paths);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_or_unreadable_compiler_will_not_do() {
        assert!(is_new_enough("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"));
        assert!(is_new_enough("rustc 1.95.0"));
        assert!(!is_new_enough("rustc 1.85.1 (Debian)"));
        assert!(!is_new_enough(""));
        assert!(!is_new_enough("gcc 12"));
    }
}
