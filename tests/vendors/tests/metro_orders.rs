//! The wholesaler: catalogue, orders, keys, limits.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;

use http::{Answer, encode, send};
use moulin_vendors::{Metro, MetroOptions, Options, World, metro};
use serde_json::{Value, json};

const KEY: (&str, &str) = ("x-api-key", "demo-metro-key");

async fn metro() -> (World, Metro) {
    let world = World::new(Options::default());
    let metro = Metro::start(world.clone(), MetroOptions::default()).await.unwrap();
    (world, metro)
}

async fn call(metro: &Metro, method: &str, target: &str, body: Option<&Value>) -> Answer {
    let body = body.map(Value::to_string);
    send(method, &format!("{}/api/v1/{target}", metro.url()), &[KEY], body.as_deref()).await
}

fn order(items: Value) -> Value {
    json!({ "client_number": "FR-778812", "items": items, "delivery_info": { "requested_date": "2025-04-14T00:00:00+02:00", "delivery_notes": "Avant 10h" } })
}

#[tokio::test]
async fn the_catalogue_is_read_page_by_page_and_holds_what_ran_low_at_the_till() {
    let (world, metro) = metro().await;
    let mut products = Vec::new();
    for page in 1.. {
        let answer = call(&metro, "GET", &format!("products?page={page}&sort=name:asc"), None).await.json();
        products.extend(answer["data"].as_array().unwrap().clone());
        assert_eq!(answer["pagination"]["total"], 1_000);
        if answer["pagination"]["has_more"] == false {
            break;
        }
    }
    assert_eq!(products.len(), 1_000);
    for low in world.low_stock() {
        let ean = world.item(low.item).unwrap().ean.clone().unwrap();
        let found: Vec<_> = products.iter().filter(|product| product["ean"] == ean.as_str()).collect();
        assert_eq!((found.len(), &found[0]["in_stock"]), (1, &true.into()));
    }
}

#[tokio::test]
async fn search_needs_words_and_knows_no_accents() {
    let (_, metro) = metro().await;
    let found = call(&metro, "GET", &format!("products/search?q={}", encode("creme LIQUIDE")), None).await.json();
    assert_eq!(found["pagination"]["total"], 4);
    assert_eq!(found["data"][0]["category"], "DAIRY");
    assert_eq!(call(&metro, "GET", "products/search", None).await.status, 400);
    assert_eq!(call(&metro, "GET", "products/search?q=+", None).await.status, 400);
}

#[tokio::test]
async fn an_order_is_priced_exactly_followed_and_cancelled() {
    let (world, metro) = metro().await;
    let product = world.products().iter().find(|p| p.at_the_till && p.unit.code() == "KG").unwrap();
    let body = order(json!([{ "product_id": product.id, "quantity": 2.5, "unit": "KG" }]));
    let created = call(&metro, "POST", "orders", Some(&body)).await;
    assert_eq!(created.status, 201);
    let created = created.json()["data"].clone();
    let total = (product.price * 25 + 5) / 10;
    assert_eq!(created["total_amount"].to_string(), moulin_vendors::amount::Decimal::cents(total).to_string());
    assert_eq!(
        (&created["order_id"], &created["estimated_delivery"]),
        (&"MET-2025-00871".into(), &"2025-04-14".into())
    );
    let path = "orders/MET-2025-00871";
    let first = call(&metro, "GET", path, None).await.json()["data"].clone();
    assert_eq!(
        (&first["status"], &first["tracking"]["status_history"][1]["status"]),
        (&"PROCESSING".into(), &"CONFIRMED".into())
    );
    let cancel = json!({ "status": "CANCELLED", "cancellation_reason": "fermé" });
    assert_eq!(call(&metro, "PATCH", path, Some(&cancel)).await.json()["data"]["status"], "CANCELLED");
    let again = call(&metro, "PATCH", path, Some(&cancel)).await;
    assert_eq!((again.status, &again.json()["error"]["code"]), (409, &"ORDER_LOCKED".into()));
}

