//! Redirects: followed inside the grants, with credentials; refused outside.

use super::server::{Seen, ok, status};
use super::*;

fn to(code: u16, location: &str) -> Vec<u8> {
    status(code, &format!("location: {location}\r\n"), "")
}

fn post() -> Request {
    let mut request = Request::new(Method::POST, "/start");
    request.body = Some(r#"{"a":1}"#.into());
    request.headers.push(("content-type".to_owned(), "application/json".to_owned()));
    request
}

async fn follow(code: u16, request: Request) -> Vec<Seen> {
    let server = Server::start(move |seen| match seen.target.as_str() {
        "/start" => to(code, "/end?x=%20#part"),
        _ => ok("arrived"),
    })
    .await;
    let egress = Egress::new(settings(&server.url)).unwrap();
    egress.send(&budget(), request).await.unwrap();
    server.seen()
}

#[tokio::test]
async fn the_method_changes_as_rfc_9110_says() {
    for code in [301, 302, 303] {
        let seen = follow(code, post()).await;
        assert_eq!((seen[1].method.as_str(), seen[1].body.as_str()), ("GET", ""), "{code}");
        assert_eq!(seen[1].header("content-type"), None);
    }
    for code in [307, 308] {
        let seen = follow(code, post()).await;
        assert_eq!((seen[1].method.as_str(), seen[1].body.as_str()), ("POST", r#"{"a":1}"#), "{code}");
        assert_eq!(seen[1].header("content-type"), Some("application/json"));
    }
    let mut put = post();
    put.method = Method::PUT;
    assert_eq!(follow(302, put.clone()).await[1].method, "PUT");
    assert_eq!(follow(303, put).await[1].method, "GET");
    assert_eq!(follow(303, Request::new(Method::HEAD, "/start")).await[1].method, "HEAD");
}

#[tokio::test]
async fn a_redirect_inside_the_grants_takes_the_credentials_along() {
    let second = Server::start(|_| ok("arrived")).await;
    let target = format!("{}/end", second.url);
    let first = Server::start(move |_| to(307, &target)).await;
    let mut settings = settings(&first.url);
    settings.grants.grant(&second.url).unwrap();
    let answer = Egress::new(settings).unwrap().send(&budget(), get("/start")).await.unwrap();
    assert_eq!(answer.body, "arrived");
    assert_eq!(first.seen()[0].header("x-api-key"), Some("canary-key-1"));
    assert_eq!(second.seen()[0].header("x-api-key"), Some("canary-key-1"));
}

#[tokio::test]
async fn a_redirect_outside_the_grants_is_refused_before_a_byte_leaves() {
    let elsewhere = Server::unwanted().await;
    let locations = [
        format!("{}/end", elsewhere.url),
        format!("//127.0.0.1:{}/end", elsewhere.port()),
        format!("http://localhost:{}/end", elsewhere.port()),
        "https://127.0.0.1/".to_owned(),
        "http://169.254.169.254/".to_owned(),
        "ftp://127.0.0.1/".to_owned(),
        "http://".to_owned(),
    ];
    for location in locations {
        let redirect = location.clone();
        let server = Server::start(move |_| to(302, &redirect)).await;
        let error = Egress::new(settings(&server.url)).unwrap().send(&budget(), get("/")).await.unwrap_err();
        assert!(matches!(error, EgressError::RedirectDenied { .. }), "{location}: {error}");
        assert_eq!(server.seen().len(), 1);
    }
    // User-info in front of the granted origin itself.
    let server = Server::start(|seen| to(302, &format!("http://user:pass@{}/", seen.header("host").unwrap()))).await;
    let error = Egress::new(settings(&server.url)).unwrap().send(&budget(), get("/")).await.unwrap_err();
    assert!(matches!(error, EgressError::RedirectDenied { .. }));
    assert!(!error.to_string().contains("pass@"), "{error}");
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn circles_end() {
    let server = Server::start(|_| to(302, "/again")).await;
    let error = Egress::new(settings(&server.url)).unwrap().send(&budget(), get("/")).await.unwrap_err();
    assert!(matches!(error, EgressError::TooManyRedirects { limit: 5 }));
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn other_answers_of_3xx_are_answers() {
    let server = Server::start(|seen| match seen.target.as_str() {
        "/304" => b"HTTP/1.1 304 X\r\nconnection: close\r\nlocation: /x\r\n\r\n".to_vec(),
        _ => status(302, "", "no location"),
    })
    .await;
    let egress = Egress::new(settings(&server.url)).unwrap();
    assert_eq!(egress.send(&budget(), get("/304")).await.unwrap().status, 304);
    assert_eq!(egress.send(&budget(), get("/302")).await.unwrap().status, 302);
}
