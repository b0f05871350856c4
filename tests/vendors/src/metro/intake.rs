//! What an order's body must look like. Everything wrong is told at once, each with its place.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use serde_json::value::RawValue;

use super::error::{ApiError, Detail};
use crate::amount::Decimal;
use crate::world::{Product, World, paris};

/// The units the vendor knows.
pub(crate) const UNITS: [&str; 7] = ["PC", "KG", "G", "L", "CL", "CT", "PK"];
const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];

/// One item of an order.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) product_id: String,
    pub(super) quantity: Decimal,
    pub(super) unit: String,
    /// Units of the product in one ordered unit.
    pub(super) factor: Decimal,
}

/// What a body says; absent fields are none.
#[derive(Debug, Default)]
pub(super) struct Intake {
    pub(super) items: Option<Vec<Item>>,
    pub(super) requested_date: Option<Date>,
    pub(super) notes: Option<String>,
    pub(super) priority: Option<String>,
    pub(super) client_reference: Option<String>,
    pub(super) status: Option<String>,
    pub(super) cancellation_reason: Option<String>,
    pub(super) product_ids: Option<Vec<String>>,
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Reads one body, collecting what is wrong.
pub(super) struct Reader<'w> {
    world: &'w World,
    client_number: &'w str,
    problems: Vec<Detail>,
    foreign_client: bool,
}

impl<'w> Reader<'w> {
    pub(super) fn new(world: &'w World, client_number: &'w str) -> Self {
        Self { world, client_number, problems: Vec::new(), foreign_client: false }
    }

