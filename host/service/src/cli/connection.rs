//! `moulin connection`.

use clap::Subcommand;
use comfy_table::Table;
use serde_json::json;

use super::failure::Failure;
use super::output::{Output, note};
use super::source::Source;
use super::table::table;
use crate::http::ConnectionView;

/// Commands about connections.
#[derive(Debug, Subcommand)]
pub(crate) enum Connection {
    /// List the connections and their states
    List {
        #[command(flatten)]
        source: Source,
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Ask the vendor for something cheap, to prove that a connection works
    Check {
        /// The connection
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        source: Source,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

impl Connection {
    /// Does what the command says.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::List { source, json } => {
                let backend = source.open().await?;
                let connections = backend.connections().await?;
                print(&connections, json)
            }
            Self::Check { name, source, json } => {
                let backend = source.open().await?;
                let health = backend.check(&name).await?;
                let mut output = Output::new();
                if json {
                    output.json(&json!({ "connection": name, "health": health }))?;
                } else {
                    let account = health.account.map(|account| format!(", account {account}")).unwrap_or_default();
                    let message = health.message.map(|message| format!(": {message}")).unwrap_or_default();
                    output.line(format_args!("{name} works{account}{message}"))?;
                }
                Ok(output.flush()?)
            }
        }
    }
}

fn print(connections: &[ConnectionView], json: bool) -> Result<(), Failure> {
    let mut output = Output::new();
    if json {
        for connection in connections {
            output.json(connection)?;
        }
    } else {
        output.line(summary(connections))?;
    }
    output.flush()?;
    for ConnectionView { status, .. } in connections {
        let account = status.account.as_ref().and_then(|account| account.reason.as_ref());
        for reason in status.reason.iter().chain(account) {
            note(format_args!("{}: {reason}", status.name));
        }
    }
    Ok(())
}

/// A table of connections.
pub(crate) fn summary(connections: &[ConnectionView]) -> Table {
    let mut table = table(&[
        "connection",
        "state",
        "adapter",
        "vendor",
        "domains",
        "flavor",
        "API at",
        "authentication",
        "account",
    ]);
    for ConnectionView { status, .. } in connections {
        table.add_row([
            status.name.clone(),
            if status.reason.is_none() { "ready" } else { "unavailable" }.to_owned(),
            status.adapter.clone(),
            status.vendor.clone().unwrap_or_default(),
            status.domains.join(", "),
            status.flavor.clone().unwrap_or_default(),
            status.base_url.clone().unwrap_or_default(),
            status.auth_method.clone(),
            status.account.as_ref().map(|account| account.state.word().to_owned()).unwrap_or_default(),
        ]);
    }
    table
}
