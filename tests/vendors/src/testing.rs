//! A simulated vendor in the same process, for native tests of an adapter: no port, no client, no waiting.
//!
//! ```
//! use moulin_adapter::{http, testing::Host};
//! use moulin_vendors::{Options, Transgourmet, TransgourmetOptions, World, testing::InProcess};
//!
//! let router = Transgourmet::router(World::new(Options::default()), TransgourmetOptions::default());
//! let vendor = InProcess::new(router).header("authorization", "Bearer tg-demo-token");
//! let host = Host::new("v1").vendor(move |request| vendor.answer(request));
//! assert_eq!(host.run(|| http::get("/api/health").send()).unwrap().status(), 200);
//! ```

use axum::Router;
use axum::body::Body;
use http_body_util::BodyExt;
use moulin_adapter::http::{Method, Request, Response};
use moulin_adapter::{Error, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Everything but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A vendor's router, asked as the host would ask it: query encoded, credentials attached.
#[derive(Debug)]
pub struct InProcess {
    router: Router,
    headers: Vec<(String, String)>,
    runtime: Runtime,
}

impl InProcess {
    /// Asks this router.
    ///
    /// # Panics
    /// When no runtime can be made.
    #[must_use]
    #[expect(clippy::expect_used, reason = "only tests use it")]
    pub fn new(router: Router) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { router, headers: Vec::new(), runtime }
    }

    /// Attaches a header to every request, such as the credentials.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The vendor's answer to a request. Of an absolute URL the path counts.
    ///
    /// # Errors
    /// When the request cannot be written as HTTP.
    pub fn answer(&self, request: &Request) -> Result<Response> {
        let wrong = |error: String| Error::connection(error, false);
        let target = request.target();
        let path = match target.split_once("://") {
            Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
            None => target,
        };
        let mut uri = path.to_owned();
        for (name, value) in request.query_pairs() {
            uri.push(if uri.contains('?') { '&' } else { '?' });
            uri.push_str(&format!("{}={}", utf8_percent_encode(name, ENCODED), utf8_percent_encode(value, ENCODED)));
        }
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let sent = request
            .headers()
            .chain(own)
            .fold(http::Request::builder().method(method(request.method())).uri(uri), |sent, (name, value)| {
                sent.header(name, value)
            });
        let body = request.body_bytes().map_or_else(Body::empty, |bytes| Body::from(bytes.to_vec()));
        let sent = sent.body(body).map_err(|error| wrong(error.to_string()))?;
        self.runtime.block_on(async {
            let (parts, body) = match self.router.clone().oneshot(sent).await {
                Ok(response) => response.into_parts(),
                Err(never) => match never {},
            };
            let body = body.collect().await.map_err(|error| wrong(error.to_string()))?.to_bytes();
            let headers: Vec<_> =
                parts.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default())).collect();
            Ok(Response::new(parts.status.as_u16(), &headers, body))
        })
    }
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
    }
}
