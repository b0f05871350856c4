//! Orders: booked, moved on, changed, cancelled.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan, Zoned};
use serde::Serialize;

use super::error::{ApiError, Detail};
use super::intake::{Intake, Item};
use super::products::Stock;
use crate::amount::Decimal;
use crate::world::{Dice, World, paris, paris_instant};

/// The way of an order that goes well. A new one starts at `PROCESSING`, after the two before it.
const WAY: [&str; 5] = ["PENDING", "CONFIRMED", "PROCESSING", "SHIPPED", "DELIVERED"];
/// Every status an order can have.
pub(super) const STATUSES: [&str; 7] =
    ["PENDING", "CONFIRMED", "PROCESSING", "SHIPPED", "DELIVERED", "CANCELLED", "REJECTED"];

/// An order as it stands.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) id: String,
    pub(super) client_reference: Option<String>,
    pub(super) status: &'static str,
    pub(super) created: Timestamp,
    updated: Timestamp,
    items: Vec<Item>,
    notes: Option<String>,
    priority: String,
    requested: Option<Date>,
    delivery: Date,
    reason: Option<String>,
    history: Vec<(&'static str, Timestamp)>,
    reads: u32,
}

/// All orders, oldest first, and the keys they were booked under.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) orders: Vec<Order>,
    keys: BTreeMap<String, (serde_json::Value, String)>,
    next: u32,
}

/// How a booking went.
pub(super) enum Booked {
    New(String),
    /// The same key and body came before.
    Again(String),
}

impl Book {
    /// The weeks before today: two deliveries a week, the last order still on its way.
    pub(super) fn new(world: &World) -> Self {
        let mut dice = Dice::new(world.options().seed, 6);
        let mut book = Self { orders: Vec::new(), keys: BTreeMap::new(), next: 863 };
        let today = world.options().today;
        let regular: Vec<_> = world.products().iter().filter(|product| product.at_the_till).collect();
        for (number, back) in (1u32..).zip([26i64, 23, 19, 16, 12, 9, 5, 2]) {
            let day = today.checked_sub(back.days()).unwrap_or(today);
            let mut items: Vec<Item> = Vec::new();
            for _ in 0..6 {
                if let Some(product) = dice.pick(&regular)
                    && !items.iter().any(|item| item.product_id == product.id)
                {
                    let (product_id, unit) = (product.id.clone(), product.unit.code().to_owned());
                    items.push(Item {
                        product_id,
                        quantity: Decimal::new(dice.between(4, 30).into(), 0),
                        unit,
                        factor: Decimal::new(1, 0),
                    });
                }
            }
            let created = paris_instant(day.at(10, 15, 0, 0));
            let reference = format!("lvm-{}-{number:06}", day.year());
            let intake = Intake { items: Some(items), client_reference: Some(reference), ..Intake::default() };
            let mut order = book.write(intake, day, created);
            for (hours, status) in
                [(20i64, "SHIPPED"), (23, "DELIVERED")].into_iter().take(if back > 2 { 2 } else { 1 })
            {
                order.move_to(status, created.checked_add(hours.hours()).unwrap_or(created));
            }
            book.orders.push(order);
        }
        book
    }

    /// Books an order, once for each key.
    pub(super) fn book(
        &mut self,
        intake: Intake,
        key: Option<(&str, serde_json::Value)>,
        world: &World,
        stock: &mut Stock,
        now: Timestamp,
    ) -> Result<Booked, ApiError> {
        let conflict = |message: &str| ApiError::new(http::StatusCode::CONFLICT, "DUPLICATE_ORDER", message);
        if let Some((key, body)) = &key
            && let Some((before, id)) = self.keys.get(*key)
        {
            return if before == body {
                Ok(Booked::Again(id.clone()))
            } else {
                Err(conflict("The Idempotency-Key was used with another body"))
            };
        }
        if let Some(reference) = &intake.client_reference
            && self
                .orders
                .iter()
                .any(|order| order.client_reference.as_ref() == Some(reference) && order.status != "CANCELLED")
        {
            return Err(conflict("There is an order with this client_reference"));
        }
        let Some(items) = intake.items.as_deref() else {
            return Err(ApiError::validation(vec![Detail::new("items", "is missing")]));
        };
        take(stock, items)?;
        let order = self.write(intake, world.options().today, now);
        let id = order.id.clone();
        self.orders.push(order);
        if let Some((key, body)) = key {
            self.keys.insert(key.to_owned(), (body, id.clone()));
        }
        Ok(Booked::New(id))
    }

