//! An adapter reaches what its connection was granted and nothing else, with the host's credentials and never its own.

use std::io::ErrorKind;
use std::net::{IpAddr, TcpListener};

use axum::http::StatusCode;
use axum::response::IntoResponse;
use futures::future::join_all;
use moulin_e2e::vendor::{Seen, Vendor};
use moulin_e2e::{Folder, adapter};
use moulin_host::model::suppliers::{CatalogProduct, ProductLookup};
use moulin_host::model::{ApiError, VendorError};
use moulin_host::{Error, Host};

const TOKEN: &str = "t0ken-of-the-host";

/// A place nobody may reach: a port that notices every attempt to connect, before any byte of HTTP.
struct Forbidden(TcpListener);

impl Forbidden {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    fn assert_untouched(&self) {
        let reached = self.0.accept();
        assert!(matches!(&reached, Err(error) if error.kind() == ErrorKind::WouldBlock), "connected: {reached:?}");
    }
}

/// A host with one connection for each way of the adapter to reach out. `more` goes into each of them.
struct Ground {
    vendor: Vendor,
    forbidden: Forbidden,
    host: Host,
    _folder: Folder,
}

const WAYS: [&str; 6] = ["fetch", "header", "wasi-http", "read-file", "env", "socket"];

impl Ground {
    /// The vendor's own origin is granted.
    async fn new() -> Self {
        Self::with(Vendor::start(|_| None).await, |url, _| format!("base_url = {url:?}\ngrants = [{url:?}]")).await
    }

    async fn with(vendor: Vendor, more: impl Fn(&str, u16) -> String) -> Self {
        let forbidden = Forbidden::new();
        let folder = Folder::with(&["test/hostile"]);
        let more = more(&vendor.url(), forbidden.port());
        let connections = WAYS.map(|way| {
            format!(
                r#"
                [connections.{way}]
                adapter = "hostile"
                auth = {{ method = "bearer_token", token = "{TOKEN}" }}
                settings = {{ mode = "{way}" }}
                {more}
                "#
            )
        });
        let host = folder.host("watch = false", &connections.concat()).await.unwrap_or_else(|error| panic!("{error}"));
        Self { vendor, forbidden, host, _folder: folder }
    }

    async fn call(&self, way: &str, id: &str) -> Result<CatalogProduct, Error> {
        call(&self.host, way, id).await
    }

    /// The code and message with which a request is refused, and proof that none went out.
    async fn refused(&self, way: &str, id: &str) -> (String, String) {
        let refusal = refusal(self.call(way, id).await, id);
        assert!(self.vendor.seen().is_empty(), "{id:?} reached the vendor: {:?}", self.vendor.seen());
        self.forbidden.assert_untouched();
        refusal
    }

    /// As [`Ground::refused`], for a place outside the grants, which the message must name.
    async fn denied(&self, id: &str, named: &str) {
        let (code, message) = self.refused("fetch", id).await;
        assert_eq!(code, "egress-denied", "{id}: {message}");
        assert!(message.contains(named), "{id}: {message}");
    }

    /// The same through `wasi:http`, whose error is a code without a text.
    async fn denied_to_wasi_http(&self, url: &str) {
        let error = self.call("wasi-http", url).await.unwrap_err();
        assert!(error.to_string().contains("HttpRequestDenied"), "{url}: {error}");
        self.forbidden.assert_untouched();
    }
}

async fn call(host: &Host, connection: &str, id: &str) -> Result<CatalogProduct, Error> {
    let lookup = ProductLookup { id: id.to_owned(), ..Default::default() };
    host.suppliers(connection).unwrap().get_product(lookup).await
}

fn refusal(outcome: Result<CatalogProduct, Error>, id: &str) -> (String, String) {
    match outcome {
        Err(Error::Vendor {
            error: VendorError::Api(ApiError { code: Some(code), message, retryable, .. }), ..
        }) => {
            assert!(!retryable, "a refusal is for good: {message}");
            (code, message)
        }
        outcome => panic!("{id:?} was not refused: {outcome:?}"),
    }
}

