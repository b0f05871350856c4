//! An operation's answers on standard output.

use std::io;

use jiff::tz::TimeZone;
use moulin_host::operations::{Answer, Operation};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::cli::output::Output;
use crate::cli::table::{record, records};

/// Prints records as lines of JSON while they come, or as a table when all are there.
pub(super) struct Printer {
    operation: &'static Operation,
    zone: TimeZone,
    output: Output,
    form: Form,
}

enum Form {
    Json,
    Table { rows: Vec<Value>, is_list: bool },
}

impl Printer {
    /// A printer of this operation's answers.
    pub(super) fn new(operation: &'static Operation, json: bool, zone: TimeZone) -> Self {
        let form = if json { Form::Json } else { Form::Table { rows: Vec::new(), is_list: operation.paged } };
        Self { operation, zone, output: Output::new(), form }
    }

    /// Takes an answer; JSON goes out at once.
    ///
    /// # Errors
    /// Standard output is closed.
    pub(super) fn answer(&mut self, answer: &Answer) -> io::Result<()> {
        match &mut self.form {
            Form::Json => {
                for record in answer.records() {
                    self.output.json_text(record.get())?;
                }
                self.output.flush()
            }
            Form::Table { rows, is_list } => {
                *is_list |= !matches!(answer, Answer::Record(_));
                for record in answer.records() {
                    rows.push(value(record)?);
                }
                Ok(())
            }
        }
    }

    /// Prints what is left to print.
    ///
    /// # Errors
    /// Standard output is closed.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if let Form::Table { rows, is_list } = &self.form {
            match rows.as_slice() {
                [] => {}
                [Value::Object(members)] if !is_list => self.output.line(record(members, &self.zone))?,
                rows => {
                    self.output.line(records(rows, self.operation.columns, &self.zone))?;
                    self.output.line(match rows.len() {
                        1 => "1 record".to_owned(),
                        count => format!("{count} records"),
                    })?;
                }
            }
            if rows.is_empty() && *is_list {
                self.output.line("no records")?;
            }
        }
        self.output.flush()
    }
}

fn value(record: &RawValue) -> io::Result<Value> {
    Ok(serde_json::from_str(record.get())?)
}
