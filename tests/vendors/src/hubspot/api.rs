//! From a request to an answer: limits, token, scope, route.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::HubSpotOptions;
use super::error::ApiError;
use super::intake::{Write, associated, unique};
use super::limits::Meter;
use super::marketing;
use super::oauth;
use super::properties::{self, Kind, UNIQUE};
use super::search::Search;
use super::store::{Record, Store};
use crate::common::query::Query;
use crate::oauth::Authority;
use crate::world::World;

/// What the portal knows now; rebuilt from the world on reset.
#[derive(Debug)]
struct Portal {
    store: Store,
    meter: Meter,
    requests: u32,
    campaigns: u64,
}

/// The vendor, shared by all its connections.
#[derive(Clone, Debug)]
pub(super) struct Api {
    world: World,
    options: Arc<HubSpotOptions>,
    authority: Authority,
    portal: Arc<Mutex<Portal>>,
}

type Answer = Result<Response, ApiError>;

impl Api {
    pub(super) fn new(world: World, options: HubSpotOptions) -> Self {
        let authority = Authority::new(oauth::beginning(&world, &options));
        let portal = Arc::new(Mutex::new(Portal::new(&world, &options)));
        Self { world, options: Arc::new(options), authority, portal }
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(super) fn reset(&self) {
        *self.lock() = Portal::new(&self.world, &self.options);
        self.authority.reset();
    }

    fn lock(&self) -> MutexGuard<'_, Portal> {
        self.portal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request.
    pub(super) async fn answer(&self, parts: &Parts, body: &Bytes) -> Response {
        if let Some(answer) = self.authority.endpoint(parts, body).await {
            return answer;
        }
        let mut portal = self.lock();
        portal.requests += 1;
        let number = portal.requests;
        let search = parts.uri.path().ends_with("/search");
        let mut response = match portal.meter.charge(search) {
            Ok(()) => self.within_limits(&mut portal, parts, body).unwrap_or_else(|error| error.into_response(number)),
            Err(broken) => broken.into_response(number),
        };
        if !search {
            portal.meter.headers(response.headers_mut());
        }
        response
    }

    fn within_limits(&self, portal: &mut Portal, parts: &Parts, body: &Bytes) -> Answer {
        let held = self.authority.check_headers(&parts.headers).map_err(oauth::denied)?;
        let query = Query::parse(parts.uri.query())?;
        let path = parts.uri.path();
        let steps: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let may = |scope: &'static str| {
            if held.scopes.contains(scope) { Ok(()) } else { Err(ApiError::missing_scope(scope)) }
        };
        match steps.as_slice() {
            ["crm", "v3", "lists", "search"] | ["crm", "lists", "2026-03", "search"] => {
                may("crm.lists.read")?;
                only(parts, &Method::POST)?;
                allow(&query, &[])?;
                marketing::lists(&json_body(parts, body)?, &portal.store)
            }
            ["marketing", "v3", "campaigns"] | ["marketing", "campaigns", "2026-03"] => {
                may("marketing.campaigns.write")?;
                only(parts, &Method::POST)?;
                allow(&query, &[])?;
                portal.campaigns += 1;
                marketing::campaign(&json_body(parts, body)?, portal.campaigns, self.world.now(portal.requests))
            }
            ["crm", "v3", "objects", kind, rest @ ..] | ["crm", "objects", "2026-03", kind, rest @ ..] => {
                let kind = Kind::named(kind).ok_or_else(|| unknown_path(path))?;
                let reads = parts.method == Method::GET || rest == ["search"];
                may(match (kind, reads) {
                    (Kind::Deal, true) => "crm.objects.deals.read",
                    (Kind::Deal, false) => "crm.objects.deals.write",
                    (_, true) => "crm.objects.contacts.read",
                    (_, false) => "crm.objects.contacts.write",
                })?;
                self.objects(portal, kind, rest, parts, &query, body)
            }
            _ => Err(unknown_path(path)),
        }
    }

