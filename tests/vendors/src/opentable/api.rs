//! From a request to an answer: limit, token, request id, route.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;

use super::OpenTableOptions;
use super::error::{ApiError, Shape};
use crate::common::diary::Diary;
use crate::common::pace::Pace;
use crate::common::query::Query;
use crate::oauth::{Authority, Beginning, Profile};
use crate::world::{Channel, World};

/// What the vendor knows now; rebuilt from the world on reset.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) diary: Diary,
    pace: Pace,
    requests: u32,
    /// What was answered to a write, by its request id, with the request itself.
    answered: BTreeMap<String, (String, Done)>,
}

/// The vendor, shared by all its connections.
#[derive(Clone, Debug)]
pub(super) struct Api {
    world: World,
    pub(super) options: Arc<OpenTableOptions>,
    authority: Authority,
    desk: Arc<Mutex<Desk>>,
}

/// A request taken apart.
pub(super) struct Ask<'a> {
    pub(super) parts: &'a Parts,
    pub(super) query: Query,
    pub(super) body: &'a Bytes,
}

/// A successful answer.
#[derive(Clone, Debug)]
pub(super) enum Done {
    /// 200 with a body.
    Body(Value),
    /// 204.
    Nothing,
}

pub(super) type Answer = Result<Done, ApiError>;

impl Desk {
    fn new(world: &World, options: &OpenTableOptions) -> Self {
        let (diary, pace) = (Diary::new(world, Channel::OpenTable), Pace::new(options.limits));
        Self { diary, pace, requests: 0, answered: BTreeMap::new() }
    }
}

impl Ask<'_> {
    /// Refuses a parameter that is not in the list.
    pub(super) fn allow(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.query.unknown(known) {
            None => Ok(()),
            Some(unknown) => Err(ApiError::bad_request(format!("{unknown} is not known"))),
        }
    }

    /// A parameter that must be there and not be empty.
    pub(super) fn needed(&self, name: &str) -> Result<&str, ApiError> {
        let value = self.query.get(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| ApiError::bad_request(format!("{name} is required")))
    }

    /// A whole number in a range; `default` when it is not there.
    pub(super) fn number(&self, name: &str, default: usize, least: usize, most: usize) -> Result<usize, ApiError> {
        let Some(text) = self.query.get(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| ApiError::bad_request(format!("{name} must be a number from {least} to {most}")))
    }
}

impl Api {
    pub(super) fn new(world: World, options: OpenTableOptions) -> Self {
        let desk = Arc::new(Mutex::new(Desk::new(&world, &options)));
        let base = Profile::opentable();
        let life = options.token_life.map(Duration::from_secs);
        let everything = base.scopes.known.iter().cloned().collect();
        let profile = Profile {
            client_id: options.client_id.clone(),
            client_secret: options.client_secret.clone(),
            access_life: life.unwrap_or(base.access_life),
            ..base
        };
        let authority = Authority::new(Beginning {
            profile,
            seed: world.options().seed,
            start: Some(world.now(0)),
            keys: Vec::new(),
            planted: vec![(options.bearer_token.clone(), everything)],
        });
        Self { world, options: Arc::new(options), authority, desk }
    }

    pub(super) fn router(&self) -> Router {
        let api = self.clone();
        Router::new().fallback(move |request: Request| {
            let api = api.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
                api.answer(&parts, &body).await
            }
        })
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(super) fn reset(&self) {
        *self.lock() = Desk::new(&self.world, &self.options);
        self.authority.reset();
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, parts: &Parts, body: &Bytes) -> Response {
        if let Some(answer) = self.authority.endpoint(parts, body).await {
            return answer;
        }
        let path = parts.uri.path();
        let shape = if path.starts_with("/sync/") {
            Shape::Gateway
        } else if path.starts_with("/inhouse/") {
            Shape::Booking
        } else {
            Shape::Seed
        };
        let mut desk = self.lock();
        desk.requests += 1;
        let number = desk.requests;
        match self.once(&mut desk, shape, parts, body) {
            Ok(Done::Body(body)) => Json(body).into_response(),
            Ok(Done::Nothing) => StatusCode::NO_CONTENT.into_response(),
            Err(error) => error.into_response(shape, path, &self.world.now(0).to_string(), number),
        }
    }

