//! Square: what it refuses, how it pages, what it remembers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;

use http::{Answer, encode, send};
use moulin_vendors::{Options, Square, SquareOptions, World, square};
use serde_json::{Value, json};

const TOKEN: (&str, &str) = ("authorization", "Bearer demo-square-token");
const ITEM: &str = "ITEMLVM0016EXAMPLE42TBZYX";
const STOCKED: &str = "VARLVM0101REGULAR42TBZYXA";

async fn till() -> Square {
    let options = SquareOptions { limits: square::Limits::scaled(0), ..SquareOptions::default() };
    Square::start(World::new(Options::default()), options).await.unwrap()
}

async fn get(till: &Square, target: &str) -> Answer {
    send("GET", &format!("{}{target}", till.url()), &[TOKEN], None).await
}

async fn post(till: &Square, target: &str, body: &Value) -> Answer {
    send("POST", &format!("{}{target}", till.url()), &[TOKEN], Some(&body.to_string())).await
}

fn error(answer: &Answer) -> (u16, String, String) {
    let error = &answer.json()["errors"][0];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    assert!(!text("category").is_empty() && !text("detail").is_empty(), "{error}");
    (answer.status, text("code"), text("field"))
}

#[tokio::test]
async fn a_token_and_its_permissions_open_what_they_are_for() {
    let till = till().await;
    let read = |headers: Vec<(&'static str, String)>| {
        let url = format!("{}/v2/payments", till.url());
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            send("GET", &url, &headers, None).await
        }
    };
    assert_eq!(error(&read(vec![]).await).1, "UNAUTHORIZED");
    assert_eq!(error(&read(vec![("authorization", "Bearer x".into())]).await).0, 401);
    let granted = till.authority().grant_now(["ITEMS_READ"]);
    let bearer = format!("Bearer {}", granted["access_token"].as_str().unwrap());
    let (status, code, _) = error(&read(vec![("authorization", bearer.clone())]).await);
    assert_eq!((status, code.as_str()), (403, "INSUFFICIENT_SCOPES"));
    till.authority().shift_clock(31 * 24 * 3_600);
    assert_eq!(error(&read(vec![("authorization", bearer)]).await).1, "ACCESS_TOKEN_EXPIRED");
    let version = |text: &str| vec![(TOKEN.0, TOKEN.1.to_owned()), ("square-version", text.to_owned())];
    assert_eq!(error(&read(version("today")).await).1, "INVALID_SQUARE_VERSION_FORMAT");
    assert_eq!(read(version("2025-08-20")).await.status, 200);
}

#[tokio::test]
async fn wrong_parameters_and_bodies_are_named() {
    let till = till().await;
    for (target, code, field) in [
        ("/v2/payments?from=x", "UNKNOWN_QUERY_PARAMETER", "from"),
        ("/v2/payments?begin_time=2025-04-01", "INVALID_TIME", "begin_time"),
        ("/v2/payments?sort_order=asc", "INVALID_ENUM_VALUE", "sort_order"),
        ("/v2/payments?location_id=L", "INVALID_VALUE", "location_id"),
        ("/v2/payments?cursor=x", "INVALID_CURSOR", "cursor"),
        ("/v2/customers?limit=101", "VALUE_TOO_HIGH", "limit"),
        ("/v2/catalog/list?limit=10", "UNKNOWN_QUERY_PARAMETER", "limit"),
        ("/v2/catalog/list?types=item", "INVALID_ENUM_VALUE", "types"),
    ] {
        assert_eq!(error(&get(&till, target).await), (400, code.to_owned(), field.to_owned()), "{target}");
    }
    for (target, body, code) in [
        ("/v2/catalog/batch-retrieve", json!({}), "MISSING_REQUIRED_PARAMETER"),
        ("/v2/catalog/batch-retrieve", json!({ "object_ids": [], "x": 1 }), "UNKNOWN_BODY_PARAMETER"),
        ("/v2/orders/batch-retrieve", json!({ "order_ids": vec!["o"; 101] }), "ARRAY_LENGTH_TOO_LONG"),
        ("/v2/inventory/counts/batch-retrieve", json!({ "states": ["in_stock"] }), "INVALID_ENUM_VALUE"),
        ("/v2/catalog/object", json!({ "object": {} }), "MISSING_REQUIRED_PARAMETER"),
    ] {
        let (status, found, _) = error(&post(&till, target, &body).await);
        assert_eq!((status, found.as_str()), (400, code), "{target}");
    }
    let form = [TOKEN, ("content-type", "text/plain")];
    let answer = send("POST", &format!("{}/v2/catalog/search", till.url()), &form, Some("{}")).await;
    assert_eq!(answer.status, 415);
    assert_eq!(get(&till, "/v2/sales/summary").await.status, 404);
    assert_eq!(send("PUT", &format!("{}/v2/catalog/object", till.url()), &[TOKEN], Some("{}")).await.status, 405);
}

