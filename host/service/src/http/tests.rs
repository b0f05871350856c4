//! The API around a host that has no adapters: routing, refusals, and what the service says of itself.

use axum::Router;
use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, HOST};
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use moulin_host::{Host, config};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use super::router;

/// An API that answers to this machine only, and the folder of its host.
async fn api() -> (Router, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let adapters = folder.path().join("adapters");
    std::fs::create_dir(&adapters).unwrap();
    // Its adapter was refused, which is the one way to have a connection without an adapter.
    std::fs::write(adapters.join("metro.wasm"), "not WebAssembly").unwrap();
    let config = format!(
        "[host]\nadapters = {adapters:?}\ndata = {:?}\nwatch = false\n[connections.metro]\nadapter = \"metro\"\n",
        folder.path().join("data")
    );
    let host = Host::start(config::parse(&config).unwrap()).await.unwrap();
    (router(host, "http://127.0.0.1:8080".parse().unwrap(), true), folder)
}

async fn send(api: &Router, request: Request<Body>) -> (Response<()>, Value) {
    let (parts, body) = api.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(parts, ()), serde_json::from_slice(&body).unwrap())
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).header(HOST, "127.0.0.1:8080").body(Body::empty()).unwrap()
}

fn post(path: &str, media_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header(HOST, "127.0.0.1:8080").header(CONTENT_TYPE, media_type).body(body.into()).unwrap()
}

#[tokio::test]
async fn failures_are_problem_details_with_status_and_class() {
    let (api, _folder) = api().await;
    let order = "/v1/connections/metro/suppliers/create-order";
    let catalog = "/v1/connections/metro/suppliers/list-catalog";
    let large = format!("{{\"notes\": \"{}\"}}", "x".repeat(1 << 20));
    for (request, status, class) in [
        (get("/nowhere"), 404, "no_such_path"),
        (get("/v1/connections/bar"), 404, "unknown_connection"),
        (get("/v1/connections/bar/suppliers/list-catalog"), 404, "unknown_connection"),
        (get("/v1/connections/metro/suppliers/list-catalogue"), 404, "unknown_operation"),
        (get("/v1/connections/metro/suppliers/list-catalog?limit=many"), 422, "validation"),
        (get("/v1/connections/metro/suppliers/list-catalog?colour=red"), 422, "validation"),
        (get(catalog), 503, "unavailable"),
        (get("/v1/connections/%ff/suppliers/list-catalog"), 400, "malformed"),
        (get(order), 405, "method_not_allowed"),
        (post(catalog, "application/json", "{}"), 405, "method_not_allowed"),
        (post("/v1/adapters", "application/json", "{}"), 405, "method_not_allowed"),
        (post(order, "application/json", "{"), 400, "malformed"),
        (post(order, "application/json", "[]"), 422, "validation"),
        (post(order, "text/plain", "{}"), 415, "unsupported_media_type"),
        (post(order, "application/json", large), 413, "too_large"),
        (post(&format!("{order}?notes=x"), "application/json", "{}"), 422, "validation"),
        (post("/v1/connections/metro/check", "application/json", ""), 503, "unavailable"),
    ] {
        let path = request.uri().to_string();
        let (response, body) = send(&api, request).await;
        assert_eq!(response.status().as_u16(), status, "{path}: {body}");
        assert_eq!(body["class"], class, "{path}: {body}");
        assert_eq!(body["status"], status, "{path}");
        assert_eq!(body["type"], format!("/problems/{class}"), "{path}");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn a_refusal_names_the_field_the_connection_and_the_operation() {
    let (api, _folder) = api().await;
    let (_, body) = send(&api, get("/v1/connections/metro/suppliers/list-catalog?colour=red&limit=many")).await;
    assert_eq!(body["connection"], "metro");
    assert_eq!(body["operation"], "suppliers.list-catalog");
    let fields: Vec<_> = body["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, ["colour", "limit"]);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_one() {
    let (api, _folder) = api().await;
    for (request, allowed) in [
        (get("/v1/connections/metro/suppliers/create-order"), "POST"),
        (post("/v1/connections/metro/suppliers/get-order", "application/json", "{}"), "GET"),
        (post("/v1/adapters", "application/json", "{}"), "GET,HEAD"),
    ] {
        let path = request.uri().to_string();
        let (response, _) = send(&api, request).await;
        assert_eq!(response.headers()[ALLOW], allowed, "{path}");
    }
}

#[tokio::test]
async fn the_callers_request_identifier_comes_back_and_a_strange_one_does_not() {
    let (api, _folder) = api().await;
    for (given, kept) in [("order-42", true), ("two words", false)] {
        let mut request = get("/nowhere");
        request.headers_mut().insert("x-request-id", given.parse().unwrap());
        let (response, body) = send(&api, request).await;
        let id = response.headers()["x-request-id"].to_str().unwrap();
        assert_eq!(id == given, kept, "{id}");
        assert_eq!(body["request_id"], id);
    }
}

#[tokio::test]
async fn pages_of_other_sites_are_refused() {
    let (api, _folder) = api().await;
    let mut request = get("/v1/connections");
    request.headers_mut().insert(HOST, "rebound.example".parse().unwrap());
    let (response, body) = send(&api, request).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(body["class"], "forbidden_origin");
}

#[tokio::test]
async fn the_service_says_what_it_has() {
    let (api, _folder) = api().await;
    let (response, body) = send(&api, get("/healthz")).await;
    assert_eq!((response.status(), &body["status"]), (StatusCode::OK, &json!("ok")));
    let (response, body) = send(&api, get("/readyz")).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body["connections"]["metro"], "unavailable");
    let (_, body) = send(&api, get("/v1/connections/metro")).await;
    assert_eq!((&body["name"], &body["time_zone"]), (&json!("metro"), &json!("Europe/Paris")));
    let (_, body) = send(&api, get("/v1/adapters")).await;
    assert!(body["items"][0]["refusal"]["reason"].as_str().unwrap().contains("not WebAssembly"), "{body}");
    let (_, body) = send(&api, get("/v1/operations")).await;
    assert_eq!(body["items"].as_array().unwrap().len(), moulin_host::operations::all().len());
    let (_, body) = send(&api, get("/openapi.json")).await;
    assert_eq!(body["openapi"], "3.1.0");
    let (_, body) = send(&api, get("/problems/rate_limit")).await;
    assert_eq!(body["status"], 429);
}
