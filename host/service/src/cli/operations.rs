//! `moulin operations`.

use clap::Args;
use moulin_host::operations::{self, Kind};

use super::failure::Failure;
use super::output::Output;
use super::table::table;
use crate::http::OperationView;

/// Options of `moulin operations`.
#[derive(Args, Debug)]
pub(crate) struct Operations {
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

impl Operations {
    /// Lists every operation.
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut output = Output::new();
        if self.json {
            for operation in operations::all() {
                output.json(&OperationView::of(operation))?;
            }
        } else {
            let mut table = table(&["operation", "does", "answers", "summary"]);
            for operation in operations::all() {
                table.add_row([
                    operation.name,
                    match operation.kind {
                        Kind::Read => "read",
                        Kind::Write => "write",
                    },
                    if operation.paged { "page by page" } else { "at once" },
                    operation.summary.trim(),
                ]);
            }
            output.line(table)?;
        }
        Ok(output.flush()?)
    }
}
