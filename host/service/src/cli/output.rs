//! Standard output and standard error. Everything is cleaned of secrets on its way.

use std::io::{self, BufWriter, StdoutLock, Write};

use serde::Serialize;

use crate::scrub::{clean_json, scrubber};

/// Standard output, buffered. Unlike `println!` it gives a closed pipe back as an error instead of a panic.
pub(crate) struct Output(BufWriter<StdoutLock<'static>>);

impl Output {
    /// Takes standard output.
    pub(crate) fn new() -> Self {
        Self(BufWriter::new(io::stdout().lock()))
    }

    /// A line of text.
    pub(crate) fn line(&mut self, text: impl std::fmt::Display) -> io::Result<()> {
        writeln!(self.0, "{}", scrubber().clean(&text.to_string()))
    }

    /// A line that is JSON already. Its line breaks can only be white space between members, since a JSON string has
    /// none, so that making them spaces changes nothing.
    pub(crate) fn json_text(&mut self, json: &str) -> io::Result<()> {
        let json = clean_json(scrubber(), json);
        if json.contains(['\n', '\r']) {
            writeln!(self.0, "{}", json.replace(['\n', '\r'], " "))
        } else {
            writeln!(self.0, "{json}")
        }
    }

    /// A value as one line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.json_text(&serde_json::to_string(value)?)
    }

    /// Passes everything on to the reader.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A line for the person at the terminal, beside the data.
pub(crate) fn note(text: impl std::fmt::Display) {
    // Standard error that is gone leaves nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{}", scrubber().clean(&text.to_string()));
}
