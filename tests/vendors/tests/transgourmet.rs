//! Transgourmet: shapes, strictness, tokens.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;

use http::{Answer, encode, send};
use moulin_vendors::amount::Decimal;
use moulin_vendors::{Options, Transgourmet, TransgourmetOptions, World};
use serde_json::{Value, json};

const TOKEN: (&str, &str) = ("authorization", "Bearer tg-demo-token");

async fn start() -> (World, Transgourmet) {
    let world = World::new(Options::default());
    (world.clone(), Transgourmet::start(world, TransgourmetOptions::default()).await.unwrap())
}

async fn get(vendor: &Transgourmet, target: &str) -> Answer {
    let join = if target.contains('?') { '&' } else { '?' };
    send("GET", &format!("{}/api/{target}{join}customerId=C-42", vendor.url()), &[TOKEN], None).await
}

async fn write(vendor: &Transgourmet, method: &str, target: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let headers: Vec<_> = [TOKEN].into_iter().chain(headers.iter().copied()).collect();
    send(method, &format!("{}/api/{target}", vendor.url()), &headers, Some(&body.to_string())).await
}

fn number(world: &World, place: usize) -> String {
    format!("TG-{}", world.products().iter().filter(|product| product.at_the_till).nth(place).unwrap().id)
}

fn order(items: &Value) -> Value {
    json!({ "customerId": "C-42", "items": items, "deliveryDate": "2025-04-14", "notes": "Quai arrière" })
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn products_have_the_shape_of_the_sheet_and_are_priced_by_the_package() {
    let (world, vendor) = start().await;
    let page = get(&vendor, "catalog?limit=2&page=500").await.json();
    assert_eq!(page["meta"], json!({ "total": 1_000, "page": 500, "per_page": 2 }));
    assert_eq!(page["products"].as_array().unwrap().len(), 2);
    assert_eq!(get(&vendor, "catalog?page=11").await.json()["products"], json!([]));
    let wanted = number(&world, 0);
    let product = get(&vendor, &format!("catalog/products/{wanted}")).await.json()["product"].clone();
    let names = "id name category unit packaging packSize price currency vatRate available ean";
    assert_eq!(keys(&product), names.split(' ').collect::<Vec<_>>());
    let found = get(&vendor, &format!("catalog?search={}", product["ean"].as_str().unwrap())).await.json();
    assert_eq!((&found["products"][0], &found["meta"]["total"]), (&product, &1.into()));
    // The price of a package is the price of its units, a few per cent off that of another wholesaler.
    let known = world.products().iter().find(|known| wanted.ends_with(&known.id)).unwrap();
    let elsewhere = Decimal::cents(known.price).times(Decimal::milli(known.pack_milli)).to_cents();
    let here = Decimal::parse(&product["price"].to_string()).unwrap().to_cents();
    assert!((here - elsewhere).abs() * 100 <= elsewhere * 7, "{here} {elsewhere}");
}

#[tokio::test]
async fn an_order_has_the_shape_of_the_sheet_and_moves_on() {
    let (world, vendor) = start().await;
    let mut body = order(&json!([{ "productId": number(&world, 0), "quantity": 2, "unit": "CT" }]));
    body["clientReference"] = "lvm-2025-000043".into();
    let created = write(&vendor, "POST", "orders", &[("idempotency-key", "a")], &body).await;
    assert_eq!(created.status, 201);
    let created = created.json()["order"].clone();
    let names = "id clientReference status createdAt updatedAt deliveryDate notes items totalAmount currency";
    assert_eq!(keys(&created), names.split(' ').collect::<Vec<_>>());
    assert_eq!(keys(&created["items"][0]), ["productId", "name", "quantity", "unit", "unitPrice", "totalPrice"]);
    assert_eq!((&created["id"], &created["status"]), (&"TGO-88213".into(), &"RECEIVED".into()));
    let again = write(&vendor, "POST", "orders", &[("idempotency-key", "a")], &body).await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed"), again.json()["order"].clone()),
        (200, "true", created)
    );
    for key in ["a", "b"] {
        let mut other = body.clone();
        other["notes"] = "autre".into();
        let clash = write(&vendor, "POST", "orders", &[("idempotency-key", key)], &other).await;
        assert_eq!((clash.status, &clash.json()["error"]["code"]), (409, &"DUPLICATE_ORDER".into()));
    }
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(get(&vendor, "orders/TGO-88213").await.json()["order"]["status"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, ["RECEIVED", "RECEIVED", "CONFIRMED", "CONFIRMED"]);
    let told = format!("{}/_control/orders/TGO-88213/advance", vendor.url());
    assert_eq!(send("POST", &told, &[], Some(r#"{"status":"REFUSED"}"#)).await.json()["status"], "REFUSED");
    assert_eq!(send("POST", &told, &[], Some(r#"{"status":"PENDING"}"#)).await.status, 400);
    let cancel = json!({ "status": "CANCELLED", "cancellationReason": "fermé" });
    let late = write(&vendor, "PUT", "orders/TGO-88213/status", &[], &cancel).await;
    assert_eq!((late.status, &late.json()["error"]["code"]), (409, &"ORDER_LOCKED".into()));
    vendor.reset();
    assert_eq!(get(&vendor, "orders/TGO-88213").await.status, 404);
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name_and_a_cancellation_gives_the_stock_back() {
    let (world, vendor) = start().await;
    let number = number(&world, 0);
    let left = async || {
        let answer = get(&vendor, &format!("availability?productIds={number}")).await.json();
        answer["availability"][0]["quantity"].as_f64().unwrap()
    };
    let before = left().await;
    let all = json!([{ "productId": number, "quantity": before, "unit": world_unit(&world, &number) }]);
    assert_eq!(write(&vendor, "POST", "orders", &[], &order(&all)).await.status, 201);
    assert!(left().await.abs() < f64::EPSILON);
    let more = order(&json!([{ "productId": number, "quantity": 1, "unit": "CT" }]));
    let short = write(&vendor, "POST", "orders", &[], &more).await;
    assert_eq!((short.status, &short.json()["error"]["code"]), (409, &"OUT_OF_STOCK".into()));
    let changed = write(&vendor, "PUT", "orders/TGO-88213", &[], &json!({ "deliveryDate": "2025-04-13" })).await;
    // Nobody delivers on a Sunday.
    assert_eq!((changed.status, &changed.json()["order"]["deliveryDate"]), (200, &"2025-04-14".into()));
    assert_eq!(changed.json()["order"]["notes"], "Quai arrière");
    assert_eq!(changed.json()["order"]["items"].as_array().unwrap().len(), 1);
    let cancel = json!({ "status": "CANCELLED" });
    assert_eq!(write(&vendor, "PUT", "orders/TGO-88213/status", &[], &cancel).await.status, 200);
    assert!((left().await - before).abs() < f64::EPSILON);
}

fn world_unit(world: &World, number: &str) -> &'static str {
    world.products().iter().find(|product| number.ends_with(&product.id)).unwrap().unit.code()
}

#[tokio::test]
async fn a_wrong_order_is_refused_with_every_reason() {
    let (world, vendor) = start().await;
    let good = number(&world, 0);
    let mut body = order(
        &json!([{ "productId": "TG-0", "quantity": 1 }, { "productId": good, "quantity": -5, "unit": "XX", "color": 1 }]),
    );
    body["deliveryDate"] = "2025-04-14T00:00:00+02:00".into();
    body["priority"] = "high".into();
    body["notes"] = "x".repeat(501).into();
    let answer = write(&vendor, "POST", "orders", &[], &body).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (422, &"PRODUCT_UNKNOWN".into()));
    let json = answer.json();
    let mut fields: Vec<_> =
        json["error"]["details"].as_array().unwrap().iter().map(|detail| detail["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    let expected = [
        "deliveryDate",
        "items[0].productId",
        "items[1].color",
        "items[1].quantity",
        "items[1].unit",
        "notes",
        "priority",
    ];
    assert_eq!(fields, expected);
    for (body, status) in [
        (json!({ "items": [{ "productId": good, "quantity": 1 }] }), 422),
        (json!({ "customerId": "C-1", "items": [{ "productId": good, "quantity": 1, "unit": "CT" }] }), 403),
        (order(&json!([])), 422),
        (order(&json!([{ "productId": good, "quantity": "1" }])), 422),
        (
            order(
                &json!([{ "productId": good, "quantity": 1, "unit": "CT" }, { "productId": good, "quantity": 1, "unit": "CT" }]),
            ),
            422,
        ),
        (json!([]), 400),
    ] {
        assert_eq!(write(&vendor, "POST", "orders", &[], &body).await.status, status, "{body}");
    }
    let text = [("content-type", "text/plain")];
    assert_eq!(write(&vendor, "POST", "orders", &text, &order(&json!([]))).await.status, 400);
}

#[tokio::test]
async fn unknown_parameters_paths_and_customers_are_refused() {
    let (_, vendor) = start().await;
    for (target, status) in [
        ("catalog?colour=red", 400),
        ("catalog?category=SHOES", 400),
        ("catalog?limit=101", 400),
        ("catalog?page=0", 400),
        ("catalog?search=+", 400),
        ("catalog/products/TG-0", 404),
        ("availability", 400),
        ("availability?productIds=a,,b", 400),
        ("availability?productIds=a&date=14/04/2025", 400),
        ("availability?productIds=a&date=2025-04-11", 400),
        ("orders?status=PENDING", 400),
        ("orders?startDate=2025-04-01T00:00:00Z", 400),
        ("orders?clientReference=x", 400),
        ("orders/TGO-1", 404),
        ("nothing", 404),
    ] {
        assert_eq!(get(&vendor, target).await.status, status, "{target}");
    }
    let many = vec!["TG-1"; 51].join(",");
    assert_eq!(get(&vendor, &format!("availability?productIds={}", encode(&many))).await.status, 400);
    for (query, status) in [("", 400), ("?customerId=C-1", 403)] {
        let answer = send("GET", &format!("{}/api/catalog{query}", vendor.url()), &[TOKEN], None).await;
        assert_eq!(answer.status, status, "{query}");
    }
    // The older connectors asked for availability by POST.
    assert_eq!(write(&vendor, "POST", "availability", &[], &json!({})).await.status, 405);
    assert_eq!(write(&vendor, "DELETE", "orders/TGO-1", &[], &json!({})).await.status, 405);
}

#[tokio::test]
async fn availability_leaves_out_what_nobody_sells_and_knows_sundays() {
    let (world, vendor) = start().await;
    let gone = format!("TG-{}", world.products().iter().find(|product| product.stock == 0).unwrap().id);
    let target = format!("availability?productIds={},TG-0,{gone}", number(&world, 0));
    let rows = async |date: &str| get(&vendor, &format!("{target}{date}")).await.json()["availability"].clone();
    let found = rows("").await;
    assert_eq!(found.as_array().unwrap().len(), 2);
    assert_eq!(keys(&found[0]), ["productId", "available", "quantity", "unit", "nextDelivery"]);
    let available = |rows: &Value| [rows[0]["available"] == true, rows[1]["available"] == true];
    assert_eq!(available(&found), [true, false]);
    assert_eq!(available(&rows("&date=2025-04-13").await), [false, false]);
    assert_eq!(available(&rows("&date=2025-04-14").await), [true, false]);
}

#[tokio::test]
async fn tokens_users_and_keys_open_and_strangers_do_not() {
    let (_, vendor) = start().await;
    let token_url = format!("{}/api/oauth/token", vendor.url());
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
    let token = send("POST", &token_url, &form, Some(body)).await.json();
    assert_eq!((&token["token_type"], &token["expires_in"]), (&"Bearer".into(), &3_600.into()));
    assert!(token["access_token"].as_str().unwrap().starts_with("tg-") && token.get("refresh_token").is_none());
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let health = format!("{}/api/health", vendor.url());
    let ask = async |name: &str, value: &str| send("GET", &health, &[(name, value)], None).await;
    assert_eq!(ask("authorization", &bearer).await.status, 200);
    vendor.authority().shift_clock(3_601);
    let expired = ask("authorization", &bearer).await;
    assert_eq!((expired.status, &expired.json()["error"]["code"]), (401, &"ACCESS_DENIED".into()));
    let user = "Basic dmlldXgtbW91bGluOmRlbW8tdHJhbnNnb3VybWV0LXBhc3N3b3Jk";
    assert_eq!(ask("authorization", user).await.status, 200);
    assert_eq!(ask("x-api-key", "demo-transgourmet-key").await.status, 200);
    for (name, value) in
        [("x-api-key", "no"), ("authorization", "Basic !"), ("authorization", "tg-demo-token"), ("x", "y")]
    {
        assert_eq!(ask(name, value).await.status, 401, "{name} {value}");
    }
    let wrong = body.replace("demo-secret", "no");
    let refused = send("POST", &token_url, &form, Some(&wrong)).await;
    assert_eq!((refused.status, &refused.json()["error"]), (401, &"invalid_client".into()));
}

#[tokio::test]
async fn the_limit_is_told_in_every_answer_and_kept() {
    let mut options = TransgourmetOptions::default();
    assert_eq!(options.limits.per_minute, 100);
    options.limits.per_minute = 2;
    let vendor = Transgourmet::start(World::new(Options::default()), options).await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(get(&vendor, "customer/account").await);
    }
    let remaining: Vec<_> = answers.iter().map(|answer| answer.header("x-ratelimit-remaining")).collect();
    assert_eq!((answers[2].status, remaining), (429, vec!["1", "0", "0"]));
    assert!((1..=60).contains(&answers[2].header("retry-after").parse::<u32>().unwrap()));
}
