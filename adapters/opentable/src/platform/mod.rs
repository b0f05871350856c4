//! The vendor's own APIs: Sync v2 below `/sync/v2`, the in-house booking API below `/inhouse/v1`.

pub(crate) mod availability;
pub(crate) mod changes;
pub(crate) mod feed;
pub(crate) mod people;
pub(crate) mod reservations;

/// So many requests of one list are under way at once.
const PARALLEL: u8 = 4;
