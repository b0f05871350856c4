//! The real program over a socket: the simulated vendors on one side, HTTP clients and the command line on the other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[allow(dead_code)]
mod program;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use moulin_host::operations::{self, Kind};
use program::{Kitchen, cli};
use serde_json::{Value, json};

const PERIOD: [&str; 4] = ["--from", "2025-03-31", "--to", "2025-04-13"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_and_http_give_every_sale_of_the_period_alike() {
    let kitchen = Kitchen::start().await;
    let config = kitchen.config.to_str().unwrap();
    let call = ["call", "pos.list-transactions", "--connection", "till", "--config", config, "--all", "--json"];
    let printed = cli(&[&call[..], &PERIOD[..]].concat(), None).await;
    assert_eq!(printed.status, 0, "{}", printed.stderr);
    let lines: Vec<Value> =
        printed.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();

    let service = kitchen.serve().await;
    let mut got = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = "/v1/connections/till/pos/list-transactions?from=2025-03-31&to=2025-04-13";
        let (status, page) = service.get(&format!("{path}{cursor}")).await;
        assert_eq!(status, 200, "{page}");
        got.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        let next: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
        cursor = format!("&cursor={next}");
    }
    assert_eq!(lines, got);
    assert!(lines.len() > 300, "{} sales are less than two weeks of a restaurant", lines.len());
    let ids: BTreeSet<_> = lines.iter().map(|sale| sale["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), lines.len());
    for sale in &lines {
        assert_eq!(sale["vendor"], "lightspeed");
        assert!(sale["total"].is_string(), "an amount is a decimal string: {sale}");
    }
    // What the vendor's world holds, exactly.
    let expected: i64 = kitchen.world_total_cents("2025-03-30T22:00:00Z", "2025-04-12T22:00:00Z");
    let total: i64 = lines.iter().map(|sale| cents(sale["total"].as_str().unwrap())).sum();
    assert_eq!(total, expected);
}

/// Cents of a decimal string.
fn cents(text: &str) -> i64 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(fraction.len() <= 2, "{text}");
    sign * format!("{whole}{fraction:0<2}").parse::<i64>().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_placed_once_for_one_key_and_a_wrong_one_is_refused_by_field() {
    let kitchen = Kitchen::start().await;
    let service = kitchen.serve().await;
    let path = "/v1/connections/metro/suppliers/create-order";
    let (_, catalogue) = service.get("/v1/connections/metro/suppliers/list-catalog?limit=1").await;
    let product = &catalogue["items"][0]["id"];
    let order = json!({"items": [{"product_id": product, "quantity": "2"}], "idempotency_key": "k-1"});
    let (status, first) = service.post(path, &order).await;
    assert_eq!(status, 200, "{first}");
    let (_, again) = service.post(path, &order).await;
    assert_eq!(first["id"], again["id"]);

    let before = kitchen.metro.requests().len();
    let wrong = json!({"items": [{"product_id": product, "quantity": "0"}], "notes": "x".repeat(501)});
    let (status, problem) = service.post(path, &wrong).await;
    assert_eq!(status, 422, "{problem}");
    let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, ["items[0].quantity", "notes"]);
    assert_eq!(kitchen.metro.requests().len(), before, "the supplier was asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn problems_say_what_is_wrong_and_what_to_do() {
    let kitchen = Kitchen::start().await;
    let service = kitchen.serve().await;
    for (path, expected, class) in [
        ("/v1/connections/tills/pos/list-products", 404, "unknown_connection"),
        ("/v1/connections/till/pos/list-product", 404, "unknown_operation"),
        ("/v1/connections/metro/pos/list-products", 404, "wrong_domain"),
        ("/v1/connections/till/pos/get-transaction?id=999999999", 404, "not_found"),
        ("/v1/connections/till/pos/list-transactions?from=2025-04-02&to=2025-04-01", 422, "validation"),
        ("/v1/connections/till/pos/list-products?colour=red", 422, "validation"),
    ] {
        let (status, problem) = service.get(path).await;
        assert_eq!((status, problem["class"].as_str()), (expected, Some(class)), "{path}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{problem}");
    }
    let (status, _) = service.get("/v1/connections/metro/suppliers/create-order").await;
    assert_eq!(status, 405);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openapi_describes_every_operation_and_every_reference_in_it_resolves() {
    let kitchen = Kitchen::start().await;
    let service = kitchen.serve().await;
    let (status, document) = service.get("/openapi.json").await;
    assert_eq!(status, 200);
    assert_eq!(document["openapi"], "3.1.0");
    for operation in operations::all() {
        let path = format!("/v1/connections/{{connection}}/{}/{}", operation.domain, operation.function);
        let method = if operation.kind == Kind::Read { "get" } else { "post" };
        let described = &document["paths"][&path][method];
        assert!(described["responses"]["200"].is_object(), "{method} {path} is not described");
    }
    references(&document, &document);
}

/// Follows every `$ref`.
fn references(document: &Value, value: &Value) {
    match value {
        Value::Object(members) => {
            if let Some(target) = members.get("$ref").and_then(Value::as_str) {
                let pointer = target.strip_prefix('#').expect("references stay inside the document");
                assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
            }
            members.values().for_each(|member| references(document, member));
        }
        Value::Array(items) => items.iter().for_each(|item| references(document, item)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metro_is_replaced_ten_times_under_load_without_a_failed_call() {
    let kitchen = Kitchen::start().await;
    let service = Arc::new(kitchen.serve().await);
    let file = kitchen.adapters.join("metro.wasm");
    let original = std::fs::read(&file).unwrap();
    let versions = program::Versions::of(original.clone()).await;

    let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (service, stop, served) = (service.clone(), stop.clone(), served.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let path = "/v1/connections/metro/suppliers/list-catalog?limit=5";
                    let (status, page) = service.get(path).await;
                    assert_eq!(status, 200, "{page}");
                    served.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for number in 1..=10 {
        // The tenth is the first again: versions of the same length, so that the text fits in its place.
        let version = format!("1.0.{}", number % 10);
        std::fs::write(&file, versions.named(&version)).unwrap();
        service.until_metro_is(&version, false).await;
    }
    let listed = cli(&["adapter", "list", "--url", &service.url], None).await;
    assert!(listed.stdout.lines().any(|line| line.contains("metro") && line.contains("1.0.0")), "{}", listed.stdout);

    // A copy that was cut off changes nothing but the list.
    std::fs::write(&file, &original[..original.len() / 2]).unwrap();
    service.until_metro_is("1.0.0", true).await;
    let before = served.load(Ordering::Relaxed);
    tokio::time::timeout(Duration::from_secs(30), async {
        while served.load(Ordering::Relaxed) < before + 20 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("calls go on");
    stop.store(true, Ordering::Relaxed);
    for task in load {
        task.await.expect("no call failed");
    }
    let log = Arc::into_inner(service).expect("the load has ended").stop().await;
    assert!(log.contains("adapter refused") && log.contains("truncated or damaged"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_lets_calls_finish_and_ends_with_zero() {
    let kitchen = Kitchen::start().await;
    let service = kitchen.serve().await;
    let (status, _) = service.get("/healthz").await;
    assert_eq!(status, 200);
    let log = service.stop().await;
    assert!(log.contains("stopping"), "{log}");
}
