//! Everything an adapter of a vendor needs, so that it reads like the vendor's fact sheet.
//!
//! An adapter is a type that implements [`Adapter`] and the trait of its domain, exported once:
//!
//! ```
//! use moulin_adapter::prelude::*;
//! use moulin_adapter::suppliers::{Account, AccountQuery};
//!
//! struct Grocer;
//!
//! impl Adapter for Grocer {
//!     fn describe() -> Description {
//!         describe::adapter("grocer", env!("CARGO_PKG_VERSION"), "Grocer", "Catalogue and orders")
//!             .auth(describe::api_key("x-api-key"))
//!             .flavor(describe::flavor("v1", "API v1", "https://api.grocer.example").supports(&["suppliers.get-account"]))
//!             .build()
//!     }
//!     fn check() -> Result<Health> {
//!         http::get("/v1/account").send()?.success(|answer| Error::api(answer.status(), "no account"))?;
//!         Ok(Health { account: None, message: None })
//!     }
//! }
//!
//! // Operations that are not written answer `unsupported`.
//! impl Suppliers for Grocer {}
//!
//! moulin_adapter::export_suppliers!(Grocer);
//! ```
//!
//! The host owns the network, credentials, retries and limits: an adapter neither repeats requests nor sees a token.
//! On other targets than WebAssembly the imports are answered by [`testing`], so that adapters are tested with
//! `cargo test`.

#![cfg_attr(test, allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

#[allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, clippy::indexing_slicing, clippy::panic)]
#[doc(hidden)]
pub mod bindings;

pub mod calendar;
pub mod connection;
mod decimal;
pub mod describe;
mod domains;
mod error;
mod export;
pub mod http;
mod logger;
pub mod read;
pub mod storage;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod time;

pub use bindings::common::moulin::types::types::{Date, Decimal, Error, Instant, LocalTime};
pub use domains::{Adapter, Booking, Crm, Pos, Suppliers};
#[doc(hidden)]
pub use export::Exported;

/// What an operation answers.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// The error record of each class, for those who match on [`Error`].
pub mod error_class {
    pub use crate::bindings::common::moulin::types::types::{
        ApiError, AuthenticationError, ConnectionError, FieldError, NotFoundError, RateLimitError, ValidationError,
    };
}

/// Records of the tills' contract (`moulin:pos`).
pub mod pos {
    pub use crate::bindings::common::moulin::pos::types::*;
}

/// Records of the suppliers' contract (`moulin:suppliers`).
pub mod suppliers {
    pub use crate::bindings::common::moulin::suppliers::types::*;
}

/// Records of the reservation books' contract (`moulin:booking`).
pub mod booking {
    pub use crate::bindings::common::moulin::booking::types::*;
    // The generator keeps the plain name for itself.
    pub use crate::bindings::common::moulin::booking::types::Guest_ as Guest;
}

/// Records of the CRMs' contract (`moulin:crm`).
pub mod crm {
    pub use crate::bindings::common::moulin::crm::types::*;
}

/// What nearly every adapter uses.
pub mod prelude {
    pub use crate::bindings::common::moulin::adapter::types::{Description, Health};
    pub use crate::read::{OneOrMany, Scalar};
    pub use crate::{
        Adapter, Booking, Crm, Date, Decimal, Error, Instant, LocalTime, Pos, Result, Suppliers, calendar, connection,
        describe, http, time,
    };
    pub use log;
}
