//! What a wholesaler knows now, and how writes change it: each once for each idempotency key.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;

use super::book::{Book, Order};
use super::error::{ApiError, Detail, json};
use super::goods::Goods;
use super::intake::{Intake, Line};
use crate::amount::Decimal;
use crate::metro::{Limits, Meter, delivery_day};
use crate::world::World;

/// The state of a wholesaler; rebuilt from the world on reset.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) book: Book,
    pub(crate) meter: Meter,
    /// Units left, by number.
    stock: BTreeMap<String, Decimal>,
    keys: BTreeMap<String, (String, String)>,
    ticks: u32,
}

/// A write with the key it came under.
#[derive(Debug)]
pub(crate) struct Write {
    key: Option<String>,
    fingerprint: String,
}

impl Write {
    /// The write of a request. The body must be announced as JSON, the key be of a reasonable length.
    pub(crate) fn of(parts: &Parts, body: &Bytes) -> Result<Self, ApiError> {
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/json") {
            return Err(ApiError::invalid("Content-Type", "must be application/json"));
        }
        let key = match parts.headers.get("idempotency-key").map(HeaderValue::to_str) {
            None => None,
            Some(Ok(key)) if (1..=255).contains(&key.len()) => Some(key.to_owned()),
            Some(_) => return Err(ApiError::invalid("Idempotency-Key", "must have 1 to 255 visible characters")),
        };
        // The same JSON written otherwise is the same body.
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        Ok(Self { key, fingerprint: format!("{} {} {body}", parts.method, parts.uri.path()) })
    }
}

/// How a write went: the order it is about.
pub(crate) enum Booked {
    New(String),
    /// The same key and body came before.
    Again(String),
}

impl Booked {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::New(id) | Self::Again(id) => id,
        }
    }

    /// The answer with the order's JSON: `fresh` the first time, 200 and a header after that.
    pub(crate) fn answer(&self, fresh: StatusCode, order: &impl serde::Serialize) -> Response {
        match self {
            Self::New(_) => json(fresh, order),
            Self::Again(_) => {
                let mut response = json(StatusCode::OK, order);
                response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
                response
            }
        }
    }
}

impl Desk {
    pub(crate) fn new(goods: &Goods, book: Book, limits: Limits) -> Self {
        let stock = goods.all().iter().map(|ware| (ware.number.clone(), Decimal::new(ware.product.stock.into(), 0)));
        Self { book, meter: Meter::new(limits), stock: stock.collect(), keys: BTreeMap::new(), ticks: 0 }
    }

    pub(crate) fn now(&mut self, world: &World) -> Timestamp {
        self.ticks += 1;
        world.now(self.ticks)
    }

    /// Units left of a product.
    pub(crate) fn left(&self, number: &str) -> Decimal {
        self.stock.get(number).copied().unwrap_or(Decimal::milli(0))
    }

