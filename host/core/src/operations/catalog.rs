//! The declarations.

use futures::{FutureExt, StreamExt};

use super::answer::single_record;
use super::invoke::{call, pages};
use super::{Domain, Kind, Operation, OperationTypes, Output, params};
use crate::model::adapter::Health;
use crate::model::{Page, VendorError, booking, crm, pos, suppliers};

single_record!(
    Health,
    pos::Transaction,
    pos::Product,
    pos::Discount,
    suppliers::CatalogProduct,
    suppliers::SupplierOrder,
    suppliers::DeliverySchedule,
    suppliers::Account,
    booking::Reservation,
    booking::Availability,
    booking::Customer,
    booking::Restaurant,
    crm::Contact,
    crm::Deletion,
    crm::Loyalty,
    crm::LoyaltyEntry,
    crm::CrmTransaction,
    crm::Note,
    crm::Campaign,
);

/// How the shape of an answer is called erased: a list page by page, anything else at once.
macro_rules! shape {
    (paged: pages) => {
        true
    };
    (paged: $other:ident) => {
        false
    };
    (list: list) => {
        true
    };
    (list: $other:ident) => {
        false
    };
    (stream: pages $operation:ty) => {
        |connection, given| {
            let vendor = connection.adapter().to_owned();
            match params::typed::<$operation>(&connection, given) {
                Ok(input) => pages::<$operation>(connection, input)
                    .map(move |page| page.and_then(|page| page.into_answer(&vendor)))
                    .boxed(),
                Err(error) => futures::stream::once(async { Err(error) }).boxed(),
            }
        }
    };
    (stream: $other:ident $operation:ty) => {
        |connection, given| {
            let answer = async move {
                let input = params::typed::<$operation>(&connection, given)?;
                call::<$operation>(&connection, input).await?.into_answer(connection.adapter())
            };
            futures::stream::once(answer).boxed()
        }
    };
}