fn header(seen: &Seen, name: &str) -> String {
    seen.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn a_granted_request_carries_the_hosts_credential() {
    let ground = Ground::new().await;
    let answer = ground.call("fetch", "/products?page=2").await.unwrap();
    assert_eq!(answer.name, "200 {}");
    let [seen] = &ground.vendor.seen()[..] else { panic!("{:?}", ground.vendor.seen()) };
    assert_eq!(seen.uri, "/products?page=2");
    assert_eq!(header(seen, "authorization"), format!("Bearer {TOKEN}"));
}

#[tokio::test]
async fn a_granted_request_carries_the_adapters_own_headers() {
    let ground = Ground::new().await;
    ground.call("header", "X-Tenant=a=b; c").await.unwrap();
    let seen = ground.vendor.seen();
    assert_eq!((seen.len(), header(&seen[0], "x-tenant").as_str()), (1, "a=b; c"));
    assert_eq!(header(&seen[0], "authorization"), format!("Bearer {TOKEN}"));
}

#[tokio::test]
async fn wasi_http_carries_the_hosts_credential() {
    let ground = Ground::new().await;
    let answer = ground.call("wasi-http", &format!("{}/products?page=2", ground.vendor.url())).await.unwrap();
    assert_eq!(answer.name, "200 {}");
    let seen = ground.vendor.seen();
    assert_eq!((seen.len(), seen[0].uri.to_string().as_str()), (1, "/products?page=2"));
    assert_eq!(header(&seen[0], "authorization"), format!("Bearer {TOKEN}"));
}

#[tokio::test]
async fn another_host_is_refused() {
    let ground = Ground::new().await;
    let port = ground.vendor.port();
    // The same server under another name: it would answer.
    ground.denied(&format!("http://localhost:{port}/"), &format!("http://localhost:{port} is not granted")).await;
    ground.denied("https://api.elsewhere.example/", "https://api.elsewhere.example is not granted").await;
}

#[tokio::test]
async fn another_port_is_refused() {
    let ground = Ground::new().await;
    let url = format!("http://127.0.0.1:{}", ground.forbidden.port());
    ground.denied(&format!("{url}/"), &format!("{url} is not granted")).await;
}

#[tokio::test]
async fn http_is_refused_where_https_is_granted() {
    let more = |url: &str, port| format!("base_url = {url:?}\ngrants = [{url:?}, \"https://127.0.0.1:{port}\"]");
    let ground = Ground::with(Vendor::start(|_| None).await, more).await;
    let url = format!("http://127.0.0.1:{}", ground.forbidden.port());
    ground.denied(&format!("{url}/"), &format!("{url} is not granted")).await;
}

#[tokio::test]
async fn user_information_in_a_url_is_refused() {
    let ground = Ground::new().await;
    let port = ground.vendor.port();
    for user in ["user:p4ss", "user", ":p4ss"] {
        let (code, message) = ground.refused("fetch", &format!("http://{user}@127.0.0.1:{port}/")).await;
        assert_eq!(code, "egress-denied");
        assert!(message.contains("user name or password") && !message.contains("p4ss"), "{message}");
    }
}

#[tokio::test]
async fn a_scheme_other_than_http_is_refused() {
    let ground = Ground::new().await;
    for (url, scheme) in [("file:///etc/passwd", "file"), ("ftp://127.0.0.1/", "ftp"), ("ws://127.0.0.1/", "ws")] {
        ground.denied(url, &format!("{scheme:?}")).await;
    }
}

#[tokio::test]
async fn what_is_neither_path_nor_url_is_refused() {
    let ground = Ground::new().await;
    let port = ground.forbidden.port();
    for target in [
        format!("//127.0.0.1:{port}/"),
        format!("/\\127.0.0.1:{port}/"),
        format!("http:127.0.0.1:{port}"),
        format!("/a\r\nhost: 127.0.0.1:{port}"),
    ] {
        let (code, message) = ground.refused("fetch", &target).await;
        assert_eq!(code, "invalid-request", "{target:?}");
        assert!(message.contains("the target"), "{message}");
    }
}

#[tokio::test]
async fn an_ip_address_is_refused_where_a_name_is_granted() {
    let vendor = Vendor::start(|_| None).await;
    let granted = format!("http://localhost:{}", vendor.port());
    let ground = Ground::with(vendor, |_, _| format!("base_url = {granted:?}\ngrants = [{granted:?}]")).await;
    let port = ground.vendor.port();
    // Every spelling of the address, as the URL Standard reads them.
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1"] {
        let named = format!("http://127.0.0.1:{port} is not granted");
        ground.denied(&format!("http://{host}:{port}/"), &named).await;
    }
    ground.denied(&format!("http://[::1]:{port}/"), &format!("http://[::1]:{port} is not granted")).await;
    let mapped = format!("http://[::ffff:7f00:1]:{port} is not granted");
    ground.denied(&format!("http://[::ffff:127.0.0.1]:{port}/"), &mapped).await;
    // The name itself is granted.
    assert_eq!(ground.call("fetch", "/").await.unwrap().name, "200 {}");
}

