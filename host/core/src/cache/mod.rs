//! Caches. Now the adapters' own; those of answers and operations are to come beside it.

mod guest;

pub use guest::GuestCache;
