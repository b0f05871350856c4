//! The simulated portal on the wire: what it answers, and what it refuses as the vendor would.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;

use http::{Answer, send};
use moulin_vendors::faults::{Fault, Rule};
use moulin_vendors::hubspot::Limits;
use moulin_vendors::{HubSpot, HubSpotOptions, Options, World};
use serde_json::json;

const CONTACTS: &str = "/crm/v3/objects/contacts";

async fn start(options: HubSpotOptions) -> HubSpot {
    HubSpot::start(World::new(Options::default()), options).await.unwrap()
}

async fn free() -> HubSpot {
    start(HubSpotOptions { limits: Limits::scaled(0), ..HubSpotOptions::default() }).await
}

async fn ask(portal: &HubSpot, method: &str, path: &str, body: Option<&str>) -> Answer {
    let headers = [("authorization", "Bearer demo-hubspot-token")];
    send(method, &format!("{}{path}", portal.url()), &headers, body).await
}

#[tokio::test]
async fn a_list_names_its_properties_and_pages() {
    let portal = free().await;
    let page = ask(&portal, "GET", &format!("{CONTACTS}?limit=2&properties=email,nowhere,loyalty_points"), None).await;
    let body = page.json();
    assert_eq!(page.status, 200);
    let first = &body["results"][0];
    assert_eq!((&first["id"], &first["properties"]["email"]), (&json!("51"), &json!("client01@example.fr")));
    assert!(first["properties"].get("nowhere").is_none() && first["properties"].get("firstname").is_none());
    assert_eq!(body["paging"]["next"]["after"], "53");
    let last = ask(&portal, "GET", &format!("{CONTACTS}?limit=100&after=53"), None).await.json();
    assert_eq!((last["results"].as_array().unwrap().len(), last.get("paging")), (38, None));
    assert_eq!(page.header("x-hubspot-ratelimit-interval-milliseconds"), "10000");
}

