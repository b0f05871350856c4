//! Version 1.0.0: what an adapter imports.
//!
//! What an adapter exports needs no generated code: an operation names its export and its types, and
//! [`crate::engine`] calls it (see [`crate::operations`]).

/// The contract's common types under the names `bindgen!` expects.
pub mod types {
    pub use crate::model::{
        ApiError, AuthenticationError, ConnectionError, Date, Decimal, FieldError, Instant, LocalTime, NotFoundError,
        RateLimitError, ValidationError, VendorError as Error,
    };

    use wasmtime::component::{HasData, Linker};

    /// The interface has types only: nothing to implement.
    pub trait Host {}
    impl<T: ?Sized> Host for T {}

    /// As [`Host`].
    pub trait HostWithStore<T> {}
    impl<T, D: ?Sized> HostWithStore<T> for D {}

    /// Names the interface, so that an adapter's import of its types is satisfied.
    pub fn add_to_linker<T: 'static, D: HasData>(
        linker: &mut Linker<T>,
        _: fn(&mut T) -> D::Data<'_>,
    ) -> wasmtime::Result<()> {
        linker.instance("moulin:types/types@1.0.0").map(drop)
    }
}

#[allow(missing_docs, unreachable_pub)]
mod bindings {
    wasmtime::component::bindgen!({
        world: "moulin:adapter/imports",
        path: [
            "../../wit/types",
            "../../wit/host",
            "../../wit/pos",
            "../../wit/suppliers",
            "../../wit/booking",
            "../../wit/crm",
            "../../wit/adapter",
        ],
        with: {
            "moulin:types/types": crate::contract::v1::types,
        },
        imports: {
            "moulin:host/http": async | trappable,
            "moulin:host/state": async | trappable,
            default: trappable,
        },
    });
}

pub use bindings::{Imports, moulin};

/// The exports every adapter has, and the interface of each domain.
pub mod exports {
    /// `describe` and `check`.
    pub const ADAPTER: &str = "moulin:adapter/adapter@1.0.0";
    /// Tills.
    pub const POS: &str = "moulin:pos/pos@1.0.0";
    /// Suppliers.
    pub const SUPPLIERS: &str = "moulin:suppliers/suppliers@1.0.0";
    /// Reservation books.
    pub const BOOKING: &str = "moulin:booking/booking@1.0.0";
    /// Customer relations.
    pub const CRM: &str = "moulin:crm/crm@1.0.0";

    /// The domain of an interface: `pos` of `moulin:pos/pos@1.0.0`.
    pub fn domain(interface: &'static str) -> &'static str {
        let name = interface.split_once('/').map_or(interface, |(_, name)| name);
        name.split_once('@').map_or(name, |(name, _)| name)
    }
}
