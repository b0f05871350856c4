//! Pomona: what differs from the other wholesalers. Orders and strictness are shared with Transgourmet.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;

use http::{Answer, send};
use moulin_vendors::{Options, Pomona, PomonaOptions, World};
use serde_json::{Value, json};

const USER: (&str, &str) = ("authorization", "Basic dmlldXgtbW91bGluOmRlbW8tcG9tb25hLXBhc3N3b3Jk");

async fn start() -> (World, Pomona) {
    let world = World::new(Options::default());
    (world.clone(), Pomona::start(world, PomonaOptions::default()).await.unwrap())
}

async fn get(vendor: &Pomona, target: &str) -> Answer {
    let join = if target.contains('?') { '&' } else { '?' };
    send("GET", &format!("{}/api/{target}{join}establishment=PAR-07", vendor.url()), &[USER], None).await
}

async fn write(vendor: &Pomona, method: &str, target: &str, body: &Value) -> Answer {
    send(method, &format!("{}/api/{target}", vendor.url()), &[USER], Some(&body.to_string())).await
}

fn code(world: &World, place: usize) -> String {
    format!("POM-{}", world.products().iter().filter(|product| product.at_the_till).nth(place).unwrap().id)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn lists_begin_at_an_offset_and_prices_are_texts() {
    let (_, vendor) = start().await;
    let page = get(&vendor, "catalog/products?limit=2&offset=999").await.json();
    assert_eq!((&page["total"], &page["limit"], &page["offset"]), (&1_000.into(), &2.into(), &999.into()));
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    let product = &page["items"][0];
    let names = "product_code label category unit packaging price currency vat_rate available brand storage ean";
    assert_eq!(keys(product), names.split(' ').collect::<Vec<_>>());
    let price = product["price"].as_str().unwrap();
    assert_eq!(price.split_once('.').unwrap().1.len(), 2);
    assert_eq!(get(&vendor, "catalog/products?offset=5000").await.json()["items"], json!([]));
    for wrong in ["offset=-1", "offset=x", "limit=0", "page=2", "category=FISH"] {
        assert_eq!(get(&vendor, &format!("catalog/products?{wrong}")).await.status, 400, "{wrong}");
    }
    let fish = get(&vendor, "catalog/products?category=SEAFOOD").await.json();
    assert_eq!(fish["items"][0]["brand"], "PassionFroid");
}

#[tokio::test]
async fn an_order_has_the_shape_of_the_sheet_and_is_cancelled_by_an_action() {
    let (world, vendor) = start().await;
    let body = json!({ "establishment": "PAR-07", "items": [{ "product_code": code(&world, 0), "quantity": 10, "unit": "CT" }],
        "delivery_date": "2025-04-15", "notes": "Chambre froide négative", "client_reference": "lvm-2025-000044" });
    let created = write(&vendor, "POST", "orders/create", &body).await;
    assert_eq!(created.status, 201);
    let created = created.json()["order"].clone();
    let names =
        "order_id client_reference status created_at updated_at delivery_date notes items total_amount currency";
    assert_eq!(keys(&created), names.split(' ').collect::<Vec<_>>());
    let line = &created["items"][0];
    assert_eq!(keys(line), ["product_code", "label", "quantity", "unit", "unit_price", "total_price"]);
    assert_eq!((&line["quantity"], &created["order_id"]), (&"10.000".into(), &"POM-CMD-5521".into()));
    assert_eq!((&created["status"], &created["total_amount"]), (&"REGISTERED".into(), &line["total_price"]));
    assert_eq!(write(&vendor, "POST", "orders", &body).await.status, 405);
    for wrong in [json!({ "action": "confirm" }), json!({ "reason": "x" }), json!({ "action": "cancel", "why": "x" })] {
        assert_eq!(write(&vendor, "POST", "orders/POM-CMD-5521/actions", &wrong).await.status, 422, "{wrong}");
    }
    let cancel = json!({ "action": "cancel", "reason": "fermé" });
    let cancelled = write(&vendor, "POST", "orders/POM-CMD-5521/actions", &cancel).await.json();
    assert_eq!(
        (&cancelled["order"]["status"], &cancelled["order"]["cancellation_reason"]),
        (&"CANCELLED".into(), &"fermé".into())
    );
    assert_eq!(write(&vendor, "POST", "orders/POM-CMD-5521/actions", &cancel).await.status, 409);
    let today = get(&vendor, "orders?from_date=2025-04-12&to_date=2025-04-12").await.json();
    assert_eq!((&today["total"], &today["orders"][0]["order_id"]), (&1.into(), &"POM-CMD-5521".into()));
}

#[tokio::test]
async fn availability_is_asked_by_post_and_the_account_is_bare() {
    let (world, vendor) = start().await;
    let question = json!({ "establishment": "PAR-07", "product_codes": [code(&world, 0), "POM-0"] });
    let found = write(&vendor, "POST", "stock/availability", &question).await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(keys(&found["items"][0]), ["product_code", "available", "available_quantity", "next_delivery_date"]);
    let account = get(&vendor, "account").await.json();
    assert_eq!((&account["establishment"], &account["credit_limit"]), (&"PAR-07".into(), &"12000.00".into()));
    let slots = get(&vendor, "delivery/schedule").await.json();
    assert_eq!(slots["schedule"][1]["order_before"], "2025-04-13T18:00:00+02:00");
}

#[tokio::test]
async fn a_user_and_a_token_open_and_a_stranger_is_told_how() {
    let (_, vendor) = start().await;
    let token_url = format!("{}/api/oauth/token", vendor.url());
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
    let token = send("POST", &token_url, &form, Some(body)).await.json();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let ask =
        async |headers: &[(&str, &str)]| send("GET", &format!("{}/api/health", vendor.url()), headers, None).await;
    assert!(bearer.starts_with("Bearer pom-"));
    assert_eq!((ask(&[("authorization", &bearer)]).await.status, ask(&[USER]).await.status), (200, 200));
    let stranger = ask(&[("x-api-key", "demo-transgourmet-key")]).await;
    assert_eq!(
        (stranger.status, stranger.header("www-authenticate")),
        (401, "Basic realm=\"Pomona\", charset=\"UTF-8\"")
    );
    assert_eq!(stranger.header("x-ratelimit-limit"), "90");
    let foreign = send("GET", &format!("{}/api/account?establishment=X", vendor.url()), &[USER], None).await;
    assert_eq!((foreign.status, &foreign.json()["error"]["code"]), (403, &"FORBIDDEN".into()));
}
