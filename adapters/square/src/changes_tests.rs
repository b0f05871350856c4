use moulin_adapter::http::{Idempotency, Response};
use moulin_adapter::testing::Host;

use super::*;

const OBJECTS: &str = r#"{"objects":[
    {"id":"I1","item_data":{"variations":[{"id":"V1","item_variation_data":{"item_id":"I1"}}]}},
    {"id":"I2","item_data":{"variations":[{"id":"V2"},{"id":"V3"}]}},
    {"id":"V3","item_variation_data":{"item_id":"I2"}}]}"#;
const NOW: &str = "2025-04-01T22:10:00.500Z";

fn at(text: &str) -> Instant {
    time::parse_instant(text).unwrap()
}

/// Answers with a count of 32 for every variation in the request.
fn till() -> Host {
    Host::new("v2").setting("location_id", "LLVMPARIS0001").now(at(NOW)).vendor(|request| {
        if request.target() == "/v2/catalog/batch-retrieve" {
            return Ok(Response::new(200, &[], OBJECTS));
        }
        let body: serde_json::Value = serde_json::from_slice(request.body_bytes().unwrap()).unwrap();
        let counts: Vec<_> = body["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| {
                let moved = change.get("physical_count").unwrap_or(&change["adjustment"]);
                serde_json::json!({"catalog_object_id": moved["catalog_object_id"], "state": "IN_STOCK",
                    "location_id": moved["location_id"], "quantity": "32", "calculated_at": "2025-04-01T22:10:00Z"})
            })
            .collect();
        Ok(Response::new(200, &[], serde_json::json!({ "counts": counts }).to_string()))
    })
}

fn change(kind: StockChangeKind, quantity: &str, reason: StockChangeReason) -> StockChange {
    StockChange {
        product_id: "I1".into(),
        variation_id: None,
        location_id: None,
        kind,
        quantity: quantity.parse().unwrap(),
        reason,
        occurred_at: None,
        reference: None,
    }
}

fn set(quantity: &str) -> StockChange {
    change(StockChangeKind::Set, quantity, StockChangeReason::Correction)
}

fn asked(changes: Vec<StockChange>) -> StockUpdate {
    StockUpdate { changes, idempotency_key: Some("5d0c7f1e".into()), include_raw: false }
}

fn body(host: &Host, index: usize) -> String {
    String::from_utf8(host.requests()[index].body_bytes().unwrap().to_vec()).unwrap()
}

#[test]
fn the_body_is_the_one_of_the_sheet() {
    let till = till();
    let counted = StockChange {
        occurred_at: Some(at("2025-04-01T22:00:22Z")),
        reference: Some("count-2025-04-01".into()),
        ..set("34.000")
    };
    let wasted = StockChange {
        occurred_at: Some(at("2025-04-01T22:05:00Z")),
        ..change(StockChangeKind::Remove, "2", StockChangeReason::Waste)
    };
    let levels = till.run(|| update(&asked(vec![counted, wasted]))).unwrap();
    assert_eq!(levels.len(), 2);
    assert_eq!((levels[0].product_id.as_str(), levels[0].variation_id.as_deref()), ("I1", Some("V1")));
    assert_eq!((levels[0].quantity, levels[0].state), (32.into(), StockState::InStock));
    let request = &till.requests()[1];
    assert_eq!(
        (request.target(), request.idempotency_value()),
        ("/v2/inventory/changes/batch-create", Idempotency::Keyed)
    );
    assert_eq!(
        body(&till, 1),
        concat!(
            r#"{"idempotency_key":"5d0c7f1e","changes":["#,
            r#"{"type":"PHYSICAL_COUNT","physical_count":{"state":"IN_STOCK","reference_id":"count-2025-04-01","catalog_object_id":"V1","location_id":"LLVMPARIS0001","quantity":"34","occurred_at":"2025-04-01T22:00:22Z"}},"#,
            r#"{"type":"ADJUSTMENT","adjustment":{"from_state":"IN_STOCK","to_state":"WASTE","catalog_object_id":"V1","location_id":"LLVMPARIS0001","quantity":"2","occurred_at":"2025-04-01T22:05:00Z"}}]}"#
        )
    );
}

