//! Creating, changing and cancelling orders: `POST orders`, `PATCH orders/{id}`.

use moulin_adapter::http::{self, Request, Response, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::suppliers::{
    OrderCancellation, OrderItem, OrderPatch, OrderPriority, OrderQuery, OrderRequest, SupplierOrder,
};
use serde::Serialize;

use crate::orders;

#[derive(Serialize)]
struct Item<'a> {
    product_id: &'a str,
    #[serde(serialize_with = "moulin_adapter::read::json_number")]
    quantity: Decimal,
    unit: &'a str,
}

#[derive(Serialize)]
struct DeliveryInfo<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_notes: Option<&'a str>,
}

/// What `POST` and `PATCH` take; fields that are absent are not sent.
#[derive(Serialize, Default)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    client_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<Item<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_info: Option<DeliveryInfo<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation_reason: Option<&'a str>,
}

/// Places an order.
///
/// The answer may get lost after Metro has booked it. A server that does not know `Idempotency-Key` would book a
/// repetition once more, so the order is looked for by the restaurant's own number instead.
pub(crate) fn create(order: &OrderRequest) -> Result<SupplierOrder> {
    let body = Body {
        client_number: crate::client_number(),
        items: Some(items(&order.items)),
        delivery_info: delivery_info(order.delivery_date, order.notes.as_deref())?,
        priority: order.priority.map(priority),
        client_reference: order.client_reference.as_deref(),
        ..Body::default()
    };
    match crate::send(keyed(http::post("/api/v1/orders").json(&body)?, order.idempotency_key.as_deref())) {
        Ok(answer) => orders::one(&answer, order.include_raw),
        Err(lost) if may_have_been_booked(&lost) => booked(order)?.ok_or(lost),
        Err(error) => Err(error),
    }
}

/// No answer after sending, or one of a gateway that gave up waiting (502, 504).
fn may_have_been_booked(error: &Error) -> bool {
    error.is_ambiguous() || matches!(error, Error::Api(error) if matches!(error.status, Some(502 | 504)))
}

/// The order with the restaurant's number, if Metro has it. A failure of this look is no better to know than the first.
fn booked(order: &OrderRequest) -> Result<Option<SupplierOrder>> {
    let Some(reference) = &order.client_reference else { return Ok(None) };
    log::warn!(client_reference = reference.as_str(); "no answer to an order, looking whether it was booked");
    let query = OrderQuery {
        status: None,
        from: None,
        to: None,
        client_reference: Some(reference.clone()),
        limit: None,
        cursor: None,
        include_raw: order.include_raw,
    };
    match orders::list(&query) {
        Ok(page) => Ok(page.items.into_iter().next()),
        Err(error) => {
            log::warn!("the look for the order failed: {error}");
            Ok(None)
        }
    }
}

/// Changes an order that was not shipped.
pub(crate) fn update(patch: &OrderPatch) -> Result<SupplierOrder> {
    let body = Body {
        client_number: crate::client_number(),
        items: patch.items.as_deref().map(items),
        delivery_info: delivery_info(patch.delivery_date, patch.notes.as_deref())?,
        priority: patch.priority.map(priority),
        ..Body::default()
    };
    change(&patch.id, &body, patch.idempotency_key.as_deref(), patch.include_raw)
}

/// Cancels an order: a change of its status.
pub(crate) fn cancel(cancellation: &OrderCancellation) -> Result<SupplierOrder> {
    let body = Body {
        client_number: crate::client_number(),
        status: Some("CANCELLED"),
        cancellation_reason: cancellation.reason.as_deref(),
        ..Body::default()
    };
    change(&cancellation.id, &body, cancellation.idempotency_key.as_deref(), cancellation.include_raw)
}

fn change(id: &str, body: &Body<'_>, key: Option<&str>, include_raw: bool) -> Result<SupplierOrder> {
    let request = http::patch(format!("/api/v1/orders/{}", path_segment(id))).json(body)?;
    let answer = crate::send(keyed(request, key))?;
    if is_empty(&answer) {
        return orders::get(id, include_raw);
    }
    orders::one(&answer, include_raw)
}

fn is_empty(answer: &Response) -> bool {
    answer.body().iter().all(u8::is_ascii_whitespace)
}

