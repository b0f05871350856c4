//! The tasks of this workspace: `cargo xtask build | demo | test | bench`.

mod adapters;
mod bench;
mod debian;
mod demo;
mod failure;
mod guest;
mod process;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Result;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, shows, tests and measures Moulin")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the adapters into target/adapters, and the host's binaries
    Build {
        /// Build the adapters under tests/adapters too
        #[arg(long)]
        test_adapters: bool,
        /// Leave the host's binaries out
        #[arg(long)]
        adapters_only: bool,
    },
    /// Start the simulated vendors and the service, and walk through a day's work
    Demo {
        /// Stop when the story is told instead of staying up
        #[arg(long)]
        once: bool,
    },
    /// Format check, lints and all tests, as the continuous integration runs them
    Test,
    /// Run the benchmarks and print their ratios
    Bench,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nerror: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<()> {
    let workspace = Workspace::load()?;
    match *task {
        Task::Build { test_adapters, adapters_only } => {
            build(&workspace, test_adapters, !adapters_only)?;
            println!("\nadapters are in {}", workspace.show(&workspace.adapters()));
            Ok(())
        }
        Task::Demo { once } => {
            build(&workspace, false, true)?;
            demo::run(&workspace, once)
        }
        Task::Test => test::run(&workspace),
        Task::Bench => bench::run(&workspace),
    }
}

/// Builds what runs: the adapters, and if asked the host's binaries in the development profile.
fn build(workspace: &Workspace, test_adapters: bool, host: bool) -> Result<()> {
    let repeat = if test_adapters {
        "cargo xtask build --test-adapters --adapters-only"
    } else {
        "cargo xtask build --adapters-only"
    };
    process::step("adapters", repeat, || adapters::build(workspace, test_adapters))?;
    if !host {
        return Ok(());
    }
    // The binaries of the whole workspace, not two packages by name: cargo unites the features of what it is asked to
    // build, and another selection than the tests' would compile wasmtime a second time (minutes on two cores).
    let line = ["build", "--workspace", "--exclude", "xtask", "--bins"];
    process::cargo_step(workspace, "host binaries", &line)
}