    /// Reads a body that may have these fields.
    pub(super) fn read(mut self, body: &[u8], allowed: &[&str]) -> Result<Intake, ApiError> {
        let fields: Fields<'_> = serde_json::from_slice(body).map_err(|error| {
            ApiError::invalid_request(vec![Detail::new("body", format!("is not a JSON object: {error}"))])
        })?;
        let mut intake = Intake::default();
        for (name, value) in &fields {
            let place = name.as_str();
            if !allowed.contains(&place) {
                self.wrong(place, "is unknown here");
                continue;
            }
            match place {
                "client_number" => {
                    let number = self.text(place, value, 64);
                    self.foreign_client = number.is_some_and(|number| number != self.client_number);
                }
                "items" => intake.items = Some(self.items(value)),
                "delivery_info" => self.delivery_info(value, &mut intake),
                "priority" => intake.priority = self.one_of(place, value, &PRIORITIES),
                "client_reference" => intake.client_reference = self.text(place, value, 64),
                "status" => intake.status = self.one_of(place, value, &["CANCELLED"]),
                "cancellation_reason" => intake.cancellation_reason = self.text(place, value, 500),
                "product_ids" => intake.product_ids = Some(self.product_ids(value)),
                "date" => intake.requested_date = self.date(place, value),
                _ => self.wrong(place, "is unknown here"),
            }
        }
        if self.foreign_client {
            let message = "The key does not belong to this client number";
            return Err(ApiError::new(http::StatusCode::FORBIDDEN, "FORBIDDEN", message));
        }
        if self.problems.is_empty() { Ok(intake) } else { Err(ApiError::validation(self.problems)) }
    }

    fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push(Detail::new(field, message));
    }

    fn items(&mut self, value: &RawValue) -> Vec<Item> {
        let Ok(rows) = serde_json::from_str::<Vec<Fields<'_>>>(value.get()) else {
            self.wrong("items", "must be a list of objects");
            return Vec::new();
        };
        if rows.is_empty() || rows.len() > 500 {
            self.wrong("items", "must have 1 to 500 items");
        }
        let mut items: Vec<Item> = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let place = |name: &str| format!("items[{index}].{name}");
            for name in row.keys().filter(|name| !["product_id", "quantity", "unit"].contains(&name.as_str())) {
                self.wrong(&place(name), "is unknown here");
            }
            let id = row.get("product_id").and_then(|value| self.text(&place("product_id"), value, 64));
            let quantity = row.get("quantity").and_then(|value| self.quantity(&place("quantity"), value));
            let unit = match row.get("unit") {
                Some(value) => self.one_of(&place("unit"), value, &UNITS),
                None => Some("PC".to_owned()),
            };
            for name in ["product_id", "quantity"].into_iter().filter(|name| !row.contains_key(*name)) {
                self.wrong(&place(name), "is missing");
            }
            let (Some(id), Some(quantity), Some(unit)) = (id, quantity, unit) else { continue };
            let Some(product) = self.world.products().iter().find(|product| product.id == id) else {
                self.wrong(&place("product_id"), format!("product {id} does not exist"));
                continue;
            };
            if items.iter().any(|item| item.product_id == id) {
                self.wrong(&place("product_id"), format!("product {id} is ordered twice"));
            }
            match factor(product, &unit) {
                Some(factor) => items.push(Item { product_id: id, quantity, unit, factor }),
                None => self
                    .wrong(&place("unit"), format!("product {id} is sold by {}, not by {unit}", product.unit.code())),
            }
        }
        items
    }

    fn delivery_info(&mut self, value: &RawValue, intake: &mut Intake) {
        let Ok(fields) = serde_json::from_str::<Fields<'_>>(value.get()) else {
            return self.wrong("delivery_info", "must be an object");
        };
        for (name, value) in &fields {
            let place = format!("delivery_info.{name}");
            match name.as_str() {
                // The specification's client sends null for a date that is not set.
                "requested_date" | "delivery_notes" if value.get() == "null" => {}
                "requested_date" => intake.requested_date = self.date(&place, value),
                "delivery_notes" => intake.notes = self.text(&place, value, 500),
                _ => self.wrong(&place, "is unknown here"),
            }
        }
    }

    fn product_ids(&mut self, value: &RawValue) -> Vec<String> {
        let ids: Vec<String> = serde_json::from_str(value.get()).unwrap_or_default();
        if ids.is_empty() || ids.len() > 100 {
            self.wrong("product_ids", "must be a list of 1 to 100 product numbers");
        }
        ids
    }

    fn text(&mut self, place: &str, value: &RawValue, longest: usize) -> Option<String> {
        match serde_json::from_str::<String>(value.get()) {
            Ok(text) if text.chars().count() <= longest => Some(text),
            Ok(_) => {
                self.wrong(place, format!("must have at most {longest} characters"));
                None
            }
            Err(_) => {
                self.wrong(place, "must be a text");
                None
            }
        }
    }

    fn one_of(&mut self, place: &str, value: &RawValue, known: &[&str]) -> Option<String> {
        let text = self.text(place, value, 64)?;
        if !known.contains(&text.as_str()) {
            self.wrong(place, format!("must be one of {}", known.join(", ")));
        }
        Some(text)
    }

    /// A JSON number of more than zero with at most three decimals, read from its text.
    fn quantity(&mut self, place: &str, value: &RawValue) -> Option<Decimal> {
        match Decimal::parse(value.get()) {
            None => self.wrong(place, "must be a number"),
            Some(quantity) if !quantity.is_positive() => self.wrong(place, "must be > 0"),
            Some(quantity) if quantity.to_milli().is_none() => self.wrong(place, "must have at most 3 decimals"),
            Some(quantity) => return Some(quantity),
        }
        None
    }

    /// A day in Paris, not before the world's: a date, or an instant with an offset.
    fn date(&mut self, place: &str, value: &RawValue) -> Option<Date> {
        let text = self.text(place, value, 40)?;
        let day = day(&text);
        match day {
            None => self.wrong(place, "must be an ISO 8601 date, or date and time with an offset"),
            Some(day) if day < self.world.options().today => self.wrong(place, "must not be in the past"),
            Some(_) => {}
        }
        day
    }
}

/// The day in Paris of an ISO 8601 date or instant.
pub(super) fn day(text: &str) -> Option<Date> {
    if text.len() == 10 {
        return text.parse().ok();
    }
    let instant: Timestamp = text.parse().ok()?;
    Some(Zoned::new(instant, paris()).date())
}

/// Units of the product in one `unit`. Pieces, cartons and packs of what is sold by weight or volume are packagings.
pub(crate) fn factor(product: &Product, unit: &str) -> Option<Decimal> {
    let pack = Decimal::milli(product.pack_milli);
    match (product.unit.code(), unit) {
        (own, asked) if own == asked => Some(Decimal::new(1, 0)),
        ("KG", "G") => Some(Decimal::new(1, 3)),
        ("L", "CL") => Some(Decimal::new(1, 2)),
        (_, "CT" | "PK") | ("KG" | "L", "PC") => Some(pack),
        _ => None,
    }
}
