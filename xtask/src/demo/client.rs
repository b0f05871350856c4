//! Calls operations through the real command line, `moulin call … --json`.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::{Context, Failure, Result};

/// The command line of a running service.
pub(crate) struct Client {
    /// The binary `moulin`.
    pub(crate) program: PathBuf,
    /// Where the service listens, such as `http://127.0.0.1:8080`.
    pub(crate) url: String,
    /// Set when someone wants the demo to end; no further command is run then.
    pub(crate) interrupted: Arc<AtomicBool>,
}

impl Client {
    /// Every record an operation gives.
    ///
    /// # Errors
    /// The command fails (with what it said), or its output is not the records expected.
    pub(crate) fn all<T: DeserializeOwned>(&self, operation: &str, connection: &str, more: &[&str]) -> Result<Vec<T>> {
        let arguments = call(operation, connection, more);
        records(&self.run(&arguments, None)?).context(|| format!("moulin {}", arguments.join(" ")))
    }

    /// The one record an operation gives.
    ///
    /// # Errors
    /// As [`Client::all`], and when it is not exactly one record.
    pub(crate) fn one<T: DeserializeOwned>(&self, operation: &str, connection: &str, more: &[&str]) -> Result<T> {
        single(self.all(operation, connection, more)?, operation)
    }

    /// The one record an operation gives for a body.
    ///
    /// # Errors
    /// As [`Client::one`].
    pub(crate) fn send<T: DeserializeOwned>(
        &self,
        operation: &str,
        connection: &str,
        body: &impl Serialize,
    ) -> Result<T> {
        let arguments = call(operation, connection, &["--body", "-"]);
        let body = serde_json::to_vec(body).context(|| operation.to_owned())?;
        let records =
            records(&self.run(&arguments, Some(&body))?).context(|| format!("moulin {}", arguments.join(" ")))?;
        single(records, operation)
    }

    /// What a command prints for people.
    ///
    /// # Errors
    /// The command fails, with what it said.
    pub(crate) fn text(&self, arguments: &[&str]) -> Result<String> {
        let output = self.run(arguments, None)?;
        String::from_utf8(output).context(|| format!("moulin {}", arguments.join(" ")))
    }

    fn run(&self, arguments: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>> {
        if self.interrupted.load(Relaxed) {
            return Err(Failure::new("interrupted"));
        }
        let shown = format!("moulin {}", arguments.join(" "));
        let mut command = Command::new(&self.program);
        command.args(arguments).args(["--url", &self.url]);
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context(|| format!("cannot start {shown}"))?;
        if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
            // A child that ends before it has read everything says why on its standard error; that is what counts.
            let _ = pipe.write_all(input);
        }
        let output = child.wait_with_output().context(|| shown.clone())?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure::new(format!("{shown} ended with {}\n{}", output.status, said.trim_end())))
    }
}

fn call<'a>(operation: &'a str, connection: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["call", operation, "--connection", connection];
    arguments.extend(more);
    arguments.push("--json");
    arguments
}

/// The JSON records in a text, one after the other: one a line for lists, or a single one over several lines.
fn records<T: DeserializeOwned>(text: &[u8]) -> Result<Vec<T>> {
    serde_json::Deserializer::from_slice(text)
        .into_iter()
        .enumerate()
        .map(|(index, record)| record.context(|| format!("record {}", index + 1)))
        .collect()
}

fn single<T>(records: Vec<T>, operation: &str) -> Result<T> {
    let count = records.len();
    match records.into_iter().next() {
        Some(record) if count == 1 => Ok(record),
        _ => Err(Failure::new(format!("{operation} gave {count} records instead of one"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn lists_come_one_a_line_and_single_records_may_be_spread() {
        assert_eq!(
            records::<Value>(b"{\"id\":\"1\"}\n\n{\"id\":\"2\"}\n").unwrap(),
            [json!({"id": "1"}), json!({"id": "2"})]
        );
        assert_eq!(records::<Value>(b"{\n  \"id\": \"1\"\n}\n").unwrap(), [json!({"id": "1"})]);
        assert!(records::<Value>(b"").unwrap().is_empty());
    }

    #[test]
    fn a_broken_line_is_named_by_its_number() {
        let failure = records::<Value>(b"{\"id\":\"1\"}\n{\"id\":").unwrap_err().to_string();
        assert!(failure.starts_with("record 2"), "{failure}");
    }

    #[test]
    fn one_record_means_exactly_one() {
        assert_eq!(single(vec![7], "op").unwrap(), 7);
        assert!(single(vec![7, 8], "op").unwrap_err().to_string().contains("2 records"));
        assert!(single(Vec::<u8>::new(), "op").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_failing_command_is_reported_with_what_it_said() {
        let client = Client {
            program: PathBuf::from("/bin/ls"),
            url: "http://127.0.0.1:1".to_owned(),
            interrupted: Arc::default(),
        };
        let failure = client.text(&["--no-such-flag"]).unwrap_err().to_string();
        assert!(failure.contains("moulin --no-such-flag ended with") && failure.contains("no-such-flag'"), "{failure}");
    }
}