/// A repetition stays a matter of the method: a server may not know the key.
fn keyed(request: Request, key: Option<&str>) -> Request {
    request.header_opt("idempotency-key", key)
}

fn items(items: &[OrderItem]) -> Vec<Item<'_>> {
    let item = |item: &'_ OrderItem| item.quantity.normalized();
    items
        .iter()
        .map(|line| Item {
            product_id: &line.product_id,
            quantity: item(line),
            unit: line.unit.as_deref().unwrap_or("PC"),
        })
        .collect()
}

/// The day as its midnight on the restaurant's clock: `2025-04-14T00:00:00+02:00`.
fn delivery_info(date: Option<Date>, notes: Option<&str>) -> Result<Option<DeliveryInfo<'_>>> {
    let requested_date = match date {
        Some(date) => Some(calendar::format_local(calendar::start_of_day(date)?)),
        None => None,
    };
    let something = requested_date.is_some() || notes.is_some();
    Ok(something.then_some(DeliveryInfo { requested_date, delivery_notes: notes }))
}

fn priority(priority: OrderPriority) -> &'static str {
    match priority {
        OrderPriority::Low => "low",
        OrderPriority::Normal => "normal",
        OrderPriority::High => "high",
        OrderPriority::Urgent => "urgent",
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::{Idempotency, Method};
    use moulin_adapter::suppliers::OrderStatus;
    use moulin_adapter::testing::Host;

    use super::*;

    const BOOKED: &str =
        r#"{"data":{"order_id":"MET-2025-00871","client_reference":"lvm-2025-000042","status":"PENDING"}}"#;

    fn request() -> OrderRequest {
        OrderRequest {
            items: vec![OrderItem {
                product_id: "418207".into(),
                quantity: "5.00".parse().unwrap(),
                unit: Some("KG".into()),
            }],
            delivery_date: Some(time::parse_date("2025-04-14").unwrap()),
            notes: Some("Livraison avant 10h si possible".into()),
            priority: None,
            client_reference: None,
            idempotency_key: Some("5f1c".into()),
            include_raw: false,
        }
    }

    fn body(request: &Request) -> &str {
        core::str::from_utf8(request.body_bytes().unwrap()).unwrap()
    }

    #[test]
    fn the_body_is_the_one_of_the_sheet() {
        let host =
            Host::new("v1").setting("client_number", "FR-778812").vendor(|_| Ok(Response::new(201, &[], BOOKED)));
        let order = host.run(|| create(&request())).unwrap();
        assert_eq!((order.id.as_str(), order.status), ("MET-2025-00871", OrderStatus::Pending));
        let sent = &host.requests()[0];
        assert_eq!(
            body(sent),
            concat!(
                r#"{"client_number":"FR-778812","items":[{"product_id":"418207","quantity":5,"unit":"KG"}],"#,
                r#""delivery_info":{"requested_date":"2025-04-14T00:00:00+02:00","delivery_notes":"Livraison avant 10h si possible"}}"#
            )
        );
        assert_eq!((sent.method(), sent.target()), (Method::Post, "/api/v1/orders"));
        assert_eq!(sent.header_value("Idempotency-Key"), Some("5f1c"));
        assert_eq!(sent.idempotency_value(), Idempotency::ByMethod);
    }

    #[test]
    fn absent_fields_are_not_sent_and_the_unit_is_a_piece() {
        let host = Host::new("v1").vendor(|_| Ok(Response::new(200, &[], BOOKED)));
        let order = OrderRequest {
            items: vec![OrderItem { product_id: "1".into(), quantity: "0.125".parse().unwrap(), unit: None }],
            delivery_date: None,
            notes: None,
            priority: Some(OrderPriority::Urgent),
            client_reference: Some("lvm-1".into()),
            idempotency_key: None,
            include_raw: false,
        };
        host.run(|| create(&order)).unwrap();
        let sent = &host.requests()[0];
        assert_eq!(
            body(sent),
            r#"{"items":[{"product_id":"1","quantity":0.125,"unit":"PC"}],"priority":"urgent","client_reference":"lvm-1"}"#
        );
        assert_eq!(sent.header_value("idempotency-key"), None);
    }

    fn lost_then(orders: &'static str) -> Host {
        Host::new("v1").vendor(move |request| match request.method() {
            Method::Post => Err(Error::connection("connection reset", true)),
            _ => Ok(Response::new(200, &[], orders)),
        })
    }

    #[test]
    fn an_order_whose_answer_was_lost_is_found_by_its_reference() {
        let order = OrderRequest { client_reference: Some("lvm-2025-000042".into()), ..request() };
        let host = lost_then(
            r#"{"data":[{"order_id":"other","client_reference":"x"},{"order_id":"MET-7","client_reference":"lvm-2025-000042","status":"PENDING"}]}"#,
        );
        assert_eq!(host.run(|| create(&order)).unwrap().id, "MET-7");
        let sent = host.requests();
        assert_eq!(sent.len(), 2);
        assert_eq!(
            (sent[1].target(), sent[1].query_value("client_reference")),
            ("/api/v1/orders", Some("lvm-2025-000042"))
        );
    }

    #[test]
    fn an_order_that_was_not_booked_keeps_its_first_error() {
        let order = OrderRequest { client_reference: Some("lvm-2025-000042".into()), ..request() };
        for answer in [r#"{"data":[]}"#, "<html>"] {
            let host = lost_then(answer);
            assert!(matches!(host.run(|| create(&order)), Err(Error::Connection(error)) if error.request_sent));
            assert_eq!(host.requests().len(), 2);
        }
        let nameless = lost_then(r#"{"data":[]}"#);
        assert!(nameless.run(|| create(&request())).unwrap_err().is_ambiguous());
        assert_eq!(nameless.requests().len(), 1);
    }

    #[test]
    fn nothing_is_looked_for_when_nothing_was_sent_or_metro_refused() {
        let order = OrderRequest { client_reference: Some("lvm-2025-000042".into()), ..request() };
        let unsent = Host::new("v1").vendor(|_| Err(Error::connection("refused", false)));
        assert!(unsent.run(|| create(&order)).is_err());
        assert_eq!(unsent.requests().len(), 1);
        let refused = Host::new("v1").vendor(|_| Ok(Response::new(409, &[], r#"{"error":{"code":"OUT_OF_STOCK"}}"#)));
        assert!(matches!(refused.run(|| create(&order)), Err(Error::Validation(_))));
        assert_eq!(refused.requests().len(), 1);
        let gateway = Host::new("v1").vendor(|request| match request.method() {
            Method::Post => Ok(Response::new(504, &[], "")),
            _ => Ok(Response::new(200, &[], r#"{"data":[{"order_id":"MET-7","client_reference":"lvm-2025-000042"}]}"#)),
        });
        assert_eq!(gateway.run(|| create(&order)).unwrap().id, "MET-7");
    }

    #[test]
    fn a_change_sends_only_what_changes() {
        let host = Host::new("v1").vendor(|_| Ok(Response::new(200, &[], BOOKED)));
        let patch = OrderPatch {
            id: "MET-2025-00871".into(),
            items: None,
            delivery_date: None,
            notes: Some("Porte de derrière".into()),
            priority: None,
            idempotency_key: None,
            include_raw: false,
        };
        host.run(|| update(&patch)).unwrap();
        let sent = &host.requests()[0];
        assert_eq!((sent.method(), sent.target()), (Method::Patch, "/api/v1/orders/MET-2025-00871"));
        assert_eq!(body(sent), r#"{"delivery_info":{"delivery_notes":"Porte de derrière"}}"#);
    }

    #[test]
    fn a_cancellation_is_a_status_and_an_empty_answer_is_read_again() {
        let host = Host::new("v1").vendor(|request| match request.method() {
            Method::Patch => Ok(Response::new(204, &[], "")),
            _ => Ok(Response::new(200, &[], r#"{"data":{"order_id":"7","status":"CANCELLED"}}"#)),
        });
        let cancellation = OrderCancellation {
            id: "7".into(),
            reason: Some("fermé".into()),
            idempotency_key: Some("k".into()),
            include_raw: false,
        };
        assert_eq!(host.run(|| cancel(&cancellation)).unwrap().status, OrderStatus::Cancelled);
        let sent = host.requests();
        assert_eq!(body(&sent[0]), r#"{"status":"CANCELLED","cancellation_reason":"fermé"}"#);
        assert_eq!((sent[1].method(), sent[1].target()), (Method::Get, "/api/v1/orders/7"));
    }
}
