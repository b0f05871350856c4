//! The stages of a request, from top to bottom in their order.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use http::{HeaderValue, Method, header};
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use super::limits::Limits;
use super::redirect::{self, MAX_REDIRECTS};
use super::resolve::{Lookup, SystemLookup};
use super::transport::{HttpTransport, Outgoing, Transport};
use super::{Budget, EgressError, Grants, LimitSignal, RateLimit, Request, Response, headers, target};
use crate::auth::{AuthError, Credential, Credentials, Owner, Scheme, TokenTransport};
use crate::telemetry::scrub::Scrubber;

/// Ceiling for a token endpoint's answer, in bytes; real ones are a few kilobytes.
const TOKEN_ANSWER: u64 = 256 * 1024;

/// Everything egress needs to know about a connection.
pub struct EgressSettings {
    /// The connection's name, and where its tokens are kept.
    pub owner: Owner,
    /// What paths are joined to.
    pub base_url: Url,
    /// Where requests may go, token requests included.
    pub grants: Grants,
    /// What is attached to requests.
    pub credentials: Scheme,
    /// Time for one attempt, from the name's resolution to the last byte.
    pub attempt_timeout: Duration,
    /// Requests of this connection under way at once; also the size of its connection pool.
    pub max_concurrency: usize,
    /// What the vendor is known to allow.
    pub limits: Vec<RateLimit>,
    /// Where its answers say so.
    pub signals: Vec<LimitSignal>,
    /// `user-agent` of requests that set none.
    pub user_agent: String,
    /// Learns the credentials; cleans every text of an error.
    pub scrubber: Scrubber,
}

/// Why a connection's egress cannot be set up.
#[derive(Clone, Debug, Error)]
pub enum SetupError {
    /// The base or token URL lies outside the grants.
    #[error("the {what} cannot be used: {reason}")]
    Url {
        /// "base URL" or "token URL".
        what: &'static str,
        /// Why, and what would help.
        reason: String,
    },
    /// The user agent is no header value.
    #[error("{user_agent:?} cannot be a user agent: use printable ASCII")]
    UserAgent {
        /// What was configured.
        user_agent: String,
    },
    /// TLS is not available.
    #[error("TLS cannot be set up: {reason}")]
    Tls {
        /// Why, and what would help.
        reason: String,
    },
    /// The credentials are unusable.
    #[error(transparent)]
    Credentials(#[from] AuthError),
}

/// The way to the network of one connection.
pub struct Egress {
    connection: String,
    base_url: Url,
    grants: Arc<Grants>,
    turns: Semaphore,
    limits: Limits,
    credentials: Credentials,
    attempt_timeout: Duration,
    transport: Arc<dyn Transport>,
    user_agent: HeaderValue,
    scrubber: Scrubber,
}

/// What stays the same over all attempts and redirects of a request.
struct Call<'a> {
    budget: &'a Budget,
    timeout: Duration,
    rate_limit: Option<String>,
    /// Something has gone to the transport.
    sent: AtomicBool,
}

impl Egress {
    /// Sets up the connection's own pool, limits and credentials. Nothing is sent.
    ///
    /// # Errors
    /// [`SetupError`], so that a wrong configuration is found before anything starts.
    pub fn new(settings: EgressSettings) -> Result<Self, SetupError> {
        Self::with_lookup(settings, Arc::new(SystemLookup))
    }

    pub(super) fn with_lookup(settings: EgressSettings, lookup: Arc<dyn Lookup>) -> Result<Self, SetupError> {
        let transport = HttpTransport::new(
            &settings.grants,
            lookup,
            settings.attempt_timeout,
            settings.max_concurrency.max(1),
            settings.scrubber.clone(),
        )
        .map_err(|reason| SetupError::Tls { reason })?;
        Self::with_transport(settings, Arc::new(transport))
    }

