//! The seeded world every simulated vendor looks at: one restaurant in Paris, its till and its wholesaler.
//!
//! The same [`Options`] give the same world on every machine. A vendor copies what it may change and goes back to the
//! world's state on reset.

mod bookings;
mod catalogue;
mod clock;
mod dice;
mod dishes;
mod goods;
mod goods_drinks;
mod goods_food;
mod goods_supplies;
mod items;
mod people;
mod regulars;
mod sales;
mod services;
mod stock;

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};

pub use bookings::{Booking, BookingState, Channel, RESTAURANT, seatings};
pub use catalogue::Product;
pub use clock::{Clock, paris, paris_instant};
pub(crate) use dice::Dice;
pub use dishes::Course;
pub use goods::{Good, Shelf, Unit};
pub use items::{CATEGORIES, Category, FIRST_GOOD, Item};
pub use people::{Customer, EMPLOYEES};
pub use regulars::Regular;
pub use sales::{PAYMENT_KINDS, Payment, PaymentKind, Sale, SaleLine, SaleState};
pub use stock::{LOW, Stock};

/// What a world is made from.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Any number; another seed is another restaurant's history.
    pub seed: u64,
    /// The day the world stands at. Sales end with the evening before it.
    pub today: Date,
    /// Weeks of sales before `today`.
    pub weeks: u8,
    /// What time it is for records made while the vendors run.
    pub clock: Clock,
}

impl Default for Options {
    /// Seed 1785, Saturday 12 April 2025, four weeks, a clock that stands still.
    fn default() -> Self {
        Self { seed: 1785, today: Date::constant(2025, 4, 12), weeks: 4, clock: Clock::Fixed }
    }
}

/// The world. Cheap to clone; never changes.
#[derive(Clone, Debug)]
pub struct World(Arc<Content>);

#[derive(Debug)]
struct Content {
    options: Options,
    items: Vec<Item>,
    customers: Vec<Customer>,
    sales: Vec<Sale>,
    stock: Vec<Stock>,
    products: Vec<Product>,
    bookings: Vec<Booking>,
}

impl World {
    /// Makes the world. Takes a few milliseconds.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let items = items::items();
        let customers = people::customers(options.seed);
        let sales = services::sales(&options, &items, customers.len());
        let stock = stock::stock(options.seed, &items);
        let products = catalogue::catalogue(options.seed);
        let bookings = bookings::bookings(&options, customers.len());
        Self(Arc::new(Content { options, items, customers, sales, stock, products, bookings }))
    }

    /// What it was made from.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// The till's products, by number.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.0.items
    }

    /// The product with this number.
    #[must_use]
    pub fn item(&self, id: u32) -> Option<&Item> {
        self.0.items.iter().find(|item| item.id == id)
    }

    /// The regulars, by number.
    #[must_use]
    pub fn customers(&self) -> &[Customer] {
        &self.0.customers
    }

    /// The sales, by number.
    #[must_use]
    pub fn sales(&self) -> &[Sale] {
        &self.0.sales
    }

    /// The stock of every counted product, by number.
    #[must_use]
    pub fn stock(&self) -> &[Stock] {
        &self.0.stock
    }

    /// The wholesaler's catalogue, by article number.
    #[must_use]
    pub fn products(&self) -> &[Product] {
        &self.0.products
    }

    /// The reservations, by the time of the meal.
    #[must_use]
    pub fn bookings(&self) -> &[Booking] {
        &self.0.bookings
    }

    /// The stocked products that are at or below their reorder point.
    pub fn low_stock(&self) -> impl Iterator<Item = &Stock> {
        self.0.stock.iter().filter(|stock| stock.on_hand <= stock.reorder_point)
    }

    /// The time of the `tick`-th event since a vendor started or was reset.
    #[must_use]
    pub fn now(&self, tick: u32) -> Timestamp {
        self.0.options.clock.now(self.0.options.today, tick)
    }
}
