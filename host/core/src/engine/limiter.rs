//! The ceiling of an instance's memory and tables.

use wasmtime::ResourceLimiter;

/// Refuses growth over the ceiling and remembers that it did: most guests answer a refusal with a trap of their own,
/// and the caller should learn the cause.
#[derive(Debug)]
pub struct MemoryLimiter {
    bytes: usize,
    table_elements: usize,
    refused: bool,
}

impl MemoryLimiter {
    /// A ceiling of so many MiB for each linear memory.
    pub const fn new(mib: u32) -> Self {
        Self { bytes: (mib as usize) << 20, table_elements: 1_000_000, refused: false }
    }

    /// Whether growth was refused.
    pub const fn refused(&self) -> bool {
        self.refused
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let granted = desired <= self.bytes;
        self.refused |= !granted;
        Ok(granted)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        // The pool's own ceiling, which is the same figure rounded to pages.
        self.refused = true;
        Ok(())
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let granted = desired <= self.table_elements;
        self.refused |= !granted;
        Ok(granted)
    }
}
