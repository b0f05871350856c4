//! Faults, recordings and the control routes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;

use std::time::{Duration, Instant};

use http::{send, try_send};
use moulin_vendors::faults::{Fault, Rule};
use moulin_vendors::{Metro, MetroOptions, Options, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const KEY: (&str, &str) = ("x-api-key", "demo-metro-key");

async fn metro() -> Metro {
    Metro::start(World::new(Options::default()), MetroOptions::default()).await.unwrap()
}

#[tokio::test]
async fn an_ordered_status_comes_so_often_and_the_vendor_does_not_see_the_request() {
    let metro = metro().await;
    let rule = r#"{"match":{"method":"GET","path":"/api/v1/products*"},"fault":{"status":503,"headers":{"Retry-After":"7"},"body":"<html>"},"times":2}"#;
    let control = format!("{}/_control/faults", metro.url());
    assert_eq!(send("POST", &control, &[], Some(rule)).await.status, 204);
    let url = format!("{}/api/v1/products?limit=1", metro.url());
    for _ in 0..2 {
        let answer = send("GET", &url, &[], None).await;
        assert_eq!((answer.status, answer.header("retry-after"), &answer.body[..]), (503, "7", &b"<html>"[..]));
    }
    assert_eq!(send("GET", &url, &[KEY], None).await.status, 200);
    for wrong in [r#"{"fault":{}}"#, r#"{"fault":{"status":1}}"#, r#"{"fault":{"reset":true},"typo":1}"#] {
        assert_eq!(send("POST", &control, &[], Some(wrong)).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_reset_aborts_the_tcp_connection() {
    let metro = metro().await;
    metro.faults().push(Rule::on("/api/v1/status", Fault::reset()).times(1)).unwrap();
    let mut stream = TcpStream::connect(metro.url().trim_start_matches("http://")).await.unwrap();
    stream.write_all(b"GET /api/v1/status HTTP/1.1\r\nhost: metro\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let error = stream.read_to_end(&mut answer).await.unwrap_err();
    assert_eq!((error.kind(), answer.len()), (std::io::ErrorKind::ConnectionReset, 0));
    assert_eq!(send("GET", &format!("{}/api/v1/status", metro.url()), &[KEY], None).await.status, 200);
}

#[tokio::test]
async fn a_hidden_answer_leaves_the_order_booked() {
    let metro = metro().await;
    let hidden = Fault { handled: true, ..Fault::reset() };
    metro.faults().push(Rule::on("/api/v1/orders", hidden).method("POST").times(1)).unwrap();
    let body = r#"{"items":[{"product_id":"400000","quantity":1,"unit":"KG"}],"client_reference":"lost"}"#;
    let url = format!("{}/api/v1/orders", metro.url());
    assert!(try_send("POST", &url, &[KEY], Some(body)).await.is_err());
    let found = send("GET", &format!("{url}?client_reference=lost"), &[KEY], None).await.json();
    assert_eq!(found["pagination"]["total"], 1);
}

#[tokio::test]
async fn a_truncated_body_is_shorter_than_it_said() {
    let metro = metro().await;
    metro.faults().push(Rule::on("*", Fault { truncate_after: Some(10), ..Fault::default() })).unwrap();
    let mut stream = TcpStream::connect(metro.url().trim_start_matches("http://")).await.unwrap();
    stream.write_all(b"GET /api/v1/status HTTP/1.1\r\nhost: metro\r\nx-api-key: demo-metro-key\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 24"), "{head}");
    assert_eq!(body, r#"{"data":{""#);
}

#[tokio::test]
async fn delays_and_slow_bodies_take_their_time() {
    let metro = metro().await;
    let url = format!("{}/api/v1/products?limit=20", metro.url());
    metro
        .faults()
        .push(Rule::on("*", Fault { delay_ms: Some(60), slow_body_ms_per_kb: Some(20), ..Fault::default() }))
        .unwrap();
    let start = Instant::now();
    let answer = send("GET", &url, &[KEY], None).await;
    let kilobytes = u64::try_from(answer.body.len().div_ceil(1024)).unwrap();
    assert!(kilobytes >= 4 && answer.json()["data"].as_array().unwrap().len() == 20);
    assert!(start.elapsed() >= Duration::from_millis(60 + 20 * kilobytes), "{:?}", start.elapsed());
}

#[tokio::test]
async fn what_was_on_the_wire_can_be_read_and_forgotten() {
    let metro = metro().await;
    let url = format!("{}/api/v1/orders?client_number=FR%2D778812", metro.url());
    send("POST", &url, &[KEY, ("Idempotency-Key", "k1")], Some("{}")).await;
    let control = format!("{}/_control/requests", metro.url());
    let seen = send("GET", &control, &[], None).await.json();
    assert_eq!(seen.as_array().unwrap().len(), 1);
    let request = &metro.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.path.as_str(), request.query.as_deref()),
        ("POST", "/api/v1/orders", Some("client_number=FR%2D778812"))
    );
    assert_eq!(
        (request.header("idempotency-key"), request.body.as_str(), request.status),
        (Some("k1"), "{}", Some(422))
    );
    assert_eq!(send("DELETE", &control, &[], None).await.status, 204);
    assert!(metro.requests().is_empty());
}

#[tokio::test]
async fn reset_brings_back_the_state_of_the_seed_and_dropping_closes_the_port() {
    let metro = metro().await;
    let url = format!("{}/api/v1/orders", metro.url());
    let before = send("GET", &url, &[KEY], None).await.json();
    let body = r#"{"items":[{"product_id":"400000","quantity":1,"unit":"KG"}]}"#;
    assert_eq!(send("POST", &url, &[KEY], Some(body)).await.status, 201);
    metro.faults().push(Rule::on("*", Fault::status(500))).unwrap();
    assert_eq!(send("POST", &format!("{}/_control/reset", metro.url()), &[], None).await.status, 204);
    assert_eq!(metro.requests().len(), 0);
    assert_eq!(send("GET", &url, &[KEY], None).await.json(), before);
    let address = metro.url().trim_start_matches("http://").to_owned();
    drop(metro);
    // The port closes as soon as the runtime has dropped the server's task.
    for _ in 0..1_000 {
        if TcpStream::connect(&address).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the port is still open");
}

#[tokio::test]
async fn only_loopback_addresses_are_served() {
    let options = MetroOptions { listen: "0.0.0.0:0".parse().unwrap(), ..MetroOptions::default() };
    let refused = Metro::start(World::new(Options::default()), options).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
}
