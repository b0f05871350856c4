//! TheFork and OpenTable as servers: tokens, and what they refuse.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;

use http::{Answer, encode, send};
use moulin_vendors::faults::{Fault, Rule};
use moulin_vendors::{OpenTable, OpenTableOptions, Options, TheFork, TheForkOptions, World};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const CLIENT: &str = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
/// `demo-client:demo-secret`.
const BASIC: (&str, &str) = ("authorization", "Basic ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ=");
const JSON: (&str, &str) = ("accept", "application/json");

async fn thefork() -> TheFork {
    TheFork::start(World::new(Options::default()), TheForkOptions::default()).await.unwrap()
}

async fn opentable() -> OpenTable {
    OpenTable::start(World::new(Options::default()), OpenTableOptions::default()).await.unwrap()
}

fn token(answer: &Answer, scheme: &str) -> String {
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    format!("{scheme} {}", answer.json()["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn each_api_of_thefork_has_its_tokens_and_takes_no_others() {
    let vendor = thefork().await;
    let url = vendor.url();
    let ask = |more: String| async move {
        send("POST", &format!("{url}/oauth/token"), &[FORM], Some(&format!("{CLIENT}&{more}"))).await
    };
    let b2b = ask(format!("audience={}", encode("https://api.thefork.io"))).await;
    assert_eq!(b2b.json()["expires_in"], 8_600);
    let seed = ask("scope=public_api+reservations".to_owned()).await;
    assert_eq!(ask("audience=elsewhere".to_owned()).await.status, 400);
    assert_eq!(ask(String::new()).await.status, 400);
    let (b2b, seed) = (token(&b2b, "Bearer"), token(&seed, "Bearer"));
    let list = format!(
        "{url}/manager/v1/reservations?restaurantUuid=c41d9a70-52be-4c8e-9a13-6f20d5b8a202&startDate=2025-04-12&endDate=2025-04-12&filterBy=mealDate"
    );
    let health = format!("{url}/api/v2/health");
    for (target, token, status) in
        [(&list, &b2b, 200), (&list, &seed, 401), (&health, &seed, 200), (&health, &b2b, 401)]
    {
        assert_eq!(send("GET", target, &[("authorization", token)], None).await.status, status, "{target}");
    }
    let listed = send("GET", &list, &[("authorization", &b2b)], None).await.json();
    assert!(listed["data"][0].is_string() && listed["totalCount"].as_u64() > Some(0), "{listed}");
    vendor.reset();
    assert_eq!(send("GET", &health, &[("authorization", &seed)], None).await.status, 401);
}

#[tokio::test]
async fn thefork_refuses_what_it_does_not_know_in_the_shape_of_each_api() {
    let vendor = thefork().await;
    let bearer = ("authorization", "Bearer demo-thefork-token");
    let uuid = "c41d9a70-52be-4c8e-9a13-6f20d5b8a202";
    let reservation = "7b0e51c2-6d3f-4e0a-8f55-000000000000";
    for (method, target, body, status) in [
        ("GET", "/api/v2/reservations?restaurantId=75012".to_owned(), None, 400),
        ("GET", "/api/v2/reservations/TF-1?x=1".to_owned(), None, 400),
        ("GET", "/api/v2/reservations/TF-1".to_owned(), None, 404),
        ("PATCH", "/api/v2/reservations/TF-90001".to_owned(), Some("{}"), 404),
        (
            "PUT",
            "/api/v2/availability".to_owned(),
            Some(r#"{"restaurantId":"75012","date":"2025-04-20","slots":[]}"#),
            400,
        ),
        (
            "PUT",
            "/api/v2/availability".to_owned(),
            Some(
                r#"{"restaurantId":"75012","date":"2025-04-20","slots":[{"time":"19:00","capacity":3,"available":false}]}"#,
            ),
            400,
        ),
        ("GET", "/manager/v1/reservations".to_owned(), None, 400),
        ("GET", format!("/manager/v1/reservations/{reservation}"), None, 404),
        ("PATCH", format!("/manager/v1/reservations/{reservation}"), Some(r#"{"partySize":2}"#), 400),
        ("PATCH", format!("/manager/v1/reservations/{reservation}/cancel"), Some("{}"), 400),
        ("PUT", format!("/manager/v1/reservations/{reservation}"), Some("{}"), 404),
        ("POST", "/manager/v1/restaurants/other/reservations".to_owned(), Some("{}"), 404),
        (
            "PUT",
            format!("/manager/v1/restaurants/{uuid}/availabilities/override"),
            Some(r#"{"date":"2025-04-20"}"#),
            400,
        ),
    ] {
        let answer = send(method, &format!("{}{target}", vendor.url()), &[bearer], body).await;
        assert_eq!(answer.status, status, "{method} {target}: {:?}", answer.body);
        let shape = answer.json();
        if target.starts_with("/api/v2") {
            assert!(shape["error"]["code"].is_string() && shape["error"]["message"].is_string(), "{shape}");
        } else {
            assert_eq!(
                (shape["statusCode"].as_u64(), shape["error"].is_string()),
                (Some(status.into()), true),
                "{shape}"
            );
        }
    }
}

#[tokio::test]
async fn opentable_hands_out_tokens_by_query_or_form_with_basic() {
    let vendor = opentable().await;
    let url = vendor.url();
    let platform = format!("{url}/api/v2/oauth/token?grant_type=client_credentials");
    let answer = send("GET", &platform, &[BASIC], None).await;
    assert_eq!(
        (answer.json()["scope"].as_str(), answer.json()["expires_in"].as_u64()),
        (Some("DEFAULT"), Some(1_219_199))
    );
    assert_eq!(answer.header("content-type"), "application/json");
    let token = token(&answer, "bearer");
    let list = format!("{url}/sync/v2/reservations?rid=770042&limit=5");
    let page = send("GET", &list, &[("authorization", &token), JSON], None).await.json();
    assert_eq!((page["hasNextPage"].as_bool(), page["items"].as_array().unwrap().len()), (Some(true), 5));
    // Its scopes do not open the specification's API, a key does.
    let profile = format!("{url}/api/v3/restaurant/770042/profile");
    assert_eq!(send("GET", &profile, &[("authorization", &token), JSON], None).await.status, 403);
    assert_eq!(send("GET", &profile, &[("x-api-key", "demo-opentable-key"), JSON], None).await.status, 200);
    assert_eq!(send("GET", &profile, &[("x-api-key", "other"), JSON], None).await.status, 401);
    let wide = send(
        "POST",
        &format!("{url}/v3/token"),
        &[FORM, BASIC],
        Some("grant_type=client_credentials&scope=reservations.read"),
    )
    .await;
    let wide = self::token(&wide, "Bearer");
    assert_eq!(send("GET", &profile, &[("authorization", &wide), JSON], None).await.status, 200);
}

#[tokio::test]
async fn opentable_refuses_what_it_does_not_know_in_the_shape_of_each_api() {
    let vendor = opentable().await;
    let bearer = ("authorization", "Bearer demo-opentable-token");
    let id = ("x-request-id", "r-1");
    let search = "/inhouse/v1/booking/770042/reservations/search";
    for (method, target, headers, body, status) in [
        ("GET", "/sync/v2/reservations?rid=770042", &[bearer][..], None, 406),
        ("GET", "/sync/v2/reservations", &[bearer, JSON], None, 400),
        ("GET", "/sync/v2/reservations?rid=1", &[bearer, JSON], None, 403),
        ("GET", "/sync/v2/reservations?rid=770042&limit=1001", &[bearer, JSON], None, 400),
        ("POST", "/sync/v2/reservations", &[bearer, JSON, id], Some("{}"), 404),
        ("GET", "/inhouse/v1/availability/770042", &[bearer, JSON], None, 400),
        ("POST", search, &[bearer, JSON], Some(r#"{"phone_number":{"number":"1","country_code":33}}"#), 400),
        ("POST", search, &[bearer, JSON, id], Some(r#"{"phone_number":{"number":1,"country_code":33}}"#), 400),
        ("GET", "/api/v3/restaurant/770042/reservations", &[bearer, JSON], None, 400),
        ("PUT", "/api/v3/restaurant/770042/availability", &[bearer, JSON], Some("{}"), 400),
        ("GET", "/api/v3/restaurant/1/profile", &[bearer, JSON], None, 404),
    ] {
        let answer = send(method, &format!("{}{target}", vendor.url()), headers, body).await;
        assert_eq!(answer.status, status, "{method} {target}: {:?}", answer.body);
        let shape = answer.json();
        let right = match target {
            target if target.starts_with("/sync") => shape["requestId"].is_string() && shape["status"] == status,
            target if target.starts_with("/inhouse") => shape["errors"][0]["message"].is_string(),
            _ => shape["error"]["code"].is_string(),
        };
        assert!(right, "{method} {target}: {shape}");
    }
}

#[tokio::test]
async fn faults_and_recordings_work_as_everywhere() {
    let vendor = opentable().await;
    vendor.faults().push(Rule::on("/sync/*", Fault::status(503)).times(1)).unwrap();
    let list = format!("{}/sync/v2/reservations?rid=770042", vendor.url());
    let bearer = ("authorization", "bearer demo-opentable-token");
    assert_eq!(send("GET", &list, &[bearer, JSON], None).await.status, 503);
    assert_eq!(send("GET", &list, &[bearer, JSON], None).await.status, 200);
    assert_eq!(vendor.requests().iter().map(|request| request.status).collect::<Vec<_>>(), [Some(503), Some(200)]);
}
