//! What the tests of tokens share: a token endpoint that does as a closure says, a store that can be made to fail, two
//! processes on it, a person who consents, and what was logged.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, SystemTime};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use url::Url;

use super::super::*;
use super::scheme;
use crate::store::memory::MemoryStore;
use crate::store::{Change, Condition, Entries, Lock, Store, StoreError};

/// Where the vendor sends people back to.
pub(super) const BACK: &str = "https://restaurant.example/oauth/callback";

/// What a token endpoint answers.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    status: u16,
    body: String,
    date: Option<SystemTime>,
}

impl Reply {
    pub(super) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into(), date: None }
    }

    /// A pair that is good for an hour.
    pub(super) fn pair(access: &str, refresh: &str) -> Self {
        Self::new(200, format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}","expires_in":3600}}"#))
    }

    /// RFC 6749 section 5.2.
    pub(super) fn error(code: &str) -> Self {
        Self::new(400, format!(r#"{{"error":"{code}"}}"#))
    }

    /// With the vendor's clock in `date`.
    pub(super) fn at(mut self, date: SystemTime) -> Self {
        self.date = Some(date);
        self
    }
}

/// The parameters of a token request.
pub(super) type Form = BTreeMap<String, String>;

type Handler = Box<dyn Fn(usize, &Form) -> Reply + Send + Sync>;

/// A token endpoint. Status 0 is a refused connection.
pub(super) struct Vendor {
    delay: Duration,
    handler: Handler,
    seen: Mutex<Vec<Form>>,
}

impl Vendor {
    /// Answers by the number of the request, from 0, and its parameters.
    pub(super) fn new(delay: Duration, handler: impl Fn(usize, &Form) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { delay, handler: Box::new(handler), seen: Mutex::default() })
    }

    /// Answers from a list, the last entry again and again.
    pub(super) fn script(replies: impl IntoIterator<Item = Reply>) -> Arc<Self> {
        let replies: Vec<_> = replies.into_iter().collect();
        Self::new(Duration::ZERO, move |n, _| replies[n.min(replies.len() - 1)].clone())
    }

    /// Rotates refresh tokens and ends the grant when a dead one is used again (RFC 9700 section 4.14.2).
    pub(super) fn strict(delay: Duration) -> Arc<Self> {
        let (alive, revoked) = (Mutex::new(String::new()), AtomicBool::new(false));
        Self::new(delay, move |n, form| {
            let mut alive = alive.lock().unwrap();
            let known = form.get("grant_type").is_some_and(|kind| kind == "authorization_code")
                || form.get("refresh_token") == Some(&*alive);
            if !known {
                revoked.store(true, Ordering::SeqCst);
            }
            if revoked.load(Ordering::SeqCst) {
                return Reply::error("invalid_grant");
            }
            *alive = format!("refresh-{n}");
            Reply::pair(&format!("access-{n}"), &alive)
        })
    }

    /// The parameters of every request.
    pub(super) fn seen(&self) -> Vec<Form> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl TokenTransport for Vendor {
    fn send(&self, request: http::Request<Vec<u8>>) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, AuthError>> {
        async move {
            let form: Form = url::form_urlencoded::parse(request.body()).into_owned().collect();
            let n = {
                let mut seen = self.seen.lock().unwrap();
                seen.push(form.clone());
                seen.len() - 1
            };
            let Reply { status, body, date } = (self.handler)(n, &form);
            tokio::time::sleep(self.delay).await;
            if status == 0 {
                return Err(AuthError::Unreachable { reason: "connection refused".into() });
            }
            let mut response = http::Response::builder().status(status);
            if let Some(date) = date {
                response = response.header("date", httpdate::fmt_http_date(date));
            }
            Ok(response.body(body.into_bytes()).unwrap())
        }
        .boxed()
    }
}

/// A store that refuses to write while it is told to. Clones are the same store, as two processes share one.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    pub(super) store: MemoryStore,
    full: Arc<AtomicBool>,
}

impl Disk {
    /// From now on writing fails, or works again.
    pub(super) fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    fn refused<T: Send + 'static>(&self) -> Option<BoxFuture<'static, Result<T, StoreError>>> {
        let full = self.full.load(Ordering::SeqCst);
        full.then(|| async { Err(StoreError::Database("disk full".into())) }.boxed())
    }
}

