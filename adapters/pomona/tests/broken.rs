//! Broken answers: every operation gives a typed error, never a panic and never an empty success.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod common;

use std::cell::Cell;
use std::rc::Rc;

use common::{catalog, from_to, order, search, with};
use moulin_adapter::http::{Request, Response};
use moulin_adapter::prelude::*;
use moulin_adapter::suppliers::{
    AccountQuery, AvailabilityQuery, DeliveryQuery, OrderCancellation, OrderLookup, OrderPatch, ProductLookup,
};
use pomona::Pomona as Supplier;

type Operation = Box<dyn Fn() -> Result<()>>;

/// Every operation, asked so that a healthy vendor answers it.
fn operations(product: &str, placed: &str) -> Vec<(&'static str, Operation)> {
    let (product, placed) = (product.to_owned(), placed.to_owned());
    let lookup = OrderLookup { id: placed.clone(), include_raw: true };
    let asked = ProductLookup { id: product.clone(), include_raw: true };
    let patch = OrderPatch {
        id: placed.clone(),
        items: None,
        delivery_date: None,
        notes: Some("n".into()),
        priority: None,
        idempotency_key: None,
        include_raw: true,
    };
    let cancellation = OrderCancellation { id: placed, reason: None, idempotency_key: None, include_raw: true };
    let available = AvailabilityQuery { product_ids: vec![product.clone()], date: None };
    let placing = order(&[(&product, "1", Some("CT"))], "lvm-2025-000901", "k");
    vec![
        ("check", Box::new(|| Supplier::check().map(drop))),
        ("list-catalog", Box::new(|| Supplier::list_catalog(catalog(None)).map(drop))),
        ("search-products", Box::new(|| Supplier::search_products(search("creme", None)).map(drop))),
        ("get-product", Box::new(move || Supplier::get_product(asked.clone()).map(drop))),
        ("check-availability", Box::new(move || Supplier::check_availability(available.clone()).map(drop))),
        ("create-order", Box::new(move || Supplier::create_order(placing.clone()).map(drop))),
        ("get-order", Box::new(move || Supplier::get_order(lookup.clone()).map(drop))),
        ("list-orders", Box::new(|| Supplier::list_orders(from_to(None, None)).map(drop))),
        ("update-order", Box::new(move || Supplier::update_order(patch.clone()).map(drop))),
        ("cancel-order", Box::new(move || Supplier::cancel_order(cancellation.clone()).map(drop))),
        (
            "get-delivery-schedule",
            Box::new(|| {
                Supplier::get_delivery_schedule(DeliveryQuery { from: None, to: None, include_raw: true }).map(drop)
            }),
        ),
        ("get-account", Box::new(|| Supplier::get_account(AccountQuery { include_raw: true }).map(drop))),
    ]
}

/// Runs every operation on a vendor whose answers go through `spoil`, and looks at what comes of it. The vendor itself
/// does what it is asked, so the order of the operations counts.
fn each(spoil: impl Fn(&Request, Response) -> Result<Response> + 'static, judge: impl Fn(&str, Result<()>)) {
    let healthy = Rc::new(Cell::new(true));
    let switch = Rc::clone(&healthy);
    let (_, host) = with(|vendor| {
        move |request: &Request| {
            let answer = vendor.answer(request)?;
            if switch.get() { Ok(answer) } else { spoil(request, answer) }
        }
    });
    let product = host.run(|| Supplier::list_catalog(catalog(Some(1)))).unwrap().items.remove(0).id;
    let placing = order(&[(&product, "1", Some("CT"))], "lvm-2025-000900", "first");
    let placed = host.run(|| Supplier::create_order(placing)).unwrap().id;
    healthy.set(false);
    for (name, operation) in operations(&product, &placed) {
        judge(name, host.run(operation));
    }
}

#[test]
fn untouched_answers_are_successes() {
    each(|_, answer| Ok(answer), |name, result| assert!(result.is_ok(), "{name} {result:?}"));
}

#[test]
fn bodies_that_are_none_are_errors() {
    for body in [
        "",
        " \n",
        "null",
        "0",
        "\"\"",
        "{}",
        "<!DOCTYPE html><html><body>Maintenance</body></html>",
        "{\"",
        "\u{feff}{}",
    ] {
        each(
            move |_, _| Ok(Response::new(200, &[("content-type", "text/html")], body)),
            |name, result| assert!(matches!(result, Err(Error::Api(_))), "{name} {body:?} {result:?}"),
        );
    }
    each(
        |_, _| Ok(Response::new(200, &[], vec![0xC3, 0x28])),
        |name, result| assert!(matches!(result, Err(Error::Api(_))), "{name} {result:?}"),
    );
}

#[test]
fn cut_bodies_are_errors_wherever_they_are_cut() {
    for parts in [1, 2, 3, 9] {
        each(
            move |_, answer| {
                let keep = answer.body().len() * parts / 10;
                Ok(Response::new(answer.status(), &[], answer.body()[..keep].to_vec()))
            },
            |name, result| assert!(matches!(result, Err(Error::Api(_))), "{name} {parts} {result:?}"),
        );
    }
}

#[test]
fn server_errors_are_worth_a_repetition() {
    for (status, body) in [(500, "<html>"), (502, ""), (503, r#"{"error":{"code":"INTERNAL_ERROR","message":"x"}}"#)] {
        each(
            move |_, _| Ok(Response::new(status, &[], body)),
            |name, result| {
                let Err(Error::Api(found)) = result else { panic!("{name} {status} {result:?}") };
                assert!(found.retryable && found.status == Some(status), "{name} {status}");
            },
        );
    }
}

#[test]
fn refusals_and_limits_have_their_class() {
    for (value, wait) in [
        (Some("7"), Some(7_000)),
        (Some("Sat, 12 Apr 2025 10:30:09 GMT"), Some(9_000)),
        (Some("soon"), None),
        (None, None),
    ] {
        each(
            move |_, _| {
                let headers: Vec<_> = value.iter().map(|value| ("Retry-After", *value)).collect();
                Ok(Response::new(429, &headers, ""))
            },
            |name, result| {
                let Err(Error::RateLimit(found)) = result else { panic!("{name} {value:?} {result:?}") };
                assert_eq!(found.retry_after_ms, wait, "{name} {value:?}");
            },
        );
    }
    for status in [401, 403] {
        each(
            move |_, _| Ok(Response::new(status, &[], "<html>")),
            |name, result| assert!(matches!(result, Err(Error::Authentication(_))), "{name} {status} {result:?}"),
        );
    }
    each(
        |_, _| Ok(Response::new(404, &[], "<html>")),
        |name, result| assert!(matches!(result, Err(Error::NotFound(_))), "{name} {result:?}"),
    );
    for body in [r#"{"error":{"code":"ACCESS_DENIED","message":"no"}}"#, r#"{"error":"invalid_token"}"#] {
        each(
            move |_, _| Ok(Response::new(200, &[], body)),
            |name, result| assert!(matches!(result, Err(Error::Authentication(_))), "{name} {body} {result:?}"),
        );
    }
    each(
        |_, _| Err(Error::connection("reset", true)),
        |name, result| {
            assert!(matches!(result, Err(Error::Connection(_))), "{name} {result:?}");
        },
    );
}
