//! Lines: they stand on the order a payment pays, `POST /v2/orders/batch-retrieve`.
//!
//! An order may be paid in several payments. Its lines are given to the first of them alone, or they would count as often
//! as the table shared its bill.

use std::collections::{BTreeMap, BTreeSet};

use moulin_adapter::pos::{Transaction, TransactionLine};
use moulin_adapter::prelude::*;
use serde::{Deserialize, Serialize};

use crate::money::{self, Money};
use crate::variations::{self, Known};
use crate::{api, page};

/// The vendor's most for one request.
const MAX_ORDERS: usize = 100;

#[derive(Serialize)]
struct Wanted<'a> {
    order_ids: &'a [&'a str],
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Order<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    line_items: OneOrMany<Line<'a>>,
    tenders: OneOrMany<Tender<'a>>,
    total_tax_money: Option<Money<'a>>,
    total_discount_money: Option<Money<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tender<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    payment_id: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    catalog_object_id: Scalar<'a>,
    name: Scalar<'a>,
    variation_name: Scalar<'a>,
    quantity: Scalar<'a>,
    base_price_money: Option<Money<'a>>,
    total_tax_money: Option<Money<'a>>,
    total_discount_money: Option<Money<'a>>,
    total_money: Option<Money<'a>>,
}

/// Reads the orders of these sales and puts their lines in, with tax and discount where one payment paid it all.
pub(crate) fn add_lines(sales: &mut [Transaction]) -> Result<()> {
    let ids: BTreeSet<String> = sales.iter().filter_map(|sale| sale.order_id.clone()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let requests = ids
        .chunks(MAX_ORDERS)
        .map(|chunk| api::search("/v2/orders/batch-retrieve", &Wanted { order_ids: chunk }))
        .collect::<Result<_>>()?;
    let answers = api::send_all(requests)?;
    let mut orders = BTreeMap::new();
    for answer in &answers {
        for row in page::read::<Order<'_>>(answer, "orders", false)?.rows {
            orders.insert(row.record.id.required_id("order.id")?, row.record);
        }
    }
    let lines = orders.values().flat_map(|order| &order.line_items);
    let sold: BTreeSet<String> = lines.filter_map(|line| line.catalog_object_id.id()).collect();
    // What was sold may have left the catalogue since.
    let known = variations::look_up(sold.iter().map(String::as_str), true)?;
    for sale in sales {
        let Some(id) = &sale.order_id else { continue };
        let missing = || Error::unexpected(format!("Square does not give order {id} of payment {}", sale.id));
        put_in(orders.get(id).ok_or_else(missing)?, sale, &known)?;
    }
    Ok(())
}

fn put_in(order: &Order<'_>, sale: &mut Transaction, known: &Known) -> Result<()> {
    let mut paid_by = order.tenders.iter().map(|tender| tender.payment_id.id().or_else(|| tender.id.id()));
    let first = paid_by.next();
    if first.is_some_and(|first| first.as_deref() != Some(sale.id.as_str())) {
        return Ok(());
    }
    let currency = sale.currency.clone();
    sale.lines = order.line_items.iter().map(|record| line(record, &currency, known)).collect::<Result<_>>()?;
    if paid_by.next().is_none() {
        sale.tax = money::amount(order.total_tax_money, &currency, "order.total_tax_money")?;
        sale.discount = money::nonzero(order.total_discount_money, &currency, "order.total_discount_money")?;
    }
    Ok(())
}

fn line(line: &Line<'_>, currency: &str, known: &Known) -> Result<TransactionLine> {
    let total = money::amount(line.total_money, currency, "line_items.total_money")?;
    let total = total.ok_or_else(|| Error::unexpected("the vendor's answer lacks `line_items.total_money`"))?;
    let quantity = line.quantity.required_decimal("line_items.quantity")?;
    let base = money::amount(line.base_price_money, currency, "line_items.base_price_money")?;
    Ok(TransactionLine {
        product_id: line.catalog_object_id.id().map(|id| known.item_of(&id)),
        name: full_name(line.name.text(), line.variation_name.text()),
        quantity,
        // Only a line without amounts has no price.
        unit_price: base.unwrap_or(total),
        discount: money::nonzero(line.total_discount_money, currency, "line_items.total_discount_money")?,
        tax: money::amount(line.total_tax_money, currency, "line_items.total_tax_money")?,
        total,
    })
}

