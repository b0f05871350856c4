//! Clients without a person, keys in place of secrets, and control from another process.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;
mod oauth;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::send;
use moulin_vendors::faults::{Fault, Rule};
use moulin_vendors::oauth::{GrantType, OAuth, Profile};
use moulin_vendors::{Lightspeed, LightspeedOptions, Options, World};
use oauth::{changed, error, form, pair, post, post_with, refreshing, refused, start, text, whoami};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

const MACHINE: [(&str, &str); 4] = [
    ("client_id", "demo-client"),
    ("client_secret", "demo-secret"),
    ("grant_type", "client_credentials"),
    ("scope", "read"),
];

#[tokio::test]
async fn a_client_gets_a_token_of_its_own_without_a_refresh_token() {
    let server = start(Profile::strict()).await;
    let body = post(&server, &MACHINE).await.json();
    assert!(body.get("refresh_token").is_none(), "{body}");
    assert_eq!(whoami(&server, &text(&body, "access_token")).await, 200);
    for (change, wanted) in [
        (("scope", ""), (400, "invalid_scope")),
        (("scope", "admin"), (400, "invalid_scope")),
        (("client_secret", "demo-secreT"), (401, "invalid_client")),
        (("audience", "x"), (400, "invalid_request")),
    ] {
        assert_eq!(
            error(&post(&server, &changed(&MACHINE, &[change])).await),
            (wanted.0, wanted.1.into()),
            "{change:?}"
        );
    }
}

#[tokio::test]
async fn basic_credentials_are_form_encoded_and_never_sent_twice() {
    let server = start(Profile { client_secret: "a:b c%".to_owned(), ..Profile::strict() }).await;
    let parameters = [MACHINE[2], MACHINE[3]];
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let right = basic("demo-client:a%3Ab+c%25");
    assert_eq!(post_with(&server, &[("authorization", &right)], &parameters).await.status, 200);
    let raw = post_with(&server, &[("authorization", &basic("demo-client:a:b c%"))], &parameters).await;
    assert_eq!(
        (error(&raw), raw.header("www-authenticate")),
        ((401, "invalid_client".into()), "Basic realm=\"OAuth\"")
    );
    let both = changed(&MACHINE, &[("client_secret", "a:b c%")]);
    assert_eq!(error(&post_with(&server, &[("authorization", &right)], &both).await), refused("invalid_request"));
}

/// An assertion signed by a fixed Ed25519 key, and that key as control takes it.
fn assertion(server: &OAuth, change: impl FnOnce(&mut Value)) -> (String, Value) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
    let now = server.authority().now().as_second();
    let mut claims =
        json!({ "iss": "moulin", "sub": "chef", "aud": server.token_url(), "exp": now + 300, "iat": now, "jti": "1" });
    change(&mut claims);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&json!({ "alg": "EdDSA" })), part(&claims));
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()).as_ref());
    let key = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    (format!("{message}.{signature}"), json!({ "issuer": "moulin", "algorithm": "EdDSA", "key": key }))
}

#[tokio::test]
async fn an_assertion_of_a_registered_key_is_a_grant() {
    let server = start(Profile::strict()).await;
    let (jwt, key) = assertion(&server, |_| {});
    let asking =
        |jwt: &str| form(&[("grant_type", GrantType::JwtBearer.name()), ("assertion", jwt), ("scope", "read")]);
    let url = server.token_url();
    let token = async |jwt: &str| {
        send("POST", &url, &[("content-type", "application/x-www-form-urlencoded")], Some(&asking(jwt))).await
    };
    assert_eq!(error(&token(&jwt).await), refused("invalid_grant"));
    let control = format!("{}/_control/oauth/keys", server.url());
    assert_eq!(send("POST", &control, &[], Some(&key.to_string())).await.status, 204);
    let body = token(&jwt).await.json();
    let access = format!("Bearer {}", text(&body, "access_token"));
    let seen = send("GET", &format!("{}/whoami", server.url()), &[("authorization", &access)], None).await.json();
    assert_eq!(seen["subject"], "chef");
    assert_eq!(error(&token(&jwt).await), refused("invalid_grant"));
    let (elsewhere, _) = assertion(&server, |claims| claims["aud"] = json!("https://other.example/token"));
    assert_eq!(error(&token(&elsewhere).await), refused("invalid_grant"));
    let (late, _) = assertion(&server, |claims| claims["jti"] = json!("2"));
    server.authority().shift_clock(400);
    assert_eq!(error(&token(&late).await), refused("invalid_grant"));
    assert_eq!(error(&token("").await), refused("invalid_request"));
}

