//! Some weeks of sales: lunch and dinner, closed on Sunday evening and Monday.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan, civil::Date, civil::Weekday};

use super::Options;
use super::clock::{after, paris_instant};
use super::dice::Dice;
use super::dishes::Course;
use super::goods::Shelf;
use super::items::Item;
use super::sales::{Payment, PaymentKind, Sale, SaleLine, SaleState};

/// All sales of the world, by number.
pub(super) fn sales(options: &Options, items: &[Item], customers: usize) -> Vec<Sale> {
    let mut till = Till {
        dice: Dice::new(options.seed, 4),
        menu: Menu::new(items),
        customers: u32::try_from(customers).unwrap_or(0),
        sales: Vec::new(),
        next_line: 9_001,
        next_payment: 7_001,
    };
    let days = i64::from(options.weeks) * 7;
    for back in (1..=days).rev() {
        if let Ok(date) = options.today.checked_sub(back.days()) {
            till.day(date, back);
        }
    }
    till.leave_some_open();
    till.sales
}

/// What can be ordered, by course.
struct Menu<'a> {
    courses: BTreeMap<&'static str, Vec<&'a Item>>,
}

impl<'a> Menu<'a> {
    fn new(items: &'a [Item]) -> Self {
        let mut courses: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for item in items.iter().filter(|item| item.sold) {
            let course = match (item.course, item.shelf) {
                (Some(Course::Starter), _) => "starter",
                (Some(Course::Main), _) => "main",
                (Some(Course::Cheese | Course::Dessert), _) => "dessert",
                (Some(Course::Menu), _) => "menu",
                (Some(Course::Side), _) => "side",
                (None, Some(Shelf::Wine)) => "wine",
                (None, Some(Shelf::HotDrinks)) => "hot",
                (None, Some(Shelf::SoftDrinks)) => "soft",
                (None, _) => "aperitif",
            };
            courses.entry(course).or_default().push(item);
        }
        Self { courses }
    }

    /// One dish of a course; the first of the list sell best.
    fn pick(&self, dice: &mut Dice, course: &str) -> Option<&'a Item> {
        let list = self.courses.get(course)?;
        let len = u32::try_from(list.len()).ok()?;
        let favourites = dice.below(len).min(dice.below(len));
        list.get(usize::try_from(favourites).ok()?).copied()
    }
}

struct Till<'a> {
    dice: Dice,
    menu: Menu<'a>,
    customers: u32,
    sales: Vec<Sale>,
    next_line: u32,
    next_payment: u32,
}

