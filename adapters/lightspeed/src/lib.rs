//! Moulin adapter of Lightspeed Retail R-Series: sales, items, stock, customers.
//!
//! Two flavours: `seed` (paths below `/api/v1`, stock under `ItemCount`) and `r-series-v3` (paths below `/API/V3` with
//! `.json`, stock under `ItemShop`).
//!
//! | file | what it maps |
//! |---|---|
//! | `describe` | what the adapter is and needs |
//! | `api` | paths, the check, sending |
//! | `page` | envelopes and paging: by the `next` URL, or by offset |
//! | `sales`, `sale` | asking for sales; the sale itself |
//! | `items`, `item_patch` | items as products; changes to them |
//! | `stock` | stock levels |
//! | `people` | categories and customers |
//! | `discounts` | discounts |
//! | `error` | statuses and error bodies |

#![cfg_attr(test, allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

mod api;
mod describe;
mod discounts;
mod error;
mod item_patch;
mod items;
mod page;
mod people;
mod sale;
mod sales;
mod stock;

use moulin_adapter::pos::{
    CategoryPage, CustomerPage, Discount, DiscountPage, ListQuery, NewDiscount, Product, ProductPage, ProductPatch,
    ProductQuery, StockLevel, StockPage, StockQuery, StockUpdate, Transaction, TransactionLookup, TransactionPage,
    TransactionQuery,
};
use moulin_adapter::prelude::*;

pub use sale::parse_sales_page;

/// The adapter.
#[derive(Debug)]
pub struct Lightspeed;

impl Adapter for Lightspeed {
    fn describe() -> Description {
        describe::description()
    }
    fn check() -> Result<Health> {
        api::check()
    }
}

impl Pos for Lightspeed {
    fn list_transactions(query: TransactionQuery) -> Result<TransactionPage> {
        sales::list(&query)
    }
    fn get_transaction(query: TransactionLookup) -> Result<Transaction> {
        sales::get(&query)
    }
    fn list_products(query: ProductQuery) -> Result<ProductPage> {
        items::list(&query)
    }
    fn update_product(patch: ProductPatch) -> Result<Product> {
        items::update(&patch)
    }
    fn get_stock(query: StockQuery) -> Result<StockPage> {
        stock::list(&query)
    }
    fn update_stock(_: StockUpdate) -> Result<Vec<StockLevel>> {
        Err(Error::unsupported(describe::NO_STOCK_WRITE))
    }
    fn list_categories(query: ListQuery) -> Result<CategoryPage> {
        people::categories(&query)
    }
    fn list_discounts(query: ListQuery) -> Result<DiscountPage> {
        discounts::list(&query)
    }
    fn create_discount(discount: NewDiscount) -> Result<Discount> {
        discounts::create(&discount)
    }
    fn list_customers(query: ListQuery) -> Result<CustomerPage> {
        people::customers(&query)
    }
}

moulin_adapter::export_pos!(Lightspeed);
