//! A host for native tests of an adapter: a connection's settings, a fixed clock, and a vendor made of a closure.
//!
//! ```
//! use moulin_adapter::{http, testing};
//!
//! let host = testing::Host::new("v1").setting("shop", "7").vendor(|request| {
//!     assert_eq!(request.target(), "/ping");
//!     Ok(http::Response::new(200, &[], "pong"))
//! });
//! let answer = host.run(|| http::get("/ping").send()).unwrap();
//! assert_eq!(answer.body(), b"pong");
//! assert_eq!(host.requests().len(), 1);
//! ```
//!
//! Without a [`Host`] every import answers as little as the contract allows and a request is refused.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::bindings::common::moulin::host::calendar::LocalDateTime;
use crate::bindings::common::moulin::host::http as wit;
use crate::http::{Request, Response};
use crate::{Error, Instant, LocalTime, Result, time};

type Vendor = Rc<dyn Fn(&Request) -> Result<Response>>;

#[derive(Clone)]
struct State {
    flavor: String,
    currency: String,
    settings: BTreeMap<String, String>,
    now: Instant,
    offset_minutes: i64,
    vendor: Option<Vendor>,
    requests: Rc<RefCell<Vec<Request>>>,
}

thread_local! {
    static CURRENT: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// The host of one connection.
#[derive(Clone)]
pub struct Host(State);

impl core::fmt::Debug for Host {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Host").field("flavor", &self.0.flavor).finish_non_exhaustive()
    }
}

impl Host {
    /// A connection of that flavour: euros, no settings, the clock at 1970 and two hours ahead of UTC.
    pub fn new(flavor: &str) -> Self {
        Self(State {
            flavor: flavor.to_owned(),
            currency: "EUR".to_owned(),
            settings: BTreeMap::new(),
            now: 0,
            offset_minutes: 120,
            vendor: None,
            requests: Rc::default(),
        })
    }

    /// A setting.
    #[must_use]
    pub fn setting(mut self, key: &str, value: &str) -> Self {
        self.0.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// The currency of the connection.
    #[must_use]
    pub fn currency(mut self, code: &str) -> Self {
        code.clone_into(&mut self.0.currency);
        self
    }

    /// The present.
    #[must_use]
    pub fn now(mut self, at: Instant) -> Self {
        self.0.now = at;
        self
    }

    /// How far the restaurant's clock is ahead of UTC, in minutes.
    #[must_use]
    pub fn offset_minutes(mut self, minutes: i64) -> Self {
        self.0.offset_minutes = minutes;
        self
    }

    /// What answers requests.
    #[must_use]
    pub fn vendor(mut self, answer: impl Fn(&Request) -> Result<Response> + 'static) -> Self {
        self.0.vendor = Some(Rc::new(answer));
        self
    }

    /// What answers requests, when it is not written for this crate: method, target, query, headers and body go in, status,
    /// headers and body come out. A simulated vendor takes them as they are.
    #[must_use]
    pub fn wire<A: Into<(u16, Vec<(String, String)>, Vec<u8>)>>(
        self,
        answer: impl Fn(&str, &str, &[(&str, &str)], &[(&str, &str)], Option<&[u8]>) -> A + 'static,
    ) -> Self {
        self.vendor(move |request| {
            let query: Vec<_> = request.query_pairs().collect();
            let headers: Vec<_> = request.header_pairs().collect();
            let answer = answer(request.method_name(), request.target(), &query, &headers, request.body_bytes());
            let (status, headers, body) = answer.into();
            let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            Ok(Response::new(status, &headers, body))
        })
    }

    /// Runs adapter code under this host.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Restore(Option<State>);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.with(|current| *current.borrow_mut() = self.0.take());
            }
        }
        let _restore = Restore(CURRENT.with(|current| current.borrow_mut().replace(self.0.clone())));
        work()
    }

    /// The requests sent so far.
    pub fn requests(&self) -> Vec<Request> {
        self.0.requests.borrow().clone()
    }
}

fn with<T>(read: impl FnOnce(&State) -> T) -> Option<T> {
    CURRENT.with(|current| current.borrow().as_ref().map(read))
}

pub(crate) fn flavor() -> String {
    with(|state| state.flavor.clone()).unwrap_or_default()
}

pub(crate) fn setting(key: &str) -> Option<String> {
    with(|state| state.settings.get(key).cloned()).flatten()
}

pub(crate) fn currency() -> String {
    with(|state| state.currency.clone()).unwrap_or_else(|| "EUR".to_owned())
}

pub(crate) fn now() -> Instant {
    with(|state| state.now).unwrap_or_default()
}

pub(crate) fn time_zone() -> String {
    "Europe/Paris".to_owned()
}

fn offset() -> i64 {
    with(|state| state.offset_minutes).unwrap_or_default() * 60_000
}

pub(crate) fn to_local(at: Instant) -> LocalDateTime {
    let shown = at + offset();
    let minutes = shown.rem_euclid(86_400_000) / 60_000;
    let part = |value: i64| u8::try_from(value).unwrap_or_default();
    LocalDateTime {
        date: time::utc_date(shown),
        time: LocalTime { hour: part(minutes / 60), minute: part(minutes % 60) },
    }
}

pub(crate) fn to_instant(at: LocalDateTime) -> Option<Instant> {
    time::parse_date(&at.date.to_string()).ok()?;
    let minutes = i64::from(at.time.hour) * 60 + i64::from(at.time.minute);
    Some(time::utc_midnight(at.date) + minutes * 60_000 - offset())
}

pub(crate) fn send(request: &wit::Request) -> Result<wit::Response> {
    let request = Request::from_contract(request);
    let vendor = with(|state| {
        state.requests.borrow_mut().push(request.clone());
        state.vendor.clone()
    });
    match vendor.flatten() {
        Some(vendor) => vendor(&request).map(Response::into_contract),
        None => Err(Error::connection("no vendor in this test", false)),
    }
}

pub(crate) fn send_all(requests: &[wit::Request], _: Option<u8>) -> Vec<Result<wit::Response>> {
    requests.iter().map(send).collect()
}
