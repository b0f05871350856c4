//! One version of one adapter, ready for calls.

use std::collections::HashMap;
use std::path::PathBuf;

use wasmtime::component::ComponentExportIndex;

use crate::engine::Prepared;
use crate::model::Instant;
use crate::model::adapter::Description;

/// One version of one adapter, ready for calls. Never changes; a new file makes a new generation.
pub struct Generation {
    /// Counts up over all adapters of a host.
    pub number: u64,
    /// What the adapter says of itself.
    pub description: Description,
    /// Interfaces of the domains it exports.
    pub interfaces: Vec<&'static str>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// The file.
    pub file: PathBuf,
    /// When it came into service.
    pub loaded_at: Instant,
    pub(crate) prepared: Prepared,
    pub(crate) exports: HashMap<(&'static str, &'static str), ComponentExportIndex>,
}

impl Generation {
    /// Whether the adapter has this domain's interface.
    pub fn exports(&self, interface: &str) -> bool {
        self.interfaces.contains(&interface)
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        tracing::debug!(
            adapter = %self.description.id,
            version = %self.description.version,
            generation = self.number,
            "adapter generation gone"
        );
    }
}

impl std::fmt::Debug for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} (generation {})", self.description.id, self.description.version, self.number)
    }
}