impl Store for Disk {
    fn get(&self, space: &str, key: &str) -> BoxFuture<'static, Result<Option<Vec<u8>>, StoreError>> {
        self.store.get(space, key)
    }

    fn put(&self, space: &str, key: &str, value: Vec<u8>, limit: u64) -> BoxFuture<'static, Result<(), StoreError>> {
        self.refused().unwrap_or_else(|| self.store.put(space, key, value, limit))
    }

    fn delete(&self, space: &str, key: &str) -> BoxFuture<'static, Result<(), StoreError>> {
        self.refused().unwrap_or_else(|| self.store.delete(space, key))
    }

    fn list(&self, space: &str) -> BoxFuture<'static, Result<Entries, StoreError>> {
        self.store.list(space)
    }

    fn apply(&self, conditions: Vec<Condition>, changes: Vec<Change>) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.refused().unwrap_or_else(|| self.store.apply(conditions, changes))
    }

    fn lock(&self, name: &str, wait: Duration) -> BoxFuture<'static, Result<Option<Lock>, StoreError>> {
        self.store.lock(name, wait)
    }

    fn revision(&self) -> BoxFuture<'static, Result<u64, StoreError>> {
        self.store.revision()
    }
}

/// An account at a vendor, and the disk on which its tokens are kept.
pub(super) struct Account {
    pub(super) vendor: Arc<Vendor>,
    pub(super) disk: Disk,
    pub(super) consent: Consent,
}

impl Account {
    pub(super) fn at(vendor: &Arc<Vendor>) -> Self {
        let consent = Consent {
            client: scheme(),
            authorization_url: "https://login.example/oauth/authorize".parse().unwrap(),
            parameters: vec![("access_type".into(), "offline".into())],
            send_redirect_uri: true,
            pkce: true,
            issuer: None,
            token_url: None,
            idle_lifetime: None,
        };
        Self { vendor: vendor.clone(), disk: Disk::default(), consent }
    }

    pub(super) fn vault(&self) -> Vault {
        let text = zeroize::Zeroizing::new("0f".repeat(32));
        let source = crate::vault::KeySource::Text { origin: "the test".to_owned(), text };
        Vault::new(Arc::new(self.disk.clone()), source)
    }

    /// A process that uses the account.
    pub(super) fn process(&self) -> Arc<Credentials> {
        let owner = Owner { connection: "till".to_owned(), vault: self.vault() };
        let scheme = Scheme::AuthorizationCode(Box::new(self.consent.clone()));
        Arc::new(Credentials::new(scheme, owner, self.vendor.clone(), &Scrubber::default()).unwrap())
    }

    /// A process that uses the account, which a person connected before.
    pub(super) async fn connected(&self) -> Arc<Credentials> {
        let process = self.process();
        self.connect(&process).await.unwrap();
        process
    }

    /// A person connects the account.
    pub(super) async fn connect(&self, process: &Arc<Credentials>) -> Result<String, ConnectError> {
        let link = process.begin(&back(), None).await?;
        self.come_back(process, &state(&link), &[("code", "the-code")]).await
    }

    /// A person is sent back with these parameters.
    pub(super) async fn come_back(
        &self,
        process: &Arc<Credentials>,
        state: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String, ConnectError> {
        let mut parameters = parameters.to_vec();
        parameters.push(("state", state));
        let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        complete(&self.vault(), &Callback::new(parameters), None, |_| Ok(process.clone())).await
    }

    /// What is on the disk.
    pub(super) async fn grant(&self) -> Option<Grant> {
        let record = self.vault().get(Space::Grants, "till").await.unwrap()?;
        Some(Grant::from_bytes(record.value()).unwrap())
    }
}

pub(super) fn back() -> Url {
    BACK.parse().unwrap()
}

/// A parameter of the link that a person opens.
pub(super) fn parameter(link: &Link, name: &str) -> Option<String> {
    link.url.query_pairs().find(|(have, _)| have == name).map(|(_, value)| value.into_owned())
}

pub(super) fn state(link: &Link) -> String {
    parameter(link, "state").unwrap()
}

/// The access token that a request would carry now.
pub(super) async fn access(process: &Credentials) -> Result<String, AuthError> {
    let credential = process.header().await?.unwrap();
    Ok(credential.value.to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned())
}

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Writes down what is logged, for each thread by itself: a test has a thread of its own.
struct Log;

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::INFO
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!(" {field}={value:?}"));
            }
        }
        let mut text = Text(event.metadata().level().to_string());
        event.record(&mut text);
        LINES.with_borrow_mut(|lines| lines.push(text.0));
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

/// What this thread logged since it was asked last, from `INFO` up.
pub(super) fn logged() -> Vec<String> {
    static ONCE: Once = Once::new();
    // For the whole process and for good: interest in a line is cached for all threads.
    ONCE.call_once(|| tracing::subscriber::set_global_default(Log).unwrap());
    LINES.with_borrow_mut(std::mem::take)
}
