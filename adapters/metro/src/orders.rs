//! Reading orders: `GET orders/{id}`, `GET orders`.

use moulin_adapter::http::{Response, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use moulin_adapter::suppliers::{OrderEvent, OrderLine, OrderPage, OrderQuery, OrderStatus, SupplierOrder};
use serde::Deserialize;

use crate::availability::local_date;
use crate::envelope::{self, Page};

pub(crate) fn get(id: &str, include_raw: bool) -> Result<SupplierOrder> {
    one(&crate::send(crate::get(&format!("orders/{}", path_segment(id))))?, include_raw)
}

pub(crate) fn list(query: &OrderQuery) -> Result<OrderPage> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let answer = crate::send(
        crate::get("orders")
            .query_opt("status", query.status.and_then(vendor_status))
            .query_opt("start_date", query.from.map(time::format_instant))
            .query_opt("end_date", query.to.map(time::format_instant))
            .query_opt("client_reference", query.client_reference.as_deref())
            .query("limit", page.limit)
            .query("page", page.number),
    )?;
    let listing = envelope::list(&answer, "orders", page, query.include_raw)?;
    let currency = connection::currency();
    let mut items = listing.rows.iter().map(|row| order(row, &currency)).collect::<Result<Vec<_>>>()?;
    items.retain(|order| asked_for(order, query));
    Ok(OrderPage { items, next: listing.next })
}

/// Whether the bounds are inclusive is not documented, and a server may not know a filter: the answer is held to both.
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
    items: OneOrMany<Line<'a>>,
    total_amount: Scalar<'a>,
    currency: Scalar<'a>,
    estimated_delivery: Scalar<'a>,
    delivery_info: Option<DeliveryInfo<'a>>,
    tracking: Option<Tracking<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    product_id: Scalar<'a>,
    name: Scalar<'a>,
    quantity: Scalar<'a>,
    unit: Scalar<'a>,
    unit_price: Scalar<'a>,
    total_price: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct DeliveryInfo<'a> {
    #[serde(borrow)]
    requested_date: Scalar<'a>,
    delivery_notes: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tracking<'a> {
    #[serde(borrow)]
    status_history: OneOrMany<Event<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow)]
    status: Scalar<'a>,
    at: Scalar<'a>,
}

fn order(row: &Row<'_, Order<'_>>, currency: &str) -> Result<SupplierOrder> {
    let record = &row.record;
    let (status, vendor_status) = order_status(record.status);
    let delivery = record.delivery_info.as_ref();
    let estimated = record.estimated_delivery.parse_with("estimated_delivery", local_date)?;
    let requested = match delivery {
        Some(info) => info.requested_date.parse_with("delivery_info.requested_date", local_date)?,
        None => None,
    };
    let mut history = Vec::new();
    for event in record.tracking.iter().flat_map(|tracking| &tracking.status_history) {
        let (status, vendor_status) = order_status(event.status);
        // A change without a time says nothing about the order of things.
        if let Some(at) = event.at.parse_with("tracking.status_history.at", calendar::parse_instant_or_date)? {
            history.push(OrderEvent { status, vendor_status, at });
        }
    }
    history.sort_by_key(|event| event.at);
    Ok(SupplierOrder {
        id: record.order_id.required_id("order_id")?,
        client_reference: record.client_reference.text(),
        status,
        vendor_status,
        created_at: record.created_at.parse_with("created_at", calendar::parse_instant_or_date)?,
        updated_at: record.updated_at.parse_with("updated_at", calendar::parse_instant_or_date)?,
        delivery_date: estimated.or(requested),
        items: record.items.iter().map(line).collect::<Result<_>>()?,
        currency: record.currency.text().unwrap_or_else(|| currency.to_owned()),
        total: record.total_amount.decimal("total_amount")?,
        notes: delivery.and_then(|info| info.delivery_notes.text()),
        history,
        raw: row.raw(),
    })
}

fn line(line: &Line<'_>) -> Result<OrderLine> {
    Ok(OrderLine {
        product_id: line.product_id.required_id("items.product_id")?,
        name: line.name.text(),
        quantity: line.quantity.required_decimal("items.quantity")?,
        unit: line.unit.text(),
        unit_price: line.unit_price.decimal("items.unit_price")?,
        total: line.total_price.decimal("items.total_price")?,
    })
}

/// The contract's status, and Metro's word when it is none of those documented.
fn order_status(word: Scalar<'_>) -> (OrderStatus, Option<String>) {
    let Some(word) = word.str() else { return (OrderStatus::Unknown, None) };
    let status = match word.as_ref() {
        "PENDING" => OrderStatus::Pending,
        "CONFIRMED" => OrderStatus::Confirmed,
        "PROCESSING" => OrderStatus::Processing,
        "SHIPPED" => OrderStatus::Shipped,
        "DELIVERED" => OrderStatus::Delivered,
        "CANCELLED" => OrderStatus::Cancelled,
        "REJECTED" => OrderStatus::Rejected,
        _ => return (OrderStatus::Unknown, Some(word.into_owned())),
    };
    (status, None)
}

