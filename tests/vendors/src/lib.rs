//! Simulated vendors: servers on this machine that behave like the real services, strictly and always the same.
//!
//! All look at one seeded [`World`]: a restaurant in Paris, its till and its wholesaler. They refuse what the vendor
//! would refuse, count what the vendor would count, record what was on the wire, and go wrong on order.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use moulin_vendors::faults::{Fault, Rule};
//! use moulin_vendors::{Lightspeed, LightspeedOptions, Options, World};
//!
//! let world = World::new(Options::default());
//! let till = Lightspeed::start(world.clone(), LightspeedOptions::default()).await?;
//! till.faults().push(Rule::on("*/Sale*", Fault::status(503)).times(2))?;
//! println!("{}", till.url());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! A further vendor is a folder beside [`lightspeed`] and [`metro`]: a type with `start` and a line
//! `simulated!`, which gives it `url`, `requests`, `faults` and `reset`; the program starts it in `start.rs`. What it has
//! in common with the others stands in `common`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic"))]

pub mod amount;
mod common;
pub mod hubspot;
pub mod lightspeed;
pub mod metro;
pub mod oauth;
pub mod opentable;
pub mod pomona;
pub mod square;
#[cfg(feature = "adapter")]
pub mod testing;
pub mod thefork;
pub mod transgourmet;
mod wholesale;
pub mod world;
pub mod zoho;

pub use common::simulated::Listening;
pub use common::{faults, recording};
pub use hubspot::{HubSpot, HubSpotOptions};
pub use lightspeed::{Lightspeed, LightspeedOptions};
pub use metro::{Metro, MetroOptions};
pub use oauth::{OAuth, OAuthOptions};
pub use opentable::{OpenTable, OpenTableOptions};
pub use pomona::{Pomona, PomonaOptions};
pub use square::{Square, SquareOptions};
pub use thefork::{TheFork, TheForkOptions};
pub use transgourmet::{Transgourmet, TransgourmetOptions};
pub use world::{Options, World};
pub use zoho::{Zoho, ZohoOptions};
