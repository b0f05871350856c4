//! What all simulated vendors share: the server with its faults and recordings, and strict readers.

pub(crate) mod control;
pub mod faults;
pub(crate) mod query;
pub mod recording;
pub(crate) mod server;
pub(crate) mod simulated;
pub(crate) mod wire;
