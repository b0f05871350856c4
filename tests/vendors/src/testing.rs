//! Vendors in process: a router is called without a port, for native tests of adapters.

use axum::Router;
use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

/// A vendor's router with a runtime of its own, called from synchronous code.
#[derive(Debug)]
pub struct InProcess {
    runtime: Runtime,
    router: Router,
    headers: Vec<(String, String)>,
}

/// What a vendor answered: status, headers with names in lower case, body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl InProcess {
    /// A vendor made of a router.
    ///
    /// # Errors
    /// When the runtime cannot be built.
    pub fn new(router: Router) -> std::io::Result<Self> {
        Ok(Self { runtime: Builder::new_current_thread().enable_all().build()?, router, headers: Vec::new() })
    }

    /// Adds a header to every request, such as the credentials a host would attach.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends one request and waits for the whole answer. `target` is a path or an absolute URL; `query` is added to it.
    ///
    /// # Errors
    /// When the parts do not make a request, or the answer's body breaks off.
    pub fn send(
        &self,
        method: &str,
        target: &str,
        query: &[(String, String)],
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Answer, String> {
        let path = match target.split_once("://") {
            Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
            None => target,
        };
        let mut uri = path.to_owned();
        for (name, value) in query {
            let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            uri.push(if uri.contains('?') { '&' } else { '?' });
            uri.push_str(&format!("{}={}", encoded(name), encoded(value)));
        }
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
        let mut request = Request::builder().method(method).uri(uri).header("host", "localhost");
        for (name, value) in self.headers.iter().chain(headers) {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body.to_vec())).map_err(|error| error.to_string())?;
        self.runtime.block_on(async {
            let response = match self.router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes().to_vec();
            let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
            Ok(Answer { status: parts.status.as_u16(), headers, body })
        })
    }
}

/// What answers the requests of `moulin_adapter::testing::Host`: the vendor, in process.
#[cfg(feature = "adapter")]
pub fn vendor(
    vendor: InProcess,
) -> impl Fn(&moulin_adapter::http::Request) -> moulin_adapter::Result<moulin_adapter::http::Response> {
    use moulin_adapter::http::{Method, Response};

    move |request| {
        let method = match request.method() {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        };
        let body = request.body_bytes().unwrap_or_default();
        let answer = vendor
            .send(method, request.target(), request.query_pairs(), request.header_pairs(), body)
            .map_err(|error| moulin_adapter::Error::connection(error, true))?;
        let headers: Vec<_> = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Ok(Response::new(answer.status, &headers, answer.body))
    }
}
