//! Moulin adapter of Square: payments, catalogue, inventory, discounts, customers.
//!
//! One flavour, `v2`: the specification's paths are the vendor's own.
//!
//! | file | what it maps |
//! |---|---|
//! | `describe` | what the adapter is and needs |
//! | `api` | sending, the one record of an answer, the check |
//! | `page` | lists, cursors, and limits where the vendor has none |
//! | `money` | whole minor units with their currency |
//! | `payments`, `payment` | asking for payments; the payment as a transaction |
//! | `orders` | lines, which stand on the order a payment pays |
//! | `catalog`, `product` | asking for items; an item's variations as products |
//! | `update`, `patch` | changing a product: read, change, write the whole |
//! | `variations` | from products to the variations that carry stock, and back |
//! | `stock`, `changes` | stock levels; counts and movements |
//! | `directory`, `discounts` | categories and customers; discounts |
//! | `error` | categories and codes |

#![cfg_attr(test, allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

mod api;
mod catalog;
mod changes;
mod describe;
mod directory;
mod discounts;
mod error;
mod money;
mod orders;
mod page;
mod patch;
mod payment;
mod payments;
mod product;
mod stock;
mod update;
mod variations;

use moulin_adapter::pos::{
    CategoryPage, CustomerPage, Discount, DiscountPage, ListQuery, NewDiscount, Product, ProductPage, ProductPatch,
    ProductQuery, StockLevel, StockPage, StockQuery, StockUpdate, Transaction, TransactionLookup, TransactionPage,
    TransactionQuery,
};
use moulin_adapter::prelude::*;

/// The adapter.
#[derive(Debug)]
pub struct Square;

impl Adapter for Square {
    fn describe() -> Description {
        describe::description()
    }
    fn check() -> Result<Health> {
        api::check()
    }
}

impl Pos for Square {
    fn list_transactions(query: TransactionQuery) -> Result<TransactionPage> {
        payments::list(&query)
    }
    fn get_transaction(query: TransactionLookup) -> Result<Transaction> {
        payments::get(&query)
    }
    fn list_products(query: ProductQuery) -> Result<ProductPage> {
        catalog::list(&query)
    }
    fn update_product(patch: ProductPatch) -> Result<Product> {
        update::update(&patch)
    }
    fn get_stock(query: StockQuery) -> Result<StockPage> {
        stock::list(&query)
    }
    fn update_stock(update: StockUpdate) -> Result<Vec<StockLevel>> {
        changes::update(&update)
    }
    fn list_categories(query: ListQuery) -> Result<CategoryPage> {
        directory::categories(&query)
    }
    fn list_discounts(query: ListQuery) -> Result<DiscountPage> {
        discounts::list(&query)
    }
    fn create_discount(discount: NewDiscount) -> Result<Discount> {
        discounts::create(&discount)
    }
    fn list_customers(query: ListQuery) -> Result<CustomerPage> {
        directory::customers(&query)
    }
}

moulin_adapter::export_pos!(Square);