#[tokio::test]
async fn an_order_moves_on_with_every_third_look_or_when_told() {
    let (world, metro) = metro().await;
    let id = &world.products()[0].id;
    call(&metro, "POST", "orders", Some(&order(json!([{ "product_id": id, "quantity": 1, "unit": "CT" }])))).await;
    let mut seen = Vec::new();
    for _ in 0..6 {
        let looked = call(&metro, "GET", "orders/MET-2025-00871", None).await.json();
        seen.push(looked["data"]["status"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, ["PROCESSING", "PROCESSING", "SHIPPED", "SHIPPED", "SHIPPED", "DELIVERED"]);
    let told = format!("{}/_control/orders/MET-2025-00871/advance", metro.url());
    assert_eq!(send("POST", &told, &[], Some(r#"{"status":"REJECTED"}"#)).await.json()["status"], "REJECTED");
    assert_eq!(send("POST", &told, &[], Some(r#"{"status":"LOST"}"#)).await.status, 400);
}

#[tokio::test]
async fn one_key_books_one_order() {
    let (world, metro) = metro().await;
    let url = format!("{}/api/v1/orders", metro.url());
    let body = |quantity| {
        let mut body = order(json!([{ "product_id": world.products()[0].id, "quantity": quantity, "unit": "CT" }]));
        body["client_reference"] = "lvm-2025-000042".into();
        body.to_string()
    };
    let first = send("POST", &url, &[KEY, ("idempotency-key", "a")], Some(&body(1))).await;
    let again = send("POST", &url, &[KEY, ("idempotency-key", "a")], Some(&body(1))).await;
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.json(), again.json());
    for (key, quantity) in [("a", 2), ("b", 1)] {
        let clash = send("POST", &url, &[KEY, ("idempotency-key", key)], Some(&body(quantity))).await;
        assert_eq!((clash.status, &clash.json()["error"]["code"]), (409, &"DUPLICATE_ORDER".into()));
    }
    let found = call(&metro, "GET", "orders?client_reference=lvm-2025-000042", None).await.json();
    assert_eq!(found["pagination"]["total"], 1);
}

#[tokio::test]
async fn a_wrong_order_is_refused_with_every_reason() {
    let (world, metro) = metro().await;
    let good = world.products()[0].id.as_str();
    let details = |answer: &Answer| {
        let json = answer.json();
        let details = json["error"]["details"].as_array().unwrap().clone();
        details.iter().map(|detail| detail["field"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut body = order(
        json!([{ "product_id": "0", "quantity": 1 }, { "product_id": good, "quantity": -5, "unit": "XX", "color": 1 }]),
    );
    body["delivery_info"] = json!({ "requested_date": "2025-04-11", "delivery_notes": "x".repeat(501) });
    body["priority"] = "soon".into();
    let answer = call(&metro, "POST", "orders", Some(&body)).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (422, &"VALIDATION_FAILED".into()));
    let mut fields = details(&answer);
    fields.sort();
    let expected = [
        "delivery_info.delivery_notes",
        "delivery_info.requested_date",
        "items[0].product_id",
        "items[1].color",
        "items[1].quantity",
        "items[1].unit",
        "priority",
    ];
    assert_eq!(fields, expected);
    for (items, field) in [
        (json!([]), "items"),
        (json!([{ "product_id": good, "quantity": "1" }]), "items[0].quantity"),
        (json!([{ "quantity": 1 }]), "items[0].product_id"),
    ] {
        let answer = call(&metro, "POST", "orders", Some(&order(items))).await;
        assert_eq!((answer.status, details(&answer)), (422, vec![field.to_owned()]));
    }
    let today = json!({ "items": [{ "product_id": good, "quantity": 1, "unit": "CT" }], "delivery_info": { "requested_date": "2025-04-12" } });
    assert_eq!(call(&metro, "POST", "orders", Some(&today)).await.status, 201);
    let too_much = order(json!([{ "product_id": good, "quantity": 100_000, "unit": "CT" }]));
    let answer = call(&metro, "POST", "orders", Some(&too_much)).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (409, &"OUT_OF_STOCK".into()));
    let broken = send("POST", &format!("{}/api/v1/orders", metro.url()), &[KEY], Some("{")).await;
    assert_eq!((broken.status, &broken.json()["error"]["code"]), (400, &"INVALID_REQUEST".into()));
}

#[tokio::test]
async fn strangers_unknown_parameters_and_paths_are_refused() {
    let (_, metro) = metro().await;
    for (target, status) in [
        ("products?colour=red", 400),
        ("products?category=SHOES", 400),
        ("products?limit=101", 400),
        ("products?page=0", 400),
        ("products/1", 404),
        ("orders/MET-1", 404),
        ("nothing", 404),
        ("products?client_number=FR-1", 403),
        ("orders?status=LOST", 400),
    ] {
        assert_eq!(call(&metro, "GET", target, None).await.status, status, "{target}");
    }
    assert_eq!(call(&metro, "DELETE", "orders", None).await.status, 405);
    let stranger = send("GET", &format!("{}/api/v1/products", metro.url()), &[("x-api-key", "no")], None).await;
    assert_eq!((stranger.status, &stranger.json()["error"]["code"]), (401, &"ACCESS_DENIED".into()));
}

#[tokio::test]
async fn schedule_account_status_and_availability_answer() {
    let (world, metro) = metro().await;
    let slots = call(&metro, "GET", "delivery/schedule", None).await.json();
    assert_eq!(
        slots["data"][0],
        json!({ "date": "2025-04-13", "from": "06:00", "to": "10:00", "order_before": "2025-04-12T18:00:00+02:00", "available": false })
    );
    assert_eq!(slots["data"].as_array().unwrap().len(), 14);
    assert_eq!(
        call(&metro, "GET", "account?client_number=FR-778812", None).await.json()["data"]["client_number"],
        "FR-778812"
    );
    assert_eq!(call(&metro, "GET", "status", None).await.json()["data"]["status"], "UP");
    let gone = world.products().iter().find(|product| product.stock == 0).unwrap();
    let ids = json!({ "product_ids": [gone.id, "0", world.products()[0].id] });
    let found = call(&metro, "POST", "availability", Some(&ids)).await.json();
    let available: Vec<_> = found["data"].as_array().unwrap().iter().map(|row| row["available"] == true).collect();
    assert_eq!(available, [false, false, true]);
}

#[tokio::test]
async fn the_limit_is_told_in_every_answer_and_kept() {
    let world = World::new(Options::default());
    let limits = metro::Limits { per_minute: 2, enforced: true };
    let metro = Metro::start(world, MetroOptions { limits, ..MetroOptions::default() }).await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(call(&metro, "GET", "status", None).await);
    }
    let remaining: Vec<_> = answers.iter().map(|answer| answer.header("x-ratelimit-remaining")).collect();
    assert_eq!((answers[2].status, remaining), (429, vec!["1", "0", "0"]));
    assert!((1..=60).contains(&answers[2].header("retry-after").parse::<u32>().unwrap()));
}
