//! One authorization server behind its endpoints: state, time, and the answers.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::assertion::AssertionKey;
use super::authorize;
use super::clock::RunningClock;
use super::error::Refusal;
use super::ledger::{Code, Denied, Grant, Held, Issued, Ledger, Revoked, ScopeSet};
use super::lies;
use super::modes::{self, Order, Struck, WrongOrder};
use super::profile::{ClientAuth, Consent, GrantType, Profile};
use super::request::{self, Parameters};
use super::token::{self, Books};
use crate::world::Dice;

/// A request of the token endpoint, as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenRequest {
    /// When, by the server's clock.
    #[serde(serialize_with = "super::clock::as_text")]
    pub at: Timestamp,
    /// The `grant_type` as sent; empty when there was none to read.
    pub grant_type: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a token request, whatever the caller was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Tokens of this grant.
    Issued(u64),
    /// An error with this code of RFC 6749.
    Refused(String),
    /// A mode hid it from the server.
    Unhandled,
}

/// Everything a server begins with, and goes back to on reset.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    pub(crate) profile: Profile,
    pub(crate) seed: u64,
    /// Where its clock begins; none for the machine's time.
    pub(crate) start: Option<Timestamp>,
    pub(crate) keys: Vec<AssertionKey>,
    /// Access tokens that never expire, with their scopes.
    pub(crate) planted: Vec<(String, ScopeSet)>,
}

#[derive(Debug)]
struct State {
    beginning: Beginning,
    url: String,
    profile: Profile,
    keys: Vec<AssertionKey>,
    clock: RunningClock,
    ledger: Ledger,
    seen: BTreeSet<String>,
    orders: Vec<Order>,
    log: Vec<TokenRequest>,
}

/// A handle on the server: vendors check tokens with it, tests look and meddle. Clones share the server.
#[derive(Clone, Debug)]
pub struct Authority(Arc<Mutex<State>>);

impl State {
    fn new(beginning: Beginning, url: String) -> Self {
        // Topic 5 of the dice: tokens.
        let mut ledger = Ledger::new(Dice::new(beginning.seed, 5));
        for (token, scopes) in &beginning.planted {
            ledger.plant(token.clone(), scopes.clone());
        }
        Self {
            url,
            profile: beginning.profile.clone(),
            keys: beginning.keys.clone(),
            clock: RunningClock::starting_at(beginning.start.unwrap_or_else(Timestamp::now)),
            ledger,
            seen: BTreeSet::new(),
            orders: Vec::new(),
            log: Vec::new(),
            beginning,
        }
    }
}

impl Authority {
    pub(crate) fn new(beginning: Beginning) -> Self {
        Self(Arc::new(Mutex::new(State::new(beginning, String::new()))))
    }

    /// Tells it its own address, once that is known.
    pub(crate) fn at(&self, url: &str) {
        url.clone_into(&mut self.lock().url);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Back to the beginning: no grants, no modes, no log, the profile and the clock as at the start.
    pub fn reset(&self) {
        let mut state = self.lock();
        *state = State::new(state.beginning.clone(), state.url.clone());
    }

    /// The profile as it is now.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.lock().profile.clone()
    }

    /// Changes the profile while the server runs: a new client secret, a shorter life. Tokens stay.
    pub fn change(&self, change: impl FnOnce(&mut Profile)) {
        change(&mut self.lock().profile);
    }