    /// Counts a request; an answer when it is one too many.
    pub(crate) fn charge(&mut self) -> Option<Response> {
        let seconds = self.meter.charge().err()?;
        let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "Too many requests");
        let mut response = error.into_response();
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        Some(response)
    }

    /// Does a write once: under a key that was used, the order of the first time.
    fn once(
        &mut self,
        write: Write,
        act: impl FnOnce(&mut Self) -> Result<String, ApiError>,
    ) -> Result<Booked, ApiError> {
        let Write { key, fingerprint } = write;
        if let Some((before, id)) = key.as_ref().and_then(|key| self.keys.get(key)) {
            if *before == fingerprint {
                return Ok(Booked::Again(id.clone()));
            }
            return Err(ApiError::conflict("DUPLICATE_ORDER", "The Idempotency-Key was used for something else"));
        }
        let id = act(self)?;
        if let Some(key) = key {
            self.keys.insert(key, (fingerprint, id.clone()));
        }
        Ok(Booked::New(id))
    }

    /// Books an order.
    pub(crate) fn book(&mut self, write: Write, intake: Intake, world: &World) -> Result<Booked, ApiError> {
        self.once(write, |desk| {
            let known = |order: &Order| order.reference == intake.reference && order.status != desk.book.way.cancelled;
            if intake.reference.is_some() && desk.book.orders.iter().any(known) {
                return Err(ApiError::conflict("DUPLICATE_ORDER", "There is an order with this reference"));
            }
            desk.take(intake.items.as_deref().unwrap_or_default())?;
            let now = desk.now(world);
            let order = desk.book.write(intake, world.options().today, now);
            let id = order.id.clone();
            desk.book.orders.push(order);
            Ok(id)
        })
    }

    /// Changes an order that has not left; absent fields stay.
    pub(crate) fn change(&mut self, write: Write, id: &str, intake: Intake, world: &World) -> Result<Booked, ApiError> {
        self.once(write, |desk| {
            let mut order = desk.book.find_open(id)?.clone();
            if let Some(items) = intake.items {
                desk.give_back(&order.items);
                if let Err(short) = desk.take(&items) {
                    // The old items stay booked; they were there a moment ago.
                    desk.take(&order.items)?;
                    return Err(short);
                }
                order.items = items;
            }
            if intake.date.is_some() {
                order.delivery = delivery_day(intake.date, world.options().today);
            }
            order.notes = intake.notes.or(order.notes);
            order.updated = desk.now(world);
            desk.book.replace(order);
            Ok(id.to_owned())
        })
    }

    /// Cancels an order that has not left.
    pub(crate) fn cancel(
        &mut self,
        write: Write,
        id: &str,
        reason: Option<String>,
        world: &World,
    ) -> Result<Booked, ApiError> {
        self.once(write, |desk| {
            let now = desk.now(world);
            let lines = desk.book.cancel(id, reason, now)?;
            desk.give_back(&lines);
            Ok(id.to_owned())
        })
    }

    /// The control call that moves an order: one step, or to the status named.
    pub(crate) fn control(&mut self, id: &str, status: Option<&str>, world: &World) -> Response {
        let now = self.now(world);
        let way = self.book.way;
        let Ok(order) = self.book.find(id) else { return StatusCode::NOT_FOUND.into_response() };
        let known = match status {
            None => {
                order.advance(way, now);
                true
            }
            Some(status) => order.force(way, status, now),
        };
        if known {
            json(StatusCode::OK, &json!({ "status": order.status }))
        } else {
            StatusCode::BAD_REQUEST.into_response()
        }
    }

    /// What is owed: every order that was not cancelled or refused, in cents.
    pub(crate) fn owed(&self, goods: &Goods) -> i64 {
        let way = self.book.way;
        let owed = self.book.orders.iter().filter(|order| order.status != way.cancelled && order.status != way.refused);
        owed.map(|order| order.total(goods)).sum()
    }

    fn take(&mut self, lines: &[Line]) -> Result<(), ApiError> {
        let needed = |line: &Line| line.quantity.times(line.factor);
        let short: Vec<Detail> = (0usize..)
            .zip(lines)
            .filter(|(_, line)| self.left(&line.number) < needed(line))
            .map(|(index, line)| {
                Detail::new(format!("items[{index}].quantity"), format!("product {} is out of stock", line.number))
            })
            .collect();
        if !short.is_empty() {
            return Err(ApiError { details: short, ..ApiError::conflict("OUT_OF_STOCK", "Not enough in stock") });
        }
        for line in lines {
            if let Some(left) = self.stock.get_mut(&line.number) {
                *left = left.minus(needed(line));
            }
        }
        Ok(())
    }

    fn give_back(&mut self, lines: &[Line]) {
        let zero = Decimal::new(0, 0);
        for line in lines {
            if let Some(left) = self.stock.get_mut(&line.number) {
                *left = left.minus(zero.minus(line.quantity.times(line.factor)));
            }
        }
    }
}
