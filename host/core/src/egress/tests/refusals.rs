//! What is refused before a byte leaves.

use std::sync::Arc;

use super::*;

#[tokio::test]
async fn another_origin_is_refused_before_a_byte_leaves() {
    let granted = Server::unwanted().await;
    let other = Server::unwanted().await;
    let egress = Egress::new(settings(&granted.url)).unwrap();
    let port = granted.port();
    for target in [
        other.url.clone(),
        "https://api.elsewhere.example/v1".to_owned(),
        format!("https://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://127.0.0.2:{port}/"),
        format!("http://[::1]:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://user:pass@127.0.0.1:{port}/"),
        format!("http://user@127.0.0.1:{port}/"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://2130706434/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1/".to_owned(),
    ] {
        let error = egress.send(&budget(), get(&target)).await.unwrap_err();
        assert!(matches!(error, EgressError::Denied { .. }), "{target}: {error}");
        assert!(!error.request_sent());
    }
    assert_eq!((granted.connections(), other.connections()), (0, 0));
}

#[tokio::test]
async fn headers_of_the_host_and_broken_ones_are_refused_before_a_byte_leaves() {
    let server = Server::unwanted().await;
    let egress = Egress::new(settings(&server.url)).unwrap();
    for (name, value) in [
        ("authorization", "Bearer mine"),
        ("Cookie", "a=b"),
        ("host", "elsewhere"),
        ("x-api-key", "mine"),
        ("proxy-authorization", "Basic x"),
        ("transfer-encoding", "chunked"),
        ("x-ok", "a\r\nauthorization: Bearer mine"),
        ("x-ok\r\nauthorization", "Bearer mine"),
        ("x-ok", "a\nb"),
    ] {
        let mut request = get("/v1");
        request.headers.push((name.to_owned(), value.to_owned()));
        let error = egress.send(&budget(), request).await.unwrap_err();
        assert!(matches!(error, EgressError::Denied { .. } | EgressError::InvalidRequest { .. }), "{name}: {error}");
        assert!(!error.request_sent());
    }
    for target in ["/a\r\nx: y", "//elsewhere.example/", "/\\elsewhere.example"] {
        assert!(egress.send(&budget(), get(target)).await.is_err());
    }
    for method in [Method::CONNECT, Method::TRACE] {
        assert!(egress.send(&budget(), Request::new(method, "/")).await.is_err());
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_that_stands_for_a_private_address_is_refused_before_a_byte_leaves() {
    let server = Server::unwanted().await;
    let base = format!("http://api.vendor.example:{}", server.port());
    for address in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "0.0.0.0"] {
        let names = Arc::new(Names(vec![address.parse().unwrap()]));
        let egress = Egress::with_lookup(settings(&base), names).unwrap();
        let error = egress.send(&budget(), get("/v1")).await.unwrap_err();
        assert!(matches!(&error, EgressError::Denied { reason } if reason.contains("api.vendor.example")), "{error}");
        assert!(!error.request_sent());
    }
    assert_eq!(server.connections(), 0);

    let mut allowed = settings(&base);
    allowed.grants.allow_private_addresses();
    let egress = Egress::with_lookup(allowed, Arc::new(Names(vec!["127.0.0.1".parse().unwrap()]))).unwrap();
    assert_eq!(egress.send(&budget(), get("/v1")).await.unwrap().status, 200);
    assert_eq!(server.seen()[0].header("host").unwrap(), base.trim_start_matches("http://"));
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_that_is_dialled() {
    let server = Server::start(|_| server::ok("here")).await;
    // A private address among allowed ones is left out, and so never dialled.
    let mut settings = settings(&format!("http://localhost:{}", server.port()));
    settings.grants.grant("http://localhost").unwrap();
    let names = Names(vec!["10.0.0.1".parse().unwrap(), "127.0.0.1".parse().unwrap()]);
    let egress = Egress::with_lookup(settings, Arc::new(names)).unwrap();
    assert_eq!(egress.send(&budget(), get("/")).await.unwrap().body, "here");
}

#[tokio::test]
async fn a_connection_outside_its_own_grants_is_not_set_up() {
    let mut outside = settings("https://api.vendor.example");
    outside.grants = Grants::default();
    assert!(matches!(Egress::new(outside), Err(SetupError::Url { what: "base URL", .. })));

    let mut outside = settings("https://api.vendor.example");
    outside.credentials = credentials::client_credentials("https://login.vendor.example/token");
    assert!(matches!(Egress::new(outside), Err(SetupError::Url { what: "token URL", .. })));
}

#[tokio::test]
async fn ten_thousand_requests_end_at_the_calls_limit() {
    let server = Server::start(|_| server::ok("")).await;
    let egress = Egress::new(settings(&server.url)).unwrap();
    let budget = Budget::new(Instant::now() + Duration::from_secs(30), 20, 1 << 20);
    let requests = (0..10_000).map(|_| get("/")).collect();
    let answers = egress.send_all(&budget.clone(), requests, Some(200)).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 20);
    let refused = answers.iter().filter_map(|answer| answer.as_ref().err());
    assert!(refused.clone().count() == 9_980);
    assert!(refused.into_iter().all(|error| matches!(error, EgressError::RequestCountExceeded { limit: 20 })));
    assert_eq!(server.seen().len(), 20);
}