    fn write(&mut self, intake: Intake, today: Date, now: Timestamp) -> Order {
        let id = format!("MET-{}-{:05}", Zoned::new(now, paris()).year(), self.next);
        self.next += 1;
        let mut order = Order {
            id,
            client_reference: intake.client_reference,
            status: "PENDING",
            created: now,
            updated: now,
            items: intake.items.unwrap_or_default(),
            notes: intake.notes,
            priority: intake.priority.unwrap_or_else(|| "normal".to_owned()),
            requested: intake.requested_date,
            delivery: delivery_day(intake.requested_date, today),
            reason: None,
            history: Vec::new(),
            reads: 0,
        };
        for status in WAY.into_iter().take(3) {
            order.move_to(status, now);
        }
        order
    }

    pub(super) fn find(&mut self, id: &str) -> Result<&mut Order, ApiError> {
        self.orders.iter_mut().find(|order| order.id == id).ok_or_else(|| ApiError::not_found("Order", id))
    }

    /// Changes or cancels an order that has not left.
    pub(super) fn change(
        &mut self,
        id: &str,
        intake: Intake,
        today: Date,
        stock: &mut Stock,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let order = self.find(id)?;
        if ["SHIPPED", "DELIVERED", "CANCELLED", "REJECTED"].contains(&order.status) {
            let message = format!("Order {id} is {} and cannot be changed", order.status);
            return Err(ApiError::new(http::StatusCode::CONFLICT, "ORDER_LOCKED", message));
        }
        if intake.cancellation_reason.is_some() && intake.status.is_none() {
            return Err(ApiError::validation(vec![Detail::new("cancellation_reason", "needs status CANCELLED")]));
        }
        if intake.status.is_some() {
            give_back(stock, &order.items);
            order.reason = intake.cancellation_reason;
            order.move_to("CANCELLED", now);
            return Ok(());
        }
        if let Some(items) = intake.items {
            give_back(stock, &order.items);
            if let Err(short) = take(stock, &items) {
                // The old items stay booked; they were there a moment ago.
                take(stock, &order.items)?;
                return Err(short);
            }
            order.items = items;
        }
        if let Some(day) = intake.requested_date {
            order.requested = Some(day);
            order.delivery = delivery_day(Some(day), today);
        }
        order.notes = intake.notes.or(order.notes.take());
        order.priority = intake.priority.unwrap_or_else(|| std::mem::take(&mut order.priority));
        order.updated = now;
        Ok(())
    }
}

impl Order {
    fn move_to(&mut self, status: &'static str, at: Timestamp) {
        self.status = status;
        self.updated = at;
        self.history.push((status, at));
    }

    /// One step on the way; at its end, or off it, nothing happens.
    pub(super) fn advance(&mut self, at: Timestamp) {
        let here = WAY.iter().position(|status| *status == self.status);
        if let Some(next) = here.and_then(|here| WAY.get(here + 1)) {
            self.move_to(next, at);
        }
    }

    /// Sets a status whatever the present one; false for an unknown one.
    pub(super) fn force(&mut self, status: &str, at: Timestamp) -> bool {
        match STATUSES.into_iter().find(|known| *known == status) {
            Some(status) => {
                self.move_to(status, at);
                true
            }
            None => false,
        }
    }

    /// Counts a look at the order; after every `step` looks it has moved on. 0: it never moves by itself.
    pub(super) fn looked_at(&mut self, step: u32, at: Timestamp) {
        self.reads += 1;
        if step > 0 && self.reads.is_multiple_of(step) {
            self.advance(at);
        }
    }
}

