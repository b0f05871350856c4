//! What a week of sales comes to.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::decimal::Decimal;
use crate::failure::{Context, Failure, Result};

/// The hour on the restaurant's clock at which lunch is over and the sales of the evening begin.
const EVENING: i8 = 16;

/// The hour until which a sale belongs to the evening before.
const MORNING: i8 = 5;

/// A sale as `moulin call pos.list-transactions --json` prints it.
#[derive(Debug, Deserialize)]
pub(crate) struct Sale {
    id: String,
    occurred_at: String,
    status: String,
    currency: String,
    total: Decimal,
    tip: Option<Decimal>,
    refunded: Option<Decimal>,
    #[serde(default)]
    lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Line {
    product_id: Option<String>,
    name: Option<String>,
    quantity: Decimal,
    total: Decimal,
}

/// So many sales, and what they come to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) count: usize,
    pub(crate) amount: Decimal,
}

/// A product and what was sold of it, refunds taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seller {
    pub(crate) name: String,
    pub(crate) quantity: Decimal,
    pub(crate) amount: Decimal,
}

/// The figures of a period. Voided, open and failed sales are counted and left out of every amount.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// ISO 4217 code of all amounts.
    pub(crate) currency: String,
    /// Completed sales.
    pub(crate) sales: Total,
    /// Money given back, as a positive amount.
    pub(crate) refunds: Total,
    /// Sales that are not completed.
    pub(crate) left_out: usize,
    pub(crate) tips: Decimal,
    /// Completed sales before 16:00 on the restaurant's clock.
    pub(crate) lunch: Total,
    /// Completed sales from 16:00 until 5:00 the next morning.
    pub(crate) dinner: Total,
    /// By quantity, most first; by name where two are equal.
    pub(crate) sellers: Vec<Seller>,
}

impl Summary {
    /// Adds sales up on the clock of `zone`.
    ///
    /// # Errors
    /// A sale cannot be understood, two sales have different currencies, or a sum does not fit.
    pub(crate) fn of(sales: &[Sale], zone: &TimeZone) -> Result<Self> {
        let mut summary = Self::default();
        let mut sellers = HashMap::new();
        for sale in sales {
            summary.add(sale, zone, &mut sellers).context(|| format!("sale {}", sale.id))?;
        }
        summary.sellers = sellers.into_values().collect();
        summary.sellers.sort_by(|a, b| b.quantity.cmp(&a.quantity).then_with(|| a.name.cmp(&b.name)));
        Ok(summary)
    }

    /// Turnover: sales less refunds.
    ///
    /// # Errors
    /// The difference does not fit.
    pub(crate) fn turnover(&self) -> Result<Decimal> {
        self.sales.amount.minus(self.refunds.amount).ok_or_else(too_large)
    }

    fn add<'a>(&mut self, sale: &'a Sale, zone: &TimeZone, sellers: &mut HashMap<&'a str, Seller>) -> Result<()> {
        if self.currency.is_empty() {
            self.currency.clone_from(&sale.currency);
        } else if self.currency != sale.currency {
            return Err(Failure::new(format!("is in {}, others are in {}", sale.currency, self.currency)));
        }
        if !matches!(sale.status.as_str(), "completed" | "refunded" | "partially_refunded") {
            self.left_out += 1;
            return Ok(());
        }
        if sale.total.is_negative() {
            self.refunds.add(sale.total.negated())?;
        } else {
            self.sales.add(sale.total)?;
            self.meal(&sale.occurred_at, zone)?.add(sale.total)?;
        }
        if let Some(refunded) = sale.refunded.filter(|refunded| refunded.is_positive()) {
            self.refunds.add(refunded)?;
        }
        if let Some(tip) = sale.tip {
            self.tips = self.tips.plus(tip).ok_or_else(too_large)?;
        }
        for line in &sale.lines {
            // An open item has no product; nothing is known of it but its name.
            let Some(key) = line.product_id.as_deref().or(line.name.as_deref()) else {
                continue;
            };
            let name = line.name.as_deref().unwrap_or(key);
            let seller = sellers.entry(key).or_insert_with(|| Seller {
                name: name.to_owned(),
                quantity: Decimal::default(),
                amount: Decimal::default(),
            });
            seller.quantity = seller.quantity.plus(line.quantity).ok_or_else(too_large)?;
            seller.amount = seller.amount.plus(line.total).ok_or_else(too_large)?;
        }
        Ok(())
    }

    /// The meal that a moment (RFC 3339) belongs to.
    fn meal(&mut self, moment: &str, zone: &TimeZone) -> Result<&mut Total> {
        let moment: Timestamp = moment.parse().context(|| format!("`{moment}` is not a time"))?;
        let hour = moment.to_zoned(zone.clone()).hour();
        Ok(if (MORNING..EVENING).contains(&hour) { &mut self.lunch } else { &mut self.dinner })
    }
}

