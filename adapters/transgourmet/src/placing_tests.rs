use moulin_adapter::http::{Idempotency, Method};
use moulin_adapter::testing::Host;

use super::*;

const BOOKED: &str = r#"{"order":{"id":"TGO-88213","clientReference":"lvm-2025-000043","status":"RECEIVED"}}"#;
const REFERENCE: &str = "lvm-2025-000043";

fn request() -> OrderRequest {
    OrderRequest {
        items: vec![OrderItem {
            product_id: "TG-001".into(),
            quantity: "2.00".parse().unwrap(),
            unit: Some("PC".into()),
        }],
        delivery_date: Some(time::parse_date("2025-04-14").unwrap()),
        notes: Some("Quai arrière".into()),
        priority: None,
        client_reference: Some(REFERENCE.into()),
        idempotency_key: Some("5f1c".into()),
        include_raw: false,
    }
}

fn patch() -> OrderPatch {
    OrderPatch {
        id: "TGO-88213".into(),
        items: None,
        delivery_date: None,
        notes: None,
        priority: None,
        idempotency_key: None,
        include_raw: false,
    }
}

fn cancellation() -> OrderCancellation {
    OrderCancellation {
        id: "7".into(),
        reason: Some("fermé".into()),
        idempotency_key: Some("k".into()),
        include_raw: false,
    }
}

fn host() -> Host {
    Host::new("v1").setting("customer_id", "C-42").now(time::parse_instant("2025-04-12T10:30:00Z").unwrap())
}

fn body(request: &Request) -> &str {
    core::str::from_utf8(request.body_bytes().unwrap()).unwrap()
}

#[test]
fn the_body_is_the_one_of_the_sheet() {
    let host = host().vendor(|_| Ok(Response::new(201, &[], BOOKED)));
    let order = host.run(|| create(&request())).unwrap();
    assert_eq!((order.id.as_str(), order.status), ("TGO-88213", OrderStatus::Pending));
    let sent = &host.requests()[0];
    assert_eq!(
        body(sent),
        concat!(
            r#"{"customerId":"C-42","items":[{"productId":"TG-001","quantity":2,"unit":"PC"}],"#,
            r#""deliveryDate":"2025-04-14","notes":"Quai arrière","clientReference":"lvm-2025-000043"}"#
        )
    );
    assert_eq!((sent.method(), sent.target()), (Method::Post, "/api/orders"));
    assert_eq!(sent.query_pairs().count(), 0);
    assert_eq!(sent.header_value("Idempotency-Key"), Some("5f1c"));
    assert_eq!(sent.idempotency_value(), Idempotency::ByMethod);
}

#[test]
fn absent_fields_are_not_sent_and_the_unit_is_a_piece() {
    let host = host().vendor(|_| Ok(Response::new(200, &[], BOOKED)));
    let order = OrderRequest {
        items: vec![OrderItem { product_id: "1".into(), quantity: "0.125".parse().unwrap(), unit: None }],
        delivery_date: None,
        notes: None,
        priority: Some(OrderPriority::Normal),
        client_reference: None,
        idempotency_key: None,
        include_raw: false,
    };
    host.run(|| create(&order)).unwrap();
    let sent = &host.requests()[0];
    assert_eq!(body(sent), r#"{"customerId":"C-42","items":[{"productId":"1","quantity":0.125,"unit":"PC"}]}"#);
    assert_eq!(sent.header_value("idempotency-key"), None);
}

#[test]
fn a_priority_is_refused_and_nothing_is_sent() {
    let host = host();
    for priority in [OrderPriority::Low, OrderPriority::High, OrderPriority::Urgent] {
        let order = OrderRequest { priority: Some(priority), ..request() };
        let Err(Error::Validation(found)) = host.run(|| create(&order)) else { panic!("{priority:?}") };
        assert_eq!(found.fields[0].field, "priority");
        let patch = OrderPatch { priority: Some(priority), ..patch() };
        assert!(matches!(host.run(|| update(&patch)), Err(Error::Validation(_))));
    }
    assert!(host.requests().is_empty());
}

fn lost_then(answers: &'static [&'static str]) -> Host {
    host().vendor(move |request| match (request.method(), request.query_value("page")) {
        (Method::Get, Some(page)) => Ok(Response::new(200, &[], answers[page.parse::<usize>().unwrap() - 1])),
        _ => Err(Error::connection("connection reset", true)),
    })
}