/// A name other than `localhost` that the hosts file of this machine gives to the machine itself.
fn name_of_this_machine() -> String {
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap();
    let mut names = hosts.lines().filter_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        let address: IpAddr = words.next()?.parse().ok()?;
        address.is_loopback().then(|| words.find(|name| !name.starts_with("localhost")).map(str::to_owned))?
    });
    names.next().expect("a name for this machine in /etc/hosts, such as ip6-localhost")
}

#[tokio::test]
async fn a_name_that_resolves_to_this_machine_is_refused() {
    let vendor = Vendor::start(|_| None).await;
    let granted = format!("http://{}:{}", name_of_this_machine(), vendor.port());
    let more = |_: &str, _| format!("base_url = {granted:?}\ngrants = [{granted:?}]");
    let ground = Ground::with(vendor, more).await;
    ground.denied("/", "resolves to").await;
    ground.denied_to_wasi_http(&format!("{granted}/")).await;
    assert!(ground.vendor.seen().is_empty());

    // It was the address, not the grant: where private addresses are allowed it is dialled.
    let more = |_: &str, _| format!("{}\nprivate_addresses = true", more("", 0));
    let ground = Ground::with(ground.vendor, more).await;
    if let Err(error) = ground.call("fetch", "/").await {
        // The name may stand for 127.0.1.1 or ::1, where nobody listens.
        assert_eq!(error.class(), "connection", "{error}");
    }
}

#[tokio::test]
async fn a_redirect_outside_the_grants_is_not_followed() {
    let more = |url: &str, port| format!("base_url = {url:?}\ngrants = [{url:?}, \"https://127.0.0.1:{port}\"]");
    let ground = Ground::with(Vendor::start(|_| None).await, more).await;
    let (port, own) = (ground.forbidden.port(), ground.vendor.port());
    for (to, named) in [
        // Another port, with http although https is granted there.
        (format!("http://127.0.0.1:{port}/"), format!("http://127.0.0.1:{port}")),
        (format!("//127.0.0.1:{port}/"), format!("http://127.0.0.1:{port}")),
        // Another host.
        (format!("http://localhost:{own}/"), format!("http://localhost:{own}")),
        ("https://api.elsewhere.example/".to_owned(), "https://api.elsewhere.example".to_owned()),
        // Another scheme, user-info, an address.
        (format!("https://127.0.0.1:{own}/"), format!("https://127.0.0.1:{own}")),
        (format!("http://user:p4ss@127.0.0.1:{own}/"), format!("http://127.0.0.1:{own}")),
        (format!("http://[::1]:{own}/"), format!("http://[::1]:{own}")),
        ("file:///etc/passwd".to_owned(), "file:".to_owned()),
    ] {
        let before = ground.vendor.seen().len();
        let (code, message) = refusal(ground.call("fetch", &format!("/redirect?{to}")).await, &to);
        assert_eq!(code, "egress-denied", "{to}");
        assert!(message.contains("redirects to") && message.contains(&named), "{to}: {message}");
        assert!(!message.contains("p4ss"), "{message}");
        ground.denied_to_wasi_http(&format!("{}/redirect?{to}", ground.vendor.url())).await;
        // The two requests that were redirected, and nothing after them.
        assert_eq!(ground.vendor.seen().len(), before + 2, "{to}");
        ground.forbidden.assert_untouched();
    }
}

