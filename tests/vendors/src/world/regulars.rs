//! What a customer relations system knows of the regulars: points, last visits, purchases.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::clock::paris;
use super::people::Customer;
use super::sales::{Sale, SaleLine, SaleState};
use super::{World, paris_instant};

/// A regular as a customer relations system keeps them.
#[derive(Clone, Debug)]
pub struct Regular<'w> {
    /// Name and addresses.
    pub customer: &'w Customer,
    /// A point for each euro spent; none for those who never joined the programme.
    pub points: Option<i64>,
    /// Day of the last purchase; none without one.
    pub last_visit: Option<Date>,
    /// When the record was made, some weeks before the first sale.
    pub since: Timestamp,
    /// When it was last changed.
    pub touched: Timestamp,
}

impl World {
    /// The paid sales of regulars, oldest first; refunds and voided tickets are none.
    pub fn purchases(&self) -> impl Iterator<Item = &Sale> {
        self.sales().iter().filter(|sale| sale.customer != 0 && sale.state == SaleState::Completed && sale.total() > 0)
    }

    /// What a sale's lines say: `2 × Café expresso, 1 × …`.
    #[must_use]
    pub fn bought(&self, sale: &Sale) -> String {
        let line = |line: &SaleLine| Some(format!("{} × {}", line.quantity, self.item(line.item)?.name));
        sale.lines.iter().filter_map(line).collect::<Vec<_>>().join(", ")
    }

    /// The regulars with what they spent, by number. Every tenth never joined the loyalty programme.
    #[must_use]
    pub fn regulars(&self) -> Vec<Regular<'_>> {
        let weeks = i64::from(self.options().weeks) * 7 + 30;
        let first = paris_instant(self.options().today.at(9, 22, 45, 0));
        self.customers()
            .iter()
            .map(|customer| {
                let days = SignedDuration::from_hours((weeks + i64::from(customer.id)) * 24);
                let since = first.checked_sub(days).unwrap_or(first);
                let own = || self.purchases().filter(|sale| sale.customer == customer.id);
                let last = own().filter_map(|sale| sale.closed).max();
                let spent: i64 = own().map(Sale::total).sum();
                Regular {
                    customer,
                    points: (customer.id % 10 != 9).then_some(spent / 100),
                    last_visit: last.map(|at| Zoned::new(at, paris()).date()),
                    since,
                    touched: last.unwrap_or(since),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Options;

    #[test]
    fn regulars_have_points_for_what_they_spent() {
        let world = World::new(Options::default());
        let regulars = world.regulars();
        assert_eq!(regulars.len(), 40);
        assert_eq!(regulars.iter().filter(|regular| regular.points.is_none()).count(), 4);
        let spent: i64 = world.purchases().filter(|sale| sale.customer == 1).map(Sale::total).sum();
        assert_eq!(regulars[0].points, Some(spent / 100));
        assert!(regulars.iter().all(|regular| regular.since <= regular.touched));
        assert!(world.purchases().count() > 100, "{}", world.purchases().count());
    }
}
