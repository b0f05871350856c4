//! Modes and waits of the token endpoint, without sockets and on tokio's paused time.

use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Authority, Beginning, GrantType, Mode, Order, Outcome, Profile, ScopeAnswer};

fn authority() -> Authority {
    let mut profile = Profile::strict();
    profile.shape.scope = ScopeAnswer::Absent;
    let start = Some("2025-04-12T10:30:00Z".parse().unwrap());
    Authority::new(Beginning { profile, seed: 1, start, keys: Vec::new(), planted: Vec::new() })
}

fn with(mode: Order) -> Authority {
    let authority = authority();
    authority.order(mode).unwrap();
    authority
}

fn request(secret: &str) -> (Parts, Bytes) {
    let form = "application/x-www-form-urlencoded";
    let parts = http::Request::post("/token").header("content-type", form).body(()).unwrap().into_parts().0;
    let body = format!("grant_type=client_credentials&scope=read&client_id=demo-client&client_secret={secret}");
    (parts, Bytes::from(body))
}

async fn answered(authority: &Authority, secret: &str) -> Response {
    let (parts, body) = request(secret);
    authority.answer(&parts, &body).await.unwrap()
}

async fn body(response: Response) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

async fn object(response: Response) -> Value {
    serde_json::from_slice(&body(response).await).unwrap()
}

fn outcomes(authority: &Authority) -> Vec<Outcome> {
    authority.token_requests().into_iter().map(|request| request.outcome).collect()
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_before_the_change_was_never_served() {
    let authority = with(Order::always(Mode::SlowBefore { ms: 5_000 }));
    assert!(timeout(Duration::from_millis(4_999), answered(&authority, "demo-secret")).await.is_err());
    assert!(authority.grants().is_empty() && authority.token_requests().is_empty());
    let answer = timeout(Duration::from_millis(5_001), answered(&authority, "demo-secret")).await.unwrap();
    assert_eq!((answer.status().as_u16(), authority.grants().len()), (200, 1));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_after_the_change_leaves_tokens_behind() {
    let authority = with(Order::times(Mode::SlowAfter { ms: 5_000 }, 1));
    assert!(timeout(Duration::from_millis(4_999), answered(&authority, "demo-secret")).await.is_err());
    assert_eq!(outcomes(&authority), [Outcome::Issued(1)]);
    let answer = timeout(Duration::from_millis(1), answered(&authority, "demo-secret")).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_hang_has_no_end_and_may_have_issued_tokens() {
    let authority = with(Order::times(Mode::Hang, 1));
    let day = Duration::from_secs(86_400);
    assert!(timeout(day, answered(&authority, "demo-secret")).await.is_err());
    assert_eq!((outcomes(&authority), authority.grants().len()), (vec![Outcome::Unhandled], 0));
    authority.order(Order::times(Mode::Hang, 1).handled()).unwrap();
    assert!(timeout(day, answered(&authority, "demo-secret")).await.is_err());
    assert_eq!(outcomes(&authority)[1], Outcome::Issued(1));
}

#[tokio::test]
async fn a_failure_comes_so_often_and_is_counted() {
    let authority = with(Order::times(Mode::Fail { status: 503 }, 2));
    for _ in 0..2 {
        let answer = answered(&authority, "demo-secret").await;
        assert_eq!(answer.status(), 503);
        assert!(body(answer).await.is_empty());
    }
    assert_eq!(answered(&authority, "demo-secret").await.status(), 200);
    assert_eq!(authority.count(GrantType::ClientCredentials), 3);
    assert_eq!(outcomes(&authority), [Outcome::Unhandled, Outcome::Unhandled, Outcome::Issued(1)]);
}

#[tokio::test]
async fn lies_in_place_of_the_answer() {
    for (mode, status, kind, wanted) in [
        (Mode::ErrorIn200 { code: "invalid_grant".into() }, 200, "application/json", r#"{"error":"invalid_grant""#),
        (Mode::EmptyObject, 200, "application/json", "{}"),
        (Mode::Html { status: 200 }, 200, "text/html; charset=utf-8", "<!doctype html>"),
        (Mode::Html { status: 502 }, 502, "text/html; charset=utf-8", "<!doctype html>"),
    ] {
        let authority = with(Order::always(mode.clone()));
        let answer = answered(&authority, "demo-secret").await;
        assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (status, kind));
        let text = String::from_utf8(body(answer).await.to_vec()).unwrap();
        assert!(text.starts_with(wanted), "{mode:?}: {text}");
        assert!(authority.grants().is_empty(), "{mode:?}");
    }
}

#[tokio::test]
async fn lies_within_the_answer() {
    for value in [json!(-1), json!(0), json!(9_000_000_000_000_000_000_u64), json!("soon"), json!(null), json!(1.5)] {
        let authority = with(Order::always(Mode::ExpiresIn { value: value.clone() }));
        assert_eq!(object(answered(&authority, "demo-secret").await).await["expires_in"], value);
    }
    let authority = with(Order::always(Mode::LineBreakInToken));
    let token = object(answered(&authority, "demo-secret").await).await["access_token"].clone();
    assert!(token.as_str().unwrap().contains("\r\n"), "{token}");
    let authority = with(Order::always(Mode::NoJsonType));
    let answer = answered(&authority, "demo-secret").await;
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    assert!(object(answer).await["access_token"].is_string());
}

#[tokio::test]
async fn a_truncated_answer_is_shorter_than_it_says() {
    let authority = with(Order::always(Mode::Truncate { keep: 12 }));
    let answer = answered(&authority, "demo-secret").await;
    assert!(answer.headers()["content-length"].to_str().unwrap().parse::<usize>().unwrap() > 12);
    assert!(answer.into_body().collect().await.is_err());
    assert_eq!(outcomes(&authority), [Outcome::Issued(1)]);
}

#[tokio::test]
async fn an_error_may_repeat_the_secret_that_was_sent() {
    let authority = authority();
    let description = async |secret: &str| {
        let body = object(answered(&authority, secret).await).await;
        assert_eq!(body["error"], "invalid_client");
        body["error_description"].to_string()
    };
    assert!(!description("sent-s3cret").await.contains("sent-s3cret"));
    authority.order(Order::times(Mode::EchoSecret, 2)).unwrap();
    assert!(description("sent-s3cret").await.contains("sent-s3cret"));
    assert!(description("demo-secret").await.contains("demo-secret"));
    assert!(!description("sent-s3cret").await.contains("sent-s3cret"));
}

#[tokio::test]
async fn a_reset_brings_back_the_beginning() {
    let authority = with(Order::always(Mode::EmptyObject));
    authority.clear_orders();
    let first = object(answered(&authority, "demo-secret").await).await;
    authority.order(Order::always(Mode::Hang)).unwrap();
    authority.change(|profile| profile.client_secret = "new".to_owned());
    authority.shift_clock(1_000_000);
    authority.reset();
    assert!(authority.orders().is_empty() && authority.grants().is_empty() && authority.token_requests().is_empty());
    assert!(authority.now().to_string().starts_with("2025-04-12T10:30:"));
    // The same tokens in the same order.
    assert_eq!(object(answered(&authority, "demo-secret").await).await, first);
}
