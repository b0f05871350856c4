//! From a request to an answer: credits, token, module, scope, route.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode, header};
use serde_json::{Map, Value, json};

use super::ZohoOptions;
use super::error::ApiError;
use super::fields::Module;
use super::limits::Meter;
use super::oauth;
use super::search::Wanted;
use super::store::{Record, Store};
use super::write::{Body, House, Verb};
use crate::common::query::Query;
use crate::oauth::{Authority, Held};
use crate::world::World;

/// No query gives more records than this.
const MOST_RESULTS: usize = 2_000;
/// The tags of contacts.
const TAGS: [&str; 4] = ["Habitué", "Allergies", "Newsletter", "Entreprise"];

/// What the organisation knows now; rebuilt from the world on reset.
#[derive(Debug)]
struct Organisation {
    store: Store,
    meter: Meter,
    requests: u32,
}

/// The vendor, shared by all its connections.
#[derive(Clone, Debug)]
pub(super) struct Api {
    world: World,
    options: Arc<ZohoOptions>,
    authority: Authority,
    organisation: Arc<Mutex<Organisation>>,
}

type Answer = Result<Response, ApiError>;

impl Organisation {
    fn new(world: &World, options: &ZohoOptions) -> Self {
        Self { store: Store::new(world), meter: Meter::new(options.limits), requests: 0 }
    }
}

