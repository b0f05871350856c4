//! The vendor behind the adapter, and short ways to write questions.

#![allow(dead_code, reason = "each test file uses a part of this one")]

use std::sync::LazyLock;

use moulin_adapter::http::{Method, Request, Response};
use moulin_adapter::prelude::*;
use moulin_adapter::suppliers::{CatalogQuery, OrderItem, OrderQuery, OrderRequest, ProductSearch, SupplierOrder};
use moulin_adapter::testing::Host;
use moulin_vendors::testing::InProcess;
use moulin_vendors::{Options, Pomona, PomonaOptions, World};

/// A user with a password, and a token.
pub(crate) const CREDENTIALS: [(&str, &str); 2] = [
    ("authorization", "Basic dmlldXgtbW91bGluOmRlbW8tcG9tb25hLXBhc3N3b3Jk"),
    ("authorization", "Bearer pom-demo-token"),
];

/// The methods of an order's life: twice placed, refused, found, read, changed, cancelled twice, refused, not found.
pub(crate) const METHODS: [Method; 10] = [
    Method::Post,
    Method::Post,
    Method::Post,
    Method::Get,
    Method::Get,
    Method::Put,
    Method::Post,
    Method::Post,
    Method::Post,
    Method::Get,
];

pub(crate) fn customer() -> &'static str {
    "PAR-07"
}

/// One world for all tests of a file: it never changes.
static WORLD: LazyLock<World> = LazyLock::new(|| World::new(Options::default()));

fn options() -> PomonaOptions {
    PomonaOptions { limits: PomonaOptions::limits(0), ..PomonaOptions::default() }
}

fn connection(flavor: &str, customer: &str) -> Host {
    Host::new(flavor).setting("establishment_code", customer).now(at("2025-04-12T10:30:00Z"))
}

/// A vendor with the first of the credentials.
pub(crate) fn vendor(options: PomonaOptions) -> (World, InProcess) {
    let world = WORLD.clone();
    let (name, value) = CREDENTIALS[0];
    (world.clone(), InProcess::new(Pomona::router(world, options)).header(name, value))
}

/// A connection to the vendor, whose answers may be tampered with.
pub(crate) fn with<F: Fn(&Request) -> Result<Response> + 'static>(wrap: impl FnOnce(InProcess) -> F) -> (World, Host) {
    let (world, vendor) = vendor(options());
    (world, connection("v1", customer()).vendor(wrap(vendor)))
}

/// A connection to the vendor.
pub(crate) fn supplier() -> (World, Host) {
    with(|vendor| move |request: &Request| vendor.answer(request))
}

/// A connection with these credentials.
pub(crate) fn host(flavor: &str, customer: &str, headers: &[(&str, &str)]) -> Host {
    let vendor = InProcess::new(Pomona::router(WORLD.clone(), options()));
    let vendor = headers.iter().fold(vendor, |vendor, (name, value)| vendor.header(name, value));
    connection(flavor, customer).vendor(move |request| vendor.answer(request))
}

/// A connection to a vendor that takes so many requests a minute.
pub(crate) fn rate_limited(per_minute: u32) -> Host {
    let mut options = options();
    options.limits.per_minute = per_minute;
    options.limits.enforced = true;
    let (_, vendor) = vendor(options);
    connection("v1", customer()).vendor(move |request| vendor.answer(request))
}

pub(crate) fn at(text: &str) -> Instant {
    time::parse_instant(text).unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    time::parse_date(text).unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The barcode of a product that the till stocks.
pub(crate) fn ean(world: &World, place: usize) -> String {
    world.products().iter().filter(|product| product.at_the_till).nth(place).unwrap().ean.clone()
}

pub(crate) fn catalog(limit: Option<u32>) -> CatalogQuery {
    CatalogQuery { category: None, limit, cursor: None, include_raw: false }
}

pub(crate) fn search(text: &str, category: Option<&str>) -> ProductSearch {
    ProductSearch {
        text: text.to_owned(),
        category: category.map(str::to_owned),
        limit: None,
        cursor: None,
        include_raw: false,
    }
}

pub(crate) fn from_to(from: Option<Instant>, to: Option<Instant>) -> OrderQuery {
    OrderQuery { status: None, from, to, client_reference: None, limit: None, cursor: None, include_raw: false }
}

/// An order for Monday the 14th.
pub(crate) fn order(items: &[(&str, &str, Option<&str>)], reference: &str, key: &str) -> OrderRequest {
    let item = |(id, quantity, unit): &(&str, &str, Option<&str>)| OrderItem {
        product_id: (*id).to_owned(),
        quantity: decimal(quantity),
        unit: unit.map(str::to_owned),
    };
    OrderRequest {
        items: items.iter().map(item).collect(),
        delivery_date: Some(day("2025-04-14")),
        notes: Some("Quai arrière".into()),
        priority: None,
        client_reference: Some(reference.to_owned()),
        idempotency_key: Some(key.to_owned()),
        include_raw: false,
    }
}

pub(crate) fn lines(order: &SupplierOrder) -> Vec<(String, Decimal)> {
    order.items.iter().map(|line| (line.product_id.clone(), line.quantity)).collect()
}
