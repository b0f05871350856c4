//! Log lines on standard error. Standard output carries data only.

use std::io::{self, IsTerminal, Write};

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::scrub::{clean_json, scrubber};

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

/// Starts logging; `default` is the filter when `MOULIN_LOG` says nothing. A panic is logged too, instead of printed.
///
/// # Errors
/// `MOULIN_LOG` is not a filter.
pub(crate) fn start(options: &LogOptions, default: &str) -> Result<(), String> {
    let text = std::env::var(FILTER).unwrap_or_else(|_| default.to_owned());
    let filter = EnvFilter::try_new(&text)
        .map_err(|error| format!("{FILTER}=\"{text}\" is not a log filter: {error}; write one such as \"debug\""))?;
    let format = options.log_format;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || Line(format, io::stderr()));
    match format {
        LogFormat::Pretty => lines.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(place, "Moulin failed: {text}; please report it");
    }));
    Ok(())
}

/// One log line, cleaned. The subscriber writes each event at once, so that no secret comes in two pieces.
struct Line<W>(LogFormat, W);

impl<W: Write> Write for Line<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        match self.0 {
            LogFormat::Pretty => self.1.write_all(scrubber().clean(&text).as_bytes())?,
            LogFormat::Json => {
                let mut line = clean_json(scrubber(), text.trim_end_matches('\n')).into_owned();
                line.push('\n');
                self.1.write_all(line.as_bytes())?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.flush()
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    /// What a subscriber of this format writes.
    fn logged(format: LogFormat, log: impl Fn()) -> String {
        #[derive(Clone, Default)]
        struct Kept(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
        impl Write for Kept {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        struct Lines(LogFormat, Kept);
        impl MakeWriter<'_> for Lines {
            type Writer = Line<Kept>;

            fn make_writer(&self) -> Line<Kept> {
                Line(self.0, self.1.clone())
            }
        }
        let kept = Kept::default();
        let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(Lines(format, kept.clone()));
        match format {
            LogFormat::Pretty => tracing::subscriber::with_default(lines.finish(), log),
            LogFormat::Json => tracing::subscriber::with_default(lines.json().finish(), log),
        }
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn no_line_shows_a_secret_in_message_field_or_span() {
        let secret = "ca\"na\\ry-of-the-log";
        scrubber().add(secret);
        for format in [LogFormat::Pretty, LogFormat::Json] {
            let text = logged(format, || {
                let _span = tracing::info_span!("request", id = secret).entered();
                tracing::info!(field = secret, debug = ?Some(secret), "a message with {secret}");
            });
            assert!(text.contains("***") && text.ends_with('\n'), "{text}");
            assert!(!text.contains("of-the-log"), "{text}");
            if format == LogFormat::Json {
                serde_json::from_str::<serde_json::Value>(&text).unwrap();
            }
        }
    }
}