fn take(stock: &mut Stock, items: &[Item]) -> Result<(), ApiError> {
    let needed = |item: &Item| item.quantity.times(item.factor);
    let short: Vec<Detail> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| stock.get(&item.product_id).is_none_or(|left| *left < needed(item)))
        .map(|(index, item)| {
            Detail::new(format!("items[{index}].quantity"), format!("product {} is out of stock", item.product_id))
        })
        .collect();
    if !short.is_empty() {
        let conflict = ApiError::new(http::StatusCode::CONFLICT, "OUT_OF_STOCK", "Not enough in stock");
        return Err(ApiError { details: short, ..conflict });
    }
    for item in items {
        if let Some(left) = stock.get_mut(&item.product_id) {
            *left = left.minus(needed(item));
        }
    }
    Ok(())
}

fn give_back(stock: &mut Stock, items: &[Item]) {
    for item in items {
        if let Some(left) = stock.get_mut(&item.product_id) {
            let zero = Decimal::new(0, 0);
            *left = left.minus(zero.minus(item.quantity.times(item.factor)));
        }
    }
}

/// The day asked for, or tomorrow; on a Sunday nobody delivers, so the day after.
pub(crate) fn delivery_day(asked: Option<Date>, today: Date) -> Date {
    let day = asked.or_else(|| today.tomorrow().ok()).unwrap_or(today);
    if day.weekday() == Weekday::Sunday { day.tomorrow().unwrap_or(day) } else { day }
}

/// An order as it is answered.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    order_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_reference: Option<String>,
    status: &'static str,
    created_at: String,
    updated_at: String,
    items: Vec<ShownItem>,
    total_amount: Decimal,
    currency: &'static str,
    priority: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_info: Option<DeliveryInfo>,
    estimated_delivery: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking: Option<Tracking>,
}

#[derive(Debug, Serialize)]
struct ShownItem {
    product_id: String,
    name: String,
    quantity: Decimal,
    unit: String,
    unit_price: Decimal,
    total_price: Decimal,
}

#[derive(Debug, Serialize)]
struct DeliveryInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_notes: Option<String>,
}

#[derive(Debug, Serialize)]
struct Tracking {
    carrier: &'static str,
    status_history: Vec<Event>,
}

#[derive(Debug, Serialize)]
struct Event {
    status: &'static str,
    at: String,
}

/// What the lines of an order make, each rounded to the cent, in cents.
pub(super) fn total(order: &Order, world: &World) -> i64 {
    order.items.iter().map(|item| price(item, world).1).sum()
}

/// The price of one ordered unit, and what the line makes in cents.
fn price(item: &Item, world: &World) -> (Decimal, i64) {
    let product = world.products().iter().find(|product| product.id == item.product_id);
    let unit_price = Decimal::cents(product.map_or(0, |product| product.price)).times(item.factor);
    (unit_price, unit_price.times(item.quantity).to_cents())
}

/// An order; with its way when it is looked at alone.
pub(super) fn show(order: &Order, world: &World, tracking: bool) -> Shown {
    let items = order.items.iter().map(|item| {
        let product = world.products().iter().find(|product| product.id == item.product_id);
        let (unit_price, line) = price(item, world);
        ShownItem {
            product_id: item.product_id.clone(),
            name: product.map(|product| product.name.clone()).unwrap_or_default(),
            quantity: item.quantity,
            unit: item.unit.clone(),
            unit_price,
            total_price: Decimal::cents(line),
        }
    });
    let items = items.collect();
    let total = total(order, world);
    let requested_date = order.requested.map(|day| day.to_string());
    let delivery_info = (requested_date.is_some() || order.notes.is_some())
        .then(|| DeliveryInfo { requested_date, delivery_notes: order.notes.clone() });
    let history = || order.history.iter().map(|(status, at)| Event { status, at: seconds(*at) }).collect();
    Shown {
        order_id: order.id.clone(),
        client_reference: order.client_reference.clone(),
        status: order.status,
        created_at: seconds(order.created),
        updated_at: seconds(order.updated),
        items,
        total_amount: Decimal::cents(total),
        currency: "EUR",
        priority: order.priority.clone(),
        delivery_info,
        estimated_delivery: order.delivery.to_string(),
        cancellation_reason: order.reason.clone(),
        tracking: tracking.then(|| Tracking { carrier: "METRO", status_history: history() }),
    }
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
