//! One request over the wire, one answer back.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderMap, Method, header};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt as _;
use url::Url;

use super::resolve::{AddressRefused, CheckedResolver, Lookup};
use super::{Budget, EgressError, Grants, Origin, Response};
use crate::telemetry::scrub::Scrubber;

/// Most time for name resolution, TCP and the TLS handshake together. Shorter than an attempt, so that a host that does
/// not answer at all is known as "nothing was sent", and a write may be tried again.
const CONNECT: Duration = Duration::from_secs(10);

/// An idle connection is closed after this long: load balancers commonly drop theirs silently after 60 s, and a request
/// on such a connection is lost.
const IDLE: Duration = Duration::from_secs(50);

/// A dead HTTP/2 connection is noticed by a ping this often.
const HTTP2_PING: Duration = Duration::from_secs(30);

/// How much of an error text is kept, in bytes.
const ERROR_TEXT: usize = 300;

/// A request as it goes out: checked, with credentials.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Its method.
    pub method: Method,
    /// Where it goes; inside the grants.
    pub url: Url,
    /// Its headers, the credential among them.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Option<Bytes>,
}

impl Outgoing {
    /// Where it goes, for people.
    pub(super) fn origin(&self) -> String {
        Origin::of(&self.url).map_or_else(String::new, |origin| origin.to_string())
    }
}

/// The last stage of egress. An embedder's tests and replayed recordings put something else in its place.
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and reads the whole answer, counting its bytes ([`Budget::count_bytes`]). Redirects are answers.
    ///
    /// # Errors
    /// [`EgressError`]; what it says of `request_sent` decides whether a write may be repeated.
    fn exchange<'a>(&'a self, request: Outgoing, budget: &'a Budget) -> BoxFuture<'a, Result<Response, EgressError>>;
}

/// HTTP/1.1 and HTTP/2 over rustls, with a connection pool of its own.
pub(super) struct HttpTransport {
    client: reqwest::Client,
    scrubber: Scrubber,
}

impl HttpTransport {
    /// `pool` idle connections are kept for each origin: as many as may be in use at once.
    ///
    /// # Errors
    /// A text, if TLS cannot be set up on this machine.
    pub(super) fn new(
        grants: &Grants,
        lookup: Arc<dyn Lookup>,
        attempt_timeout: Duration,
        pool: usize,
        scrubber: Scrubber,
    ) -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(grants.any_secure())?)
            .dns_resolver(Arc::new(CheckedResolver::new(grants.address_policy(), lookup)))
            // A proxy from the environment would see every request and dial addresses that nobody checked.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // Retries are decided in one place, and counted.
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT.min(attempt_timeout / 2))
            .pool_max_idle_per_host(pool)
            .pool_idle_timeout(IDLE)
            .http2_keep_alive_interval(HTTP2_PING)
            .build()
            .map_err(|error| root(&error))?;
        Ok(Self { client, scrubber })
    }

    async fn send(&self, request: Outgoing, budget: &Budget) -> Result<Response, EgressError> {
        let origin = request.origin();
        let mut outgoing = reqwest::Request::new(request.method, request.url);
        *outgoing.headers_mut() = request.headers;
        *outgoing.body_mut() = request.body.map(reqwest::Body::from);
        let mut answer = self.client.execute(outgoing).await.map_err(|error| self.error(error, &origin))?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .filter(|(name, _)| *name != header::SET_COOKIE)
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.error(error, &origin))? {
            // Chunks are decompressed already: a small answer that unpacks to gigabytes ends here.
            budget.count_bytes(chunk.len())?;
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body: body.freeze() })
    }

    fn error(&self, error: reqwest::Error, origin: &str) -> EgressError {
        // The URL's query may hold what must not be seen.
        let error = error.without_url();
        let mut source = error.source();
        while let Some(cause) = source {
            if let Some(refused) = cause.downcast_ref::<AddressRefused>() {
                return EgressError::Denied { reason: refused.to_string() };
            }
            source = cause.source();
        }
        let reason = self.scrubber.clean_and_cut(&root(&error), ERROR_TEXT);
        let origin = origin.to_owned();
        if error.is_connect() {
            EgressError::Connect { origin, reason }
        } else if error.is_builder() {
            EgressError::InvalidRequest { reason }
        } else {
            EgressError::Interrupted { origin, reason }
        }
    }
}

impl Transport for HttpTransport {
    fn exchange<'a>(&'a self, request: Outgoing, budget: &'a Budget) -> BoxFuture<'a, Result<Response, EgressError>> {
        self.send(request, budget).boxed()
    }
}

/// The innermost cause: the outer texts only say that a request failed.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// TLS with ring, named here rather than taken from the process, which an embedder may have set to something else.
/// Certificates are judged by the machine's own trust store: an operator behind an inspecting proxy has its authority
/// there, and a distrusted authority goes away with the system's updates, not with ours.
fn tls(needed: bool) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = if needed {
        let builder = builder.with_platform_verifier().map_err(|error| {
            format!("{error}; install the system's certificates (the package ca-certificates on Debian and Alpine)")
        })?;
        builder.with_no_client_auth()
    } else {
        // Only plain http is granted. A container without a trust store must not keep that from working.
        builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
    };
    // The client offers HTTP/2 by itself only with a TLS configuration of its own making.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