#[tokio::test]
async fn a_redirect_inside_the_grants_is_followed_with_the_credential() {
    let ground = Ground::new().await;
    let answer = ground.call("fetch", &format!("/redirect?{}/moved", ground.vendor.url())).await.unwrap();
    assert_eq!(answer.name, "200 {}");
    let seen = ground.vendor.seen();
    let paths: Vec<_> = seen.iter().map(|seen| seen.uri.path()).collect();
    assert_eq!(paths, ["/redirect", "/moved"]);
    assert_eq!(header(&seen[1], "authorization"), format!("Bearer {TOKEN}"));
}

#[tokio::test]
async fn the_hosts_headers_are_refused_to_the_adapter() {
    let ground = Ground::new().await;
    for (pair, named) in [
        ("authorization=Bearer of-its-own", "authorization"),
        ("Authorization=Bearer of-its-own", "authorization"),
        ("cookie=session=1", "cookie"),
        ("host=elsewhere.example", "host"),
        ("Proxy-Authorization=Basic eA==", "proxy-authorization"),
        ("connection=x-tenant", "connection"),
        ("content-length=0", "content-length"),
        ("transfer-encoding=chunked", "transfer-encoding"),
        ("upgrade=websocket", "upgrade"),
    ] {
        let (code, message) = ground.refused("header", pair).await;
        assert_eq!(code, "egress-denied", "{pair}");
        assert!(message.contains(&format!("the header {named} ")), "{pair}: {message}");
        assert!(!message.contains("of-its-own"), "{message}");
    }
}

#[tokio::test]
async fn the_header_of_the_api_key_is_refused_to_the_adapter() {
    let vendor = Vendor::start(|_| None).await;
    let folder = Folder::with(&["test/hostile"]);
    let toml = format!(
        r#"
        [connections.keyed]
        adapter = "hostile"
        base_url = "{url}"
        grants = ["{url}"]
        auth = {{ method = "api_key", key = "{TOKEN}" }}
        settings = {{ mode = "header" }}
        "#,
        url = vendor.url()
    );
    let host = folder.host("watch = false", &toml).await.unwrap();
    let (code, message) = refusal(call(&host, "keyed", "X-API-KEY=of-its-own").await, "x-api-key");
    assert_eq!(code, "egress-denied");
    assert!(message.contains("the header x-api-key "), "{message}");
    assert!(vendor.seen().is_empty());
    call(&host, "keyed", "x-tenant=1").await.unwrap();
    assert_eq!(header(&vendor.seen()[0], "x-api-key"), TOKEN);
}

#[tokio::test]
async fn a_line_break_in_a_header_is_refused() {
    let ground = Ground::new().await;
    for pair in [
        "x-tenant=a\r\nauthorization: Bearer of-its-own",
        "x-tenant=a\nx-b: c",
        "x-tenant=a\r",
        "x-tenant=a\0",
        "x-tenant: a\r\nx-b=c",
    ] {
        let (code, message) = ground.refused("header", pair).await;
        assert_eq!(code, "invalid-request", "{pair:?}");
        assert!(message.contains("x-tenant") && !message.contains("of-its-own"), "{pair:?}: {message}");
    }
}

#[tokio::test]
async fn wasi_http_is_refused_what_is_not_granted() {
    let more = |url: &str, port| format!("base_url = {url:?}\ngrants = [{url:?}, \"https://127.0.0.1:{port}\"]");
    let ground = Ground::with(Vendor::start(|_| None).await, more).await;
    let (port, own) = (ground.forbidden.port(), ground.vendor.port());
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{own}/"),
        format!("http://localhost:{own}/"),
        format!("http://[::1]:{own}/"),
        format!("http://user:p4ss@127.0.0.1:{own}/"),
        "https://api.elsewhere.example/".to_owned(),
    ] {
        ground.denied_to_wasi_http(&url).await;
        assert!(ground.vendor.seen().is_empty(), "{url}");
    }
}

#[tokio::test]
async fn sockets_are_refused() {
    let ground = Ground::new().await;
    // Not even to the granted origin: only through the host's HTTP.
    for port in [ground.forbidden.port(), ground.vendor.port()] {
        let answer = ground.call("socket", &format!("127.0.0.1:{port}")).await.unwrap();
        assert!(answer.name.starts_with("refused"), "{}", answer.name);
    }
    ground.forbidden.assert_untouched();
    assert!(ground.vendor.seen().is_empty());
}

