//! The endpoints of a server: authorize, token, and the resource to use tokens on.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;

use super::authority::{Authority, Outcome, State, TokenRequest};
use super::authorize;
use super::error::Refusal;
use super::ledger::{Code, Denied, Issued};
use super::lies;
use super::modes::{self, Mode, Struck};
use super::profile::{Consent, GrantType};
use super::request::{self, Parameters};
use super::token::{self, Books};

impl Authority {
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
        let echo = struck.modes.contains(&Mode::EchoSecret).then(|| request::secret(parts, &parameters)).flatten();
        let result = match (result, &echo) {
            (Ok(_), Some(_)) => Err(Refusal::client("Check client_id and client_secret", false)),
            (result, _) => result,
        };
        match result {
            Ok(issued) => {
                let mut body = token::answer(&state.profile, &issued, &state.url);
                lies::in_members(&struck.modes, &mut body);
                // RFC 6749, 5.1.
                let headers = [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
                (headers, Json(body)).into_response()
            }
            Err(refusal) => refusal.answer(state.profile.errors, echo.as_deref()),
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
