//! Requests to the vendor.
//!
//! ```no_run
//! use moulin_adapter::prelude::*;
//!
//! # #[derive(serde::Deserialize)] struct Page { total: u32 }
//! # fn list() -> Result<u32> {
//! let answer = http::get("/api/v1/products").query("limit", 100).query_opt("category", None::<&str>).send()?;
//! let page: Page = answer.success(|answer| Error::api(answer.status(), "no products"))?.json()?;
//! # Ok(page.total) }
//! ```
//!
//! The host joins the target with the connection's base URL, attaches credentials, waits for limits and repeats what may
//! be repeated. An answer with an error status is an answer: the adapter maps it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::bindings::common::moulin::host::http as wit;
use crate::{Error, Result, calendar, read, time};

#[cfg(target_family = "wasm")]
use crate::bindings::common::moulin::host::http as imports;
#[cfg(not(target_family = "wasm"))]
use crate::testing as imports;

pub use wit::{CachePolicy, Idempotency, Method};

/// A request under construction.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request(wit::Request);

/// A request of any method. `target` is a path below the connection's base URL, or an absolute URL in a granted origin.
pub fn request(method: Method, target: impl Into<String>) -> Request {
    Request(wit::Request {
        method,
        target: target.into(),
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
        options: wit::RequestOptions {
            idempotency: Idempotency::ByMethod,
            cache: CachePolicy::ByHeaders,
            retry: true,
            timeout_ms: None,
            rate_limit: None,
        },
    })
}

/// A GET request.
pub fn get(target: impl Into<String>) -> Request {
    request(Method::Get, target)
}

/// A POST request.
pub fn post(target: impl Into<String>) -> Request {
    request(Method::Post, target)
}

/// A PUT request.
pub fn put(target: impl Into<String>) -> Request {
    request(Method::Put, target)
}

/// A PATCH request.
pub fn patch(target: impl Into<String>) -> Request {
    request(Method::Patch, target)
}

/// A DELETE request.
pub fn delete(target: impl Into<String>) -> Request {
    request(Method::Delete, target)
}

impl Request {
    /// Adds a query parameter, unencoded.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.0.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a query parameter if there is a value.
    pub fn query_opt(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.0.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a header if there is a value.
    pub fn header_opt(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// Sends a value as JSON. An error only if the value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Result<Self> {
        let body =
            serde_json::to_vec(value).map_err(|error| Error::validation(format!("not writable as JSON: {error}")))?;
        self.0.body = Some(body);
        Ok(self.header("content-type", "application/json"))
    }

    /// Sends a body of any kind.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.0.body = Some(body.into());
        self.header("content-type", content_type)
    }

    /// Whether the host may repeat it; [`Idempotency::ByMethod`] unless said otherwise.
    pub fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.0.options.idempotency = idempotency;
        self
    }

    /// How the host may cache the answer; [`CachePolicy::ByHeaders`] unless said otherwise.
    pub fn cache(mut self, policy: CachePolicy) -> Self {
        self.0.options.cache = policy;
        self
    }

    /// One attempt only.
    pub fn no_retry(mut self) -> Self {
        self.0.options.retry = false;
        self
    }

    /// Time for one attempt in milliseconds, when shorter than the connection's.
    pub fn timeout_ms(mut self, timeout: u32) -> Self {
        self.0.options.timeout_ms = Some(timeout);
        self
    }

    /// The rate limit of the description that counts this request besides those that count all.
    pub fn rate_limit(mut self, name: &str) -> Self {
        self.0.options.rate_limit = Some(name.to_owned());
        self
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.0.method
    }

    /// Path or URL, without the parameters of [`Request::query`].
    pub fn target(&self) -> &str {
        &self.0.target
    }

    /// The method in capitals.
    pub fn method_name(&self) -> &'static str {
        match self.0.method {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// The first query parameter of that name.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.0.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All query parameters, in order, unencoded.
    pub fn query_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.query.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// All headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first header of that name, whatever its case.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        find_header(&self.0.headers, name)
    }

    /// The body.
    pub fn body_bytes(&self) -> Option<&[u8]> {
        self.0.body.as_deref()
    }

    /// The rate limit that counts it besides those that count all.
    pub fn rate_limit_name(&self) -> Option<&str> {
        self.0.options.rate_limit.as_deref()
    }

    /// Whether the host may repeat it.
    pub fn idempotency_value(&self) -> Idempotency {
        self.0.options.idempotency
    }

    /// Sends it and waits for the whole answer.
    pub fn send(self) -> Result<Response> {
        imports::send(&self.0).map(Response)
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn from_contract(request: &wit::Request) -> Self {
        Self(request.clone())
    }
}