    /// Checks what every request needs, and answers a write that was answered before in the same way.
    fn once(&self, desk: &mut Desk, shape: Shape, parts: &Parts, body: &Bytes) -> Answer {
        if !desk.pace.charge() {
            return Err(ApiError::too_many());
        }
        self.authorize(shape, parts)?;
        if parts.headers.get(header::ACCEPT).map(HeaderValue::as_bytes) != Some(b"application/json") {
            return Err(ApiError::new(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", "Accept must be application/json"));
        }
        if matches!(parts.method, Method::GET | Method::DELETE) {
            if !body.is_empty() {
                return Err(ApiError::bad_request("this method takes no body"));
            }
            return self.route(desk, shape, parts, body);
        }
        let id = request_id(&parts.headers)?;
        let request = format!("{} {} {}", parts.method, parts.uri, String::from_utf8_lossy(body));
        match desk.answered.get(&id) {
            Some((known, done)) if *known == request => return Ok(done.clone()),
            Some(_) => {
                return Err(ApiError::new(StatusCode::CONFLICT, "REQUEST_ID_REUSED", "X-Request-Id was used before"));
            }
            None => {}
        }
        let done = self.route(desk, shape, parts, body)?;
        desk.answered.insert(id, (request, done.clone()));
        Ok(done)
    }

    /// A token opens everything its scopes name; those of the platform are in the agreement, not in the token. A key opens
    /// the specification's API.
    fn authorize(&self, shape: Shape, parts: &Parts) -> Result<(), ApiError> {
        let key = parts.headers.get("x-api-key").map(HeaderValue::as_bytes);
        if shape == Shape::Seed && key == Some(self.options.api_key.as_bytes()) {
            return Ok(());
        }
        let refused = |_| ApiError::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "invalid_token");
        let held = self.authority.check_headers(&parts.headers).map_err(refused)?;
        let area = if parts.uri.path().ends_with("/availability") { "availability" } else { "reservations" };
        let right = if parts.method == Method::GET { "read" } else { "write" };
        if shape == Shape::Seed && !held.scopes.contains(&format!("{area}.{right}")) {
            return Err(ApiError::new(StatusCode::FORBIDDEN, "FORBIDDEN", format!("the token lacks {area}.{right}")));
        }
        Ok(())
    }

    fn route(&self, desk: &mut Desk, shape: Shape, parts: &Parts, body: &Bytes) -> Answer {
        let ask = Ask { parts, query: Query::parse(parts.uri.query())?, body };
        let decode =
            |step: &str| percent_encoding::percent_decode_str(step).decode_utf8().map(|text| text.into_owned());
        let steps = parts.uri.path().trim_start_matches('/').split('/').map(decode).collect::<Result<Vec<_>, _>>();
        let steps = steps.map_err(|_| ApiError::bad_request("the path is not UTF-8"))?;
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        match (shape, steps.as_slice()) {
            (Shape::Seed, ["api", "v3", "restaurant", rest @ ..]) => {
                super::seed::answer(self, &mut desk.diary, &ask, rest)
            }
            (Shape::Gateway, ["sync", rest @ ..]) => super::sync::answer(self, &desk.diary, &ask, rest),
            (Shape::Booking, ["inhouse", "v1", rest @ ..]) => super::inhouse::answer(self, &mut desk.diary, &ask, rest),
            _ => Err(nothing_here(&ask)),
        }
    }
}

/// `X-Request-Id`, which every POST, PUT and PATCH must have.
fn request_id(headers: &HeaderMap) -> Result<String, ApiError> {
    let id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
    let id = id.filter(|id| (1..=255).contains(&id.len()));
    id.map(str::to_owned).ok_or_else(|| ApiError::bad_request("X-Request-Id is required"))
}

/// A method or path that does not exist.
pub(super) fn nothing_here(ask: &Ask<'_>) -> ApiError {
    ApiError::not_found(ask.parts.method.as_str(), ask.parts.uri.path())
}