#[test]
fn every_movement_is_between_two_states() {
    use StockChangeKind::{Add, Remove};
    use StockChangeReason::{Correction, Received, Sold, Waste};
    for (kind, reason, states) in [
        (Remove, Sold, ("IN_STOCK", "SOLD")),
        (Remove, Waste, ("IN_STOCK", "WASTE")),
        (Remove, Correction, ("IN_STOCK", "NONE")),
        (Remove, Received, ("IN_STOCK", "NONE")),
        (Add, Received, ("NONE", "IN_STOCK")),
        (Add, Correction, ("NONE", "IN_STOCK")),
    ] {
        let till = till();
        till.run(|| update(&asked(vec![change(kind, "1", reason)]))).unwrap();
        let states = format!(r#""from_state":"{}","to_state":"{}""#, states.0, states.1);
        assert!(body(&till, 1).contains(&states), "{}", body(&till, 1));
    }
}

#[test]
fn a_repetition_is_the_same_to_the_byte() {
    let till = till();
    let wanted = asked(vec![set("1"), set("2"), StockChange { occurred_at: Some(at(NOW) + 5_000), ..set("3") }]);
    till.run(|| update(&wanted)).unwrap();
    let later = till.clone().now(at(NOW) + 7_000);
    later.run(|| update(&wanted)).unwrap();
    assert_eq!(body(&till, 1), body(&till, 3));
    let sent: serde_json::Value = serde_json::from_str(&body(&till, 1)).unwrap();
    let when = |index: usize| sent["changes"][index]["physical_count"]["occurred_at"].as_str().unwrap();
    // In their order, and never after a second before now.
    assert_eq!(
        [when(0), when(1), when(2)],
        ["2025-04-01T22:09:59.498Z", "2025-04-01T22:09:59.499Z", "2025-04-01T22:09:59.500Z"]
    );
    let other = StockUpdate { idempotency_key: Some("other".into()), ..wanted };
    later.run(|| update(&other)).unwrap();
    assert_ne!(body(&till, 5).replace("other", "5d0c7f1e"), body(&till, 1));
}

#[test]
fn many_changes_go_in_parts_with_keys_of_their_own() {
    let till = till();
    let levels = till.run(|| update(&asked(vec![set("1"); 101]))).unwrap();
    assert_eq!(levels.len(), 1);
    assert!(body(&till, 1).starts_with(r#"{"idempotency_key":"5d0c7f1e-1""#));
    assert!(body(&till, 2).starts_with(r#"{"idempotency_key":"5d0c7f1e-2""#));
    assert_eq!(till.requests().len(), 3);
}

#[test]
fn the_variation_is_the_one_named_or_the_only_one() {
    let till = till();
    let of = |product: &str, variation: Option<&str>| StockChange {
        product_id: product.into(),
        variation_id: variation.map(str::to_owned),
        ..set("1")
    };
    assert_eq!(till.run(|| update(&asked(vec![of("I2", Some("V3"))]))).unwrap()[0].product_id, "I2");
    assert_eq!(till.run(|| update(&asked(vec![of("V3", None)]))).unwrap()[0].variation_id.as_deref(), Some("V3"));
    for (product, variation, field) in [
        ("I2", None, "changes[0].variation_id"),
        ("I1", Some("V3"), "changes[0].variation_id"),
        ("I9", None, "changes[0].product_id"),
        ("I1", Some("V9"), "changes[0].variation_id"),
    ] {
        let Err(Error::Validation(error)) = till.run(|| update(&asked(vec![of(product, variation)]))) else { panic!() };
        assert_eq!(error.fields[0].field, field);
    }
}

#[test]
fn what_square_would_refuse_is_named_before_it_is_sent() {
    let till = till();
    for (wrong, field) in [
        (set("-1"), "changes[1].quantity"),
        (set("0.000001"), "changes[1].quantity"),
        (StockChange { occurred_at: Some(at(NOW) + 61_000), ..set("1") }, "changes[1].occurred_at"),
        (StockChange { occurred_at: Some(at(NOW) - DAY - 1), ..set("1") }, "changes[1].occurred_at"),
        (StockChange { reference: Some("x".repeat(256)), ..set("1") }, "changes[1].reference"),
    ] {
        let refused = till.run(|| update(&asked(vec![set("1"), wrong])));
        assert!(matches!(refused, Err(Error::Validation(error)) if error.fields[0].field == field), "{field}");
    }
    assert!(matches!(till.run(|| update(&asked(Vec::new()))), Err(Error::Validation(_))));
    assert!(till.requests().is_empty());
}

#[test]
fn an_answer_without_the_level_is_an_error_and_not_an_empty_success() {
    for answer in ["{}", r#"{"counts":[],"changes":[]}"#, r#"{"changes":[]}"#, "", "<html>"] {
        let till = Host::new("v2").setting("location_id", "L").now(at(NOW)).vendor(move |request| {
            let body = if request.target() == "/v2/catalog/batch-retrieve" { OBJECTS } else { answer };
            Ok(Response::new(200, &[], body))
        });
        assert!(matches!(till.run(|| update(&asked(vec![set("1")]))), Err(Error::Api(_))), "{answer}");
    }
}