/// Sends requests in parallel, at most `max_parallel` at once, and answers in their order.
pub fn send_all(requests: Vec<Request>, max_parallel: Option<u8>) -> Vec<Result<Response>> {
    let requests: Vec<_> = requests.into_iter().map(|request| request.0).collect();
    imports::send_all(&requests, max_parallel).into_iter().map(|answer| answer.map(Response)).collect()
}

/// An answer of the vendor.
#[derive(Clone, Debug)]
pub struct Response(wit::Response);

impl Response {
    /// An answer made by hand, for tests.
    pub fn new(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let headers = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), (*value).to_owned())).collect();
        Self(wit::Response { status, headers, body: body.into() })
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// True for 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.0.status)
    }

    /// The answer itself if it is 2xx, or else the error made of it.
    pub fn success(self, error: impl FnOnce(&Self) -> Error) -> Result<Self> {
        if self.is_success() { Ok(self) } else { Err(error(&self)) }
    }

    /// The first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.0.headers, name)
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0.body)
    }

    /// The body as text.
    pub fn text(&self) -> Result<&str> {
        read::utf8(&self.0.body)
    }

    /// Reads the body as JSON; text can be borrowed from it.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        Ok(serde_json::from_str(self.text()?)?)
    }

    /// `Retry-After` in milliseconds, from seconds or an HTTP date.
    pub fn retry_after_ms(&self) -> Option<u64> {
        let text = self.header("retry-after")?;
        let now = if text.trim().bytes().all(|byte| byte.is_ascii_digit()) { 0 } else { calendar::now() };
        time::parse_retry_after(text, now)
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn into_contract(self) -> wit::Response {
        self.0
    }
}

fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Encodes one segment of a path (RFC 3986): everything but unreserved characters.
pub fn path_segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    // A segment of dots alone would climb in the path.
    if !encoded.is_empty() && encoded.bytes().all(|byte| byte == b'.') { encoded.replace('.', "%2E") } else { encoded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_in_any_case() {
        let answer = Response::new(429, &[("X-LS-Api-Bucket-Level", "42.57/90"), ("Retry-After", "7")], "");
        assert_eq!(answer.header("x-ls-api-bucket-level"), Some("42.57/90"));
        assert_eq!(answer.retry_after_ms(), Some(7_000));
        assert!(!answer.is_success());
    }

    #[test]
    fn a_request_carries_what_it_was_given() {
        let request =
            post("/orders").query("a", 1).query_opt("b", None::<&str>).header_opt("X", Some("y")).json(&[1]).unwrap();
        assert_eq!(request.query_value("a"), Some("1"));
        assert_eq!(request.query_value("b"), None);
        assert_eq!(request.header_value("content-type"), Some("application/json"));
        assert_eq!(request.body_bytes(), Some(&b"[1]"[..]));
        assert_eq!(request.idempotency_value(), Idempotency::ByMethod);
        assert_eq!(request.method_name(), "POST");
        assert_eq!(request.query_pairs().collect::<Vec<_>>(), [("a", "1")]);
        assert_eq!(request.headers().collect::<Vec<_>>(), [("X", "y"), ("content-type", "application/json")]);
        assert_eq!(
            (request.rate_limit_name(), get("/").rate_limit("search").rate_limit_name()),
            (None, Some("search"))
        );
    }

    #[test]
    fn a_path_segment_cannot_leave_its_place() {
        assert_eq!(path_segment("MET-2025-00871"), "MET-2025-00871");
        assert_eq!(path_segment("../a b?c#d"), "..%2Fa%20b%3Fc%23d");
        assert_eq!(path_segment(".."), "%2E%2E");
        assert_eq!(path_segment("é"), "%C3%A9");
    }

    #[test]
    fn an_html_page_is_an_error_and_not_an_empty_answer() {
        assert!(Response::new(200, &[], "<html>busy</html>").json::<Vec<u8>>().is_err());
        assert!(Response::new(200, &[], "").json::<Vec<u8>>().is_err());
        assert!(Response::new(200, &[], vec![0xFF]).json::<Vec<u8>>().is_err());
    }
}
