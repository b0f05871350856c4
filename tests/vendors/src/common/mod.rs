//! What all simulated vendors share: the server with its faults and recordings, and strict readers; and what the
//! reservation books share: the diary.

pub(crate) mod control;
pub(crate) mod diary;
pub mod faults;
pub(crate) mod intake;
pub(crate) mod pace;
pub(crate) mod query;
pub mod recording;
pub(crate) mod server;
pub(crate) mod simulated;
pub(crate) mod wire;
