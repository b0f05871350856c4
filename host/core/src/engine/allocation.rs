//! wasmtime's settings, and how instances get their memory.
//!
//! The figures are ratios to a native parse of the same page of 100 sales in one run, each added to those above it:
//! optimisation for speed 2.9 → 2.6, memory kept resident between calls → 2.3, guest inlining (set where adapters are
//! built) → 1.9, `PAGEMAP_SCAN` and Cranelift inlining → 1.8.

use wasmtime::{Config, Enabled, Engine, Inlining, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

/// How instances get their memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// From a pool reserved at start: a fresh instance costs some microseconds.
    Pooling,
    /// From the system for each instance: used where the address space for a pool is not to be had.
    OnDemand,
}

/// Instances alive at once, over all adapters and connections. Each slot reserves address space, not memory.
pub(super) const INSTANCES: u32 = 128;
/// Components made from Python or C hold several core modules.
const CORE_INSTANCES_PER_COMPONENT: u32 = 20;
/// Python and JavaScript adapters have large function tables.
const TABLE_ELEMENTS: usize = 100_000;
/// Guest stack; deep recursion beyond it is a fault of that call.
const WASM_STACK: usize = 512 << 10;
/// Fiber stack: the guest's and room for host functions called from it.
const FIBER_STACK: usize = 2 << 20;
/// Memory of a slot that stays mapped when its instance is gone, so that the next call does not fault it in again.
const KEEP_RESIDENT: usize = 2 << 20;
const KEEP_RESIDENT_SMALL: usize = 64 << 10;

/// An engine with a pool; without one where the machine refuses it.
pub(super) fn engine(memory_mib: u32) -> wasmtime::Result<(Engine, Allocation)> {
    let pooled = Engine::new(config().allocation_strategy(InstanceAllocationStrategy::Pooling(pool(memory_mib))));
    match pooled {
        Ok(engine) => Ok((engine, Allocation::Pooling)),
        Err(error) => {
            tracing::warn!(
                "no pool for adapter instances ({error:#}); each call allocates its memory, which costs some 100 µs"
            );
            let engine = Engine::new(config().allocation_strategy(InstanceAllocationStrategy::OnDemand))?;
            Ok((engine, Allocation::OnDemand))
        }
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        .compiler_inlining(Inlining::Yes)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(FIBER_STACK)
        // Adapters are plain functions (contract 1.0.0); the concurrency support costs 10 % of a small call.
        .concurrency_support(false);
    config
}

fn pool(memory_mib: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        .total_core_instances(INSTANCES * 4)
        .total_memories(INSTANCES)
        .total_tables(INSTANCES * 4)
        .total_stacks(INSTANCES)
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_memories_per_component(2)
        .max_tables_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_component_instance_size(1 << 20)
        .max_core_instance_size(1 << 20)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size((memory_mib as usize) << 20)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT_SMALL)
        .async_stack_keep_resident(KEEP_RESIDENT_SMALL);
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes);
    }
    pool
}
