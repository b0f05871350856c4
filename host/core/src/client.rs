//! The typed client: one type for each domain, one method for each operation.
//!
//! The methods are made by the declarations in [`crate::operations`].

use crate::connections::Connection;
use crate::error::Error;
use crate::operations::Domain;

/// The types of the domains, around a connection.
macro_rules! domains {
    ($($(#[doc = $doc:literal])+ $name:ident;)*) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name(pub(crate) Connection);

        impl $name {
            pub(crate) fn new(connection: Connection) -> Result<Self, Error> {
                connection.require(Domain::$name.interface(), Domain::$name.name())?;
                Ok(Self(connection))
            }

            /// The connection behind it.
            pub const fn connection(&self) -> &Connection {
                &self.0
            }
        }
    )* };
}

domains! {
    /// A till: sales, products, stock, discounts, customers.
    Pos;
    /// A supplier: catalogue, availability, orders, deliveries.
    Suppliers;
    /// A reservation book: reservations, availability, guests.
    Booking;
    /// A CRM: contacts, loyalty, purchases, notes, campaigns.
    Crm;
}
