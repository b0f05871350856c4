//! A simulated vendor under an adapter's native tests: no port, no host, the same requests and answers.
//!
//! ```
//! use moulin_adapter::{http, testing::Host};
//! use moulin_vendors::{HubSpot, HubSpotOptions, Options, World, testing};
//!
//! let portal = HubSpot::router(World::new(Options::default()), HubSpotOptions::default());
//! let host = Host::new("v3").vendor(testing::vendor(portal, &[("authorization", "Bearer demo-hubspot-token")]));
//! let answer = host.run(|| http::get("/crm/v3/objects/contacts").query("limit", 1).send()).unwrap();
//! assert_eq!(answer.status(), 200);
//! ```

use axum::Router;
use axum::body::Body;
use http_body_util::BodyExt as _;
use moulin_adapter::http::{Method, Request, Response};
use moulin_adapter::{Error, Result};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tower::ServiceExt as _;

/// Answers an adapter's requests by calling a vendor's router in process. `headers` are what the host would add, such
/// as credentials; the adapter's own may not repeat them.
///
/// What the host would refuse (credentials from the adapter) and what is no request are connection errors.
pub fn vendor(router: Router, headers: &[(&str, &str)]) -> impl Fn(&Request) -> Result<Response> + use<> {
    let added: Vec<(String, String)> =
        headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), (*value).to_owned())).collect();
    move |request| {
        let wrong = |error: &dyn std::fmt::Display| Error::connection(format!("no request: {error}"), false);
        let mut built = http::Request::builder().method(method(request.method())).uri(uri(request));
        for (name, value) in request.headers() {
            if added.iter().any(|(have, _)| have.eq_ignore_ascii_case(name)) || forbidden(name) {
                return Err(wrong(&format!("the adapter may not send {name}")));
            }
            built = built.header(name, value);
        }
        for (name, value) in &added {
            built = built.header(name, value);
        }
        let body = Body::from(request.body_bytes().unwrap_or_default().to_vec());
        let built = built.body(body).map_err(|error| wrong(&error))?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| wrong(&error))?;
        runtime.block_on(async {
            let answer = match router.clone().oneshot(built).await {
                Ok(answer) => answer,
                Err(never) => match never {},
            };
            let (parts, body) = answer.into_parts();
            let body = body.collect().await.map_err(|error| Error::connection(error.to_string(), true))?.to_bytes();
            let headers: Vec<(&str, &str)> =
                parts.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
            Ok(Response::new(parts.status.as_u16(), &headers, body.to_vec()))
        })
    }
}

fn forbidden(name: &str) -> bool {
    ["authorization", "cookie", "host", "content-length"].iter().any(|header| name.eq_ignore_ascii_case(header))
}

/// Path and query of the request as the host writes them.
fn uri(request: &Request) -> String {
    let target = request.target();
    let path = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => target,
    };
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> =
        request.queries().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let joint = if path.contains('?') { "&" } else { "?" };
    if pairs.is_empty() { path.to_owned() } else { format!("{path}{joint}{}", pairs.join("&")) }
}

const fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
    }
}
