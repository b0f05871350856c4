//! Lists as the vendor gives them: filters, order, pages by URL (V3) or by offset, one element as an object.

use std::collections::BTreeSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value as Json, json};

use super::Flavor;
use super::error::ApiError;
use super::filter::{Kind, Place, Test, Value};
use crate::common::query::Query;

/// A JSON object in the making.
pub(super) type Object = Map<String, Json>;

/// Sets a field; the vendor writes every scalar as a string.
pub(super) fn put(object: &mut Object, name: &str, value: impl ToString) {
    object.insert(name.to_owned(), Json::String(value.to_string()));
}

/// An object from names and values.
pub(super) fn object<const N: usize>(fields: [(&str, String); N]) -> Json {
    Json::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), Json::String(value))).collect())
}

/// Sets a list: absent when empty, an object when it has one element, else an array.
pub(super) fn put_many(target: &mut Object, name: &str, mut rows: Vec<Json>) {
    match rows.len() {
        0 => {}
        1 => {
            target.insert(name.to_owned(), rows.remove(0));
        }
        _ => {
            target.insert(name.to_owned(), Json::Array(rows));
        }
    }
}

/// The relations a request asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Relations(BTreeSet<String>);

impl Relations {
    /// Reads `load_relations`, a JSON array of names the resource knows. A nested name loads its parent too.
    pub(super) fn parse(text: Option<&str>, known: &[&str]) -> Result<Self, ApiError> {
        let Some(text) = text else { return Ok(Self::default()) };
        if text == "all" {
            // The vendor documents `all` and fails on it for wordy resources.
            return Err(ApiError::new(http::StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"));
        }
        let names: Vec<String> = serde_json::from_str(text)
            .map_err(|_| ApiError::bad_request("load_relations must be a JSON array of relation names"))?;
        let mut relations = BTreeSet::new();
        for name in names {
            if !known.contains(&name.as_str()) {
                return Err(ApiError::bad_request(format!("Invalid relation '{name}'")));
            }
            if let Some((parent, _)) = name.split_once('.') {
                relations.insert(parent.to_owned());
            }
            relations.insert(name);
        }
        Ok(Self(relations))
    }

    /// Every one of these names.
    pub(super) fn of(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// A field that can be filtered by.
pub(super) struct Field<R> {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) value: fn(&R) -> Value,
}

pub(super) const fn field<R>(name: &'static str, kind: Kind, value: fn(&R) -> Value) -> Field<R> {
    Field { name, kind, value }
}

/// A resource: how it is named, found, ordered and written.
pub(super) struct Table<'a, R> {
    pub(super) name: &'static str,
    pub(super) fields: &'a [Field<R>],
    /// Sortable fields; the first is the number and the default order.
    pub(super) sorts: &'a [&'static str],
    pub(super) relations: &'a [&'static str],
    pub(super) id: fn(&R) -> u32,
    /// For resources that can be archived: whether a row is.
    pub(super) archived: Option<fn(&R) -> bool>,
}