/// The name of a product: that of its item, and that of the variation unless it is the one Square makes by itself.
pub(crate) fn full_name(item: Option<String>, variation: Option<String>) -> Option<String> {
    match (item, variation.filter(|name| name != "Regular")) {
        (Some(item), Some(variation)) if item != variation => Some(format!("{item} – {variation}")),
        (item, variation) => item.or(variation),
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::pos::{TransactionQuery, TransactionStatus};
    use moulin_adapter::testing::Host;

    use super::*;
    use crate::payments;

    const PAYMENTS: &str = r#"{"payments":[
        {"id":"P1","created_at":"2025-04-01T12:30:00Z","status":"COMPLETED","order_id":"O1","total_money":{"amount":2000,"currency":"EUR"}},
        {"id":"P2","created_at":"2025-04-01T12:30:20Z","status":"COMPLETED","order_id":"O1","total_money":{"amount":1100,"currency":"EUR"}},
        {"id":"P3","created_at":"2025-04-01T12:40:00Z","status":"COMPLETED","order_id":"O2","total_money":{"amount":500,"currency":"EUR"}},
        {"id":"P4","created_at":"2025-04-01T12:50:00Z","status":"COMPLETED","total_money":{"amount":700,"currency":"EUR"}}]}"#;
    const ORDERS: &str = r#"{"orders":[
        {"id":"O1","total_tax_money":{"amount":282,"currency":"EUR"},"tenders":[{"id":"P1","payment_id":"P1"},{"id":"P2"}],
         "line_items":[{"uid":"1","catalog_object_id":"V1","name":"Magret","variation_name":"Regular","quantity":"2","base_price_money":{"amount":1550,"currency":"EUR"},"total_tax_money":{"amount":282,"currency":"EUR"},"total_discount_money":{"amount":0,"currency":"EUR"},"total_money":{"amount":3100,"currency":"EUR"}}]},
        {"id":"O2","total_tax_money":{"amount":45,"currency":"EUR"},"total_discount_money":{"amount":100,"currency":"EUR"},"tenders":{"id":"P3"},
         "line_items":{"name":"Divers","quantity":"0.5","base_price_money":{"amount":1200,"currency":"EUR"},"total_discount_money":{"amount":100,"currency":"EUR"},"total_money":{"amount":500,"currency":"EUR"}}}]}"#;
    const OBJECTS: &str = r#"{"objects":[{"id":"V1","item_variation_data":{"item_id":"I1"}}]}"#;

    fn till(orders: &'static str) -> Host {
        Host::new("v2").setting("location_id", "L1").vendor(move |request| {
            let body = match request.target() {
                "/v2/payments" => PAYMENTS,
                "/v2/orders/batch-retrieve" => orders,
                "/v2/catalog/batch-retrieve" => OBJECTS,
                other => panic!("{other}"),
            };
            Ok(Response::new(200, &[], body))
        })
    }

    fn query() -> TransactionQuery {
        TransactionQuery {
            from: time::parse_instant("2025-04-01T00:00:00Z").unwrap(),
            to: time::parse_instant("2025-04-02T00:00:00Z").unwrap(),
            status: None,
            location_id: None,
            with_lines: true,
            limit: None,
            cursor: None,
            include_raw: false,
        }
    }

    #[test]
    fn lines_come_once_and_name_the_item() {
        let till = till(ORDERS);
        let sales = till.run(|| payments::list(&query())).unwrap().items;
        assert_eq!(sales.iter().map(|sale| sale.lines.len()).collect::<Vec<_>>(), [1, 0, 1, 0]);
        let line = &sales[0].lines[0];
        assert_eq!((line.product_id.as_deref(), line.name.as_deref()), (Some("I1"), Some("Magret")));
        assert_eq!((line.quantity, line.unit_price, line.total), (2.into(), "15.50".parse().unwrap(), 31.into()));
        assert_eq!((line.tax, line.discount), (Some("2.82".parse().unwrap()), None));
        // Shared between two payments: the order's tax is neither's.
        assert_eq!(
            (sales[0].tax, sales[2].tax, sales[2].discount),
            (None, Some("0.45".parse().unwrap()), Some(1.into()))
        );
        let open = &sales[2].lines[0];
        assert_eq!((open.product_id.as_deref(), open.quantity), (None, "0.5".parse().unwrap()));
        let sent = till.requests();
        let body = |index: usize| core::str::from_utf8(sent[index].body_bytes().unwrap()).unwrap().to_owned();
        assert_eq!(body(1), r#"{"order_ids":["O1","O2"]}"#);
        assert_eq!(body(2), r#"{"object_ids":["V1"],"include_deleted_objects":true}"#);
    }

    #[test]
    fn orders_are_read_for_what_is_given_out_only() {
        let till = till(ORDERS);
        let failed = TransactionQuery { status: Some(TransactionStatus::Failed), ..query() };
        assert!(till.run(|| payments::list(&failed)).unwrap().items.is_empty());
        assert_eq!(till.requests().len(), 1);
    }

    #[test]
    fn a_lost_order_names_itself_and_its_payment() {
        let Err(Error::Api(error)) = till("{}").run(|| payments::list(&query())) else { panic!() };
        assert_eq!(error.message, "Square does not give order O1 of payment P1");
    }

    #[test]
    fn names_are_those_of_item_and_variation() {
        let name = |item: &str, variation: &str| full_name(Some(item.into()), Some(variation.into())).unwrap();
        assert_eq!(name("Magret", "Regular"), "Magret");
        assert_eq!(name("Bandol", "Verre 12 cl"), "Bandol – Verre 12 cl");
        assert_eq!(name("Café", "Café"), "Café");
        assert_eq!(full_name(None, Some("Regular".into())), None);
    }
}
