//! Records as they are answered.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::amount::Decimal;
use crate::common::query::Query;
use crate::wholesale::{ApiError, Desk, Goods, Line, Order, Ware, in_paris, number, slots};
use crate::world::{Shelf, World};

/// One record under its name.
pub(super) fn under<T>(name: &'static str, record: T) -> BTreeMap<&'static str, T> {
    BTreeMap::from([(name, record)])
}

/// Where a list begins, and how much of it there is.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Page {
    total: usize,
    limit: usize,
    offset: usize,
}

impl Page {
    /// The part of a list of so many that `offset` and `limit` ask for.
    pub(super) fn of(query: &Query, total: usize) -> Result<Self, ApiError> {
        let limit = number(query, "limit", 100, 1..=100)?;
        Ok(Self { total, limit, offset: number(query, "offset", 0, 0..=1_000_000)? })
    }

    pub(super) fn range(self) -> Range<usize> {
        let start = self.offset.min(self.total);
        start..start.saturating_add(self.limit).min(self.total)
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Products<'a> {
    pub(super) items: Vec<Product<'a>>,
    #[serde(flatten)]
    pub(super) page: Page,
}

#[derive(Debug, Serialize)]
pub(super) struct Orders<'a> {
    pub(super) orders: Vec<ShownOrder<'a>>,
    #[serde(flatten)]
    pub(super) page: Page,
}

/// An amount in cents as text with two decimals.
pub(super) fn amount(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// A quantity as text with three decimals.
fn quantity(value: Decimal) -> String {
    let milli = value.to_milli().unwrap_or_default();
    let sign = if milli < 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", milli.abs() / 1_000, milli.abs() % 1_000)
}

/// The vendor's category of an article.
pub(super) fn category(ware: &Ware) -> &'static str {
    match ware.product.shelf {
        Shelf::Fish => "SEAFOOD",
        other => other.code(),
    }
}

/// The houses of the group, and how they keep things.
fn house(shelf: Shelf) -> (&'static str, &'static str) {
    match shelf {
        Shelf::Vegetables | Shelf::Fruits => ("TerreAzur", "FRESH"),
        Shelf::Frozen => ("PassionFroid", "FROZEN"),
        Shelf::Meat | Shelf::Poultry | Shelf::Fish | Shelf::Dairy | Shelf::Cheese => ("PassionFroid", "CHILLED"),
        _ => ("ÉpiSaveurs", "AMBIENT"),
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Product<'a> {
    product_code: &'a str,
    label: &'a str,
    category: &'static str,
    unit: &'static str,
    packaging: &'static str,
    price: String,
    currency: &'static str,
    vat_rate: String,
    available: bool,
    brand: &'static str,
    storage: &'static str,
    ean: &'a str,
}

/// A product; its price is for a unit.
pub(super) fn product<'a>(ware: &'a Ware, desk: &Desk) -> Product<'a> {
    let (brand, storage) = house(ware.product.shelf);
    Product {
        product_code: &ware.number,
        label: &ware.product.name,
        category: category(ware),
        unit: ware.product.unit.code(),
        packaging: ware.product.packaging,
        price: amount(ware.price),
        currency: "EUR",
        // Per cent with one decimal: 55 per mille is 5.5.
        vat_rate: format!("{}.{}", ware.product.shelf.purchase_vat() / 10, ware.product.shelf.purchase_vat() % 10),
        available: desk.left(&ware.number).is_positive(),
        brand,
        storage,
        ean: &ware.product.ean,
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Availability<'a> {
    product_code: &'a str,
    available: bool,
    available_quantity: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_delivery_date: Option<String>,
}

impl<'a> Availability<'a> {
    pub(super) fn new(ware: &'a Ware, left: Decimal, next: Date) -> Self {
        let available = left.is_positive();
        let next_delivery_date = available.then(|| next.to_string());
        Self { product_code: &ware.number, available, available_quantity: left, next_delivery_date }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct ShownOrder<'a> {
    order_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_reference: Option<&'a str>,
    status: &'static str,
    created_at: String,
    updated_at: String,
    delivery_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation_reason: Option<&'a str>,
    items: Vec<Item<'a>>,
    total_amount: String,
    currency: &'static str,
}

#[derive(Debug, Serialize)]
struct Item<'a> {
    product_code: &'a str,
    label: &'a str,
    quantity: String,
    unit: &'a str,
    unit_price: String,
    total_price: String,
}

pub(super) fn order<'a>(order: &'a Order, goods: &'a Goods) -> ShownOrder<'a> {
    let item = |line: &'a Line| {
        let (unit_price, total) = Order::price(goods, line);
        Item {
            product_code: &line.number,
            label: goods.find(&line.number).map(|ware| ware.product.name.as_str()).unwrap_or_default(),
            quantity: quantity(line.quantity),
            unit: &line.unit,
            unit_price: price(unit_price),
            total_price: amount(total),
        }
    };
    ShownOrder {
        order_id: &order.id,
        client_reference: order.reference.as_deref(),
        status: order.status,
        created_at: seconds(order.created),
        updated_at: seconds(order.updated),
        delivery_date: order.delivery.to_string(),
        notes: order.notes.as_deref(),
        cancellation_reason: order.reason.as_deref(),
        items: order.items.iter().map(item).collect(),
        total_amount: amount(order.total(goods)),
        currency: "EUR",
    }
}

/// The price of an ordered unit: two decimals, or as many as a gram needs.
fn price(value: Decimal) -> String {
    if value.decimals() <= 2 { amount(value.to_cents()) } else { value.to_string() }
}

#[derive(Debug, Serialize)]
pub(super) struct Slot {
    date: String,
    from: &'static str,
    to: &'static str,
    order_before: String,
    available: bool,
}

pub(super) fn schedule(world: &World) -> Vec<Slot> {
    let slot = |(day, cutoff, available): (Date, Timestamp, bool)| Slot {
        date: day.to_string(),
        from: "06:00",
        to: "11:00",
        order_before: in_paris(cutoff),
        available,
    };
    slots(world).map(slot).collect()
}

#[derive(Debug, Serialize)]
pub(super) struct Account {
    pub(super) establishment: String,
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) phone: &'static str,
    pub(super) currency: &'static str,
    pub(super) credit_limit: String,
    pub(super) balance: String,
    pub(super) payment_terms: &'static str,
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
