//! Behaviour of credentials against a scripted token endpoint, under paused time.

mod attempts;
mod code;
mod kit;
mod lifetimes;
mod loss;
mod on_disk;
mod rotation;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt as _;

use super::*;
use crate::store::memory::MemoryStore;

/// Answers from a script, one entry per request; the last one again and again.
struct Endpoint {
    delay: Duration,
    script: Vec<(u16, &'static str)>,
    requests: AtomicUsize,
    seen: Mutex<Vec<http::Request<Vec<u8>>>>,
}

impl Endpoint {
    fn new(delay: Duration, script: &[(u16, &'static str)]) -> Arc<Self> {
        Arc::new(Self { delay, script: script.to_vec(), requests: AtomicUsize::new(0), seen: Mutex::default() })
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl TokenTransport for Endpoint {
    fn send(&self, request: http::Request<Vec<u8>>) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, AuthError>> {
        async {
            let n = self.requests.fetch_add(1, Ordering::SeqCst);
            self.seen.lock().unwrap().push(request);
            tokio::time::sleep(self.delay).await;
            let (status, body) = self.script[n.min(self.script.len() - 1)];
            if status == 0 {
                return Err(AuthError::Unreachable { reason: "connection refused".into() });
            }
            Ok(http::Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap())
        }
        .boxed()
    }
}

/// A connection with a vault of its own, in memory.
pub(crate) fn owner(connection: &str) -> Owner {
    owner_in(connection, &MemoryStore::default())
}

/// As [`owner`], with the vault in this store, which another process may share.
pub(super) fn owner_in(connection: &str, store: &MemoryStore) -> Owner {
    let text = zeroize::Zeroizing::new("0f".repeat(32));
    let source = crate::vault::KeySource::Text { origin: "the test".to_owned(), text };
    Owner { connection: connection.to_owned(), vault: Vault::new(Arc::new(store.clone()), source) }
}

fn scheme() -> Client {
    Client {
        endpoint: TokenEndpoint {
            url: "https://login.example/oauth/token".parse().unwrap(),
            format: TokenRequestFormat::Form,
            client_authentication: ClientAuthentication::Body,
            parameters: vec![("audience".into(), "https://api.example".into())],
            scopes: vec!["read".into(), "write".into()],
            scope_separator: ",".into(),
            prefix: "Bearer".into(),
            default_lifetime: None,
            facts: Vec::new(),
        },
        client_id: "moulin".into(),
        client_secret: Some("s3cr3t/+value".into()),
    }
}

fn credentials(endpoint: &Arc<Endpoint>, scheme: Client) -> Arc<Credentials> {
    made(Scheme::ClientCredentials(scheme), endpoint).unwrap().into()
}

fn made(scheme: Scheme, endpoint: &Arc<Endpoint>) -> Result<Credentials, AuthError> {
    Credentials::new(scheme, owner("till"), endpoint.clone(), &Scrubber::default())
}

async fn value(credentials: &Credentials) -> Result<String, AuthError> {
    let credential = credentials.header().await?.unwrap();
    Ok(credential.value.to_str().unwrap().to_owned())
}

const ONE: (u16, &str) = (200, r#"{"access_token":"one","expires_in":3600}"#);
const TWO: (u16, &str) = (200, r#"{"access_token":"two","expires_in":3600}"#);

#[tokio::test(start_paused = true)]
async fn fifty_callers_make_one_token_request_even_a_slow_one() {
    for delay in [Duration::ZERO, Duration::from_secs(5)] {
        let endpoint = Endpoint::new(delay, &[ONE, TWO]);
        let credentials = credentials(&endpoint, scheme());
        let callers = (0..50).map(|_| {
            let credentials = credentials.clone();
            tokio::spawn(async move { value(&credentials).await.unwrap() })
        });
        for answer in futures::future::join_all(callers).await {
            assert_eq!(answer.unwrap(), "Bearer one");
        }
        assert_eq!(endpoint.requests(), 1);

        tokio::time::advance(Duration::from_secs(3601)).await;
        let callers = (0..50).map(|_| value(&credentials));
        for answer in futures::future::join_all(callers).await {
            assert_eq!(answer.unwrap(), "Bearer two");
        }
        assert_eq!(endpoint.requests(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_gives_up_does_not_stop_the_request_of_the_others() {
    let endpoint = Endpoint::new(Duration::from_secs(5), &[ONE]);
    let credentials = credentials(&endpoint, scheme());
    let impatient = tokio::time::timeout(Duration::from_secs(1), value(&credentials)).await;
    assert!(impatient.is_err());
    assert_eq!(value(&credentials).await.unwrap(), "Bearer one");
    assert_eq!(endpoint.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_its_end() {
    let endpoint = Endpoint::new(Duration::ZERO, &[ONE, TWO]);
    let credentials = credentials(&endpoint, scheme());
    assert_eq!(value(&credentials).await.unwrap(), "Bearer one");
    tokio::time::advance(Duration::from_secs(3600 - 361)).await;
    assert_eq!(value(&credentials).await.unwrap(), "Bearer one");
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(value(&credentials).await.unwrap(), "Bearer two");
}

#[tokio::test(start_paused = true)]
async fn an_error_never_overwrites_a_good_token() {
    let errors = [(400, r#"{"error":"invalid_client"}"#), (200, r#"{"error":"server_error"}"#), (500, "oops"), (0, "")];
    for error in errors {
        let endpoint = Endpoint::new(Duration::ZERO, &[ONE, error, TWO]);
        let credentials = credentials(&endpoint, scheme());
        value(&credentials).await.unwrap();
        tokio::time::advance(Duration::from_secs(3600 - 300)).await;
        // Renewal fails, and is not tried again at every call.
        assert_eq!(value(&credentials).await.unwrap(), "Bearer one");
        assert_eq!(value(&credentials).await.unwrap(), "Bearer one");
        assert_eq!(endpoint.requests(), 2);
        tokio::time::advance(Duration::from_secs(31)).await;
        assert_eq!(value(&credentials).await.unwrap(), "Bearer two");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_say_what_the_endpoint_said_without_the_secret() {
    let cases = [
        (
            (401, r#"{"error":"invalid_client","error_description":"bad s3cr3t/+value"}"#),
            "invalid_client (bad ***); correct client_id and client_secret",
        ),
        ((200, r#"{"error":"invalid_scope"}"#), "invalid_scope"),
        ((200, r#"{"token":"elsewhere"}"#), "no usable access_token but with token"),
        ((503, "<h1>down s3cr3t%2F%2Bvalue</h1>"), "status 503, body: <h1>down ***</h1>"),
        ((302, ""), "status 302"),
        ((200, r#"{"access_token":"a\nb"}"#), "access token"),
        ((200, r#"{"access_token":""}"#), "access token"),
    ];
    for (answer, expected) in cases {
        let endpoint = Endpoint::new(Duration::ZERO, &[answer]);
        let text = value(&credentials(&endpoint, scheme())).await.unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("s3cr3t"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_is_renewed_once_for_all_callers() {
    let endpoint = Endpoint::new(Duration::from_secs(1), &[ONE, TWO, ONE]);
    let credentials = credentials(&endpoint, scheme());
    let old = credentials.header().await.unwrap().unwrap();
    let renewals = futures::future::join_all((0..50).map(|_| credentials.renew(&old))).await;
    assert!(renewals.into_iter().all(|renewed| renewed.unwrap()));
    assert_eq!(endpoint.requests(), 2);
    // A latecomer with the old token finds the new one there.
    assert!(credentials.renew(&old).await.unwrap());
    assert_eq!(endpoint.requests(), 2);
    assert_eq!(value(&credentials).await.unwrap(), "Bearer two");
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_life_time_gets_the_default() {
    let endpoint = Endpoint::new(Duration::ZERO, &[(200, r#"{"access_token":"one"}"#), TWO]);
    let mut scheme = scheme();
    scheme.endpoint.default_lifetime = Some(Duration::from_secs(8600));
    let credentials = credentials(&endpoint, scheme);
    value(&credentials).await.unwrap();
    tokio::time::advance(Duration::from_secs(8600 - 861)).await;
    assert_eq!(value(&credentials).await.unwrap(), "Bearer one");
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(value(&credentials).await.unwrap(), "Bearer two");
}

#[tokio::test(start_paused = true)]
async fn the_token_request_takes_the_vendors_form() {
    let send = async |format, client_authentication| {
        let endpoint = Endpoint::new(Duration::ZERO, &[ONE]);
        let mut scheme = scheme();
        scheme.endpoint.format = format;
        scheme.endpoint.client_authentication = client_authentication;
        value(&credentials(&endpoint, scheme)).await.unwrap();
        endpoint.seen.lock().unwrap().remove(0)
    };
    let form = send(TokenRequestFormat::Form, ClientAuthentication::Body).await;
    assert_eq!(
        String::from_utf8_lossy(form.body()),
        "grant_type=client_credentials&client_id=moulin&client_secret=s3cr3t%2F%2Bvalue\
         &scope=read%2Cwrite&audience=https%3A%2F%2Fapi.example"
    );
    assert!(!form.headers().contains_key(AUTHORIZATION));

    let basic = send(TokenRequestFormat::Form, ClientAuthentication::Basic).await;
    assert_eq!(
        basic.headers()[AUTHORIZATION],
        format!("Basic {}", STANDARD.encode("moulin:s3cr3t%2F%2Bvalue")).as_str()
    );
    assert!(!String::from_utf8_lossy(basic.body()).contains("client_secret"));

    let json = send(TokenRequestFormat::Json, ClientAuthentication::Body).await;
    let body: serde_json::Value = serde_json::from_slice(json.body()).unwrap();
    assert_eq!(body["client_secret"], "s3cr3t/+value");
    assert_eq!(json.headers()["content-type"], "application/json");

    let query = send(TokenRequestFormat::Query, ClientAuthentication::Body).await;
    assert!(query.body().is_empty());
    assert!(query.uri().query().unwrap().contains("client_secret=s3cr3t%2F%2Bvalue"));
}

#[tokio::test]
async fn fixed_schemes_write_their_header_and_hide_it() {
    let endpoint = Endpoint::new(Duration::ZERO, &[ONE]);
    let header = async |scheme| {
        let credentials = made(scheme, &endpoint).unwrap();
        let credential = credentials.header().await.unwrap().unwrap();
        assert!(credential.value.is_sensitive());
        assert!(!credentials.renew(&credential).await.unwrap());
        format!("{}: {}", credential.name, credential.value.to_str().unwrap())
    };
    let key = |prefix: Option<&str>| Scheme::ApiKey {
        header: "X-API-KEY".into(),
        prefix: prefix.map(Into::into),
        key: "k-1".into(),
    };
    assert_eq!(header(key(None)).await, "x-api-key: k-1");
    assert_eq!(header(key(Some("Token"))).await, "x-api-key: Token k-1");
    let bearer = Scheme::Bearer { prefix: "Zoho-oauthtoken".into(), token: "t".into() };
    assert_eq!(header(bearer).await, "authorization: Zoho-oauthtoken t");
    let basic = Scheme::Basic { user: "chef".into(), password: "crème".into() };
    assert_eq!(header(basic).await, format!("authorization: Basic {}", STANDARD.encode("chef:crème")));
    assert_eq!(endpoint.requests(), 0);
}

#[test]
fn values_that_no_header_can_carry_are_refused_at_once() {
    let endpoint = Endpoint::new(Duration::ZERO, &[ONE]);
    let schemes = [
        Scheme::Bearer { prefix: "Bearer".into(), token: "tok\n".into() },
        Scheme::Bearer { prefix: "Bearer".into(), token: "".into() },
        Scheme::ApiKey { header: "x key".into(), prefix: None, key: "k".into() },
        Scheme::Basic { user: "a:b".into(), password: "p".into() },
        Scheme::Basic { user: "a".into(), password: "".into() },
    ];
    for scheme in schemes {
        let result = made(scheme, &endpoint);
        assert!(matches!(result.err(), Some(AuthError::Unusable { .. })));
    }
}