    /// As [`Egress::new`], with another last stage.
    ///
    /// # Errors
    /// As [`Egress::new`].
    pub fn with_transport(settings: EgressSettings, transport: Arc<dyn Transport>) -> Result<Self, SetupError> {
        let granted = |what, url| settings.grants.check(url).map_err(|reason| SetupError::Url { what, reason });
        granted("base URL", &settings.base_url)?;
        if let Some(endpoint) = settings.credentials.token_endpoint() {
            granted("token URL", &endpoint.url)?;
        }
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .map_err(|_| SetupError::UserAgent { user_agent: settings.user_agent })?;
        let grants = Arc::new(settings.grants);
        let tokens = TokenRequests {
            transport: transport.clone(),
            grants: grants.clone(),
            timeout: settings.attempt_timeout,
            user_agent: user_agent.clone(),
        };
        Ok(Self {
            connection: settings.owner.connection.clone(),
            base_url: settings.base_url,
            grants,
            turns: Semaphore::new(settings.max_concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            limits: Limits::new(settings.limits, settings.signals),
            credentials: Credentials::new(settings.credentials, settings.owner, Arc::new(tokens), &settings.scrubber)?,
            attempt_timeout: settings.attempt_timeout,
            transport,
            user_agent,
            scrubber: settings.scrubber,
        })
    }

    /// The connection's credentials.
    pub(crate) const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Sends one request and waits for the whole answer, whatever its status.
    ///
    /// # Errors
    /// [`EgressError`]; the variants say whether the vendor may have received the request.
    pub async fn send(&self, budget: &Budget, request: Request) -> Result<Response, EgressError> {
        budget.count_request()?;
        // Grant: nothing of a request that is not allowed leaves this function.
        let outgoing = self.admit(&request)?;
        let call = Call {
            budget,
            timeout: request.timeout.map_or(self.attempt_timeout, |own| own.min(self.attempt_timeout)),
            rate_limit: request.rate_limit,
            sent: AtomicBool::new(false),
        };
        let stages = async {
            // Concurrency limit. The semaphore is never closed.
            let _turn = self.turns.acquire().await.ok();
            // Response cache: answers `outgoing` here, or keeps what `follow` answers.
            self.follow(&call, outgoing).await
        };
        // Total deadline: bounds every wait below, that for a turn included.
        match timeout_at(budget.deadline(), stages).await {
            Ok(result) => result,
            Err(_) => Err(EgressError::DeadlineExceeded { request_sent: call.sent.load(Ordering::Relaxed) }),
        }
    }

    /// Sends requests in parallel and answers in their order; `max_parallel` bounds those under way at once, the
    /// connection's own limit holds besides.
    pub async fn send_all(
        &self,
        budget: &Budget,
        requests: Vec<Request>,
        max_parallel: Option<usize>,
    ) -> Vec<Result<Response, EgressError>> {
        let width = max_parallel.unwrap_or(usize::MAX).clamp(1, requests.len().max(1));
        futures::stream::iter(requests).map(|request| self.send(budget, request)).buffered(width).collect().await
    }

    /// The request as it may go out, or why it may not.
    fn admit(&self, request: &Request) -> Result<Outgoing, EgressError> {
        if matches!(request.method, Method::CONNECT | Method::TRACE) {
            return Err(EgressError::Denied { reason: format!("the method {}", request.method) });
        }
        let url = target::resolve(&self.base_url, &request.target, &request.query)?;
        self.grants.check(&url).map_err(|reason| EgressError::Denied { reason })?;
        let mut headers = headers::check(&request.headers, self.credentials.header_name().as_ref())?;
        headers.entry(header::USER_AGENT).or_insert_with(|| self.user_agent.clone());
        Ok(Outgoing { method: request.method.clone(), url, headers, body: request.body.clone() })
    }

    /// Follows redirects inside the grants. Each step is a request of its own, with its own permits and credentials.
    async fn follow(&self, call: &Call<'_>, mut outgoing: Outgoing) -> Result<Response, EgressError> {
        let mut followed = 0;
        loop {
            // Retry: repeats this line, and asks the breaker of the origin before each repetition.
            let answer = self.authorised(call, &outgoing).await?;
            let Some(next) = redirect::next(&outgoing, &answer, &self.grants)? else {
                return Ok(answer);
            };
            followed += 1;
            if followed > MAX_REDIRECTS {
                return Err(EgressError::TooManyRedirects { limit: MAX_REDIRECTS });
            }
            call.budget.count_request()?;
            outgoing = next;
        }
    }

    /// One attempt, and after an answer of 401 one more with a new token. A second 401 is the answer.
    async fn authorised(&self, call: &Call<'_>, outgoing: &Outgoing) -> Result<Response, EgressError> {
        let (answer, credential) = self.attempt(call, outgoing).await?;
        if answer.status == 401
            && let Some(credential) = credential
            && self.credentials.renew(&credential).await?
        {
            return Ok(self.attempt(call, outgoing).await?.0);
        }
        Ok(answer)
    }

    async fn attempt(
        &self,
        call: &Call<'_>,
        outgoing: &Outgoing,
    ) -> Result<(Response, Option<Credential>), EgressError> {
        let mut outgoing = outgoing.clone();
        // Rate limiter.
        let mut permits = self.limits.acquire(call.rate_limit.as_deref(), call.budget.deadline()).await?;
        // Credentials: asked for anew, a token may have died while this waited.
        let credential = self.credentials.header().await?;
        if let Some(credential) = &credential {
            outgoing.headers.insert(credential.name.clone(), credential.value.clone());
        }
        let (method, origin) = (outgoing.method.clone(), outgoing.origin());
        let path = self.scrubber.clean(outgoing.url.path()).into_owned();
        // A turn or permit may come free at the very moment the time is up.
        if Instant::now() >= call.budget.deadline() {
            return Err(EgressError::DeadlineExceeded { request_sent: call.sent.load(Ordering::Relaxed) });
        }
        permits.commit();
        call.sent.store(true, Ordering::Relaxed);
        let start = Instant::now();
        // Attempt timeout, transport.
        let result = timeout(call.timeout, self.transport.exchange(outgoing, call.budget)).await;
        let elapsed_ms = start.elapsed().as_millis() as u64;
        let result =
            result.unwrap_or_else(|_| Err(EgressError::Timeout { origin: origin.clone(), after: call.timeout }));
        // Before learning from the answer, which counts this request already.
        drop(permits);
        match result {
            Ok(mut answer) => {
                if let Some(credential) = &credential {
                    blank(credential, &mut answer);
                }
                let (connection, status) = (&self.connection, answer.status);
                tracing::debug!(%connection, %method, %origin, path, status, elapsed_ms, "vendor answered");
                self.limits.observe(&answer);
                Ok((answer, credential))
            }
            Err(error) => {
                let connection = &self.connection;
                tracing::debug!(%connection, %method, %origin, path, %error, elapsed_ms, "no answer from the vendor");
                // What did not go out must not look as if it had when the deadline strikes later.
                call.sent.store(error.request_sent(), Ordering::Relaxed);
                Err(error)
            }
        }
    }
}

/// Takes out of an answer what the vendor repeats of the credential it was sent.
fn blank(credential: &Credential, answer: &mut Response) {
    let echo = credential.echo();
    answer.body = echo.blank(std::mem::take(&mut answer.body));
    for (_, value) in &mut answer.headers {
        if let Some(clean) = echo.blank_text(value) {
            *value = clean;
        }
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("connection", &self.connection).finish_non_exhaustive()
    }
}

/// Token requests: the same grants, addresses and pool, but neither the guest's budget nor its limits.
struct TokenRequests {
    transport: Arc<dyn Transport>,
    grants: Arc<Grants>,
    timeout: Duration,
    user_agent: HeaderValue,
}

impl TokenTransport for TokenRequests {
    fn send(&self, request: http::Request<Vec<u8>>) -> BoxFuture<'_, Result<http::Response<Vec<u8>>, AuthError>> {
        async {
            let unreachable = |reason: String| AuthError::Unreachable { reason };
            let (parts, body) = request.into_parts();
            let url: Url =
                parts.uri.to_string().parse().map_err(|error: url::ParseError| unreachable(error.to_string()))?;
            self.grants.check(&url).map_err(unreachable)?;
            let mut headers = parts.headers;
            headers.insert(header::USER_AGENT, self.user_agent.clone());
            let body = (!body.is_empty()).then(|| Bytes::from(body));
            let outgoing = Outgoing { method: parts.method, url, headers, body };
            let budget = Budget::new(Instant::now() + self.timeout, 1, TOKEN_ANSWER);
            let answer = timeout(self.timeout, self.transport.exchange(outgoing, &budget))
                .await
                .map_err(|_| unreachable(format!("nothing within {:?}", self.timeout)))?
                .map_err(|error| unreachable(error.to_string()))?;
            let mut response = http::Response::new(answer.body.to_vec());
            *response.status_mut() =
                http::StatusCode::from_u16(answer.status).map_err(|error| unreachable(error.to_string()))?;
            // Of the headers only the vendor's clock: the library reads a body only if its type is JSON or absent, and
            // some vendors send JSON as text.
            let date = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("date"));
            if let Some(date) = date.and_then(|(_, value)| HeaderValue::from_str(value).ok()) {
                response.headers_mut().insert(header::DATE, date);
            }
            Ok(response)
        }
        .boxed()
    }
}