fn vendor_status(status: OrderStatus) -> Option<&'static str> {
    Some(match status {
        OrderStatus::Pending => "PENDING",
        OrderStatus::Confirmed => "CONFIRMED",
        OrderStatus::Processing => "PROCESSING",
        OrderStatus::Shipped => "SHIPPED",
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

    const ORDER: &str = r#"{"data":{"order_id":"MET-2025-00871","client_reference":"lvm-2025-000042","status":"PROCESSING","created_at":"2025-04-12T10:30:45Z","updated_at":"2025-04-12T10:30:45Z",
 "items":[{"product_id":"418207","name":"Tomate cerise barquette 250g","quantity":5.0,"unit":"KG","unit_price":4.95,"total_price":24.75}],
 "total_amount":24.75,"currency":"EUR","estimated_delivery":"2025-04-14","tracking":{"carrier":"METRO","status_history":[{"status":"LOADED","at":"2025-04-12T12:00:00Z"},{"status":"CONFIRMED","at":"2025-04-12T11:00:00Z"}]}}}"#;

    fn at(text: &str) -> Instant {
        time::parse_instant(text).unwrap()
    }

    fn query() -> OrderQuery {
        OrderQuery {
            status: None,
            from: None,
            to: None,
            client_reference: None,
            limit: None,
            cursor: None,
            include_raw: false,
        }
    }

    #[test]
    fn an_order_is_mapped_field_by_field() {
        let host = Host::new("v1").vendor(|_| Ok(Response::new(200, &[], ORDER)));
        let order = host.run(|| get("MET-2025-00871", false)).unwrap();
        assert_eq!(host.requests()[0].target(), "/api/v1/orders/MET-2025-00871");
        let event = |status, word: Option<&str>, when| OrderEvent {
            status,
            vendor_status: word.map(str::to_owned),
            at: at(when),
        };
        assert_eq!(
            order,
            SupplierOrder {
                id: "MET-2025-00871".into(),
                client_reference: Some("lvm-2025-000042".into()),
                status: OrderStatus::Processing,
                vendor_status: None,
                created_at: Some(at("2025-04-12T10:30:45Z")),
                updated_at: Some(at("2025-04-12T10:30:45Z")),
                delivery_date: Some(time::parse_date("2025-04-14").unwrap()),
                items: vec![OrderLine {
                    product_id: "418207".into(),
                    name: Some("Tomate cerise barquette 250g".into()),
                    quantity: 5.into(),
                    unit: Some("KG".into()),
                    unit_price: Some("4.95".parse().unwrap()),
                    total: Some("24.75".parse().unwrap()),
                }],
                currency: "EUR".into(),
                total: Some("24.75".parse().unwrap()),
                notes: None,
                history: vec![
                    event(OrderStatus::Confirmed, None, "2025-04-12T11:00:00Z"),
                    event(OrderStatus::Unknown, Some("LOADED"), "2025-04-12T12:00:00Z"),
                ],
                raw: None,
            }
        );
    }

    #[test]
    fn an_unwrapped_order_and_every_status_are_taken() {
        for (word, status) in [
            ("PENDING", OrderStatus::Pending),
            ("CONFIRMED", OrderStatus::Confirmed),
            ("SHIPPED", OrderStatus::Shipped),
            ("DELIVERED", OrderStatus::Delivered),
            ("CANCELLED", OrderStatus::Cancelled),
            ("REJECTED", OrderStatus::Rejected),
        ] {
            let body = format!(r#"{{"order_id":"1","status":"{word}"}}"#);
            let order = one(&Response::new(201, &[], body), true).unwrap();
            assert_eq!((order.status, order.vendor_status, order.raw.is_some()), (status, None, true));
            assert_eq!(vendor_status(status), Some(word));
        }
        let odd = one(&Response::new(200, &[], r#"{"order_id":1,"status":"HELD"}"#), false).unwrap();
        assert_eq!((odd.status, odd.vendor_status.as_deref()), (OrderStatus::Unknown, Some("HELD")));
        assert!(one(&Response::new(200, &[], r#"{"status":"PENDING"}"#), false).is_err());
    }

    #[test]
    fn the_list_is_held_to_the_period_and_the_filters() {
        let host = Host::new("v1").vendor(|_| {
            let body = r#"{"data":[{"order_id":"1","status":"PENDING","created_at":"2025-04-01T00:00:00Z","client_reference":"a"},
                {"order_id":"2","status":"PENDING","created_at":"2025-04-02T00:00:00Z","client_reference":"a"},
                {"order_id":"3","status":"SHIPPED","created_at":"2025-04-01T12:00:00Z","client_reference":"a"},
                {"order_id":"4","status":"PENDING","created_at":"2025-04-01T12:00:00Z"}]}"#;
            Ok(Response::new(200, &[], body))
        });
        let wanted = OrderQuery {
            status: Some(OrderStatus::Pending),
            from: Some(at("2025-04-01T00:00:00Z")),
            to: Some(at("2025-04-02T00:00:00Z")),
            client_reference: Some("a".into()),
            ..query()
        };
        let page = host.run(|| list(&wanted)).unwrap();
        assert_eq!(page.items.iter().map(|order| order.id.as_str()).collect::<Vec<_>>(), ["1"]);
        let request = &host.requests()[0];
        assert_eq!(request.query_value("status"), Some("PENDING"));
        assert_eq!(request.query_value("start_date"), Some("2025-04-01T00:00:00Z"));
        assert_eq!(request.query_value("end_date"), Some("2025-04-02T00:00:00Z"));
        assert_eq!(request.query_value("client_reference"), Some("a"));
        assert_eq!(host.run(|| list(&query())).unwrap().items.len(), 4);
    }
}
