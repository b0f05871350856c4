//! `moulin`: the service that gives a restaurant's software one API to all its vendors, and the command line to it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

mod cli;
mod http;
mod logging;
mod pages;
mod problem;
mod random;
mod schema;
mod scrub;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(cli::Cli::parse()).await
}