/// Part of a sorted list.
type Rows<'r, R> = &'r [(Place, &'r R)];

/// A list request after everything that needs no rows was checked.
struct Plan<'q> {
    tests: Vec<(usize, Test)>,
    sort: &'q str,
    descending: bool,
    limit: usize,
    archived: &'q str,
}

const PAGING: [&str; 7] = ["limit", "offset", "sort", "load_relations", "count", "after", "before"];

impl<R> Table<'_, R> {
    /// Answers a list request. `here` is the URL of this request without its query.
    pub(super) fn list<'r>(
        &self,
        flavor: Flavor,
        query: &Query,
        here: &str,
        rows: impl Iterator<Item = &'r R>,
        render: impl Fn(&R, &Relations) -> Json,
    ) -> Result<Json, ApiError>
    where
        R: 'r,
    {
        let plan = self.plan(flavor, query)?;
        let relations = Relations::parse(query.get("load_relations"), self.relations)?;
        let mut rows: Vec<(Place, &R)> = rows
            .filter(|row| match (self.archived, plan.archived) {
                (Some(archived), "only") => archived(row),
                (Some(archived), "false") => !archived(row),
                _ => true,
            })
            .filter(|row| {
                plan.tests.iter().all(|(at, test)| self.fields.get(*at).is_none_or(|f| test.is_met(&(f.value)(row))))
            })
            .map(|row| (self.place(plan.sort, row), row))
            .collect();
        rows.sort_by(|(a, _), (b, _)| order(a, b));
        if plan.descending {
            rows.reverse();
        }
        if flavor == Flavor::V3 && query.get("count") == Some("1") {
            return Ok(json!({ "@attributes": { "count": rows.len().to_string() } }));
        }
        let (page, attributes) = match flavor {
            Flavor::V3 => self.page_by_url(&plan, query, here, &rows)?,
            Flavor::Seed => page_by_offset(&plan, query, &rows)?,
        };
        let rendered = page.iter().map(|(_, row)| render(row, &relations)).collect();
        let mut answer = Object::new();
        answer.insert("@attributes".to_owned(), attributes);
        put_many(&mut answer, self.name, rendered);
        Ok(Json::Object(answer))
    }

    fn plan<'q>(&self, flavor: Flavor, query: &'q Query) -> Result<Plan<'q>, ApiError> {
        let mut tests = Vec::new();
        for (name, value) in query.iter() {
            if let Some(at) = self.fields.iter().position(|field| field.name == name) {
                let kind = self.fields.get(at).map_or(Kind::Text, |field| field.kind);
                tests.push((at, Test::parse(name, kind, value, flavor)?));
            } else if !self.is_control(flavor, name) {
                return Err(ApiError::bad_request(format!("Unknown parameter '{name}' for '{}'", self.name)));
            }
        }
        let limit = match query.get("limit").map(str::parse::<usize>) {
            None => 100,
            Some(Ok(limit)) if limit <= 100 => limit,
            Some(_) => return Err(ApiError::bad_request("limit must be a number from 0 to 100")),
        };
        let number = self.sorts.first().copied().unwrap_or_default();
        let sort = query.get("sort").unwrap_or(number);
        let (descending, sort) = sort.strip_prefix('-').map_or((false, sort), |field| (true, field));
        if !self.sorts.contains(&sort) {
            return Err(ApiError::bad_request(format!("Cannot sort '{}' by '{sort}'", self.name)));
        }
        let archived = query.get("archived").unwrap_or("false");
        if !["false", "true", "only"].contains(&archived) {
            return Err(ApiError::bad_request("archived must be false, true or only"));
        }
        if !matches!(query.get("count"), None | Some("0" | "1")) {
            return Err(ApiError::bad_request("count must be 0 or 1"));
        }
        if query.get("after").is_some() && query.get("before").is_some() {
            return Err(ApiError::bad_request("after and before exclude each other"));
        }
        Ok(Plan { tests, sort, descending, limit, archived })
    }

    fn is_control(&self, flavor: Flavor, name: &str) -> bool {
        match (name, flavor) {
            ("offset", Flavor::V3) | ("after" | "before" | "count", Flavor::Seed) => false,
            ("archived", _) => self.archived.is_some(),
            _ => PAGING.contains(&name),
        }
    }

    fn place(&self, sort: &str, row: &R) -> Place {
        let key = self.fields.iter().find(|field| field.name == sort).map_or(Value::Absent, |field| (field.value)(row));
        Place { key, id: (self.id)(row) }
    }

    /// V3: `next` and `previous` are whole URLs with the place in `after` or `before`, empty when there is no such page.
    fn page_by_url<'r>(
        &self,
        plan: &Plan<'_>,
        query: &Query,
        here: &str,
        rows: &'r [(Place, &'r R)],
    ) -> Result<(Rows<'r, R>, Json), ApiError> {
        let kind = self.fields.iter().find(|field| field.name == plan.sort).map_or(Kind::Number, |field| field.kind);
        let read = |name: &str| {
            query.get(name).map(|token| {
                Place::from_token(token, kind)
                    .ok_or_else(|| ApiError::bad_request(format!("Invalid value for '{name}'")))
            })
        };
        let ahead = |place: &Place, than: &Place| {
            let ordering = order(place, than);
            if plan.descending { ordering.is_gt() } else { ordering.is_lt() }
        };
        let (after, before) = (read("after").transpose()?, read("before").transpose()?);
        let (start, end) = if let Some(before) = before {
            let end = rows.partition_point(|(place, _)| ahead(place, &before));
            (end.saturating_sub(plan.limit), end)
        } else {
            let start =
                after.map_or(0, |after| rows.partition_point(|(place, _)| ahead(place, &after) || *place == after));
            (start, (start + plan.limit).min(rows.len()))
        };
        let page = rows.get(start..end).unwrap_or_default();
        let url = |wanted: bool, name: &str, edge: Option<&(Place, &R)>| match edge {
            Some((place, _)) if wanted => turned(query, here, name, &place.to_token()),
            _ => String::new(),
        };
        let next = url(end < rows.len(), "after", page.last());
        let previous = url(start > 0, "before", page.first());
        Ok((page, json!({ "next": next, "previous": previous })))
    }
}

fn order(a: &Place, b: &Place) -> std::cmp::Ordering {
    a.key.cmp(&b.key).then(a.id.cmp(&b.id))
}

/// The older API: `count`, `offset` and `limit` in the attributes.
fn page_by_offset<'r, R>(
    plan: &Plan<'_>,
    query: &Query,
    rows: &'r [(Place, &'r R)],
) -> Result<(Rows<'r, R>, Json), ApiError> {
    let offset: usize = match query.get("offset").map(str::parse) {
        None => 0,
        Some(Ok(offset)) => offset,
        Some(Err(_)) => return Err(ApiError::bad_request("offset must be a number")),
    };
    let page = rows.get(offset..(offset.saturating_add(plan.limit)).min(rows.len())).unwrap_or_default();
    let text = |number: usize| number.to_string();
    Ok((page, json!({ "count": text(rows.len()), "offset": text(offset), "limit": text(plan.limit) })))
}

/// This request's URL with another place in it.
fn turned(query: &Query, here: &str, name: &str, token: &str) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let kept = query.iter().filter(|(name, _)| !["after", "before"].contains(name));
    let parts: Vec<_> =
        kept.chain([(name, token)]).map(|(name, value)| format!("{}={}", name, encode(value))).collect();
    format!("{here}?{}", parts.join("&"))
}