#[tokio::test]
async fn everything_can_be_steered_over_http() {
    let server = start(Profile::strict()).await;
    let control = |path: &str| format!("{}/_control/oauth{path}", server.url());
    let tell = async |path: &str, body: Value| send("POST", &control(path), &[], Some(&body.to_string())).await;
    let (access, refresh) = pair(&tell("/grants", json!({ "scopes": ["read"] })).await.json());
    assert_eq!(whoami(&server, &access).await, 200);

    assert_eq!(tell("/modes", json!({ "mode": "fail", "status": 503, "times": 1 })).await.status, 204);
    assert_eq!(tell("/modes", json!({ "mode": "expires_in", "value": -5 })).await.status, 204);
    for wrong in [json!({ "mode": "fail", "status": 200 }), json!({ "mode": "sleepy" }), json!({})] {
        assert_eq!(tell("/modes", wrong.clone()).await.status, 400, "{wrong}");
    }
    assert_eq!(post(&server, &refreshing(&refresh)).await.status, 503);
    let (_, refresh) = pair(&{
        let body = post(&server, &refreshing(&refresh)).await.json();
        assert_eq!(body["expires_in"], -5);
        body
    });
    assert_eq!(send("DELETE", &control("/modes"), &[], None).await.status, 204);

    assert_eq!(tell("/clock", json!({ "shift_seconds": 3_601 })).await.status, 204);
    assert_eq!(whoami(&server, &access).await, 401);
    assert_eq!(tell("/revoke", json!({ "grant_of": refresh })).await.status, 204);
    assert_eq!(tell("/revoke", json!({ "grant": 1 })).await.status, 400);
    let state = send("GET", &control(""), &[], None).await.json();
    assert_eq!((&state["revoked"], &state["grants"][0]["revoked"]), (&1.into(), &"by_owner".into()));
    assert_eq!(state["requests"][0]["outcome"], "unhandled");
    assert_eq!(state["requests"][1]["outcome"], json!({ "issued": 1 }));
    assert_eq!(state["modes"], json!([]));
    assert_eq!(state["requests"][1]["grant_type"], "refresh_token");
    assert!(state["requests"][1]["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());

    server.faults().push(Rule::on("/token", Fault::status(500)).times(1)).unwrap();
    assert_eq!(post(&server, &MACHINE).await.status, 500);
    assert_eq!(send("POST", &format!("{}/_control/reset", server.url()), &[], None).await.status, 204);
    assert!(server.authority().grants().is_empty() && server.requests().is_empty());
}

#[tokio::test]
async fn the_till_has_the_same_server_behind_its_own_routes() {
    let options = LightspeedOptions { ask_consent: true, reuse_revokes: true, ..LightspeedOptions::default() };
    let till = Lightspeed::start(World::new(Options::default()), options).await.unwrap();
    let page = send(
        "GET",
        &format!(
            "{}/oauth/authorize.php?response_type=code&client_id=demo-client&scope=employee%3Aall&{}",
            till.url(),
            form(&[("code_challenge", oauth::CHALLENGE), ("code_challenge_method", "S256")])
        ),
        &[],
        None,
    )
    .await;
    assert!(page.status == 200 && page.header("content-type").starts_with("text/html"));
    let (_, first) = pair(&till.authority().grant_now(["employee:all"]));
    let url = format!("{}/oauth/access_token.php", till.url());
    let refresh = async |token: &str| {
        let body = form(&refreshing(token));
        send("POST", &url, &[("content-type", "application/x-www-form-urlencoded")], Some(&body)).await
    };
    let (access, _) = pair(&refresh(&first).await.json());
    let account = format!("{}/API/V3/Account.json", till.url());
    let bearer = format!("Bearer {access}");
    assert_eq!(send("GET", &account, &[("authorization", &bearer)], None).await.status, 200);
    assert_eq!(refresh(&first).await.status, 400);
    assert_eq!(send("GET", &account, &[("authorization", &bearer)], None).await.status, 401);
    let control = format!("{}/_control/oauth", till.url());
    assert_eq!(send("GET", &control, &[], None).await.json()["revoked"], 1);
}
