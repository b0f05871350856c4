//! What an adapter may keep for its connection, and signatures with secrets it never sees.

#[cfg(target_family = "wasm")]
pub use crate::bindings::common::moulin::host::{cache, secrets, signing, state};

// Natively only what a mapping may depend on: see `testing`.
#[cfg(not(target_family = "wasm"))]
pub use crate::testing::state;
