//! A simulated vendor called in process, for native tests of adapters: no port, no server, the same strictness.
//!
//! ```
//! use moulin_vendors::testing::InProcess;
//! use moulin_vendors::{Options, TheFork, TheForkOptions, World};
//!
//! let world = World::new(Options::default());
//! let vendor = InProcess::new(TheFork::router(world, TheForkOptions::default()))?
//!     .header("authorization", "Bearer demo-thefork-token");
//! let answer = vendor.call("GET", "/api/v2/health", &[], &[], None);
//! assert_eq!(answer.status, 200);
//! # Ok::<_, std::io::Error>(())
//! ```

use std::io;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Unreserved characters (RFC 3986, 2.3) stay as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a vendor answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl From<Answered> for (u16, Vec<(String, String)>, Vec<u8>) {
    fn from(answer: Answered) -> Self {
        (answer.status, answer.headers, answer.body)
    }
}

/// A vendor's router with a small runtime of its own.
#[derive(Debug)]
pub struct InProcess {
    router: Router,
    runtime: Runtime,
    headers: Vec<(String, String)>,
}

impl InProcess {
    /// Puts a runtime of one thread under a router.
    ///
    /// # Errors
    /// When the system refuses the runtime what it needs.
    pub fn new(router: Router) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { router, runtime, headers: Vec::new() })
    }

    /// A header for every request, as the host adds the credentials.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends a request as the host would: `target` is a path, `query` comes unencoded. A request that is no HTTP is
    /// answered with 400.
    pub fn call(
        &self,
        method: &str,
        target: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answered {
        let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let uri = if query.is_empty() { target.to_owned() } else { format!("{target}?{}", query.join("&")) };
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body.unwrap_or_default().to_vec()));
        self.runtime.block_on(async {
            let response = match request {
                Ok(request) => match self.router.clone().oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                },
                Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
            };
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            Answered {
                status: parts.status.as_u16(),
                headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
                body: body.to_vec(),
            }
        })
    }
}
