//! Moulin's host: runs vendors' adapters, compiled as sandboxed WebAssembly components, and gives them HTTP,
//! credentials, rate limits, caches and secrets, none of which an adapter ever holds itself.
//!
//! [`Host`] is where to begin. The rooms below it import one way only, downwards:
//!
//! | room | what lives there |
//! |---|---|
//! | [`Host`], [`client`] | the embedder's face |
//! | [`operations`] | every operation of the four domains, declared once |
//! | [`connections`] | accounts at vendors, bound to the adapter in service |
//! | [`registry`] | adapters as generations: verify, swap, drain |
//! | [`engine`] | WebAssembly: compile, instantiate, ceilings |
//! | [`contract`], [`imports`] | what adapters import |
//! | [`egress`], [`auth`] | the only way to the network, and its credentials |
//! | [`cache`], [`vault`], [`store`] | what is kept |
//! | [`config`], [`model`], [`telemetry`] | typed configuration, the canonical records, what leaves as text |

pub mod auth;
pub mod cache;
pub mod client;
pub mod config;
pub mod connections;
pub mod contract;
pub mod egress;
pub mod engine;
mod error;
mod host;
pub mod imports;
pub mod model;
pub mod operations;
pub mod registry;
pub mod store;
pub mod telemetry;
mod upkeep;
pub mod vault;

pub use connections::{Connection, ConnectionState, ConnectionStatus};
pub use error::{AdapterFault, Error};
pub use host::{Host, HostBuilder, StartError, inspect, open_vault};
pub use registry::{AdapterStatus, Inspection, RefusalStatus};