    fn objects(
        &self,
        portal: &mut Portal,
        kind: Kind,
        rest: &[&str],
        parts: &Parts,
        query: &Query,
        body: &Bytes,
    ) -> Answer {
        let custom = self.options.custom_properties;
        match (&parts.method, rest) {
            (&Method::GET, []) => {
                allow(query, &["limit", "after", "properties", "propertiesWithHistory", "associations", "archived"])?;
                Ok(Json(list(&portal.store, kind, query, custom)?).into_response())
            }
            (&Method::POST, ["search"]) => {
                allow(query, &[])?;
                let search: Search = json_body(parts, body)?;
                Ok(Json(search.run(&portal.store, kind, custom)?).into_response())
            }
            (&Method::POST, []) => {
                allow(query, &[])?;
                self.create(portal, kind, json_body(parts, body)?)
            }
            (&Method::GET, [id]) => {
                allow(query, &["properties", "idProperty", "associations", "archived"])?;
                let record = find(&portal.store, kind, id, query)?;
                Ok(Json(record.show(names(kind, query, custom).iter().map(String::as_str))).into_response())
            }
            (&Method::PATCH, [id]) => {
                allow(query, &["idProperty"])?;
                let id = find(&portal.store, kind, id, query)?.id;
                self.change(portal, kind, id, json_body(parts, body)?)
            }
            (&Method::DELETE, [id]) => {
                allow(query, &[])?;
                let id = find(&portal.store, kind, id, query)?.id;
                if let Some(record) = portal.store.records.get_mut(&(kind, id)) {
                    record.archived = true;
                }
                Ok(StatusCode::NO_CONTENT.into_response())
            }
            _ => Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "VALIDATION_ERROR", "Method not allowed")),
        }
    }

    fn create(&self, portal: &mut Portal, kind: Kind, write: Write) -> Answer {
        let properties = properties::read(kind, write.properties.as_ref(), self.options.custom_properties)?;
        if properties.values().all(String::is_empty) {
            return Err(ApiError::validation("properties must not be empty"));
        }
        if kind == Kind::Note && properties.get("hs_timestamp").is_none_or(String::is_empty) {
            let message = "hs_timestamp is required".to_owned();
            return Err(ApiError::properties(vec![("hs_timestamp".to_owned(), "REQUIRED_FIELD", message)]));
        }
        let contact = associated(&portal.store, kind, &write.associations.unwrap_or_default())?;
        unique(&portal.store, kind, &properties, None)?;
        let now = self.world.now(portal.requests);
        let written: Vec<String> = properties.keys().cloned().collect();
        let id = portal.store.add(kind, properties, contact, now);
        let record = portal.store.get(kind, id).ok_or_else(|| ApiError::not_found("resource not found"))?;
        Ok((StatusCode::CREATED, Json(shown(record, &written))).into_response())
    }

    fn change(&self, portal: &mut Portal, kind: Kind, id: u64, write: Write) -> Answer {
        if write.associations.is_some() {
            return Err(ApiError::validation("Invalid input JSON: unknown field associations"));
        }
        let properties = properties::read(kind, write.properties.as_ref(), self.options.custom_properties)?;
        unique(&portal.store, kind, &properties, Some(id))?;
        let now = self.world.now(portal.requests);
        let record =
            portal.store.records.get_mut(&(kind, id)).ok_or_else(|| ApiError::not_found("resource not found"))?;
        let written: Vec<String> = properties.keys().cloned().collect();
        record.properties.extend(properties);
        record.updated = now;
        Ok(Json(shown(record, &written)).into_response())
    }
}

impl Portal {
    fn new(world: &World, options: &HubSpotOptions) -> Self {
        Self { store: Store::new(world), meter: Meter::new(options.limits), requests: 0, campaigns: 0 }
    }
}

/// The answer to a write: what was written, and what is always there.
fn shown(record: &Record, written: &[String]) -> Value {
    record.show(record.kind.always().iter().copied().chain(written.iter().map(String::as_str)))
}

fn list(store: &Store, kind: Kind, query: &Query, custom: bool) -> Result<Value, ApiError> {
    let limit: usize =
        query.get("limit").unwrap_or("10").parse().map_err(|_| ApiError::validation("limit must be a number"))?;
    if !(1..=100).contains(&limit) {
        return Err(ApiError::validation("limit must be 1 to 100"));
    }
    let after = match query.get("after") {
        None => 0,
        Some(text) => text.parse().map_err(|_| ApiError::validation("after must be a paging cursor"))?,
    };
    let names = names(kind, query, custom);
    let mut rest = store.alive(kind).skip_while(|record| record.id < after);
    let results: Vec<_> =
        rest.by_ref().take(limit).map(|record| record.show(names.iter().map(String::as_str))).collect();
    let mut body = json!({ "results": results });
    if let (Some(next), Some(fields)) = (rest.next(), body.as_object_mut()) {
        let link = format!("https://api.hubapi.com/crm/v3/objects/contacts?after={}", next.id);
        fields.insert("paging".to_owned(), json!({ "next": { "after": next.id.to_string(), "link": link } }));
    }
    Ok(body)
}

/// The properties to answer: those that are always there, and the named ones that exist, or the kind's own choice.
fn names(kind: Kind, query: &Query, custom: bool) -> Vec<String> {
    let Some(asked) = query.get("properties") else {
        return kind.defaults().iter().map(|name| (*name).to_owned()).collect();
    };
    let known = asked.split(',').filter(|name| kind.property(name, custom).is_some());
    kind.always().iter().copied().chain(known).map(str::to_owned).collect()
}

/// The record in a path: by number, or by a property with unique values.
fn find<'s>(store: &'s Store, kind: Kind, id: &str, query: &Query) -> Result<&'s Record, ApiError> {
    let id = Query::parse(Some(&format!("id={id}")))?.get("id").unwrap_or_default().to_owned();
    let found = match (query.get("idProperty"), kind) {
        (None, _) => id.parse().ok().and_then(|id| store.get(kind, id)),
        (Some("email"), Kind::Contact) => store.by(kind, "email", &id.to_lowercase()),
        (Some(UNIQUE), Kind::Deal) => store.by(kind, UNIQUE, &id),
        (Some(other), _) => return Err(ApiError::validation(format!("{other} is not a unique property"))),
    };
    found.ok_or_else(|| ApiError::not_found("resource not found"))
}

fn unknown_path(path: &str) -> ApiError {
    ApiError::not_found(format!("No resource at {path}"))
}

fn only(parts: &Parts, method: &Method) -> Result<(), ApiError> {
    if parts.method == *method {
        return Ok(());
    }
    Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "VALIDATION_ERROR", "Method not allowed"))
}

fn allow(query: &Query, known: &[&str]) -> Result<(), ApiError> {
    query.unknown(known).map_or(Ok(()), |name| Err(ApiError::validation(format!("Unknown parameter {name}"))))
}

fn json_body<T: DeserializeOwned>(parts: &Parts, body: &Bytes) -> Result<T, ApiError> {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next() != Some("application/json") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(ApiError::new(status, "VALIDATION_ERROR", "Content-Type must be application/json"));
    }
    serde_json::from_slice(body).map_err(|error| ApiError::validation(format!("Invalid input JSON: {error}")))
}
