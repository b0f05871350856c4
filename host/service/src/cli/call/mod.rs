//! `moulin call`: any operation on any connection.

mod flags;
mod print;

use std::io::Read;

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};
use futures::TryStreamExt;
use jiff::tz::TimeZone;
use moulin_host::operations::{self, Operation};
use serde_json::{Map, Value};

use super::backend::Backend;
use super::failure::Failure;
use super::output::note;
use super::source::Source;
use crate::problem::Problem;
use print::Printer;

/// A call as the command line says it.
#[derive(Args, Debug)]
pub(crate) struct Call {
    #[command(subcommand)]
    call: OperationCall,
}

/// An operation's name, the options that all operations have, and the flags of this one.
#[derive(Debug)]
struct OperationCall {
    operation: &'static Operation,
    options: Options,
    flags: ArgMatches,
}

/// Options of every call.
#[derive(Args, Debug)]
struct Options {
    /// Connection to call it on, as `moulin connection list` shows them
    #[arg(long, value_name = "NAME", env = "MOULIN_CONNECTION")]
    connection: String,
    #[command(flatten)]
    source: Source,
    /// Follow every page of a list
    #[arg(long)]
    all: bool,
    /// Print JSON, one record per line, instead of a table (in which times are on the restaurant's clock)
    #[arg(long)]
    json: bool,
}

impl Subcommand for OperationCall {
    fn augment_subcommands(command: Command) -> Command {
        // Made at run time: the operations and their parameters are declared in the host.
        let operations = operations::all().iter().map(|operation| {
            let command = Options::augment_args(Command::new(operation.name));
            flags::add(command.about(operation.summary.trim()).long_about(None), operation)
        });
        command
            .subcommands(operations)
            .subcommand_value_name("OPERATION")
            .subcommand_help_heading("Operations")
            // Taken here to name the one operation that was probably meant; clap names ten.
            .allow_external_subcommands(true)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        operations::find(name).is_ok()
    }
}

impl FromArgMatches for OperationCall {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let (name, flags) = matches.subcommand().ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))?;
        let operation = operations::find(name).map_err(|error| {
            let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            clap::Error::raw(ErrorKind::InvalidSubcommand, format!("{error}{hint}"))
        })?;
        Ok(Self { operation, options: Options::from_arg_matches(flags)?, flags: flags.clone() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Call {
    /// Calls the operation and prints what it answers.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let OperationCall { operation, options, flags } = self.call;
        let body = match flags.try_get_one::<String>(flags::BODY) {
            Ok(Some(text)) => body(text)?,
            // Reads have no body.
            Ok(None) | Err(_) => Map::new(),
        };
        let backend = options.source.open().await?;
        call(&backend, operation, &options, &flags, body).await
    }
}

async fn call(
    backend: &Backend,
    operation: &'static Operation,
    options: &Options,
    flags: &ArgMatches,
    body: Map<String, Value>,
) -> Result<(), Failure> {
    let zone: TimeZone = backend.time_zone(&options.connection).await?;
    let input = flags::input(operation, flags, body, &zone)
        .map_err(|problem| problem.of_call(&options.connection, operation.name))?;
    let mut printer = Printer::new(operation, options.json, zone);
    if !options.all {
        let answer = backend.call(&options.connection, operation, input).await?;
        printer.answer(&answer)?;
        printer.finish()?;
        if let Some(next) = answer.next() {
            note(format_args!("there are more: add --all for every page, or --cursor '{next}' for the next one"));
        }
        return Ok(());
    }
    let mut pages = backend.pages(&options.connection, operation, input);
    loop {
        match pages.try_next().await {
            Ok(Some(page)) => printer.answer(&page)?,
            Ok(None) => break,
            Err(problem) => {
                // What came before the failure is shown all the same.
                printer.finish()?;
                return Err(problem.into());
            }
        }
    }
    Ok(printer.finish()?)
}

/// The JSON object of `--body`: the text itself, `@file`, or `-` for standard input.
fn body(given: &str) -> Result<Map<String, Value>, Failure> {
    let text = if given == "-" {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| Failure::Usage(format!("--body -: cannot read standard input: {error}")))?;
        text
    } else if let Some(file) = given.strip_prefix('@') {
        std::fs::read_to_string(file).map_err(|error| Failure::Usage(format!("--body @{file}: {error}")))?
    } else {
        given.to_owned()
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Problem::new("validation", "--body is JSON but not an object; write {\"name\": value, …}").into()),
        Err(error) => Err(Problem::new("validation", format!("--body is not JSON: {error}")).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_a_text_or_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("order.json");
        std::fs::write(&file, r#"{"notes": "hello"}"#).unwrap();
        let members = body(&format!("@{}", file.display())).unwrap();
        assert_eq!(members.get("notes"), Some(&Value::from("hello")));
        assert_eq!(body("{}").unwrap(), Map::new());
        for wrong in ["[]", "{", "@/nonexistent/order.json"] {
            assert!(body(wrong).is_err(), "{wrong}");
        }
    }
}
