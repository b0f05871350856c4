//! Orders: written, moved on, changed, cancelled.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::error::ApiError;
use super::goods::Goods;
use super::intake::{Intake, Line};
use crate::amount::Decimal;
use crate::metro::delivery_day;
use crate::world::{Dice, World, paris_instant};

/// The words of a wholesaler for where an order stands.
#[derive(Debug)]
pub(crate) struct Way {
    /// From the first to the last of an order that goes well: booked, confirmed, prepared, on its way, there.
    pub(crate) steps: [&'static str; 5],
    pub(crate) cancelled: &'static str,
    pub(crate) refused: &'static str,
}

impl Way {
    pub(crate) fn word(&self, text: &str) -> Option<&'static str> {
        self.steps.into_iter().chain([self.cancelled, self.refused]).find(|word| *word == text)
    }

    /// Whether an order can still be changed.
    fn is_open(&self, status: &str) -> bool {
        self.steps.into_iter().take(3).any(|step| step == status)
    }
}

/// An order as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) reference: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) items: Vec<Line>,
    pub(crate) notes: Option<String>,
    pub(crate) delivery: Date,
    pub(crate) reason: Option<String>,
    reads: u32,
}

impl Order {
    fn move_to(&mut self, status: &'static str, at: Timestamp) {
        self.status = status;
        self.updated = at;
    }

    /// One step on the way; at its end, or off it, nothing happens.
    pub(crate) fn advance(&mut self, way: &Way, at: Timestamp) {
        let here = way.steps.iter().position(|status| *status == self.status);
        if let Some(next) = here.and_then(|here| way.steps.get(here + 1)) {
            self.move_to(next, at);
        }
    }

    /// Sets a status whatever the present one; false for an unknown one.
    pub(crate) fn force(&mut self, way: &Way, status: &str, at: Timestamp) -> bool {
        let word = way.word(status);
        if let Some(status) = word {
            self.move_to(status, at);
        }
        word.is_some()
    }

    /// Counts a look at the order; after every `step` looks it has moved on. 0: it never moves by itself.
    pub(crate) fn looked_at(&mut self, way: &Way, step: u32, at: Timestamp) {
        self.reads += 1;
        if step > 0 && self.reads.is_multiple_of(step) {
            self.advance(way, at);
        }
    }

    /// The price of one ordered unit of a line, and what the line makes in cents, rounded to the cent.
    pub(crate) fn price(goods: &Goods, line: &Line) -> (Decimal, i64) {
        let Some(ware) = goods.find(&line.number) else { return (Decimal::cents(0), 0) };
        // Packages have a price of their own, rounded to the cent; other units follow the price of the unit.
        let unit = if line.factor == ware.pack() {
            Decimal::cents(ware.package_price())
        } else {
            Decimal::cents(ware.price).times(line.factor)
        };
        (unit, unit.times(line.quantity).to_cents())
    }

    pub(crate) fn total(&self, goods: &Goods) -> i64 {
        self.items.iter().map(|line| Self::price(goods, line).1).sum()
    }
}

/// All orders, oldest first.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) orders: Vec<Order>,
    pub(crate) way: &'static Way,
    prefix: &'static str,
    next: u32,
}

impl Book {
    /// The weeks before today: two deliveries a week, the last order still on its way. The next order has the number
    /// `first + 8`; the restaurant's own numbers of these begin at `reference`.
    pub(crate) fn new(
        world: &World,
        goods: &Goods,
        way: &'static Way,
        numbers: (&'static str, u32),
        reference: u32,
        topic: u64,
    ) -> Self {
        let mut dice = Dice::new(world.options().seed, topic);
        let mut book = Self { orders: Vec::new(), way, prefix: numbers.0, next: numbers.1 };
        let today = world.options().today;
        let regular: Vec<_> = goods.all().iter().filter(|ware| ware.product.at_the_till).collect();
        for (number, back) in (reference..).zip([27i64, 24, 20, 17, 13, 10, 6, 3]) {
            let day = today.checked_sub(back.days()).unwrap_or(today);
            let mut items: Vec<Line> = Vec::new();
            for _ in 0..5 {
                if let Some(ware) = dice.pick(&regular)
                    && !items.iter().any(|line| line.number == ware.number)
                {
                    items.push(Line {
                        number: ware.number.clone(),
                        quantity: Decimal::new(dice.between(1, 6).into(), 0),
                        unit: "CT".to_owned(),
                        factor: ware.pack(),
                    });
                }
            }
            let created = paris_instant(day.at(9, 40, 0, 0));
            let reference = Some(format!("lvm-{}-{number:06}", day.year()));
            let mut order = book.write(Intake { items: Some(items), reference, ..Intake::default() }, day, created);
            let (hours, status) = if back > 3 { (24i64, way.steps[4]) } else { (60, way.steps[3]) };
            order.move_to(status, created.checked_add(hours.hours()).unwrap_or(created));
            book.orders.push(order);
        }
        book
    }

    /// A new order, not yet among the others.
    pub(crate) fn write(&mut self, intake: Intake, today: Date, now: Timestamp) -> Order {
        let id = format!("{}-{}", self.prefix, self.next);
        self.next += 1;
        Order {
            id,
            reference: intake.reference,
            status: self.way.steps[0],
            created: now,
            updated: now,
            items: intake.items.unwrap_or_default(),
            notes: intake.notes,
            delivery: delivery_day(intake.date, today),
            reason: None,
            reads: 0,
        }
    }

    pub(crate) fn find(&mut self, id: &str) -> Result<&mut Order, ApiError> {
        self.orders.iter_mut().find(|order| order.id == id).ok_or_else(|| ApiError::not_found("Order", id))
    }

    /// The order, if it can still be changed.
    pub(crate) fn find_open(&mut self, id: &str) -> Result<&mut Order, ApiError> {
        let way = self.way;
        let order = self.find(id)?;
        if way.is_open(order.status) {
            return Ok(order);
        }
        Err(ApiError::conflict("ORDER_LOCKED", format!("Order {id} is {} and cannot be changed", order.status)))
    }

    /// Puts another state of the order in its place.
    pub(crate) fn replace(&mut self, order: Order) {
        if let Some(place) = self.orders.iter_mut().find(|known| known.id == order.id) {
            *place = order;
        }
    }

    /// Cancels; the lines to give back to the stock.
    pub(crate) fn cancel(&mut self, id: &str, reason: Option<String>, now: Timestamp) -> Result<Vec<Line>, ApiError> {
        let cancelled = self.way.cancelled;
        let order = self.find_open(id)?;
        order.reason = reason;
        order.move_to(cancelled, now);
        Ok(order.items.clone())
    }
}
