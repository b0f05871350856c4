//! From a request to an answer: token, limit, route.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;

use super::TheForkOptions;
use super::error::ApiError;
use crate::common::diary::Diary;
use crate::common::pace::Pace;
use crate::common::query::Query;
use crate::oauth::{Authority, Beginning, Profile};
use crate::world::{Channel, World};

/// Which of the two APIs a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavor {
    /// `/api/v2`, as the specification has it.
    Seed,
    /// `/manager/v1`, the vendor's.
    B2b,
}

/// What the vendor knows now; rebuilt from the world on reset.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) diary: Diary,
    pace: Pace,
}

/// The vendor, shared by all its connections.
#[derive(Clone, Debug)]
pub(super) struct Api {
    world: World,
    pub(super) options: Arc<TheForkOptions>,
    seed: Authority,
    b2b: Authority,
    desk: Arc<Mutex<Desk>>,
}

/// A request taken apart.
pub(super) struct Ask<'a> {
    pub(super) parts: &'a Parts,
    pub(super) query: Query,
    pub(super) body: &'a Bytes,
}

pub(super) type Answer = Result<Value, ApiError>;

impl Desk {
    fn new(world: &World, options: &TheForkOptions) -> Self {
        Self { diary: Diary::new(world, Channel::TheFork), pace: Pace::new(options.limits) }
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

    /// A whole number from 1 to `most`; `default` when it is not there.
    pub(super) fn number(&self, name: &str, default: usize, most: usize) -> Result<usize, ApiError> {
        let Some(text) = self.query.get(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| ApiError::bad_request(format!("{name} must be a number from 1 to {most}")))
    }
}

impl Api {
    pub(super) fn new(world: World, options: TheForkOptions) -> Self {
        let desk = Arc::new(Mutex::new(Desk::new(&world, &options)));
        let number = world.options().seed;
        let seed = authority(&world, number, &options, Profile::thefork_seed(), &["public_api", "reservations"]);
        // Another number: with the same one both would give out the same tokens.
        let b2b = authority(&world, number.wrapping_add(1), &options, Profile::thefork(), &[]);
        Self { world, options: Arc::new(options), seed, b2b, desk }
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

    pub(super) fn seed_authority(&self) -> &Authority {
        &self.seed
    }

    pub(super) fn b2b_authority(&self) -> &Authority {
        &self.b2b
    }

    pub(super) fn at(&self, url: &str) {
        self.seed.at(url);
        self.b2b.at(url);
    }

    pub(super) fn reset(&self) {
        *self.lock() = Desk::new(&self.world, &self.options);
        self.seed.reset();
        self.b2b.reset();
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, parts: &Parts, body: &Bytes) -> Response {
        // The vendor's two servers stand at two hosts; here the parameter only one of them knows tells them apart.
        let audience = body.windows(9).any(|bytes| bytes == b"audience=");
        let authority = if audience { &self.b2b } else { &self.seed };
        if let Some(answer) = authority.endpoint(parts, body).await {
            return answer;
        }
        let path = parts.uri.path();
        let (flavor, rest) = match (path.strip_prefix("/api/v2/"), path.strip_prefix("/manager/v1/")) {
            (Some(rest), _) => (Flavor::Seed, rest),
            (_, Some(rest)) => (Flavor::B2b, rest),
            _ => return StatusCode::NOT_FOUND.into_response(),
        };
        match self.route(flavor, rest, parts, body) {
            Ok(body) => Json(body).into_response(),
            Err(error) => error.into_response(flavor),
        }
    }

    fn route(&self, flavor: Flavor, rest: &str, parts: &Parts, body: &Bytes) -> Answer {
        let mut desk = self.lock();
        if !desk.pace.charge() {
            return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "Too many requests"));
        }
        let authority = if flavor == Flavor::Seed { &self.seed } else { &self.b2b };
        authority.check_headers(&parts.headers).map_err(|_| ApiError::unauthorized())?;
        if matches!(parts.method, Method::GET | Method::HEAD) && !body.is_empty() {
            return Err(ApiError::bad_request("GET takes no body"));
        }
        let ask = Ask { parts, query: Query::parse(parts.uri.query())?, body };
        let steps = steps(rest)?;
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        match flavor {
            Flavor::Seed => super::seed::answer(self, &mut desk.diary, &ask, &steps),
            Flavor::B2b => super::b2b::answer(self, &mut desk.diary, &ask, &steps),
        }
    }
}

/// The segments of a path, decoded.
fn steps(path: &str) -> Result<Vec<String>, ApiError> {
    let decode = |step: &str| percent_encoding::percent_decode_str(step).decode_utf8().map(|text| text.into_owned());
    path.split('/').map(decode).collect::<Result<_, _>>().map_err(|_| ApiError::bad_request("the path is not UTF-8"))
}

/// A method or path that does not exist.
pub(super) fn nothing_here(ask: &Ask<'_>) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("{} {}", ask.parts.method, ask.parts.uri.path()))
}

fn authority(world: &World, seed: u64, options: &TheForkOptions, base: Profile, scopes: &[&str]) -> Authority {
    let life = options.token_life.map(Duration::from_secs);
    let profile = Profile {
        client_id: options.client_id.clone(),
        client_secret: options.client_secret.clone(),
        access_life: life.unwrap_or(base.access_life),
        ..base
    };
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    Authority::new(Beginning {
        profile,
        seed,
        start: Some(world.now(0)),
        keys: Vec::new(),
        planted: vec![(options.bearer_token.clone(), scopes)],
    })
}
