//! Moulin adapter of Pomona: catalogue, availability and orders of the supplier's customer API.
//!
//! | file | what it maps |
//! |---|---|
//! | `describe` | what the adapter is and needs |
//! | `catalogue` | products |
//! | `availability` | availability of products |
//! | `orders`, `placing` | reading orders; creating, changing and cancelling them |
//! | `account` | delivery schedule and account |
//! | `envelope` | the forms a body comes in, and pages |
//! | `error` | codes, statuses and error bodies |

#![cfg_attr(test, allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

mod account;
mod availability;
mod catalogue;
mod describe;
mod envelope;
mod error;
mod orders;
mod placing;

use moulin_adapter::http::{Request, Response};
use moulin_adapter::prelude::*;
use moulin_adapter::suppliers::{
    Account, AccountQuery, Availability, AvailabilityQuery, CatalogPage, CatalogProduct, CatalogQuery, DeliveryQuery,
    DeliverySchedule, OrderCancellation, OrderLookup, OrderPage, OrderPatch, OrderQuery, OrderRequest, ProductLookup,
    ProductSearch, SupplierOrder,
};

/// The adapter.
#[derive(Debug)]
pub struct Pomona;

impl Adapter for Pomona {
    fn describe() -> Description {
        describe::description()
    }
    fn check() -> Result<Health> {
        account::check()
    }
}

impl Suppliers for Pomona {
    fn list_catalog(query: CatalogQuery) -> Result<CatalogPage> {
        catalogue::list(&query)
    }
    fn search_products(query: ProductSearch) -> Result<CatalogPage> {
        catalogue::search(&query)
    }
    fn get_product(query: ProductLookup) -> Result<CatalogProduct> {
        catalogue::get(&query)
    }
    fn check_availability(query: AvailabilityQuery) -> Result<Vec<Availability>> {
        availability::check(&query)
    }
    fn create_order(order: OrderRequest) -> Result<SupplierOrder> {
        placing::create(&order)
    }
    fn get_order(query: OrderLookup) -> Result<SupplierOrder> {
        orders::get(&query.id, query.include_raw)
    }
    fn list_orders(query: OrderQuery) -> Result<OrderPage> {
        orders::list(&query)
    }
    fn update_order(patch: OrderPatch) -> Result<SupplierOrder> {
        placing::update(&patch)
    }
    fn cancel_order(cancellation: OrderCancellation) -> Result<SupplierOrder> {
        placing::cancel(&cancellation)
    }
    fn get_delivery_schedule(query: DeliveryQuery) -> Result<DeliverySchedule> {
        account::delivery_schedule(&query)
    }
    fn get_account(query: AccountQuery) -> Result<Account> {
        account::get(query.include_raw)
    }
}

moulin_adapter::export_suppliers!(Pomona);

/// The establishment: a query parameter on GET, a body field elsewhere.
fn establishment() -> Result<String> {
    connection::required_setting("establishment_code")
}

/// A GET below `/api`. The configured base URL may end in `/api/` itself: the host does not double it.
fn get(path: &str) -> Result<Request> {
    Ok(http::get(format!("/api/{path}")).query("establishment", establishment()?))
}

/// Sends, and turns an answer that is not 2xx into its error.
fn send(request: Request) -> Result<Response> {
    request.send()?.success(error::from_answer)
}
