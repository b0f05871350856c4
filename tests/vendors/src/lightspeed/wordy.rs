//! A page of sales as large as asked for, for measuring readers.

use serde_json::json;

use super::item::TillItem;
use super::list::Relations;
use super::sale::{self, Lookup};
use crate::world::{Customer, Options, Payment, PaymentKind, Sale, SaleLine, SaleState, World};

struct FromWorld {
    world: World,
    items: Vec<TillItem>,
}

impl Lookup for FromWorld {
    fn item(&self, id: u32) -> Option<&TillItem> {
        self.items.iter().find(|item| item.id == id)
    }

    fn customer(&self, id: u32) -> Option<&Customer> {
        self.world.customers().iter().find(|customer| customer.id == id)
    }
}

/// The JSON of a V3 page with so many sales of so many lines each, with lines, their items, payments and payment types.
///
/// Always the same bytes for the same numbers. 100 sales of 10 lines make about 560 KB, as at the real vendor.
#[must_use]
pub fn wordy_sales_page(sales: usize, lines: usize) -> Vec<u8> {
    let world = World::new(Options::default());
    let opened = world.now(0);
    let items = world.items().iter().map(|item| TillItem::new(item, opened)).collect();
    let lookup = FromWorld { world, items };
    let sold: Vec<_> = lookup.world.items().iter().filter(|item| item.sold).collect();
    let relations = Relations::of(&["SaleLines", "SaleLines.Item", "SalePayments", "SalePayments.PaymentType"]);
    let rows: Vec<_> = (0u32..)
        .take(sales)
        .map(|number| {
            let lines: Vec<SaleLine> = (0u32..)
                .zip(sold.iter().cycle().skip(usize::try_from(number * 7).unwrap_or(0)))
                .take(lines)
                .map(|(line, item)| SaleLine {
                    id: 90_001 + number * 100 + line,
                    item: item.id,
                    quantity: 1 + i64::from(line % 3),
                    unit_price: item.price,
                    discount: if line % 5 == 4 { item.price / 10 } else { 0 },
                    vat: item.vat,
                    parent: 0,
                })
                .collect();
            let amount = lines.iter().map(SaleLine::total).sum();
            let payment =
                Payment { id: 70_001 + number, kind: PaymentKind::Card, amount, tip: i64::from(number % 4) * 150 };
            let closed = Some(lookup.world.now(number * 97 + 3_600));
            let (employee, register) = (1 + number % 6, 1 + number % 2);
            let state = SaleState::Completed;
            let sale = Sale {
                id: 40_001 + number,
                opened,
                closed,
                state,
                employee,
                register,
                customer: number % 40,
                lines,
                payments: vec![payment],
            };
            sale::render(&sale, &relations, &lookup)
        })
        .collect();
    let next = "https://api.lightspeedapp.com/API/V3/Account/240117/Sale.json?completed=true&sort=timeStamp&limit=100&after=WyIxNzQ0NDU0MjAwIiwiNDAxMDAiXQ%3D%3D";
    let page = json!({ "@attributes": { "next": next, "previous": "" }, "Sale": rows });
    serde_json::to_vec(&page).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_as_wordy_as_the_vendors() {
        let page = wordy_sales_page(100, 10);
        assert!((540_000..=580_000).contains(&page.len()), "{} bytes", page.len());
        let page: serde_json::Value = serde_json::from_slice(&page).unwrap();
        assert_eq!(page["Sale"].as_array().unwrap().len(), 100);
        assert_eq!(page["Sale"][99]["SaleLines"]["SaleLine"].as_array().unwrap().len(), 10);
        assert!(page["Sale"][0]["SalePayments"]["SalePayment"]["PaymentType"]["name"].is_string());
    }
}
