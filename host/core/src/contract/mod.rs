//! The contract between host and adapters, one file per version, side by side.
//!
//! Only `bindgen!` calls and conversions up to the newest version live here. The records are not generated: they are
//! those of [`crate::model`], which wasmtime compares with the adapter's when it is loaded.

pub mod v1;
