//! The host side of what adapters import, one file per interface.
//!
//! The files are thin: they translate and call down, to [`crate::egress`], [`crate::store`] and so on. What a call may
//! reach is its [`Scope`]; a call without one (`describe`) is refused everything.

mod cache;
mod calendar;
mod connection;
mod http;
mod log;
mod scope;
mod secrets;
mod signing;
mod state;
mod wasi;

use wasmtime::component::{HasSelf, Linker};

pub use log::LogMeter;
pub use scope::{CallLabels, CallState, Scope};

use crate::contract::v1;

/// Packages of the contract an adapter may import from, with the newest version this host has.
pub const CONTRACT_PACKAGES: &[(&str, (u64, u64))] = &[
    ("moulin:types", (1, 0)),
    ("moulin:host", (1, 0)),
    ("moulin:pos", (1, 0)),
    ("moulin:suppliers", (1, 0)),
    ("moulin:booking", (1, 0)),
    ("moulin:crm", (1, 0)),
    ("moulin:adapter", (1, 0)),
];

/// WASI packages that are linked. Clocks and randomness are given, `http` goes through the same egress as
/// `moulin:host/http`, output becomes log lines; files, sockets, environment and arguments are linked as refusals.
pub const WASI_PACKAGES: &[&str] =
    &["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:http", "wasi:io", "wasi:random", "wasi:sockets"];

/// Links every import an adapter may have.
pub(crate) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    v1::Imports::add_to_linker::<CallState, HasSelf<CallState>>(linker, |state| state)?;
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)
}
