//! `moulin adapter`.

use clap::Subcommand;

use super::failure::Failure;
use super::inspect::Inspect;
use super::output::{Output, note};
use super::source::Source;
use super::table::table;
use crate::http::AdapterStatus;

/// Commands about adapters.
#[derive(Debug, Subcommand)]
pub(crate) enum Adapter {
    /// List the adapters in service, and the files that were refused with the reason
    List {
        #[command(flatten)]
        source: Source,
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Show what a .wasm file is: what it needs, asks for and can do
    Inspect(Inspect),
}

impl Adapter {
    /// Does what the command says.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::List { source, json } => {
                let backend = source.open().await?;
                let adapters = backend.adapters().await?;
                print(&adapters, json)
            }
            Self::Inspect(inspect) => inspect.run().await,
        }
    }
}

fn print(adapters: &[AdapterStatus], json: bool) -> Result<(), Failure> {
    let mut output = Output::new();
    if json {
        for adapter in adapters {
            output.json(adapter)?;
        }
    } else {
        let mut in_service = table(&["adapter", "version", "vendor", "domains", "generation", "sha256", "file"]);
        for adapter in adapters.iter().filter(|adapter| adapter.id.is_some()) {
            in_service.add_row([
                adapter.id.clone().unwrap_or_default(),
                adapter.version.clone().unwrap_or_default(),
                adapter.vendor.clone().unwrap_or_default(),
                adapter.domains.join(", "),
                adapter.generation.map(|generation| generation.to_string()).unwrap_or_default(),
                short(adapter.sha256.as_deref().unwrap_or_default()),
                file_name(adapter),
            ]);
        }
        output.line(in_service)?;
    }
    output.flush()?;
    for adapter in adapters {
        if let Some(refusal) = &adapter.refusal {
            note(format_args!("refused: {}: {}", adapter.file.display(), refusal.reason));
        }
    }
    Ok(())
}

/// As many digits as tell two builds apart.
fn short(sha256: &str) -> String {
    sha256.chars().take(12).collect()
}

fn file_name(adapter: &AdapterStatus) -> String {
    adapter.file.file_name().unwrap_or(adapter.file.as_os_str()).to_string_lossy().into_owned()
}