#[test]
fn an_order_whose_answer_was_lost_is_found_by_its_reference() {
    let host = lost_then(&[
        r#"{"orders":[{"id":"other","clientReference":"x"},{"id":"old","clientReference":"lvm-2025-000043","status":"CANCELLED"}],"meta":{"total":101,"per_page":100}}"#,
        r#"{"orders":[{"id":"TGO-7","clientReference":"lvm-2025-000043","status":"RECEIVED"}],"meta":{"total":101,"per_page":100}}"#,
    ]);
    assert_eq!(host.run(|| create(&request())).unwrap().id, "TGO-7");
    let sent = host.requests();
    assert_eq!(sent.iter().filter(|request| request.method() == Method::Post).count(), 1);
    assert_eq!(
        (sent.len(), sent[1].target(), sent[1].query_value("startDate")),
        (3, "/api/orders", Some("2025-04-11"))
    );
}

#[test]
fn an_order_that_was_not_booked_keeps_its_first_error() {
    for answers in [&[r#"{"orders":[]}"#], &["<html>"]] {
        let host = lost_then(answers);
        assert!(matches!(host.run(|| create(&request())), Err(Error::Connection(error)) if error.request_sent));
        assert_eq!(host.requests().len(), 2);
    }
    let nameless = lost_then(&[r#"{"orders":[]}"#]);
    let order = OrderRequest { client_reference: None, ..request() };
    assert!(nameless.run(|| create(&order)).unwrap_err().is_ambiguous());
    assert_eq!(nameless.requests().len(), 1);
}

#[test]
fn a_gateway_that_gave_up_and_an_unreadable_success_are_looked_into() {
    for (status, answer) in [(504, ""), (502, "<html>"), (201, ""), (201, "<html>"), (201, r#"{"order":{"id"#)] {
        let host = host().vendor(move |request| match request.method() {
            Method::Post => Ok(Response::new(status, &[], answer)),
            _ => Ok(Response::new(200, &[], r#"{"orders":[{"id":"TGO-7","clientReference":"lvm-2025-000043"}]}"#)),
        });
        assert_eq!(host.run(|| create(&request())).unwrap().id, "TGO-7", "{status} {answer}");
    }
}

#[test]
fn nothing_is_looked_for_when_nothing_was_sent_or_the_order_was_refused() {
    let unsent = host().vendor(|_| Err(Error::connection("refused", false)));
    assert!(unsent.run(|| create(&request())).is_err());
    assert_eq!(unsent.requests().len(), 1);
    for status in [409, 200] {
        let refused = host().vendor(move |_| {
            Ok(Response::new(status, &[], r#"{"error":{"code":"OUT_OF_STOCK","message":"rupture"}}"#))
        });
        assert!(matches!(refused.run(|| create(&request())), Err(Error::Validation(_))), "{status}");
        assert_eq!(refused.requests().len(), 1);
    }
}

#[test]
fn a_change_sends_only_what_changes() {
    let host = host().vendor(|_| Ok(Response::new(200, &[], BOOKED)));
    let patch = OrderPatch { notes: Some("Porte de derrière".into()), idempotency_key: Some("k".into()), ..patch() };
    host.run(|| update(&patch)).unwrap();
    let sent = &host.requests()[0];
    assert_eq!((sent.method(), sent.target()), (Method::Put, "/api/orders/TGO-88213"));
    assert_eq!(body(sent), r#"{"customerId":"C-42","notes":"Porte de derrière"}"#);
    assert_eq!(sent.header_value("idempotency-key"), Some("k"));
    assert!(matches!(host.run(|| update(&super::tests::patch())), Err(Error::Validation(_))));
    assert_eq!(host.requests().len(), 1);
}

#[test]
fn a_cancellation_is_a_status_and_an_empty_answer_is_read_again() {
    let host = host().vendor(|request| match request.method() {
        Method::Put => Ok(Response::new(204, &[], "")),
        _ => Ok(Response::new(200, &[], r#"{"order":{"id":"7","status":"CANCELLED"}}"#)),
    });
    assert_eq!(host.run(|| cancel(&cancellation())).unwrap().status, OrderStatus::Cancelled);
    let sent = host.requests();
    assert_eq!((sent[0].method(), sent[0].target()), (Method::Put, "/api/orders/7/status"));
    assert_eq!(body(&sent[0]), r#"{"customerId":"C-42","status":"CANCELLED","cancellationReason":"fermé"}"#);
    assert_eq!((sent[1].method(), sent[1].target()), (Method::Get, "/api/orders/7"));
}

#[test]
fn a_cancellation_whose_answer_was_lost_is_seen_in_the_order() {
    for (status, cancelled) in [("CANCELLED", true), ("RECEIVED", false)] {
        let host = host().vendor(move |request| match request.method() {
            Method::Get => Ok(Response::new(200, &[], format!(r#"{{"order":{{"id":"7","status":"{status}"}}}}"#))),
            _ => Err(Error::connection("reset", true)),
        });
        assert_eq!(host.run(|| cancel(&cancellation())).is_ok(), cancelled);
        assert_eq!(host.requests().len(), 2);
    }
}
