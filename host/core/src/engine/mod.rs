//! Runs adapters: compiles them ahead of time, gives every call a fresh instance, and ends a call that goes over a
//! ceiling without touching anything else.
//!
//! Invariants:
//! - an instance serves one call and is dropped after it: nothing leaks from one call, restaurant or failure to the next;
//! - guest code never holds a thread for longer than one [`Ticker`] interval before it gives tokio a turn;
//! - every way a call can end without the adapter's own answer is a [`Fault`].

mod allocation;
mod aot;
mod call;
mod fault;
mod limiter;
mod meter;
mod ticker;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::component::{Component, InstancePre, Linker};

pub use allocation::Allocation;
pub use aot::AotCache;
pub use call::{Prepared, Typecheck};
pub use fault::{Ceiling, Fault};
pub use limiter::MemoryLimiter;

use crate::imports::{self, CallState};
use ticker::Ticker;

/// The WebAssembly engine of the process, and what every adapter is linked to.
pub struct Engine {
    wasmtime: wasmtime::Engine,
    linker: Linker<CallState>,
    allocation: Allocation,
    aot: Option<AotCache>,
    /// A place in the pool for each: a call beyond waits for its turn instead of failing.
    turns: Semaphore,
    // Stops the epoch thread when the engine goes.
    _ticker: Ticker,
}

/// The engine cannot be set up on this machine.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the WebAssembly engine: {0:#}")]
pub struct EngineError(wasmtime::Error);

impl Engine {
    /// Sets the engine up. `memory_mib` is the ceiling of an adapter's linear memory; with `cache`, compiled adapters
    /// are kept in that folder.
    ///
    /// # Errors
    /// [`EngineError`] if the machine offers neither kind of memory allocation or no thread can be started.
    pub fn new(memory_mib: u32, cache: Option<&Path>) -> Result<Self, EngineError> {
        let (wasmtime, allocation) = allocation::engine(memory_mib).map_err(EngineError)?;
        let mut linker = Linker::new(&wasmtime);
        imports::add_to_linker(&mut linker).map_err(EngineError)?;
        let ticker = Ticker::start(&wasmtime).map_err(|error| EngineError(error.into()))?;
        let aot = cache.map(|folder| AotCache::new(folder.to_owned(), &wasmtime));
        Ok(Self {
            wasmtime,
            linker,
            allocation,
            aot,
            turns: Semaphore::new(allocation::INSTANCES as usize),
            _ticker: ticker,
        })
    }

    /// How instances get their memory on this machine.
    pub const fn allocation(&self) -> Allocation {
        self.allocation
    }

    /// Compiles an adapter, or loads it from the ahead-of-time cache.
    ///
    /// # Errors
    /// What wasmtime says about the file.
    pub fn compile(&self, wasm: &[u8]) -> wasmtime::Result<Component> {
        match &self.aot {
            Some(cache) => cache.component(&self.wasmtime, wasm),
            None => Component::from_binary(&self.wasmtime, wasm),
        }
    }

    /// Links a component to the host's imports.
    ///
    /// # Errors
    /// What wasmtime says, such as the import nobody provides.
    pub fn link(&self, component: &Component) -> wasmtime::Result<InstancePre<CallState>> {
        self.linker.instantiate_pre(component)
    }

    /// The engine inside, for what only wasmtime can answer.
    pub const fn wasmtime(&self) -> &wasmtime::Engine {
        &self.wasmtime
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("allocation", &self.allocation).finish_non_exhaustive()
    }
}

/// A shared engine.
pub type SharedEngine = Arc<Engine>;
