//! What a body must look like. Everything wrong is told at once, each with its place.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::value::RawValue;

use super::error::{ApiError, Detail};
use super::goods::Goods;
use crate::amount::Decimal;
use crate::metro::{UNITS, factor};

/// What the wholesaler calls things.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) account: &'static str,
    pub(crate) product: &'static str,
    pub(crate) products: &'static str,
    pub(crate) date: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) reason: &'static str,
    /// The error code for a product nobody sells.
    pub(crate) unknown_product: &'static str,
}

/// One line of an order.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) number: String,
    pub(crate) quantity: Decimal,
    pub(crate) unit: String,
    /// Units of the product in one ordered unit.
    pub(crate) factor: Decimal,
}

/// What a body says; absent fields are none.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    pub(crate) account: Option<String>,
    pub(crate) items: Option<Vec<Line>>,
    pub(crate) date: Option<Date>,
    pub(crate) notes: Option<String>,
    pub(crate) reference: Option<String>,
    /// The `status` or `action` asked for.
    pub(crate) step: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) numbers: Option<Vec<String>>,
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Reads one body, collecting what is wrong.
pub(crate) struct Reader<'w> {
    goods: &'w Goods,
    names: &'static Names,
    today: Date,
    problems: Vec<Detail>,
    unknown_product: bool,
}

impl<'w> Reader<'w> {
    pub(crate) fn new(goods: &'w Goods, names: &'static Names, today: Date) -> Self {
        Self { goods, names, today, problems: Vec::new(), unknown_product: false }
    }

    /// Reads a body that may have these fields and must have those.
    pub(crate) fn read(mut self, body: &[u8], may: &[&str], must: &[&str]) -> Result<Intake, ApiError> {
        let fields: Fields<'_> = serde_json::from_slice(body)
            .map_err(|error| ApiError::invalid("body", format!("is not a JSON object: {error}")))?;
        let mut intake = Intake::default();
        for name in must.iter().filter(|name| !fields.contains_key(**name)) {
            self.wrong(name, "is missing");
        }
        for (name, value) in &fields {
            let place = name.as_str();
            if !may.contains(&place) && !must.contains(&place) {
                self.wrong(place, "is unknown here");
            } else if place == self.names.account {
                intake.account = self.text(place, value, 64);
            } else if place == self.names.date {
                intake.date = self.date(place, value);
            } else if place == self.names.reference {
                intake.reference = self.text(place, value, 64);
            } else if place == self.names.reason {
                intake.reason = self.text(place, value, 500);
            } else if place == self.names.products {
                intake.numbers = self.numbers(place, value);
            } else {
                match place {
                    "items" => intake.items = Some(self.items(value)),
                    "notes" => intake.notes = self.text(place, value, 500),
                    "status" => intake.step = self.one_of(place, value, &["CANCELLED"]),
                    "action" => intake.step = self.one_of(place, value, &["cancel"]),
                    _ => self.wrong(place, "is unknown here"),
                }
            }
        }
        if self.problems.is_empty() {
            return Ok(intake);
        }
        let code = if self.unknown_product { self.names.unknown_product } else { "VALIDATION_FAILED" };
        Err(ApiError::rule(code, self.problems))
    }

    fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push(Detail::new(field, message));
    }

    fn items(&mut self, value: &RawValue) -> Vec<Line> {
        let Ok(rows) = serde_json::from_str::<Vec<Fields<'_>>>(value.get()) else {
            self.wrong("items", "must be a list of objects");
            return Vec::new();
        };
        if rows.is_empty() || rows.len() > 500 {
            self.wrong("items", "must have 1 to 500 items");
        }
        let product = self.names.product;
        let mut lines: Vec<Line> = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let place = |name: &str| format!("items[{index}].{name}");
            for name in row.keys().filter(|name| ![product, "quantity", "unit"].contains(&name.as_str())) {
                self.wrong(&place(name), "is unknown here");
            }
            for name in [product, "quantity"].into_iter().filter(|name| !row.contains_key(*name)) {
                self.wrong(&place(name), "is missing");
            }
            let number = row.get(product).and_then(|value| self.text(&place(product), value, 64));
            let quantity = row.get("quantity").and_then(|value| self.quantity(&place("quantity"), value));
            let unit = match row.get("unit") {
                Some(value) => self.one_of(&place("unit"), value, &UNITS),
                None => Some("PC".to_owned()),
            };
            let (Some(number), Some(quantity), Some(unit)) = (number, quantity, unit) else { continue };
            let Some(ware) = self.goods.find(&number) else {
                self.unknown_product = true;
                self.wrong(&place(product), format!("product {number} does not exist"));
                continue;
            };
            if lines.iter().any(|line| line.number == number) {
                self.wrong(&place(product), format!("product {number} is ordered twice"));
            }
            match factor(&ware.product, &unit) {
                Some(factor) => lines.push(Line { number, quantity, unit, factor }),
                None => self.wrong(
                    &place("unit"),
                    format!("product {number} is sold by {}, not by {unit}", ware.product.unit.code()),
                ),
            }
        }
        lines
    }

    fn numbers(&mut self, place: &str, value: &RawValue) -> Option<Vec<String>> {
        let numbers: Vec<String> = serde_json::from_str(value.get()).unwrap_or_default();
        if numbers.is_empty() || numbers.len() > 100 {
            self.wrong(place, "must be a list of 1 to 100 product numbers");
        }
        Some(numbers)
    }

    fn text(&mut self, place: &str, value: &RawValue, longest: usize) -> Option<String> {
        match serde_json::from_str::<String>(value.get()) {
            Ok(text) if text.chars().count() <= longest => return Some(text),
            Ok(_) => self.wrong(place, format!("must have at most {longest} characters")),
            Err(_) => self.wrong(place, "must be a text"),
        }
        None
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

    /// A day written `YYYY-MM-DD`, not before the world's.
    fn date(&mut self, place: &str, value: &RawValue) -> Option<Date> {
        let text = self.text(place, value, 40)?;
        let day: Option<Date> = if text.len() == 10 { text.parse().ok() } else { None };
        match day {
            None => self.wrong(place, "must be a date, YYYY-MM-DD"),
            Some(day) if day < self.today => self.wrong(place, "must not be in the past"),
            Some(_) => {}
        }
        day
    }
}