/// The method of the typed client.
macro_rules! method {
    (pages $method:ident ($input:ty) -> $item:ty, $operation:ty, $($doc:literal)+) => {
        $(#[doc = $doc])+
        ///
        /// Gives the records one by one. The next page is fetched while those of the present one are worked on.
        pub fn $method(
            &self,
            query: $input,
        ) -> impl futures::Stream<Item = Result<$item, crate::error::Error>> + Send + Unpin + use<> {
            crate::operations::invoke::records::<$operation, $item>(self.0.clone(), query)
        }
    };
    (list $method:ident ($input:ty) -> $item:ty, $operation:ty, $($doc:literal)+) => {
        $(#[doc = $doc])+
        ///
        /// # Errors
        /// [`crate::Error`] for every way it can fail.
        pub async fn $method(&self, input: $input) -> Result<Vec<$item>, crate::error::Error> {
            call::<$operation>(&self.0, input).await
        }
    };
    (one $method:ident ($input:ty) -> $item:ty, $operation:ty, $($doc:literal)+) => {
        $(#[doc = $doc])+
        ///
        /// # Errors
        /// [`crate::Error`] for every way it can fail.
        pub async fn $method(&self, input: $input) -> Result<$item, crate::error::Error> {
            call::<$operation>(&self.0, input).await
        }
    };
}

/// The answer's type: a page, a list, or the record itself.
macro_rules! output {
    (pages $item:ty) => { Page<$item> };
    (list $item:ty) => { Vec<$item> };
    (one $item:ty) => { $item };
}

/// Declares the operations: a type for each, a row of the table, a method of the typed client.
macro_rules! operations {
    ($(
        $domain:ident in $module:ident {
            $(
                $(#[doc = $doc:literal])+
                $type:ident $method:ident $function:literal: $kind:ident ($input:ty) -> $shape:ident $item:ty, $columns:expr;
            )*
        }
    )*) => {
        /// The operations as types.
        pub(crate) mod ops {
            $(pub(crate) mod $module {
                $(pub(crate) struct $type;)*
            })*
        }

        $(
            $(
                impl OperationTypes for ops::$module::$type {
                    type Input = $input;
                    type Output = output!($shape $item);
                    const OPERATION: Operation = Operation {
                        name: concat!(stringify!($module), ".", $function),
                        domain: Domain::$domain,
                        function: $function,
                        kind: Kind::$kind,
                        paged: shape!(paged: $shape),
                        list: shape!(list: $shape),
                        summary: concat!($($doc),+).trim_ascii(),
                        columns: &$columns,
                        params_schema: |generator| generator.subschema_for::<$input>(),
                        record_schema: |generator| generator.subschema_for::<$item>(),
                        typecheck: |instance, store, export| {
                            instance
                                .get_typed_func::<($input,), (Result<output!($shape $item), VendorError>,)>(
                                    store, export,
                                )
                                .map(drop)
                        },
                        call: |connection, given| {
                            async move {
                                let input = params::typed::<ops::$module::$type>(&connection, given)?;
                                call::<ops::$module::$type>(&connection, input).await?.into_answer(connection.adapter())
                            }
                            .boxed()
                        },
                        pages: shape!(stream: $shape ops::$module::$type),
                    };
                }
            )*

            impl crate::client::$domain {
                $(method!($shape $method ($input) -> $item, ops::$module::$type, $($doc)+);)*
            }
        )*

        pub(super) const ALL: &[Operation] = &[$($(<ops::$module::$type as OperationTypes>::OPERATION,)*)*];
    };
}

operations! {
    Pos in pos {
        /// Sales of a period, oldest first where the vendor can sort.
        ListTransactions list_transactions "list-transactions":
            Read (pos::TransactionQuery) -> pages pos::Transaction,
            ["id", "occurred_at", "status", "total", "currency", "tip", "reference"];
        /// One sale, with its lines and payments when asked for.
        GetTransaction get_transaction "get-transaction":
            Read (pos::TransactionLookup) -> one pos::Transaction,
            ["id", "occurred_at", "status", "total", "currency"];
        /// The products of the till.
        ListProducts list_products "list-products":
            Read (pos::ProductQuery) -> pages pos::Product,
            ["id", "name", "sku", "barcode", "price", "currency", "archived"];
        /// Changes a product and gives it as it is then.
        UpdateProduct update_product "update-product":
            Write (pos::ProductPatch) -> one pos::Product,
            ["id", "name", "sku", "price", "currency"];
        /// Stock levels as the till knows them now.
        GetStock get_stock "get-stock":
            Read (pos::StockQuery) -> pages pos::StockLevel,
            ["product_id", "location_id", "quantity", "reorder_point", "reorder_level", "counted_at"];
        /// Books counted or moved stock and gives the levels after it.
        UpdateStock update_stock "update-stock":
            Write (pos::StockUpdate) -> list pos::StockLevel,
            ["product_id", "location_id", "quantity", "state"];
        /// The categories products are sorted into.
        ListCategories list_categories "list-categories":
            Read (pos::ListQuery) -> pages pos::Category,
            ["id", "name", "parent_id"];
        /// The discounts the till knows.
        ListDiscounts list_discounts "list-discounts":
            Read (pos::ListQuery) -> pages pos::Discount,
            ["id", "name", "value", "currency", "archived"];
        /// Creates a discount.
        CreateDiscount create_discount "create-discount":
            Write (pos::NewDiscount) -> one pos::Discount,
            ["id", "name", "value", "currency"];
        /// The customers the till knows.
        ListCustomers list_customers "list-customers":
            Read (pos::ListQuery) -> pages pos::Customer,
            ["id", "first_name", "last_name", "email", "phone"];
    }

    Suppliers in suppliers {
        /// The supplier's catalogue.
        ListCatalog list_catalog "list-catalog":
            Read (suppliers::CatalogQuery) -> pages suppliers::CatalogProduct,
            ["id", "name", "category", "unit", "price", "currency", "available"];
        /// Products of the catalogue that match a text.
        SearchProducts search_products "search-products":
            Read (suppliers::ProductSearch) -> pages suppliers::CatalogProduct,
            ["id", "name", "category", "unit", "price", "currency", "available"];
        /// One product of the catalogue.
        GetProduct get_product "get-product":
            Read (suppliers::ProductLookup) -> one suppliers::CatalogProduct,
            ["id", "name", "unit", "price", "currency"];
        /// Whether products can be delivered, one answer for each, in the order asked.
        CheckAvailability check_availability "check-availability":
            Read (suppliers::AvailabilityQuery) -> list suppliers::Availability,
            ["product_id", "available", "quantity", "unit", "next_delivery"];
        /// Places an order; never two for one idempotency key.
        CreateOrder create_order "create-order":
            Write (suppliers::OrderRequest) -> one suppliers::SupplierOrder,
            ["id", "status", "total", "currency", "delivery_date"];
        /// One order, with its state.
        GetOrder get_order "get-order":
            Read (suppliers::OrderLookup) -> one suppliers::SupplierOrder,
            ["id", "status", "total", "currency", "delivery_date"];
        /// Orders of a period.
        ListOrders list_orders "list-orders":
            Read (suppliers::OrderQuery) -> pages suppliers::SupplierOrder,
            ["id", "client_reference", "status", "created_at", "total", "currency", "delivery_date"];
        /// Changes an order that was not shipped.
        UpdateOrder update_order "update-order":
            Write (suppliers::OrderPatch) -> one suppliers::SupplierOrder,
            ["id", "status", "total", "currency", "delivery_date"];
        /// Cancels an order that was not shipped.
        CancelOrder cancel_order "cancel-order":
            Write (suppliers::OrderCancellation) -> one suppliers::SupplierOrder,
            ["id", "status"];
        /// When the supplier delivers, and until when to order for it.
        GetDeliverySchedule get_delivery_schedule "get-delivery-schedule":
            Read (suppliers::DeliveryQuery) -> one suppliers::DeliverySchedule,
            ["slots"];
        /// The restaurant's account at the supplier.
        GetAccount get_account "get-account":
            Read (suppliers::AccountQuery) -> one suppliers::Account,
            ["id", "name", "balance", "credit_limit", "currency"];
    }

    Booking in booking {
        /// Reservations whose meal starts on these days.
        ListReservations list_reservations "list-reservations":
            Read (booking::ReservationQuery) -> pages booking::Reservation,
            ["id", "local_date", "local_time", "party_size", "status", "guest"];
        /// One reservation.
        GetReservation get_reservation "get-reservation":
            Read (booking::ReservationLookup) -> one booking::Reservation,
            ["id", "local_date", "local_time", "party_size", "status"];
        /// Books a table.
        CreateReservation create_reservation "create-reservation":
            Write (booking::NewReservation) -> one booking::Reservation,
            ["id", "local_date", "local_time", "party_size", "status"];
        /// Changes a reservation.
        UpdateReservation update_reservation "update-reservation":
            Write (booking::ReservationPatch) -> one booking::Reservation,
            ["id", "local_date", "local_time", "party_size", "status"];
        /// Cancels a reservation.
        CancelReservation cancel_reservation "cancel-reservation":
            Write (booking::ReservationCancellation) -> one booking::Reservation,
            ["id", "status"];
        /// What is free on a day.
        GetAvailability get_availability "get-availability":
            Read (booking::AvailabilityQuery) -> one booking::Availability,
            ["date", "slots"];
        /// Sets what is free on a day, slot by slot.
        UpdateAvailability update_availability "update-availability":
            Write (booking::AvailabilityUpdate) -> one booking::Availability,
            ["date", "slots"];
        /// One guest of the reservation book.
        GetCustomer get_customer "get-customer":
            Read (booking::CustomerLookup) -> one booking::Customer,
            ["id", "full_name", "email", "phone"];
        /// Guests whose name, e-mail or phone matches a text.
        SearchCustomers search_customers "search-customers":
            Read (booking::CustomerSearch) -> pages booking::Customer,
            ["id", "first_name", "last_name", "full_name", "email", "phone"];
        /// The restaurant as the reservation book knows it.
        GetRestaurant get_restaurant "get-restaurant":
            Read (booking::RestaurantQuery) -> one booking::Restaurant,
            ["id", "name", "city", "phone", "capacity"];
    }

    Crm in crm {
        /// All contacts.
        ListContacts list_contacts "list-contacts":
            Read (crm::ListQuery) -> pages crm::Contact,
            ["id", "first_name", "last_name", "email", "phone", "loyalty_points"];
        /// Contacts by e-mail, phone or a text.
        SearchContacts search_contacts "search-contacts":
            Read (crm::ContactSearch) -> pages crm::Contact,
            ["id", "first_name", "last_name", "email", "phone", "loyalty_points"];
        /// One contact.
        GetContact get_contact "get-contact":
            Read (crm::Lookup) -> one crm::Contact,
            ["id", "first_name", "last_name", "email", "phone"];
        /// Creates a contact.
        CreateContact create_contact "create-contact":
            Write (crm::NewContact) -> one crm::Contact,
            ["id", "first_name", "last_name", "email"];
        /// Changes a contact.
        UpdateContact update_contact "update-contact":
            Write (crm::ContactPatch) -> one crm::Contact,
            ["id", "first_name", "last_name", "email"];
        /// Removes a contact.
        DeleteContact delete_contact "delete-contact":
            Write (crm::DeleteRequest) -> one crm::Deletion,
            ["id"];
        /// A contact's loyalty points.
        GetLoyalty get_loyalty "get-loyalty":
            Read (crm::Lookup) -> one crm::Loyalty,
            ["contact_id", "points", "last_visit"];
        /// Books loyalty points; a balance never goes below zero.
        RecordLoyalty record_loyalty "record-loyalty":
            Write (crm::NewLoyaltyEntry) -> one crm::LoyaltyEntry,
            ["id", "contact_id", "points", "kind", "balance"];
        /// Records a purchase of a contact.
        RecordTransaction record_transaction "record-transaction":
            Write (crm::NewCrmTransaction) -> one crm::CrmTransaction,
            ["id", "contact_id", "name", "amount", "currency"];
        /// Purchases of a contact in a period.
        ListTransactions list_transactions "list-transactions":
            Read (crm::CrmTransactionQuery) -> pages crm::CrmTransaction,
            ["id", "name", "amount", "currency", "occurred_at"];
        /// Attaches a note to a contact.
        CreateNote create_note "create-note":
            Write (crm::NewNote) -> one crm::Note,
            ["id", "contact_id", "text"];
        /// The notes attached to a contact.
        ListNotes list_notes "list-notes":
            Read (crm::NoteQuery) -> pages crm::Note,
            ["id", "created_at", "text"];
        /// Creates a marketing campaign.
        CreateCampaign create_campaign "create-campaign":
            Write (crm::NewCampaign) -> one crm::Campaign,
            ["id", "name", "status"];
        /// The groups contacts are sorted into.
        ListSegments list_segments "list-segments":
            Read (crm::ListQuery) -> pages crm::Segment,
            ["id", "name", "size"];
    }
}
