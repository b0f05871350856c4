//! Tokens over the wire: where they come from, and an answer of 401.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::server::{Seen, ok, status};
use super::*;
use crate::auth::{AuthError, Client, ClientAuthentication, TokenEndpoint, TokenRequestFormat};

pub(super) fn client_credentials(url: &str) -> Scheme {
    Scheme::ClientCredentials(Client {
        endpoint: TokenEndpoint {
            url: url.parse().unwrap(),
            format: TokenRequestFormat::Form,
            client_authentication: ClientAuthentication::Body,
            parameters: Vec::new(),
            scopes: Vec::new(),
            scope_separator: " ".to_owned(),
            prefix: "Bearer".to_owned(),
            default_lifetime: None,
            facts: Vec::new(),
        },
        client_id: "moulin".to_owned(),
        client_secret: Some("canary-secret".into()),
    })
}

/// A vendor whose tokens are `t0`, `t1`, … and whose API accepts what `accepts` says.
async fn vendor(accepts: fn(&str) -> bool) -> (Server, EgressSettings) {
    let tokens = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |seen: &Seen| {
        if seen.target == "/token" {
            let n = tokens.fetch_add(1, Ordering::SeqCst);
            return ok(&format!(r#"{{"access_token":"t{n}","expires_in":"3600"}}"#));
        }
        match seen.header("authorization") {
            Some(token) if accepts(token) => ok("welcome"),
            _ => status(401, "", "go away"),
        }
    })
    .await;
    let mut settings = settings(&server.url);
    settings.credentials = client_credentials(&format!("{}/token", server.url));
    (server, settings)
}

fn targets(server: &Server) -> Vec<String> {
    server
        .seen()
        .into_iter()
        .map(|seen| format!("{} {}", seen.target, seen.header("authorization").unwrap_or("-")))
        .collect()
}

#[tokio::test]
async fn fifty_requests_share_one_token_request() {
    let (server, mut settings) = vendor(|token| token == "Bearer t0").await;
    settings.max_concurrency = 50;
    let egress = Egress::new(settings).unwrap();
    let answers = egress.send_all(&budget(), (0..50).map(|_| get("/a")).collect(), None).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap().status == 200));
    assert_eq!(server.seen().iter().filter(|seen| seen.target == "/token").count(), 1);
    assert!(server.seen()[0].body.contains("client_secret=canary-secret"));
}

#[tokio::test]
async fn after_401_the_token_is_renewed_once_and_the_request_repeated_once() {
    let (server, settings) = vendor(|token| token == "Bearer t1").await;
    let answer = Egress::new(settings).unwrap().send(&budget(), get("/a")).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(targets(&server), ["/token -", "/a Bearer t0", "/token -", "/a Bearer t1"]);
}

#[tokio::test]
async fn a_second_401_is_the_answer() {
    let (server, settings) = vendor(|_| false).await;
    let answer = Egress::new(settings).unwrap().send(&budget(), get("/a")).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (401, &b"go away"[..]));
    assert_eq!(targets(&server).len(), 4);
}

#[tokio::test]
async fn a_fixed_key_is_not_tried_twice() {
    let server = Server::start(|_| status(401, "", "")).await;
    let answer = Egress::new(settings(&server.url)).unwrap().send(&budget(), get("/a")).await.unwrap();
    assert_eq!((answer.status, server.seen().len()), (401, 1));
}

#[tokio::test]
async fn without_a_token_nothing_goes_to_the_api() {
    for answer in [
        status(401, "", r#"{"error":"invalid_client","error_description":"canary-secret is wrong"}"#),
        status(302, "location: /a\r\n", ""),
    ] {
        let server = Server::start(move |_| answer.clone()).await;
        let mut settings = settings(&server.url);
        settings.credentials = client_credentials(&format!("{}/token", server.url));
        let error = Egress::new(settings).unwrap().send(&budget(), get("/a")).await.unwrap_err();
        assert!(matches!(error, EgressError::Credentials(AuthError::Refused { .. } | AuthError::Answer { .. })));
        assert!(!error.to_string().contains("canary-secret"), "{error}");
        assert!(server.seen().iter().all(|seen| seen.target == "/token"));
    }
}
