//! Log lines on standard error. Standard output carries data only.

use std::io::{self, IsTerminal};

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// Environment variable with the filter, in the syntax of `tracing_subscriber::EnvFilter`.
const FILTER: &str = "MOULIN_LOG";

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object per line, for log collectors.
    Json,
}

/// Options about logs, the same for every command.
#[derive(Args, Debug)]
pub(crate) struct LogOptions {
    /// How log lines on standard error look. What is logged is set by the environment variable MOULIN_LOG, such as
    /// `debug` or `warn,moulin_host=debug`.
    #[arg(long, global = true, value_enum, env = "MOULIN_LOG_FORMAT", default_value = "pretty", help_heading = "Logs")]
    log_format: LogFormat,
}

/// Starts logging; `default` is the filter when `MOULIN_LOG` says nothing.
///
/// # Errors
/// `MOULIN_LOG` is not a filter.
pub(crate) fn start(options: &LogOptions, default: &str) -> Result<(), String> {
    let text = std::env::var(FILTER).unwrap_or_else(|_| default.to_owned());
    let filter = EnvFilter::try_new(&text)
        .map_err(|error| format!("{FILTER}=\"{text}\" is not a log filter: {error}; write one such as \"debug\""))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match options.log_format {
        LogFormat::Pretty => lines.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).init(),
    }
    Ok(())
}
