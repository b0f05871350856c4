//! `moulin:host/http`.

use std::time::Duration;

use super::CallState;
use crate::contract::v1::moulin::host::http::{self, Host};
use crate::egress::{CachePolicy, EgressError, Idempotency, Request, Response};
use crate::engine::Ceiling;
use crate::model::{ApiError, AuthenticationError, ConnectionError, RateLimitError, VendorError};

/// Requests of one `send-all` under way at once, when the adapter does not say.
const DEFAULT_PARALLEL: u8 = 8;

/// The code of an error that the grants are the reason for.
pub(super) const DENIED: &str = "egress-denied";

impl Host for CallState {
    async fn send(&mut self, request: http::Request) -> wasmtime::Result<Result<http::Response, VendorError>> {
        let Some(scope) = self.scope() else { return Ok(Err(no_network())) };
        answer(scope.egress.send(self.budget(), request.into()).await)
    }

    async fn send_all(
        &mut self,
        requests: Vec<http::Request>,
        max_parallel: Option<u8>,
    ) -> wasmtime::Result<Vec<Result<http::Response, VendorError>>> {
        let Some(scope) = self.scope() else { return Ok(requests.iter().map(|_| Err(no_network())).collect()) };
        let requests = requests.into_iter().map(Request::from).collect();
        let parallel = usize::from(max_parallel.unwrap_or(DEFAULT_PARALLEL));
        let answers = scope.egress.send_all(self.budget(), requests, Some(parallel)).await;
        answers.into_iter().map(answer).collect()
    }
}

fn no_network() -> VendorError {
    VendorError::Api(ApiError {
        status: None,
        code: Some(DENIED.to_owned()),
        message: "describe has no network".to_owned(),
        retryable: false,
    })
}

/// An answer or failure for the guest; a ceiling ends the call instead.
fn answer(sent: Result<Response, EgressError>) -> wasmtime::Result<Result<http::Response, VendorError>> {
    match sent {
        Ok(response) => Ok(Ok(response.into())),
        Err(error) => match ceiling(&error) {
            Some(ceiling) => Err(ceiling.into()),
            None => Ok(Err(vendor_error(error))),
        },
    }
}

/// The ceiling an egress error stands for. (A deadline is not among them: the engine itself notices it.)
pub(super) const fn ceiling(error: &EgressError) -> Option<Ceiling> {
    match error {
        EgressError::TooLarge { limit } => Some(Ceiling::Response(*limit)),
        EgressError::RequestCountExceeded { limit } => Some(Ceiling::Requests(*limit)),
        _ => None,
    }
}

/// The class an egress error has in the contract.
fn vendor_error(error: EgressError) -> VendorError {
    let message = error.to_string();
    let request_sent = error.request_sent();
    match error {
        EgressError::Denied { .. } | EgressError::RedirectDenied { .. } => {
            VendorError::Api(ApiError { status: None, code: Some(DENIED.to_owned()), message, retryable: false })
        }
        EgressError::InvalidRequest { .. } => VendorError::Api(ApiError {
            status: None,
            code: Some("invalid-request".to_owned()),
            message,
            retryable: false,
        }),
        EgressError::TooManyRedirects { .. } => {
            VendorError::Api(ApiError { status: None, code: None, message, retryable: false })
        }
        EgressError::RateLimited { wait, .. } => VendorError::RateLimit(RateLimitError {
            message,
            retry_after_ms: Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        }),
        EgressError::Credentials(error) if !error.is_unreachable() => {
            VendorError::Authentication(AuthenticationError { message, status: None, code: None })
        }
        _ => VendorError::Connection(ConnectionError { message, request_sent }),
    }
}

impl From<http::Request> for Request {
    fn from(request: http::Request) -> Self {
        let options = request.options;
        Self {
            method: match request.method {
                http::Method::Get => ::http::Method::GET,
                http::Method::Head => ::http::Method::HEAD,
                http::Method::Post => ::http::Method::POST,
                http::Method::Put => ::http::Method::PUT,
                http::Method::Patch => ::http::Method::PATCH,
                http::Method::Delete => ::http::Method::DELETE,
            },
            target: request.target,
            query: request.query,
            headers: request.headers,
            body: request.body.map(Into::into),
            idempotency: match options.idempotency {
                http::Idempotency::ByMethod => Idempotency::ByMethod,
                http::Idempotency::Repeatable => Idempotency::Repeatable,
                http::Idempotency::Keyed => Idempotency::Keyed,
                http::Idempotency::Never => Idempotency::Never,
            },
            cache: match options.cache {
                http::CachePolicy::ByHeaders => CachePolicy::ByHeaders,
                http::CachePolicy::NoStore => CachePolicy::NoStore,
                http::CachePolicy::TtlMs(millis) => CachePolicy::Ttl(Duration::from_millis(millis)),
            },
            retry: options.retry,
            timeout: options.timeout_ms.map(|millis| Duration::from_millis(millis.into())),
            rate_limit: options.rate_limit,
        }
    }
}

impl From<Response> for http::Response {
    fn from(response: Response) -> Self {
        Self { status: response.status, headers: response.headers, body: response.body.into() }
    }
}