impl Total {
    fn add(&mut self, amount: Decimal) -> Result<()> {
        self.count += 1;
        self.amount = self.amount.plus(amount).ok_or_else(too_large)?;
        Ok(())
    }
}

fn too_large() -> Failure {
    Failure::new("a sum is too large")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use serde_json::{Value, json};

    use super::*;

    fn summary(sales: Value) -> Result<Summary> {
        let sales: Vec<Sale> = serde_json::from_value(sales).unwrap();
        Summary::of(&sales, &TimeZone::get("Europe/Paris").unwrap())
    }

    fn sale(status: &str, at: &str, total: &str) -> Value {
        json!({"id": "1", "occurred_at": at, "status": status, "currency": "EUR", "total": total})
    }

    fn total(count: usize, amount: &str) -> Total {
        Total { count, amount: amount.parse().unwrap() }
    }

    #[test]
    fn refunds_are_counted_apart_and_taken_off_the_turnover() {
        let mut later = sale("partially_refunded", "2025-04-10T11:00:00Z", "30.00");
        later["refunded"] = json!("10.05");
        let summary = summary(json!([
            sale("completed", "2025-04-10T11:00:00Z", "100.10"),
            sale("refunded", "2025-04-10T12:00:00Z", "-12.50"),
            later,
            sale("voided", "2025-04-10T12:00:00Z", "500.00"),
            sale("open", "2025-04-10T12:00:00Z", "500.00"),
        ]))
        .unwrap();
        assert_eq!(summary.sales, total(2, "130.10"));
        assert_eq!(summary.refunds, total(2, "22.55"));
        assert_eq!(summary.turnover().unwrap().to_string(), "107.55");
        assert_eq!((summary.left_out, summary.currency.as_str()), (2, "EUR"));
    }

    #[test]
    fn meals_follow_the_restaurants_clock_in_summer_and_winter() {
        let summary = summary(json!([
            // 15:59 and 16:00 in Paris, summer time
            sale("completed", "2025-07-10T13:59:00Z", "1"),
            sale("completed", "2025-07-10T14:00:00Z", "2"),
            // 15:59 and 16:00 in Paris, winter time
            sale("completed", "2025-12-10T14:59:00Z", "4"),
            sale("completed", "2025-12-10T15:00:00Z", "8"),
            // half past midnight: the evening's last guests
            sale("completed", "2025-12-10T23:30:00Z", "16"),
        ]))
        .unwrap();
        assert_eq!(summary.lunch, total(2, "5"));
        assert_eq!(summary.dinner, total(3, "26"));
    }

    #[test]
    fn best_sellers_are_by_quantity_with_returns_taken_off() {
        let line = |id: &str, name: &str, quantity: &str, total: &str| json!({"product_id": id, "name": name, "quantity": quantity, "total": total});
        let mut first = sale("completed", "2025-04-10T11:00:00Z", "50");
        first["lines"] = json!([line("7", "Tarte", "5", "40.00"), line("8", "Café", "4", "10.00")]);
        first["tip"] = json!("2.50");
        let mut second = sale("refunded", "2025-04-10T12:00:00Z", "-16");
        second["lines"] = json!([line("7", "Tarte", "-2", "-16.00")]);
        let summary = summary(json!([first, second])).unwrap();
        let sellers: Vec<_> =
            summary.sellers.iter().map(|s| (s.name.as_str(), s.quantity.to_string(), s.amount.to_string())).collect();
        assert_eq!(
            sellers,
            [("Café", "4".to_owned(), "10.00".to_owned()), ("Tarte", "3".to_owned(), "24.00".to_owned())]
        );
        assert_eq!(summary.tips.to_string(), "2.50");
    }

    #[test]
    fn what_cannot_be_added_is_refused_with_the_sale() {
        let mut dollars = sale("completed", "2025-04-10T11:00:00Z", "1");
        dollars["currency"] = json!("USD");
        dollars["id"] = json!("4711");
        let failure =
            summary(json!([sale("completed", "2025-04-10T11:00:00Z", "1"), dollars])).unwrap_err().to_string();
        assert!(failure.contains("4711") && failure.contains("USD"), "{failure}");
        assert!(summary(json!([sale("completed", "yesterday", "1")])).unwrap_err().to_string().contains("yesterday"));
    }
}