impl Till<'_> {
    /// A day's services. `back` is the number of days before today.
    fn day(&mut self, date: Date, back: i64) {
        let (lunch, dinner) = match date.weekday() {
            Weekday::Monday => return,
            Weekday::Friday => ((24, 32), (36, 46)),
            Weekday::Saturday => ((28, 36), (40, 50)),
            Weekday::Sunday => ((36, 46), (0, 0)),
            _ => ((22, 32), (22, 32)),
        };
        let first = self.sales.len();
        // Minutes after midnight at which tables order: lunch from 12:00 to 14:10, dinner from 19:15 to 22:20.
        for (tables, minutes) in [(lunch, (720, 850)), (dinner, (1_155, 1_340))] {
            let count = self.dice.between(tables.0, tables.1);
            let mut opened: Vec<i64> = (0..count).map(|_| self.dice.peaked(minutes.0, minutes.1)).collect();
            opened.sort_unstable();
            for minute in opened {
                let second = self.dice.between(0, 59);
                // By the clock on the wall, not by seconds since midnight: one day a year has 23 hours.
                let [hour, minute, second] = [minute / 60, minute % 60, second].map(|n| i8::try_from(n).unwrap_or(0));
                let opened = paris_instant(date.at(hour, minute, second, 0));
                self.table(opened, minutes.0 < 1_000);
            }
        }
        if back % 2 == 0 {
            let index = first + usize::try_from(self.dice.below(10)).unwrap_or(0);
            if let Some(sale) = self.sales.get_mut(index) {
                sale.state = SaleState::Voided;
            }
        }
        if back % 3 == 1 {
            self.refund(first + 11);
        }
    }

    /// A table of one to six guests.
    fn table(&mut self, opened: Timestamp, lunch: bool) {
        let guests = *self.dice.pick(&[1, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6]).unwrap_or(&2);
        let mut order: Vec<(u32, i64, i64)> = Vec::new();
        let mut counts: BTreeMap<u32, i64> = BTreeMap::new();
        let courses = self.courses(guests, lunch);
        for course in courses {
            if let Some(item) = self.menu.pick(&mut self.dice, course) {
                let count = counts.entry(item.id).or_insert(0);
                if *count == 0 {
                    order.push((item.id, item.price, item.vat));
                }
                *count += 1;
            }
        }
        let loyal = self.dice.chance(6);
        let lines: Vec<SaleLine> = order
            .into_iter()
            .map(|(item, unit_price, vat)| {
                let quantity = counts.get(&item).copied().unwrap_or(1);
                let discount = if loyal { (quantity * unit_price + 5) / 10 } else { 0 };
                SaleLine { id: self.line_id(), item, quantity, unit_price, discount, vat, parent: 0 }
            })
            .collect();
        let total = lines.iter().map(SaleLine::total).sum();
        let payments = self.payments(total, guests, lunch);
        let stay = if lunch { self.dice.between(35, 95) } else { self.dice.between(55, 135) };
        let closed = after(opened, stay * 60 + self.dice.between(0, 59));
        let customer = if loyal || self.dice.chance(10) { 1 + self.dice.below(self.customers) } else { 0 };
        let sale = Sale {
            id: self.sale_id(),
            opened,
            closed: Some(closed),
            state: SaleState::Completed,
            employee: 1 + self.dice.below(6),
            register: if self.dice.chance(75) { 1 } else { 2 },
            customer,
            lines,
            payments,
        };
        self.sales.push(sale);
    }

    fn courses(&mut self, guests: i64, lunch: bool) -> Vec<&'static str> {
        let mut courses = Vec::new();
        if !lunch && self.dice.chance(45) {
            courses.extend((0..guests).map(|_| "aperitif"));
        }
        for _ in 0..guests {
            if self.dice.chance(if lunch { 45 } else { 12 }) {
                courses.push("menu");
            } else {
                if self.dice.chance(45) {
                    courses.push("starter");
                }
                courses.push("main");
                if self.dice.chance(50) {
                    courses.push("dessert");
                }
            }
            if self.dice.chance(15) {
                courses.push("side");
            }
            if self.dice.chance(40) {
                courses.push("soft");
            }
            if self.dice.chance(if lunch { 65 } else { 40 }) {
                courses.push("hot");
            }
        }
        let bottles = if lunch { i64::from(self.dice.chance(25)) } else { (guests + 1) / 3 };
        courses.extend((0..bottles).map(|_| "wine"));
        courses
    }

    fn payments(&mut self, total: i64, guests: i64, lunch: bool) -> Vec<Payment> {
        let shares = if guests >= 3 && self.dice.chance(35) { 2 + i64::from(guests >= 5) } else { 1 };
        let mut rest = total;
        let mut payments = Vec::new();
        for share in (1..=shares).rev() {
            let mut amount = rest / share;
            rest -= amount;
            if lunch && self.dice.chance(22) {
                let voucher = amount.min(2_500);
                payments.push(self.payment(PaymentKind::MealVoucher, voucher, 0));
                amount -= voucher;
            }
            if amount == 0 {
                continue;
            }
            let kind = match self.dice.below(100) {
                0..64 => PaymentKind::Card,
                64..80 => PaymentKind::Wallet,
                80..96 => PaymentKind::Cash,
                _ => PaymentKind::Cheque,
            };
            let by_card = matches!(kind, PaymentKind::Card | PaymentKind::Wallet);
            let tip = if by_card && self.dice.chance(20) { 50 * self.dice.between(2, 16) } else { 0 };
            payments.push(self.payment(kind, amount, tip));
        }
        payments
    }

    fn payment(&mut self, kind: PaymentKind, amount: i64, tip: i64) -> Payment {
        let id = self.next_payment;
        self.next_payment += 1;
        Payment { id, kind, amount, tip }
    }

    /// Gives back the first line of an earlier sale, a quarter of an hour after it was paid.
    fn refund(&mut self, index: usize) {
        let Some(sold) = self.sales.get(index).cloned() else { return };
        let (Some(line), Some(closed)) = (sold.lines.first(), sold.closed) else { return };
        let line = SaleLine {
            id: self.line_id(),
            quantity: -line.quantity,
            discount: -line.discount,
            parent: line.id,
            ..line.clone()
        };
        let opened = after(closed, 900);
        let payment = self.payment(PaymentKind::Card, line.total(), 0);
        let refund = Sale {
            id: self.sale_id(),
            opened,
            closed: Some(after(opened, 45)),
            lines: vec![line],
            payments: vec![payment],
            state: SaleState::Completed,
            ..sold
        };
        self.sales.push(refund);
    }

    /// The last three tables have not paid yet. A refund stays as it is.
    fn leave_some_open(&mut self) {
        let unpaid = self.sales.iter_mut().rev().filter(|sale| sale.total() > 0).take(3);
        for sale in unpaid {
            sale.state = SaleState::Open;
            sale.closed = None;
            sale.payments.clear();
        }
    }

    fn sale_id(&self) -> u32 {
        4_001 + u32::try_from(self.sales.len()).unwrap_or(0)
    }

    fn line_id(&mut self) -> u32 {
        let id = self.next_line;
        self.next_line += 1;
        id
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::super::sales::PAYMENT_KINDS;
    use super::super::{Options, World, paris};
    use super::*;

    #[test]
    fn sums_agree_from_line_to_payment() {
        let world = World::new(Options::default());
        for sale in world.sales() {
            let paid: i64 = sale.payments.iter().map(|payment| payment.amount).sum();
            assert!(!sale.lines.is_empty());
            assert_eq!(paid, if sale.state == SaleState::Open { 0 } else { sale.total() }, "sale {}", sale.id);
        }
    }

    #[test]
    fn services_are_lunch_and_dinner_and_the_house_is_closed_on_sunday_evening_and_monday() {
        let world = World::new(Options::default());
        let meals = world.sales().iter().filter(|sale| sale.total() > 0);
        for opened in meals.map(|sale| sale.opened.to_zoned(paris())) {
            let minute = i64::from(opened.hour()) * 60 + i64::from(opened.minute());
            let lunch = (720..=850).contains(&minute);
            let dinner = (1_155..=1_340).contains(&minute) && opened.weekday() != Weekday::Sunday;
            assert!(opened.weekday() != Weekday::Monday && (lunch || dinner), "{opened}");
        }
    }

    #[test]
    fn every_kind_of_sale_is_there() {
        let world = World::new(Options::default());
        let sales = world.sales();
        let count = |f: fn(&Sale) -> bool| sales.iter().filter(|sale| f(sale)).count();
        assert!((1_000..2_000).contains(&sales.len()), "{}", sales.len());
        assert_eq!(count(|sale| sale.state == SaleState::Open), 3);
        assert!(count(|sale| sale.state == SaleState::Voided) >= 5);
        assert!(count(|sale| sale.total() < 0) >= 5);
        assert!(count(|sale| sale.tips() > 0) >= 50);
        assert!(count(|sale| sale.lines.iter().any(|line| line.discount != 0)) >= 20);
        for kind in PAYMENT_KINDS {
            assert!(sales.iter().flat_map(|sale| &sale.payments).any(|payment| payment.kind == kind), "{kind:?}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_world_and_another_seed_another() {
        let digest = |seed| {
            let world = World::new(Options { seed, ..Options::default() });
            format!("{:?}{:?}{:?}", world.sales(), world.stock(), world.products())
        };
        assert_eq!(digest(1), digest(1));
        assert_ne!(digest(1), digest(2));
    }
}