    /// The time by the server's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.lock().clock.now()
    }

    /// Moves the server's clock by so many seconds, back when negative. Shifts add up.
    pub fn shift_clock(&self, seconds: i64) {
        self.lock().clock.shift(seconds);
    }

    /// Registers a key for JWT assertions.
    pub fn register_key(&self, key: AssertionKey) {
        self.lock().keys.push(key);
    }

    /// Makes the token endpoint go wrong. Several orders add up.
    ///
    /// # Errors
    /// When the order makes no sense.
    pub fn order(&self, order: Order) -> Result<(), WrongOrder> {
        if let Some(problem) = order.problem() {
            return Err(WrongOrder(problem));
        }
        self.lock().orders.push(order);
        Ok(())
    }

    /// The orders that still stand.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        self.lock().orders.clone()
    }

    /// Takes all orders back.
    pub fn clear_orders(&self) {
        self.lock().orders.clear();
    }

    /// Every request of the token endpoint so far, oldest first.
    #[must_use]
    pub fn token_requests(&self) -> Vec<TokenRequest> {
        self.lock().log.clone()
    }

    /// How many requests named this grant, whatever became of them.
    #[must_use]
    pub fn count(&self, grant: GrantType) -> usize {
        self.lock().log.iter().filter(|request| request.grant_type == grant.name()).count()
    }

    /// Every grant so far, oldest first.
    #[must_use]
    pub fn grants(&self) -> Vec<Grant> {
        self.lock().ledger.grants.clone()
    }

    /// Whether a grant was made and not revoked.
    #[must_use]
    pub fn is_alive(&self, grant: u64) -> bool {
        self.lock().ledger.grants.iter().any(|known| known.id == grant && known.revoked.is_none())
    }

    /// How many grants were revoked.
    #[must_use]
    pub fn revoked(&self) -> usize {
        self.lock().ledger.grants.iter().filter(|grant| grant.revoked.is_some()).count()
    }

    /// Ends a grant as its owner would. False when it is unknown or ended before.
    pub fn revoke_grant(&self, grant: u64) -> bool {
        self.lock().ledger.revoke(Some(grant), Revoked::ByOwner)
    }

    /// Ends the grant a token of either kind belongs to. False when there is none.
    pub fn revoke_grant_of(&self, token: &str) -> bool {
        let mut state = self.lock();
        let grant = state.ledger.grant_of(token);
        state.ledger.revoke(grant, Revoked::ByOwner)
    }

    /// Ends one access token and leaves its grant alive. False when it is unknown.
    pub fn revoke_access_token(&self, token: &str) -> bool {
        self.lock().ledger.revoke_access(token)
    }

    /// Makes a grant without any request, as if someone had agreed and the code were redeemed, and gives the answer the
    /// token endpoint would have given. Not logged.
    #[must_use]
    pub fn grant_now<'s>(&self, scopes: impl IntoIterator<Item = &'s str>) -> Value {
        let mut state = self.lock();
        let State { profile, ledger, clock, url, .. } = &mut *state;
        let now = clock.now();
        let code = Code::new(now, scopes.into_iter().map(str::to_owned).collect(), true);
        let issued = ledger.grant_code("", code, profile, now);
        Value::Object(token::answer(profile, &issued, url))
    }

    /// What an access token opens. Counts as its use.
    ///
    /// # Errors
    /// When it opens nothing.
    pub fn check(&self, access_token: &str) -> Result<Held, Denied> {
        let mut state = self.lock();
        let now = state.clock.now();
        state.ledger.check(access_token, now)
    }

    /// The same for a request: `authorization` with the profile's word before the token.
    ///
    /// # Errors
    /// When there is no such header, or its token opens nothing.
    pub fn check_headers(&self, headers: &HeaderMap) -> Result<Held, Denied> {
        let value = headers.get(header::AUTHORIZATION).ok_or(Denied::Missing)?;
        let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Denied::Scheme)?;
        if !scheme.eq_ignore_ascii_case(&self.lock().profile.scheme) {
            return Err(Denied::Scheme);
        }
        self.check(token)
    }

    /// Answers a request for one of the profile's paths or `/whoami`; none for any other.
    pub(crate) async fn answer(&self, parts: &Parts, body: &Bytes) -> Option<Response> {
        if parts.uri.path() == "/whoami" {
            return Some(self.whoami(parts));
        }
        self.endpoint(parts, body).await
    }

    /// Answers a request for one of the profile's paths; none for any other.
    pub(crate) async fn endpoint(&self, parts: &Parts, body: &Bytes) -> Option<Response> {
        let has = |paths: &[String]| paths.iter().any(|path| path == parts.uri.path());
        let (authorize, token) = {
            let state = self.lock();
            (has(&state.profile.authorize_paths), has(&state.profile.token_paths))
        };
        match (authorize, token) {
            (true, _) => Some(self.authorize(parts, body)),
            (_, true) => Some(self.token(parts, body).await),
            _ => None,
        }
    }

    fn whoami(&self, parts: &Parts) -> Response {
        if parts.method != Method::GET {
            return StatusCode::METHOD_NOT_ALLOWED.into_response();
        }
        match self.check_headers(&parts.headers) {
            Ok(held) => {
                Json(json!({ "grant": held.grant, "scopes": held.scopes, "subject": held.subject })).into_response()
            }
            Err(denied) => {
                let body = json!({ "error": "invalid_token", "error_description": denied.to_string() });
                let mut response = (StatusCode::UNAUTHORIZED, Json(body)).into_response();
                // RFC 6750, 3: no error code when no token came.
                let error = if denied == Denied::Missing { "" } else { ", error=\"invalid_token\"" };
                let challenge = format!("{} realm=\"OAuth\"{error}", self.lock().profile.scheme);
                if let Ok(challenge) = HeaderValue::try_from(challenge) {
                    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                }
                response
            }
        }
    }

    fn authorize(&self, parts: &Parts, body: &Bytes) -> Response {
        let post = match parts.method {
            Method::GET => false,
            Method::POST => true,
            _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
        };
        let mut state = self.lock();
        let State { profile, ledger, clock, url, .. } = &mut *state;
        let read = request::pairs(parts.uri.query().unwrap_or_default()).and_then(|mut parameters| {
            parameters.retain(|_, value| !value.is_empty());
            let mut decision = parameters.remove("consent");
            if post {
                let body = std::str::from_utf8(body).map_err(|_| Refusal::request("The body is not UTF-8"))?;
                decision = request::pairs(body)?.remove("consent").or(decision);
            }
            let back = authorize::way_back(profile, &parameters)?;
            Ok((parameters, decision, back))
        });
        let (parameters, decision, back) = match read {
            Ok(read) => read,
            Err(refusal) => return refusal.answer(profile.errors, None),
        };
        let refuse = |code: &str, why: &str| {
            authorize::redirect(&back.with(&[("error", code), ("error_description", why)], profile, url))
        };
        let asked = match authorize::check(profile, &parameters) {
            Ok(asked) => asked,
            Err(refusal) => return refuse(refusal.code, &refusal.why),
        };
        match (decision.as_deref(), profile.consent) {
            (Some("deny"), _) => refuse("access_denied", "The person refused"),
            (Some("allow"), _) | (None, Consent::Granted) => {
                let mut code = Code::new(clock.now(), asked.scopes, asked.refreshable);
                code.challenge = asked.challenge;
                code.redirect_uri = asked.redirect_uri;
                let code = ledger.issue_code(code);
                authorize::redirect(&back.with(&[("code", &code)], profile, url))
            }
            (None, Consent::Ask) if !post => authorize::page(profile, &asked),
            _ => (StatusCode::BAD_REQUEST, "consent must be allow or deny").into_response(),
        }
    }

    async fn token(&self, parts: &Parts, body: &Bytes) -> Response {
        let by_get = self.lock().profile.token_by_get;
        if parts.method != Method::POST && !(by_get && parts.method == Method::GET) {
            return StatusCode::METHOD_NOT_ALLOWED.into_response();
        }
        let struck = modes::strike(&mut self.lock().orders);
        let (before, after) = struck.pauses();
        pause(before).await;
        let answer = self.tokens(parts, body, &struck);
        pause(after).await;
        lies::told(&struck.modes, answer).await
    }

    /// The true answer, logged.
    fn tokens(&self, parts: &Parts, body: &Bytes, struck: &Struck) -> Response {
        let mut state = self.lock();
        let now = state.clock.now();
        let read = request::parameters(&state.profile, parts, body);
        let (parameters, malformed) = match read {
            Ok(parameters) => (parameters, None),
            Err(refusal) => (Parameters::new(), Some(refusal)),
        };
        let grant_type = parameters.get("grant_type").cloned().unwrap_or_default();
        if struck.unhandled {
            state.log.push(TokenRequest { at: now, grant_type, outcome: Outcome::Unhandled });
            return StatusCode::NO_CONTENT.into_response();
        }
        let result = match malformed {
            Some(refusal) => Err(refusal),
            None => state.grant(parts, &parameters, now),
        };
        let outcome = match &result {
            Ok(issued) => Outcome::Issued(issued.grant),
            Err(refusal) => Outcome::Refused(refusal.code.to_owned()),
        };
        tracing::info!(vendor = state.profile.name, grant_type, ?outcome, "token request");
        state.log.push(TokenRequest { at: now, grant_type, outcome });
        match result {
            Ok(issued) => {
                let mut body: Map<String, Value> = token::answer(&state.profile, &issued, &state.url);
                lies::in_members(&struck.modes, &mut body);
                // RFC 6749, 5.1.
                let headers = [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
                (headers, Json(body)).into_response()
            }
            Err(refusal) => {
                let echoes = struck.modes.contains(&modes::Mode::EchoSecret);
                let sent = parameters.get("client_secret").or_else(|| {
                    let by_header = parts.headers.contains_key(header::AUTHORIZATION);
                    (by_header && state.profile.client_auth != ClientAuth::Public)
                        .then_some(&state.profile.client_secret)
                });
                refusal.answer(state.profile.errors, sent.map(String::as_str).filter(|_| echoes))
            }
        }
    }
}

impl State {
    fn grant(&mut self, parts: &Parts, parameters: &Parameters, now: Timestamp) -> Result<Issued, Refusal> {
        let assertion = parameters.get("grant_type").is_some_and(|named| named == GrantType::JwtBearer.name());
        request::authenticate(&self.profile, parts, parameters, !assertion)?;
        let grant_type = token::grant_type(&self.profile, parameters)?;
        let mut books = Books {
            profile: &self.profile,
            ledger: &mut self.ledger,
            keys: &self.keys,
            seen: &mut self.seen,
            url: &self.url,
            now,
        };
        token::grant(&mut books, grant_type, parameters)
    }
}

async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}
