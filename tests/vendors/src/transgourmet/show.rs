//! Records as they are answered.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::amount::Decimal;
use crate::wholesale::{Desk, Goods, Line, Order, Ware, in_paris, slots};
use crate::world::{Shelf, World};

/// One record under its name.
pub(super) fn under<T>(name: &'static str, record: T) -> BTreeMap<&'static str, T> {
    BTreeMap::from([(name, record)])
}

/// The page a list is on.
#[derive(Debug, Serialize)]
pub(super) struct Meta {
    pub(super) total: usize,
    pub(super) page: usize,
    pub(super) per_page: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct Catalog<'a> {
    pub(super) products: Vec<Product<'a>>,
    pub(super) meta: Meta,
}

#[derive(Debug, Serialize)]
pub(super) struct Orders<'a> {
    pub(super) orders: Vec<ShownOrder<'a>>,
    pub(super) meta: Meta,
}

/// The vendor's category of an article.
pub(super) fn category(ware: &Ware) -> &'static str {
    match ware.product.shelf {
        Shelf::Grocery => "INGREDIENTS",
        other => other.code(),
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Product<'a> {
    id: &'a str,
    name: &'a str,
    category: &'static str,
    unit: &'static str,
    packaging: &'static str,
    pack_size: Decimal,
    price: Decimal,
    currency: &'static str,
    vat_rate: Decimal,
    available: bool,
    ean: &'a str,
}

/// A product; its price is for a package.
pub(super) fn product<'a>(ware: &'a Ware, desk: &Desk) -> Product<'a> {
    Product {
        id: &ware.number,
        name: &ware.product.name,
        category: category(ware),
        unit: ware.product.unit.code(),
        packaging: ware.product.packaging,
        pack_size: ware.pack(),
        price: Decimal::cents(ware.package_price()),
        currency: "EUR",
        // Per cent with one decimal: 55 per mille is 5.5.
        vat_rate: Decimal::new(ware.product.shelf.purchase_vat().into(), 1),
        available: desk.left(&ware.number).is_positive(),
        ean: &ware.product.ean,
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Availability<'a> {
    product_id: &'a str,
    available: bool,
    quantity: Decimal,
    unit: &'static str,
    next_delivery: String,
}

impl<'a> Availability<'a> {
    pub(super) fn new(ware: &'a Ware, available: bool, quantity: Decimal, next: Date) -> Self {
        let unit = ware.product.unit.code();
        Self { product_id: &ware.number, available, quantity, unit, next_delivery: next.to_string() }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownOrder<'a> {
    id: &'a str,
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
    total_amount: Decimal,
    currency: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    product_id: &'a str,
    name: &'a str,
    quantity: Decimal,
    unit: &'a str,
    unit_price: Decimal,
    total_price: Decimal,
}

pub(super) fn order<'a>(order: &'a Order, goods: &'a Goods) -> ShownOrder<'a> {
    let item = |line: &'a Line| {
        let (unit_price, total) = Order::price(goods, line);
        Item {
            product_id: &line.number,
            name: goods.find(&line.number).map(|ware| ware.product.name.as_str()).unwrap_or_default(),
            quantity: line.quantity,
            unit: &line.unit,
            unit_price,
            total_price: Decimal::cents(total),
        }
    };
    ShownOrder {
        id: &order.id,
        client_reference: order.reference.as_deref(),
        status: order.status,
        created_at: seconds(order.created),
        updated_at: seconds(order.updated),
        delivery_date: order.delivery.to_string(),
        notes: order.notes.as_deref(),
        cancellation_reason: order.reason.as_deref(),
        items: order.items.iter().map(item).collect(),
        total_amount: Decimal::cents(order.total(goods)),
        currency: "EUR",
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
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
        from: "05:30",
        to: "09:00",
        order_before: in_paris(cutoff),
        available,
    };
    slots(world).map(slot).collect()
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    pub(super) customer_id: String,
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) phone: &'static str,
    pub(super) currency: &'static str,
    pub(super) credit_limit: Decimal,
    pub(super) balance: Decimal,
    pub(super) payment_terms: &'static str,
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
