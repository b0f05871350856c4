//! What goes in and what comes out.

use std::time::Duration;

use bytes::Bytes;

/// Whether a request may be sent again when it is not known that the first one was not carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Idempotency {
    /// Decided by the method (RFC 9110 section 9.2.2).
    #[default]
    ByMethod,
    /// May be repeated whatever the method.
    Repeatable,
    /// Carries a key by which the vendor recognises a repetition.
    Keyed,
    /// Must not be repeated.
    Never,
}

/// How an answer may be cached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CachePolicy {
    /// By the answer's own headers (RFC 9111).
    #[default]
    ByHeaders,
    /// Never.
    NoStore,
    /// For this long, whatever the headers say.
    Ttl(Duration),
}

/// A request as a guest writes it.
#[derive(Clone, Debug)]
pub struct Request {
    /// Any method but CONNECT and TRACE.
    pub method: http::Method,
    /// A path, joined to the base URL without doubling a common part, or an absolute URL inside the grants.
    pub target: String,
    /// Unencoded; added to the parameters the target has.
    pub query: Vec<(String, String)>,
    /// Checked before anything is sent: no credentials, nothing that belongs to the connection.
    pub headers: Vec<(String, String)>,
    /// The body, if the method has one.
    pub body: Option<Bytes>,
    /// Whether it may be repeated.
    pub idempotency: Idempotency,
    /// How the answer may be cached.
    pub cache: CachePolicy,
    /// False: one attempt only.
    pub retry: bool,
    /// Time for one attempt, when shorter than the connection's.
    pub timeout: Option<Duration>,
    /// A limit that counts this request besides those that count all.
    pub rate_limit: Option<String>,
}

impl Request {
    /// A request without parameters, headers or body, with the ordinary options.
    pub fn new(method: http::Method, target: impl Into<String>) -> Self {
        Self {
            method,
            target: target.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            idempotency: Idempotency::default(),
            cache: CachePolicy::default(),
            retry: true,
            timeout: None,
            rate_limit: None,
        }
    }
}

/// A vendor's whole answer; an error status is an answer too.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case; without `set-cookie`, which is a credential the guest has no use for.
    pub headers: Vec<(String, String)>,
    /// Decompressed.
    pub body: Bytes,
}

impl Response {
    /// The first value of a header, its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
