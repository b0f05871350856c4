//! The command line: one file per command.

mod adapter;
mod backend;
mod call;
mod config;
mod connect;
mod connection;
mod failure;
mod inspect;
mod operations;
mod output;
mod remote;
mod secret;
mod serve;
mod source;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::logging::{self, LogOptions};
use failure::Failure;

const EXIT_CODES: &str = "\
Exit codes:
   0  done
   1  Moulin itself failed
   2  wrong usage or configuration
   3  authentication: the vendor refused the credentials, or nobody has connected the account
   4  connection: no usable answer from the vendor
   5  rate limit: the vendor asks for fewer requests
   6  not found at the vendor
   7  validation: the input was refused
   8  api: the vendor failed
   9  unsupported by the vendor
  10  the adapter failed or is not in service

Standard output carries data only; logs and hints go to standard error.";

/// Connects a restaurant's software to its tills, suppliers, reservation books and CRM.
#[derive(Debug, Parser)]
#[command(name = "moulin", version, after_help = EXIT_CODES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    logs: LogOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the HTTP API
    Serve(serve::Serve),
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Config),
    /// Look at adapters
    #[command(subcommand)]
    Adapter(adapter::Adapter),
    /// Look at connections, and try them
    #[command(subcommand)]
    Connection(connection::Connection),
    /// Connect a connection's account: its owner consents in a browser
    Connect(connect::Connect),
    /// Store secrets, sealed, for the configuration to refer to
    #[command(subcommand)]
    Secret(secret::Secret),
    /// List every operation there is
    Operations(operations::Operations),
    /// Call an operation on a connection
    Call(call::Call),
}

/// Does what the command line asks for.
pub(crate) async fn run(cli: Cli) -> ExitCode {
    let level = match cli.command {
        Command::Serve(_) => "info",
        Command::Config(_) => "warn",
        // What the host says of the configuration at its start is for whoever starts the service or checks the
        // configuration, not for every call.
        _ => "warn,moulin_host::host=error",
    };
    let done = match logging::start(&cli.logs, level) {
        Ok(()) => match cli.command {
            Command::Serve(command) => command.run().await,
            Command::Config(command) => command.run().await,
            Command::Adapter(command) => command.run().await,
            Command::Connection(command) => command.run().await,
            Command::Connect(command) => command.run().await,
            Command::Secret(command) => command.run().await,
            Command::Operations(command) => command.run(),
            Command::Call(command) => command.run().await,
        },
        Err(reason) => Err(Failure::Usage(reason)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_mistyped_operation_brings_the_one_that_was_meant() {
        let line = "moulin call pos.list-transaction --connection till --from 2025-04-01";
        let error = Cli::try_parse_from(line.split(' ')).unwrap_err();
        assert!(error.to_string().contains("did you mean pos.list-transactions?"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn a_call_is_read_with_the_flags_of_its_operation() {
        let line =
            "moulin call pos.list-transactions --connection till --from 2025-04-01 --to 2025-04-08 --with-lines --all";
        assert!(Cli::try_parse_from(line.split(' ')).is_ok());
        for wrong in [
            "moulin call pos.list-transactions --connection till --to 2025-04-08",
            "moulin call pos.list-transactions --from 2025-04-01 --to 2025-04-08",
            "moulin call pos.list-transactions --connection till --from 2025-04-01 --to 2025-04-08 --colour red",
            "moulin call pos.list-transactions --connection till --from a --to b --status paid",
            "moulin call pos.list-sales --connection till",
        ] {
            assert!(Cli::try_parse_from(wrong.split(' ')).is_err(), "{wrong}");
        }
    }
}
