//! Reading orders: `GET orders/{id}`, `GET orders`.

use moulin_adapter::http::{Response, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use moulin_adapter::suppliers::{OrderLine, OrderPage, OrderQuery, OrderStatus, SupplierOrder};
use serde::Deserialize;

use crate::availability::local_date;
use crate::envelope::{self, Page};

const DAY_MS: i64 = 86_400_000;

pub(crate) fn get(id: &str, include_raw: bool) -> Result<SupplierOrder> {
    one(&crate::send(crate::get(&format!("orders/{}", path_segment(id)))?)?, include_raw)
}

/// A page of orders. The vendor filters by days and knows no filter by the restaurant's own number: the answer is held to
/// the exact bounds and to the number here, so a page may come out short or empty while there is a next one.
pub(crate) fn list(query: &OrderQuery) -> Result<OrderPage> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let answer = crate::send(
        crate::get("orders")?
            .query_opt("status", query.status.and_then(vendor_status))
            .query_opt("from_date", query.from.map(|from| calendar::to_local(from).0.to_string()))
            .query_opt("to_date", query.to.map(|to| last_day(to).to_string()))
            .query("limit", page.limit)
            .query("offset", page.offset),
    )?;
    let listing = envelope::list(&answer, "orders", page, query.include_raw)?;
    let currency = connection::currency();
    let mut items = listing.rows.iter().map(|row| order(row, &currency)).collect::<Result<Vec<_>>>()?;
    items.retain(|order| asked_for(order, query));
    Ok(OrderPage { items, next: listing.next })
}

/// The day after the last one asked for: whether `to_date` itself belongs to the period is not documented.
fn last_day(to: Instant) -> Date {
    let last = calendar::to_local(to.saturating_sub(1)).0;
    time::utc_date(time::utc_midnight(last).saturating_add(DAY_MS))
}

fn asked_for(order: &SupplierOrder, query: &OrderQuery) -> bool {
    let at = order.created_at;
    query.status.is_none_or(|status| order.status == status)
        && query.from.is_none_or(|from| at.is_none_or(|at| at >= from))
        && query.to.is_none_or(|to| at.is_none_or(|at| at < to))
        && query.client_reference.as_ref().is_none_or(|wanted| order.client_reference.as_ref() == Some(wanted))
}

/// The one order of an answer.
pub(crate) fn one(answer: &Response, include_raw: bool) -> Result<SupplierOrder> {
    order(&read::row(envelope::single(answer, "order")?, include_raw)?, &connection::currency())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Order<'a> {
    #[serde(borrow, alias = "id")]
    order_id: Scalar<'a>,
    client_reference: Scalar<'a>,
    status: Scalar<'a>,
    created_at: Scalar<'a>,
    updated_at: Scalar<'a>,
    delivery_date: Scalar<'a>,
    notes: Scalar<'a>,
    items: OneOrMany<Line<'a>>,
    total_amount: Scalar<'a>,
    currency: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow, alias = "product_id")]
    product_code: Scalar<'a>,
    #[serde(alias = "name")]
    label: Scalar<'a>,
    quantity: Scalar<'a>,
    unit: Scalar<'a>,
    unit_price: Scalar<'a>,
    total_price: Scalar<'a>,
}

fn order(row: &Row<'_, Order<'_>>, currency: &str) -> Result<SupplierOrder> {
    let record = &row.record;
    let (status, vendor_status) = order_status(record.status);
    Ok(SupplierOrder {
        id: record.order_id.required_id("order_id")?,
        client_reference: record.client_reference.text(),
        status,
        vendor_status,
        created_at: record.created_at.parse_with("created_at", calendar::parse_instant_or_date)?,
        updated_at: record.updated_at.parse_with("updated_at", calendar::parse_instant_or_date)?,
        delivery_date: record.delivery_date.parse_with("delivery_date", local_date)?,
        items: record.items.iter().map(line).collect::<Result<_>>()?,
        currency: record.currency.text().unwrap_or_else(|| currency.to_owned()),
        total: record.total_amount.decimal("total_amount")?,
        notes: record.notes.text(),
        // Pomona tells where an order stands, not how it came there.
        history: Vec::new(),
        raw: row.raw(),
    })
}

