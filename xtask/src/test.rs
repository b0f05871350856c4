//! `cargo xtask test`: what the continuous integration runs.

use crate::failure::Result;
use crate::workspace::Workspace;
use crate::{adapters, process};

/// Tells tests where the components are.
const ADAPTERS_VARIABLE: &str = "MOULIN_TEST_ADAPTERS";

/// Format, adapters, lints, tests; stops at the first that fails. The quickest comes first, and the host's binaries have
/// no step of their own: `cargo test` builds them with the features the tests use.
///
/// # Errors
/// The first step that fails, with the command that repeats it.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    process::cargo_step(workspace, "format", &["fmt", "--all", "--check"])?;
    let repeat = "cargo xtask build --test-adapters --adapters-only";
    process::step("adapters", repeat, || adapters::build(workspace, true))?;
    let lints = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    process::cargo_step(workspace, "lints", &lints)?;
    process::step("tests", "cargo test --workspace", || {
        process::run(workspace.cargo().args(["test", "--workspace"]).env(ADAPTERS_VARIABLE, workspace.adapters()))
    })?;
    println!("\nall steps passed");
    Ok(())
}