#[tokio::test]
async fn a_cursor_goes_with_the_parameters_it_was_given_for() {
    let till = till().await;
    let (from, to) = (encode("2025-04-01T00:00:00Z"), encode("2025-04-08T00:00:00Z"));
    let list = format!("/v2/payments?begin_time={from}&end_time={to}&sort_order=ASC&limit=50");
    let (mut sizes, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&till, &format!("{list}{cursor}")).await.json();
        sizes.push(page["payments"].as_array().map_or(0, Vec::len));
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("&cursor={}", encode(next));
    }
    // The second page is short and the third empty, and neither is the last.
    assert_eq!(sizes[..3], [50, 43, 0]);
    assert!(sizes.len() > 4);
    let other = list.replace("ASC", "DESC");
    assert_eq!(error(&get(&till, &format!("{other}{cursor}")).await).1, "INVALID_CURSOR");
    let elsewhere = get(&till, "/v2/payments?location_id=LLVMCAVE00002").await.json();
    assert_eq!(elsewhere, json!({}));
}

fn removal(quantity: &str, at: &str) -> Value {
    json!({ "type": "ADJUSTMENT", "adjustment": { "catalog_object_id": STOCKED, "from_state": "IN_STOCK",
        "to_state": "WASTE", "location_id": Square::LOCATION, "quantity": quantity, "occurred_at": at } })
}

#[tokio::test]
async fn stock_is_booked_once_by_its_key_and_only_for_the_last_day() {
    let till = till().await;
    let now = till.authority().now();
    let (just_now, yesterday, soon) = (
        now.to_string(),
        (now - jiff::SignedDuration::from_hours(25)).to_string(),
        (now + jiff::SignedDuration::from_mins(5)).to_string(),
    );
    let book = |key: &str, change: Value| json!({ "idempotency_key": key, "changes": [change] });
    let target = "/v2/inventory/changes/batch-create";
    let first = post(&till, target, &book("a", removal("2", &just_now))).await.json();
    let again = post(&till, target, &book("a", removal("2", &just_now))).await.json();
    assert_eq!(first, again);
    assert_eq!(error(&post(&till, target, &book("a", removal("3", &just_now))).await).1, "IDEMPOTENCY_KEY_REUSED");
    for (change, field) in [
        (removal("-2.0", &just_now), "quantity"),
        (removal("0.000001", &just_now), "quantity"),
        (removal("1", &yesterday), "occurred_at"),
        (removal("1", &soon), "occurred_at"),
    ] {
        let (status, _, found) = error(&post(&till, target, &book("b", change)).await);
        assert_eq!((status, found), (400, format!("changes[0].adjustment.{field}")));
    }
    let count = json!({ "type": "PHYSICAL_COUNT", "physical_count": { "catalog_object_id": STOCKED, "state": "IN_STOCK",
        "location_id": Square::LOCATION, "quantity": first["counts"][0]["quantity"], "occurred_at": just_now } });
    let unchanged = post(&till, target, &book("c", count)).await.json();
    assert!(unchanged.get("changes").is_none() && unchanged["counts"].is_array(), "{unchanged}");
    till.reset();
    let read =
        post(&till, "/v2/inventory/counts/batch-retrieve", &json!({ "catalog_object_ids": [STOCKED] })).await.json();
    assert_ne!(read["counts"][0]["quantity"], first["counts"][0]["quantity"]);
}

#[tokio::test]
async fn an_item_is_written_whole_and_with_the_version_that_was_read() {
    let till = till().await;
    let object = get(&till, &format!("/v2/catalog/object/{ITEM}")).await.json()["object"].clone();
    let write = |key: &str, object: &Value| json!({ "idempotency_key": key, "object": object });
    let mut renamed = object.clone();
    renamed["item_data"]["name"] = json!("Magret fumé");
    let written = post(&till, "/v2/catalog/object", &write("a", &renamed)).await;
    assert_eq!(written.json()["catalog_object"]["item_data"]["name"], "Magret fumé");
    let (status, code, _) = error(&post(&till, "/v2/catalog/object", &write("b", &renamed)).await);
    assert_eq!((status, code.as_str()), (400, "VERSION_MISMATCH"));
    let mut current = written.json()["catalog_object"].clone();
    for (name, value, field) in [
        ("name", json!(""), "object.item_data.name"),
        ("variations", json!([]), "object.item_data.variations"),
        ("categories", json!([{ "id": "X" }]), "object.item_data.categories"),
        ("colour", json!("red"), "object.item_data.colour"),
    ] {
        let before = current.clone();
        current["item_data"][name] = value;
        assert_eq!(error(&post(&till, "/v2/catalog/object", &write("c", &current)).await).2, field);
        current = before;
    }
}

#[tokio::test]
async fn too_many_requests_are_refused_without_a_word_of_how_long() {
    let limits = square::Limits { per_minute: 1, enforced: true };
    let till = Square::start(World::new(Options::default()), SquareOptions { limits, ..SquareOptions::default() });
    let till = till.await.unwrap();
    assert_eq!(get(&till, "/v2/locations").await.status, 200);
    let refused = get(&till, "/v2/locations").await;
    assert_eq!((error(&refused), refused.header("retry-after")), ((429, "RATE_LIMITED".into(), String::new()), ""));
}
