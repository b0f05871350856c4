//! `wasi:http`, for guests that use an ordinary HTTP library: the same egress, grants and ceilings.

use std::sync::{Arc, OnceLock};

use http_body_util::{BodyExt, Full, Limited};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::http::ceiling;
use crate::egress::{Budget, Egress, EgressError, Request};
use crate::engine::Ceiling;

/// Largest request body, as for vendors' writes there is no need of more.
const REQUEST_BODY: usize = 16 << 20;

/// Sends a guest's `wasi:http` requests through egress.
pub(super) struct HttpHooks {
    egress: Option<Arc<Egress>>,
    budget: Budget,
    ceiling: Arc<OnceLock<Ceiling>>,
}

impl HttpHooks {
    pub(super) fn new(egress: Option<Arc<Egress>>, budget: Budget) -> Self {
        Self { egress, budget, ceiling: Arc::default() }
    }

    /// The ceiling a request ran into.
    pub(super) fn ceiling(&self) -> Option<Ceiling> {
        self.ceiling.get().copied()
    }
}

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(http::Response<WasiBody>, Io), Error>;

impl WasiHttpHooks for HttpHooks {
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Io,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let (egress, budget, ceiling) = (self.egress.clone(), self.budget.clone(), self.ceiling.clone());
        Box::new(async move {
            let egress = egress.ok_or(Error::HttpRequestDenied)?;
            let (head, body) = request.into_parts();
            let body = Limited::new(body, REQUEST_BODY)
                .collect()
                .await
                .map_err(|_| Error::HttpRequestBodySize(Some(REQUEST_BODY as u64)))?
                .to_bytes();
            let mut outgoing = Request::new(head.method, head.uri.to_string());
            // HTTP libraries set these of their own accord; egress knows them better. Anything else that a guest may not
            // set is refused there.
            let ours = [http::header::HOST, http::header::CONTENT_LENGTH, http::header::TRANSFER_ENCODING];
            outgoing.headers = head
                .headers
                .iter()
                .filter(|(name, _)| !ours.contains(name))
                .map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
                .collect::<Option<_>>()
                .ok_or(Error::HttpProtocolError)?;
            outgoing.body = (!body.is_empty()).then_some(body);
            outgoing.timeout = options.and_then(|options| options.first_byte_timeout);
            let answer = egress.send(&budget, outgoing).await.map_err(|error| {
                if let Some(hit) = super::http::ceiling(&error) {
                    // wasi:http has no way to trap from here: the engine asks for this after the call.
                    let _ = ceiling.set(hit);
                }
                failure(&error)
            })?;
            let mut response = http::Response::builder().status(answer.status);
            for (name, value) in &answer.headers {
                response = response.header(name, value);
            }
            let body = Full::new(answer.body).map_err(|never| match never {}).boxed_unsync();
            let response = response.body(body).map_err(|_| Error::HttpProtocolError)?;
            Ok((response, Box::new(async { Ok(()) }) as Io))
        })
    }
}

/// The nearest of wasi:http's error codes.
fn failure(error: &EgressError) -> Error {
    tracing::debug!("a wasi:http request failed: {error}");
    match error {
        _ if ceiling(error).is_some() => Error::ConnectionLimitReached,
        EgressError::Connect { .. } => Error::ConnectionRefused,
        EgressError::Timeout { .. } | EgressError::DeadlineExceeded { .. } => Error::HttpResponseTimeout,
        EgressError::Interrupted { .. } => Error::ConnectionTerminated,
        EgressError::InvalidRequest { .. } => Error::HttpRequestUriInvalid,
        _ => Error::HttpRequestDenied,
    }
}