#[tokio::test]
async fn files_are_refused() {
    let ground = Ground::new().await;
    let file = adapter("test/hostile");
    for path in ["/etc/passwd", "/proc/self/environ", "Cargo.toml", ".", file.to_str().unwrap()] {
        assert!(std::fs::metadata(path).is_ok(), "{path} exists for the host");
        let answer = ground.call("read-file", path).await.unwrap();
        assert!(answer.name.starts_with("refused"), "{path}: {}", answer.name);
    }
}

#[tokio::test]
async fn the_environment_is_empty() {
    let ground = Ground::new().await;
    assert!(std::env::vars().count() > 0, "the host has variables");
    assert_eq!(ground.call("env", "any").await.unwrap().name, "variables: ; arguments: ");
}

/// Two connections with client credentials at a vendor that gives each client a token of its own.
async fn clients(token: fn(&Seen) -> axum::response::Response) -> (Vendor, Folder, Host) {
    let vendor = Vendor::start(move |seen| (seen.uri.path() == "/oauth/token").then(|| token(seen))).await;
    let folder = Folder::with(&["test/hostile"]);
    let connections = ["one", "two"].map(|client| {
        format!(
            r#"
            [connections.{client}]
            adapter = "hostile"
            base_url = "{url}"
            token_url = "{url}/oauth/token"
            grants = ["{url}"]
            auth = {{ method = "oauth2_client_credentials", client_id = "{client}", client_secret = "s3cret-{client}" }}
            settings = {{ mode = "fetch" }}
            "#,
            url = vendor.url()
        )
    });
    let host = folder.host("watch = false", &connections.concat()).await.unwrap_or_else(|error| panic!("{error}"));
    (vendor, folder, host)
}

fn client_of(seen: &Seen) -> &'static str {
    let body = String::from_utf8_lossy(&seen.body);
    ["one", "two"]
        .into_iter()
        .find(|client| {
            body.contains(&format!("client_id={client}")) && body.contains(&format!("client_secret=s3cret-{client}"))
        })
        .unwrap_or_else(|| panic!("a token request without credentials: {body}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_calls_at_once_cost_one_token_request_for_each_connection() {
    let (vendor, _folder, host) = clients(|seen| {
        let token =
            format!(r#"{{"access_token":"token-of-{}","token_type":"bearer","expires_in":3600}}"#, client_of(seen));
        ([("content-type", "application/json")], token).into_response()
    })
    .await;
    let calls = (0..20).flat_map(|_| ["one", "two"]).map(|client| {
        let host = host.clone();
        async move { call(&host, client, &format!("/{client}")).await }
    });
    for answer in join_all(calls).await {
        assert_eq!(answer.unwrap().name, "200 {}");
    }
    let seen = vendor.seen();
    let mut clients: Vec<_> = seen.iter().filter(|seen| seen.uri.path() == "/oauth/token").map(client_of).collect();
    clients.sort_unstable();
    assert_eq!(clients, ["one", "two"]);
    for client in ["one", "two"] {
        let path = format!("/{client}");
        let calls: Vec<_> = seen.iter().filter(|seen| seen.uri.path() == path).collect();
        assert_eq!(calls.len(), 20);
        for seen in calls {
            assert_eq!(header(seen, "authorization"), format!("Bearer token-of-{client}"));
        }
    }
}

#[tokio::test]
async fn a_token_endpoint_that_refuses_is_an_authentication_error() {
    let (vendor, _folder, host) = clients(|_| {
        let refusal = r#"{"error":"invalid_client","error_description":"who are you"}"#;
        (StatusCode::UNAUTHORIZED, [("content-type", "application/json")], refusal).into_response()
    })
    .await;
    let error = call(&host, "one", "/products").await.unwrap_err();
    assert_eq!(error.class(), "authentication", "{error}");
    let text = error.to_string();
    assert!(text.contains("invalid_client") && text.contains("correct client_id and client_secret"), "{text}");
    assert!(error.hint().unwrap().contains("connections.one.auth"));
    assert!(vendor.seen().iter().all(|seen| seen.uri.path() == "/oauth/token"), "{:?}", vendor.seen());
}