#[tokio::test]
async fn what_the_vendor_refuses_is_refused_in_its_shape() {
    let portal = free().await;
    let search = |body: serde_json::Value| body.to_string();
    let right = json!({"filterGroups":[{"filters":[{"propertyName":"email","operator":"EQ","value":"x"}]}],
        "properties":[],"sorts":[],"limit":10,"after":"0"});
    let mut contains = right.clone();
    contains["filterGroups"][0]["filters"][0]["operator"] = json!("CONTAINS");
    let mut without = right.clone();
    without.as_object_mut().unwrap().remove("sorts");
    let mut beyond = right.clone();
    beyond["after"] = json!("9995");
    let found = format!("{CONTACTS}/search");
    let deals = "/crm/v3/objects/deals";
    let wrong_type = json!({"properties":{"dealname":"x"},
        "associations":[{"to":{"id":"51"},"types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":4}]}]});
    for (method, path, body, status, category) in [
        ("GET", format!("{CONTACTS}?limit=101"), None, 400, "VALIDATION_ERROR"),
        ("GET", format!("{CONTACTS}?filterGroups=x"), None, 400, "VALIDATION_ERROR"),
        ("GET", format!("{CONTACTS}/999"), None, 404, "OBJECT_NOT_FOUND"),
        ("GET", "/crm/v3/objects/guests".to_owned(), None, 404, "OBJECT_NOT_FOUND"),
        ("POST", found.clone(), Some(search(contains)), 400, "VALIDATION_ERROR"),
        ("POST", found.clone(), Some(search(without)), 400, "VALIDATION_ERROR"),
        ("POST", found, Some(search(beyond)), 400, "VALIDATION_ERROR"),
        (
            "POST",
            CONTACTS.to_owned(),
            Some(r#"{"properties":{"email":"x@y.fr","age":"3"}}"#.into()),
            400,
            "VALIDATION_ERROR",
        ),
        ("POST", CONTACTS.to_owned(), Some(r#"{"properties":{"loyalty_points":3}}"#.into()), 400, "VALIDATION_ERROR"),
        (
            "POST",
            CONTACTS.to_owned(),
            Some(r#"{"properties":{"email":"CLIENT01@example.fr"}}"#.into()),
            409,
            "CONFLICT",
        ),
        (
            "PATCH",
            format!("{CONTACTS}/51"),
            Some(r#"{"properties":{"last_visit_date":"2025-04-12T18:00:00Z"}}"#.into()),
            400,
            "VALIDATION_ERROR",
        ),
        (
            "PATCH",
            format!("{CONTACTS}/51"),
            Some(r#"{"properties":{"createdate":"2025-04-12"}}"#.into()),
            400,
            "VALIDATION_ERROR",
        ),
        ("POST", deals.to_owned(), Some(wrong_type.to_string()), 400, "VALIDATION_ERROR"),
        ("PUT", format!("{CONTACTS}/51"), Some("{}".into()), 405, "VALIDATION_ERROR"),
    ] {
        let answer = ask(&portal, method, &path, body.as_deref()).await;
        let error = answer.json();
        assert_eq!((answer.status, error["category"].as_str()), (status, Some(category)), "{method} {path}: {error}");
        assert!(error["status"] == "error" && error["correlationId"].is_string());
    }
    let error = ask(&portal, "POST", CONTACTS, Some(r#"{"properties":{"email":"client01@example.fr"}}"#)).await.json();
    assert_eq!(error["message"], "Contact already exists. Existing ID: 51");
}

#[tokio::test]
async fn tokens_open_what_their_scopes_allow() {
    let portal = free().await;
    let grant = portal.authority().grant_now(["crm.objects.contacts.read"]);
    let token = format!("Bearer {}", grant["access_token"].as_str().unwrap());
    let with = |token: String, method: &'static str, path: &'static str, body: Option<&'static str>| {
        let url = format!("{}{path}", portal.url());
        async move { send(method, &url, &[("authorization", &token)], body).await }
    };
    assert_eq!(with(token.clone(), "GET", CONTACTS, None).await.status, 200);
    let refused = with(token.clone(), "POST", CONTACTS, Some("{}")).await;
    assert_eq!((refused.status, refused.json()["category"].as_str()), (403, Some("MISSING_SCOPES")));
    assert_eq!(with(token.clone(), "GET", "/crm/v3/objects/deals", None).await.status, 403);
    portal.authority().shift_clock(1_801);
    let expired = with(token, "GET", CONTACTS, None).await;
    assert_eq!((expired.status, expired.json()["category"].as_str()), (401, Some("EXPIRED_AUTHENTICATION")));
    let unknown = with("Bearer x".to_owned(), "GET", CONTACTS, None).await;
    assert_eq!((unknown.status, unknown.json()["category"].as_str()), (401, Some("INVALID_AUTHENTICATION")));
}

#[tokio::test]
async fn limits_faults_and_reset() {
    let limits = Limits { burst: 3, searches: 1, daily: None, enforced: true };
    let portal = start(HubSpotOptions { limits, ..HubSpotOptions::default() }).await;
    portal.faults().push(Rule::on("*/contacts*", Fault::status(503)).times(1)).unwrap();
    assert_eq!(ask(&portal, "GET", CONTACTS, None).await.status, 503);
    assert_eq!(ask(&portal, "DELETE", &format!("{CONTACTS}/51"), None).await.status, 204);
    assert_eq!(ask(&portal, "GET", &format!("{CONTACTS}/51"), None).await.status, 404);
    ask(&portal, "GET", CONTACTS, None).await;
    let full = ask(&portal, "GET", CONTACTS, None).await;
    assert_eq!((full.status, full.json()["policyName"].as_str()), (429, Some("TEN_SECONDLY_ROLLING")));
    assert_eq!((full.header("x-hubspot-ratelimit-remaining"), full.header("retry-after")), ("0", ""));
    portal.reset();
    assert_eq!(ask(&portal, "GET", &format!("{CONTACTS}/51"), None).await.status, 200);
    assert_eq!(portal.requests().len(), 1);
}
