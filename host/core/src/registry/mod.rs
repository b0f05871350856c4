//! Adapters in service, as generations.
//!
//! Each `.wasm` file of the adapters' folder is verified (form, contract, `describe` under deny-all), compiled beside
//! the one in service and swapped in atomically. A call keeps the generation it began with, which goes when its last
//! call ends. A file that is refused leaves the one in service alone and says why.
//!
//! Trust in files (signatures, pins), replay of recorded traffic and roll-back are further conditions of
//! [`Registry::scan`], between verification and swap.

mod generation;
mod refusal;
mod scan;
mod status;
mod verify;
mod watch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

pub use generation::Generation;
pub use refusal::Refusal;
pub(crate) use scan::inspect;
pub use status::{AdapterStatus, RefusalStatus, RetiringStatus};
pub use verify::{ExportCheck, Inspection};
pub use watch::Watch;

use crate::config::Limits;
use crate::engine::Engine;
use crate::telemetry::scrub::Scrubber;
use scan::Known;

/// The adapters of one folder.
pub struct Registry {
    engine: Arc<Engine>,
    folder: PathBuf,
    limits: Limits,
    scrubber: Scrubber,
    checks: Vec<ExportCheck>,
    in_service: RwLock<BTreeMap<String, Arc<Generation>>>,
    /// Replaced generations; those that are gone are forgotten at the next swap.
    retired: Mutex<Vec<Weak<Generation>>>,
    /// What is known of each file, so that only changed ones are read.
    files: Mutex<BTreeMap<PathBuf, Known>>,
    scanning: tokio::sync::Mutex<()>,
    generations: AtomicU64,
}

impl Registry {
    /// A registry of a folder, still empty: [`Registry::scan`] fills it.
    pub(crate) fn new(
        engine: Arc<Engine>,
        folder: PathBuf,
        limits: Limits,
        scrubber: Scrubber,
        checks: Vec<ExportCheck>,
    ) -> Self {
        Self {
            engine,
            folder,
            limits,
            scrubber,
            checks,
            in_service: RwLock::default(),
            retired: Mutex::default(),
            files: Mutex::default(),
            scanning: tokio::sync::Mutex::default(),
            generations: AtomicU64::new(1),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The generation of an adapter that new calls begin with.
    pub fn current(&self, id: &str) -> Option<Arc<Generation>> {
        self.in_service.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Every adapter in service.
    pub fn all(&self) -> Vec<Arc<Generation>> {
        self.in_service.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Puts a generation into service and returns the one it takes the place of.
    fn swap(&self, generation: Arc<Generation>) -> Option<Arc<Generation>> {
        let id = generation.description.id.clone();
        let old = self.in_service.write().unwrap_or_else(PoisonError::into_inner).insert(id, generation);
        if let Some(old) = &old {
            let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
            retired.retain(|generation| generation.strong_count() > 0);
            retired.push(Arc::downgrade(old));
        }
        old
    }

    fn next_generation(&self) -> u64 {
        self.generations.fetch_add(1, Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("folder", &self.folder).finish_non_exhaustive()
    }
}
