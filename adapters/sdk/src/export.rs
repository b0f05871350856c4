//! From the traits of this crate to the exports of a component.

use core::marker::PhantomData;

use crate::bindings::common::moulin::adapter::types::{Description, Health};
use crate::{Adapter, Booking, Crm, Pos, Result, Suppliers, bindings, booking, crm, logger, pos, suppliers};

/// Carries an adapter's operations to the component's exports; the `export_…!` macros name it.
#[derive(Debug)]
pub struct Exported<T>(PhantomData<T>);

impl<T: Adapter> bindings::adapter::exports::moulin::adapter::adapter::Guest for Exported<T> {
    fn describe() -> Description {
        T::describe()
    }
    fn check() -> Result<Health> {
        logger::install();
        T::check()
    }
}

macro_rules! forward {
    ($trait:ident for $guest:path { $($operation:ident($input:ty) -> $output:ty;)* }) => {
        impl<T: $trait> $guest for Exported<T> {
            $(
                fn $operation(input: $input) -> Result<$output> {
                    logger::install();
                    T::$operation(input)
                }
            )*
        }
    };
}

forward! {
    Pos for bindings::pos::exports::moulin::pos::pos::Guest {
        list_transactions(pos::TransactionQuery) -> pos::TransactionPage;
        get_transaction(pos::TransactionLookup) -> pos::Transaction;
        list_products(pos::ProductQuery) -> pos::ProductPage;
        update_product(pos::ProductPatch) -> pos::Product;
        get_stock(pos::StockQuery) -> pos::StockPage;
        update_stock(pos::StockUpdate) -> Vec<pos::StockLevel>;
        list_categories(pos::ListQuery) -> pos::CategoryPage;
        list_discounts(pos::ListQuery) -> pos::DiscountPage;
        create_discount(pos::NewDiscount) -> pos::Discount;
        list_customers(pos::ListQuery) -> pos::CustomerPage;
    }
}

forward! {
    Suppliers for bindings::suppliers::exports::moulin::suppliers::suppliers::Guest {
        list_catalog(suppliers::CatalogQuery) -> suppliers::CatalogPage;
        search_products(suppliers::ProductSearch) -> suppliers::CatalogPage;
        get_product(suppliers::ProductLookup) -> suppliers::CatalogProduct;
        check_availability(suppliers::AvailabilityQuery) -> Vec<suppliers::Availability>;
        create_order(suppliers::OrderRequest) -> suppliers::SupplierOrder;
        get_order(suppliers::OrderLookup) -> suppliers::SupplierOrder;
        list_orders(suppliers::OrderQuery) -> suppliers::OrderPage;
        update_order(suppliers::OrderPatch) -> suppliers::SupplierOrder;
        cancel_order(suppliers::OrderCancellation) -> suppliers::SupplierOrder;
        get_delivery_schedule(suppliers::DeliveryQuery) -> suppliers::DeliverySchedule;
        get_account(suppliers::AccountQuery) -> suppliers::Account;
    }
}

forward! {
    Booking for bindings::booking::exports::moulin::booking::booking::Guest {
        list_reservations(booking::ReservationQuery) -> booking::ReservationPage;
        get_reservation(booking::ReservationLookup) -> booking::Reservation;
        create_reservation(booking::NewReservation) -> booking::Reservation;
        update_reservation(booking::ReservationPatch) -> booking::Reservation;
        cancel_reservation(booking::ReservationCancellation) -> booking::Reservation;
        get_availability(booking::AvailabilityQuery) -> booking::Availability;
        update_availability(booking::AvailabilityUpdate) -> booking::Availability;
        get_customer(booking::CustomerLookup) -> booking::Customer;
        search_customers(booking::CustomerSearch) -> booking::CustomerPage;
        get_restaurant(booking::RestaurantQuery) -> booking::Restaurant;
    }
}

forward! {
    Crm for bindings::crm::exports::moulin::crm::crm::Guest {
        list_contacts(crm::ListQuery) -> crm::ContactPage;
        search_contacts(crm::ContactSearch) -> crm::ContactPage;
        get_contact(crm::Lookup) -> crm::Contact;
        create_contact(crm::NewContact) -> crm::Contact;
        update_contact(crm::ContactPatch) -> crm::Contact;
        delete_contact(crm::DeleteRequest) -> crm::Deletion;
        get_loyalty(crm::Lookup) -> crm::Loyalty;
        record_loyalty(crm::NewLoyaltyEntry) -> crm::LoyaltyEntry;
        record_transaction(crm::NewCrmTransaction) -> crm::CrmTransaction;
        list_transactions(crm::CrmTransactionQuery) -> crm::CrmTransactionPage;
        create_note(crm::NewNote) -> crm::Note;
        list_notes(crm::NoteQuery) -> crm::NotePage;
        create_campaign(crm::NewCampaign) -> crm::Campaign;
        list_segments(crm::ListQuery) -> crm::SegmentPage;
    }
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($adapter:ty, $($domain:tt)*) => {
        // Elsewhere the symbols of the exports would be of no use, and `@` in them means a version to an ELF linker.
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code)]
        mod __moulin_component {
            #[allow(unused_imports)]
            use super::*;
            type Component = $crate::Exported<$adapter>;
            $crate::bindings::adapter::export_adapter!(Component with_types_in $crate::bindings::adapter);
            $($domain)*
        }
    };
}

/// Makes the crate a component: an adapter of a till.
#[macro_export]
macro_rules! export_pos {
    ($adapter:ty) => {
        $crate::__export!($adapter, $crate::bindings::pos::export_pos!(Component with_types_in $crate::bindings::pos););
    };
}

/// Makes the crate a component: an adapter of a supplier.
#[macro_export]
macro_rules! export_suppliers {
    ($adapter:ty) => {
        $crate::__export!(
            $adapter,
            $crate::bindings::suppliers::export_suppliers!(Component with_types_in $crate::bindings::suppliers);
        );
    };
}

/// Makes the crate a component: an adapter of a reservation book.
#[macro_export]
macro_rules! export_booking {
    ($adapter:ty) => {
        $crate::__export!(
            $adapter,
            $crate::bindings::booking::export_booking!(Component with_types_in $crate::bindings::booking);
        );
    };
}

/// Makes the crate a component: an adapter of a CRM.
#[macro_export]
macro_rules! export_crm {
    ($adapter:ty) => {
        $crate::__export!($adapter, $crate::bindings::crm::export_crm!(Component with_types_in $crate::bindings::crm););
    };
}
