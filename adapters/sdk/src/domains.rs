//! The traits an adapter implements: one for what it is, one for each domain.
//!
//! Operations have a default that answers `unsupported`, so that an adapter writes down only what its vendor can do.

use crate::bindings::common::moulin::adapter::types::{Description, Health};
use crate::{Error, Result, booking, crm, pos, suppliers};

/// What every adapter exports.
pub trait Adapter {
    /// Says what the adapter is and needs. Runs without network, settings or secrets, and must always answer the same.
    fn describe() -> Description;
    /// Proves with a cheap request that the connection works; the error's class says what is wrong.
    fn check() -> Result<Health>;
}

macro_rules! domain {
    ($(#[$doc:meta])* $trait:ident { $($operation:ident($argument:ident: $input:ty) -> $output:ty;)* }) => {
        $(#[$doc])*
        pub trait $trait: Adapter {
            $(
                #[doc = concat!("The operation `", stringify!($operation), "` of the contract.")]
                fn $operation($argument: $input) -> Result<$output> {
                    let _ = $argument;
                    Err(Error::not_offered(stringify!($operation)))
                }
            )*
        }
    };
}

domain! {
    /// An adapter of a till.
    Pos {
        list_transactions(query: pos::TransactionQuery) -> pos::TransactionPage;
        get_transaction(query: pos::TransactionLookup) -> pos::Transaction;
        list_products(query: pos::ProductQuery) -> pos::ProductPage;
        update_product(patch: pos::ProductPatch) -> pos::Product;
        get_stock(query: pos::StockQuery) -> pos::StockPage;
        update_stock(update: pos::StockUpdate) -> Vec<pos::StockLevel>;
        list_categories(query: pos::ListQuery) -> pos::CategoryPage;
        list_discounts(query: pos::ListQuery) -> pos::DiscountPage;
        create_discount(discount: pos::NewDiscount) -> pos::Discount;
        list_customers(query: pos::ListQuery) -> pos::CustomerPage;
    }
}

domain! {
    /// An adapter of a supplier.
    Suppliers {
        list_catalog(query: suppliers::CatalogQuery) -> suppliers::CatalogPage;
        search_products(query: suppliers::ProductSearch) -> suppliers::CatalogPage;
        get_product(query: suppliers::ProductLookup) -> suppliers::CatalogProduct;
        check_availability(query: suppliers::AvailabilityQuery) -> Vec<suppliers::Availability>;
        create_order(order: suppliers::OrderRequest) -> suppliers::SupplierOrder;
        get_order(query: suppliers::OrderLookup) -> suppliers::SupplierOrder;
        list_orders(query: suppliers::OrderQuery) -> suppliers::OrderPage;
        update_order(patch: suppliers::OrderPatch) -> suppliers::SupplierOrder;
        cancel_order(cancellation: suppliers::OrderCancellation) -> suppliers::SupplierOrder;
        get_delivery_schedule(query: suppliers::DeliveryQuery) -> suppliers::DeliverySchedule;
        get_account(query: suppliers::AccountQuery) -> suppliers::Account;
    }
}

domain! {
    /// An adapter of a reservation book.
    Booking {
        list_reservations(query: booking::ReservationQuery) -> booking::ReservationPage;
        get_reservation(query: booking::ReservationLookup) -> booking::Reservation;
        create_reservation(reservation: booking::NewReservation) -> booking::Reservation;
        update_reservation(patch: booking::ReservationPatch) -> booking::Reservation;
        cancel_reservation(cancellation: booking::ReservationCancellation) -> booking::Reservation;
        get_availability(query: booking::AvailabilityQuery) -> booking::Availability;
        update_availability(update: booking::AvailabilityUpdate) -> booking::Availability;
        get_customer(query: booking::CustomerLookup) -> booking::Customer;
        search_customers(query: booking::CustomerSearch) -> booking::CustomerPage;
        get_restaurant(query: booking::RestaurantQuery) -> booking::Restaurant;
    }
}

domain! {
    /// An adapter of a CRM.
    Crm {
        list_contacts(query: crm::ListQuery) -> crm::ContactPage;
        search_contacts(query: crm::ContactSearch) -> crm::ContactPage;
        get_contact(query: crm::Lookup) -> crm::Contact;
        create_contact(contact: crm::NewContact) -> crm::Contact;
        update_contact(patch: crm::ContactPatch) -> crm::Contact;
        delete_contact(request: crm::DeleteRequest) -> crm::Deletion;
        get_loyalty(query: crm::Lookup) -> crm::Loyalty;
        record_loyalty(entry: crm::NewLoyaltyEntry) -> crm::LoyaltyEntry;
        record_transaction(transaction: crm::NewCrmTransaction) -> crm::CrmTransaction;
        list_transactions(query: crm::CrmTransactionQuery) -> crm::CrmTransactionPage;
        create_note(note: crm::NewNote) -> crm::Note;
        list_notes(query: crm::NoteQuery) -> crm::NotePage;
        create_campaign(campaign: crm::NewCampaign) -> crm::Campaign;
        list_segments(query: crm::ListQuery) -> crm::SegmentPage;
    }
}
