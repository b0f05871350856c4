//! `moulin config`.

use clap::Subcommand;

use super::backend::Backend;
use super::connection::summary;
use super::failure::Failure;
use super::output::{Output, note};
use super::source::ConfigFiles;

/// Commands about the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Check the configuration against the adapters, without asking any vendor: prints the connections, or every
    /// problem with the file and the key
    Check {
        #[command(flatten)]
        files: ConfigFiles,
    },
}

impl Config {
    /// Does what the command says.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let Self::Check { files } = self;
        let backend = Backend::Local(files.start().await?);
        let connections = backend.connections().await?;

        let mut output = Output::new();
        output.line(summary(&connections))?;
        let unusable: Vec<_> = connections.iter().filter(|connection| !connection.is_ready()).collect();
        if unusable.is_empty() {
            output.line("OK")?;
            output.flush()?;
            return Ok(());
        }
        output.flush()?;
        for connection in unusable {
            let reason = connection.status.reason.as_deref().unwrap_or("it is not available");
            note(format_args!("error: connections.{}: {reason}", connection.status.name));
        }
        Err(Failure::Said(2))
    }
}