impl Api {
    pub(super) fn new(world: World, options: ZohoOptions) -> Self {
        let authority = Authority::new(oauth::beginning(&world, &options));
        let organisation = Arc::new(Mutex::new(Organisation::new(&world, &options)));
        Self { world, options: Arc::new(options), authority, organisation }
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(super) fn reset(&self) {
        *self.lock() = Organisation::new(&self.world, &self.options);
        self.authority.reset();
    }

    fn lock(&self) -> MutexGuard<'_, Organisation> {
        self.organisation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request.
    pub(super) async fn answer(&self, parts: &Parts, body: &Bytes) -> Response {
        if let Some(answer) = self.authority.endpoint(parts, body).await {
            return answer;
        }
        let mut organisation = self.lock();
        organisation.requests += 1;
        let mut response = match organisation.meter.charge() {
            Ok(()) => self.within_limits(&mut organisation, parts, body).unwrap_or_else(IntoResponse::into_response),
            Err(refused) => refused,
        };
        organisation.meter.headers(response.headers_mut());
        response
    }

    fn within_limits(&self, organisation: &mut Organisation, parts: &Parts, body: &Bytes) -> Answer {
        let Held { scopes, .. } = self.authority.check_headers(&parts.headers).map_err(oauth::denied)?;
        let query = Query::parse(parts.uri.query())?;
        let path = parts.uri.path();
        let unknown = || {
            ApiError::new(
                StatusCode::NOT_FOUND,
                "INVALID_URL_PATTERN",
                "Please check if the URL trying to access is a correct one",
            )
        };
        let steps: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let (v8, steps) = match steps.as_slice() {
            ["crm", "v2", steps @ ..] => (false, steps),
            ["crm", "v8", steps @ ..] => (true, steps),
            _ => return Err(unknown()),
        };
        if let ["settings", "tags"] = steps {
            oauth::may_read_tags(&scopes)?;
            return tags(parts, &query);
        }
        let (name, rest) = steps.split_first().ok_or_else(unknown)?;
        let module = match *name {
            // The specification's paths; the vendor documents capitals only.
            "contacts" if self.options.seed_paths && !v8 => Module::Contacts,
            name => Module::named(name).ok_or_else(ApiError::module)?,
        };
        if module == Module::Rewards && !self.options.rewards {
            return Err(ApiError::module());
        }
        oauth::may(&scopes, module, rest == ["search"])?;
        let store = &mut organisation.store;
        let house = House { v8, lookup: self.options.rewards_lookup, workflow: self.options.rewards_workflow };
        let now = self.world.now(organisation.requests);
        let paging: &[&str] =
            if v8 { &["fields", "page", "per_page", "page_token"] } else { &["fields", "page", "per_page"] };
        match (&parts.method, rest) {
            (&Method::GET, []) => {
                allow(&query, &[paging, &["sort_by", "sort_order"]].concat())?;
                listed(store, store.all(module), &query, v8)
            }
            (&Method::GET, ["search"]) => {
                allow(&query, &[paging, &["criteria", "email", "phone", "word"]].concat())?;
                let wanted = Wanted::of(module, &query)?;
                listed(store, store.all(module).filter(|record| wanted.holds(record)), &query, false)
            }
            (&Method::GET, [id]) => {
                allow(&query, &["fields"])?;
                match store.get(module, id) {
                    Some(record) => Ok(Json(json!({ "data": [store.show(record, None)] })).into_response()),
                    None if v8 => {
                        Err(ApiError::new(StatusCode::NOT_FOUND, "INVALID_DATA", "the id given seems to be invalid"))
                    }
                    None => Ok(StatusCode::NO_CONTENT.into_response()),
                }
            }
            (&Method::GET, [id, related]) if module == Module::Contacts => {
                allow(&query, paging)?;
                let (related, field) = match *related {
                    "Deals" => (Module::Deals, "Contact_Name"),
                    "Notes" => (Module::Notes, "Parent_Id"),
                    _ => return Err(ApiError::bad("INVALID_DATA", "the relation name given seems to be invalid")),
                };
                let own = |record: &&Record| {
                    record.fields.get(field).and_then(|value| value.get("id")).and_then(Value::as_str) == Some(*id)
                };
                listed(store, store.all(related).filter(own), &query, v8)
            }
            (&Method::POST, []) => write(store, module, &Verb::Insert, parts, body, house, now),
            (&Method::POST, ["upsert"]) => write(store, module, &Verb::Upsert, parts, body, house, now),
            (&Method::PUT, [id]) => write(store, module, &Verb::Update(id), parts, body, house, now),
            (&Method::DELETE, [id]) => {
                let invalid =
                    || ApiError::bad("INVALID_DATA", "the id given seems to be invalid").with(json!({ "id": id }));
                let (status, verdict) = match store.records.remove(&(module, (*id).to_owned())) {
                    Some(_) => {
                        let verdict = json!({ "code": "SUCCESS", "details": { "id": id }, "message": "record deleted", "status": "success" });
                        (StatusCode::OK, verdict)
                    }
                    None => (StatusCode::BAD_REQUEST, invalid().as_record()),
                };
                Ok((status, Json(json!({ "data": [verdict] }))).into_response())
            }
            (_, [] | [_] | [_, _]) => Err(ApiError::method()),
            _ => Err(unknown()),
        }
    }
}

fn write(
    store: &mut Store,
    module: Module,
    verb: &Verb<'_>,
    parts: &Parts,
    body: &Bytes,
    house: House,
    now: jiff::Timestamp,
) -> Answer {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next() != Some("application/json") {
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", "JSON is expected"));
    }
    Ok(Body::read(body)?.carry_out(store, module, verb, house, now))
}

/// A page; 204 when there is nothing.
fn listed<'s>(store: &Store, records: impl Iterator<Item = &'s Record>, query: &Query, v8: bool) -> Answer {
    let number = |name: &str, default: usize| match query.get(name) {
        None => Ok(default),
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|number| *number >= 1)
            .ok_or_else(|| ApiError::bad("INVALID_DATA", "invalid data").with(json!({ "param_name": name }))),
    };
    let per_page = number("per_page", 200)?;
    if per_page > 200 {
        return Err(ApiError::bad("LIMIT_EXCEEDED", "per_page must be at most 200"));
    }
    if v8 && query.get("fields").is_none() {
        return Err(ApiError::missing("fields"));
    }
    let page = match query.get("page_token") {
        None => number("page", 1)?,
        Some(_) if query.get("page").is_some() => {
            return Err(ApiError::bad("AMBIGUITY_DURING_PROCESSING", "page and page_token cannot be combined"));
        }
        Some(token) => token
            .strip_prefix("pt")
            .and_then(|page| page.parse().ok())
            .ok_or_else(|| ApiError::bad("INVALID_DATA", "invalid data").with(json!({ "param_name": "page_token" })))?,
    };
    let search = ["criteria", "email", "phone", "word"].iter().any(|name| query.get(name).is_some());
    if (search || v8) && page * per_page > MOST_RESULTS && query.get("page_token").is_none() {
        return Err(ApiError::bad("LIMIT_EXCEEDED", "only 2000 records can be fetched without page_token"));
    }
    let names = query.get("fields").map(|names| names.split(',').collect::<Vec<_>>());
    if let Some(name) = names.iter().flatten().find(|name| name.is_empty()) {
        return Err(ApiError::bad("INVALID_DATA", format!("invalid field '{name}'")));
    }
    let mut rest = records.skip((page - 1) * per_page);
    let data: Vec<_> = rest.by_ref().take(per_page).map(|record| store.show(record, names.as_deref())).collect();
    if data.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let more = rest.next().is_some();
    let mut info = Map::from_iter([
        ("per_page".to_owned(), per_page.into()),
        ("count".to_owned(), data.len().into()),
        ("page".to_owned(), page.into()),
        ("more_records".to_owned(), more.into()),
    ]);
    if v8 {
        let token = more.then(|| format!("pt{}", page + 1));
        info.insert("next_page_token".to_owned(), token.map_or(Value::Null, Value::from));
    }
    Ok(Json(json!({ "data": data, "info": info })).into_response())
}

/// The tags of a module; only contacts have some.
fn tags(parts: &Parts, query: &Query) -> Answer {
    if parts.method != Method::GET {
        return Err(ApiError::method());
    }
    allow(query, &["module"])?;
    match query.get("module") {
        None => Err(ApiError::missing("module")),
        Some("Contacts") => {
            let tag = |(number, name): (u64, &str)| json!({ "id": (771_200_000_000_610_001 + number).to_string(), "name": name, "created_time": "2025-01-10T09:22:45+01:00" });
            let tags: Vec<_> = (0u64..).zip(TAGS).map(tag).collect();
            Ok(Json(json!({ "tags": tags, "info": { "count": tags.len(), "allowed_count": 100 } })).into_response())
        }
        Some(name) if Module::named(name).is_some() => Ok(StatusCode::NO_CONTENT.into_response()),
        Some(_) => Err(ApiError::module()),
    }
}

fn allow(query: &Query, known: &[&str]) -> Result<(), ApiError> {
    match query.unknown(known) {
        Some(name) => Err(ApiError::bad("EXTRA_PARAM_FOUND", "extra param found").with(json!({ "param_name": name }))),
        None => Ok(()),
    }
}