fn line(line: &Line<'_>) -> Result<OrderLine> {
    Ok(OrderLine {
        product_id: line.product_code.required_id("items.product_code")?,
        name: line.label.text(),
        quantity: line.quantity.required_decimal("items.quantity")?,
        unit: line.unit.text(),
        unit_price: line.unit_price.decimal("items.unit_price")?,
        total: line.total_price.decimal("items.total_price")?,
    })
}

/// The contract's status, and Pomona's word when it is none of those documented.
fn order_status(word: Scalar<'_>) -> (OrderStatus, Option<String>) {
    let Some(word) = word.str() else { return (OrderStatus::Unknown, None) };
    let status = match word.as_ref() {
        "REGISTERED" => OrderStatus::Pending,
        "VALIDATED" => OrderStatus::Confirmed,
        "PREPARED" => OrderStatus::Processing,
        "IN_DELIVERY" => OrderStatus::Shipped,
        "DELIVERED" => OrderStatus::Delivered,
        "CANCELLED" => OrderStatus::Cancelled,
        "REJECTED" => OrderStatus::Rejected,
        _ => return (OrderStatus::Unknown, Some(word.into_owned())),
    };
    (status, None)
}

fn vendor_status(status: OrderStatus) -> Option<&'static str> {
    Some(match status {
        OrderStatus::Pending => "REGISTERED",
        OrderStatus::Confirmed => "VALIDATED",
        OrderStatus::Processing => "PREPARED",
        OrderStatus::Shipped => "IN_DELIVERY",
        OrderStatus::Delivered => "DELIVERED",
        OrderStatus::Cancelled => "CANCELLED",
        OrderStatus::Rejected => "REJECTED",
        OrderStatus::Unknown => return None,
    })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    const ORDER: &str = r#"{"order":{"order_id":"POM-CMD-5521","client_reference":"lvm-2025-000044","status":"REGISTERED","created_at":"2025-04-12T10:32:10Z","delivery_date":"2025-04-15",
 "items":[{"product_code":"POM-123","label":"Filet de cabillaud MSC 1kg","quantity":"10.000","unit":"KG","unit_price":"14.90","total_price":"149.00"}],"total_amount":"149.00","currency":"EUR"}}"#;

    fn at(text: &str) -> Instant {
        time::parse_instant(text).unwrap()
    }

    fn host(body: &'static str) -> Host {
        Host::new("v1").setting("establishment_code", "PAR-07").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    const ALL: OrderQuery = OrderQuery {
        status: None,
        from: None,
        to: None,
        client_reference: None,
        limit: None,
        cursor: None,
        include_raw: false,
    };

    #[test]
    fn an_order_is_mapped_field_by_field() {
        let host = host(ORDER);
        let order = host.run(|| get("POM-CMD-5521", false)).unwrap();
        let request = &host.requests()[0];
        assert_eq!(
            (request.target(), request.query_value("establishment")),
            ("/api/orders/POM-CMD-5521", Some("PAR-07"))
        );
        assert_eq!(
            order,
            SupplierOrder {
                id: "POM-CMD-5521".into(),
                client_reference: Some("lvm-2025-000044".into()),
                status: OrderStatus::Pending,
                vendor_status: None,
                created_at: Some(at("2025-04-12T10:32:10Z")),
                updated_at: None,
                delivery_date: Some(time::parse_date("2025-04-15").unwrap()),
                items: vec![OrderLine {
                    product_id: "POM-123".into(),
                    name: Some("Filet de cabillaud MSC 1kg".into()),
                    quantity: 10.into(),
                    unit: Some("KG".into()),
                    unit_price: Some("14.9".parse().unwrap()),
                    total: Some(149.into()),
                }],
                currency: "EUR".into(),
                total: Some(149.into()),
                notes: None,
                history: Vec::new(),
                raw: None,
            }
        );
    }

    #[test]
    fn every_status_is_mapped_both_ways_and_a_new_one_is_kept() {
        for (word, status) in [
            ("REGISTERED", OrderStatus::Pending),
            ("VALIDATED", OrderStatus::Confirmed),
            ("PREPARED", OrderStatus::Processing),
            ("IN_DELIVERY", OrderStatus::Shipped),
            ("DELIVERED", OrderStatus::Delivered),
            ("CANCELLED", OrderStatus::Cancelled),
            ("REJECTED", OrderStatus::Rejected),
        ] {
            let body = format!(r#"{{"id":"1","status":"{word}"}}"#);
            let order = one(&Response::new(201, &[], body), true).unwrap();
            assert_eq!((order.status, order.vendor_status, order.raw.is_some()), (status, None, true));
            assert_eq!(vendor_status(status), Some(word));
        }
        let odd = one(&Response::new(200, &[], r#"{"id":1,"status":"HELD"}"#), false).unwrap();
        assert_eq!((odd.status, odd.vendor_status.as_deref()), (OrderStatus::Unknown, Some("HELD")));
        assert_eq!(vendor_status(OrderStatus::Unknown), None);
        assert!(one(&Response::new(200, &[], r#"{"status":"REGISTERED"}"#), false).is_err());
        assert!(one(&Response::new(200, &[], r#"{"id":1,"items":[{"product_code":"7"}]}"#), false).is_err());
    }

    #[test]
    fn the_list_asks_for_days_and_is_held_to_the_moments() {
        let host = host(
            r#"{"orders":[{"id":"1","status":"REGISTERED","created_at":"2025-04-01T08:00:00Z","client_reference":"a"},
                {"id":"2","status":"REGISTERED","created_at":"2025-04-02T08:00:00Z","client_reference":"a"},
                {"id":"3","status":"IN_DELIVERY","created_at":"2025-04-01T12:00:00Z","client_reference":"a"},
                {"id":"4","status":"REGISTERED","created_at":"2025-04-01T12:00:00Z"}],"total":300,"limit":4,"offset":0}"#,
        );
        let wanted = OrderQuery {
            status: Some(OrderStatus::Pending),
            from: Some(at("2025-04-01T08:00:00Z")),
            to: Some(at("2025-04-02T08:00:00Z")),
            client_reference: Some("a".into()),
            ..ALL
        };
        let page = host.run(|| list(&wanted)).unwrap();
        assert_eq!(page.items.iter().map(|order| order.id.as_str()).collect::<Vec<_>>(), ["1"]);
        assert_eq!(page.next.as_deref(), Some("4"));
        let sent = host.requests()[0].clone();
        assert_eq!(
            sent.query_pairs().skip(1).collect::<Vec<_>>(),
            [
                ("status", "REGISTERED"),
                ("from_date", "2025-04-01"),
                ("to_date", "2025-04-03"),
                ("limit", "100"),
                ("offset", "0")
            ]
        );
        assert_eq!(host.run(|| list(&ALL)).unwrap().items.len(), 4);
    }

    #[test]
    fn days_are_those_of_the_restaurant() {
        let host = host(r#"{"orders":[]}"#);
        // Midnight in Paris is 22:00 UTC of the day before.
        let day = OrderQuery { from: Some(at("2025-04-11T22:00:00Z")), to: Some(at("2025-04-12T22:00:00Z")), ..ALL };
        host.run(|| list(&day)).unwrap();
        let sent = &host.requests()[0];
        assert_eq!(
            (sent.query_value("from_date"), sent.query_value("to_date")),
            (Some("2025-04-12"), Some("2025-04-13"))
        );
    }
}
