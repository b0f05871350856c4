//! Reading payments, orders, customers and locations.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::catalog::{LOCATION, instant};
use super::error::ApiError;
use super::page::{Cursors, Listing};
use super::payments::{Paid, customer_id};
use crate::common::query::Query;
use crate::world::World;

/// The second place of the business, where nothing is sold.
const CELLAR: &str = "LLVMCAVE00002";

pub(super) fn known_location(id: &str) -> bool {
    id == LOCATION || id == CELLAR
}

/// Everything of a query but the cursor: it has to stay the same from page to page.
fn unchanged(query: &Query) -> String {
    query.iter().filter(|(name, _)| *name != "cursor").map(|(name, value)| format!("{name}={value}&")).collect()
}

fn limit(query: &Query) -> Result<Option<i64>, ApiError> {
    let number = |text: &str| {
        let wrong = || ApiError::field("EXPECTED_INTEGER", "limit", "Expected an integer value.");
        text.parse().map_err(|_| wrong())
    };
    query.get("limit").map(number).transpose()
}

fn choice<'q>(query: &'q Query, name: &str, choices: &[&'q str]) -> Result<&'q str, ApiError> {
    let Some(first) = choices.first() else { return Ok("") };
    let chosen = query.get(name).unwrap_or(first);
    if choices.contains(&chosen) {
        return Ok(chosen);
    }
    Err(ApiError::field("INVALID_ENUM_VALUE", name, format!("`{chosen}` is not a valid enum value.")))
}

/// `GET /v2/payments`.
pub(super) fn payments(books: &[Paid], query: &Query, cursors: Cursors) -> Result<Value, ApiError> {
    let order = choice(query, "sort_order", &["DESC", "ASC"])?;
    let field = choice(query, "sort_field", &["CREATED_AT", "UPDATED_AT", "OFFLINE_CREATED_AT"])?;
    let time = |name: &str| query.get(name).map(|text| instant(name, text)).transpose();
    let (begin, end) = (time("begin_time")?, time("end_time")?);
    let (updated_begin, updated_end) = (time("updated_at_begin_time")?, time("updated_at_end_time")?);
    if let (Some(begin), Some(end)) = (begin, end)
        && begin > end
    {
        return Err(ApiError::field("INVALID_TIME_RANGE", "end_time", "The end is before the beginning."));
    }
    // Without a place the vendor answers for the main one alone.
    let location = query.get("location_id").unwrap_or(LOCATION);
    if !known_location(location) {
        return Err(ApiError::field("INVALID_VALUE", "location_id", format!("Location `{location}` is not known.")));
    }
    for unsupported in ["total", "last_4", "card_brand", "is_offline_payment"] {
        if query.get(unsupported).is_some() {
            return Err(ApiError::not_simulated(unsupported));
        }
    }
    let mut rows: Vec<&Paid> = books
        .iter()
        .filter(|_| location == LOCATION)
        .filter(|paid| begin.is_none_or(|begin| paid.created >= begin) && end.is_none_or(|end| paid.created <= end))
        .filter(|paid| updated_begin.is_none_or(|begin| paid.updated >= begin))
        .filter(|paid| updated_end.is_none_or(|end| paid.updated <= end))
        .collect();
    if field == "UPDATED_AT" {
        rows.sort_by_key(|paid| paid.updated);
    }
    if order == "DESC" {
        rows.reverse();
    }
    let limit = limit(query)?.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| (1..=100).contains(limit));
    let rows = rows.into_iter().map(|paid| &paid.json).collect::<Vec<_>>();
    let (limit, request) = (limit.unwrap_or(100), unchanged(query));
    Listing { name: "payments", limit, cursor: query.get("cursor"), request: &request, uneven: true }.cut(cursors, rows)
}

/// `GET /v2/payments/{id}`.
pub(super) fn payment(books: &[Paid], id: &str) -> Result<Value, ApiError> {
    let found = books.iter().find(|paid| paid.json.get("id").and_then(Value::as_str) == Some(id));
    found.map(|paid| json!({ "payment": paid.json })).ok_or_else(|| ApiError::not_found("Payment", id))
}

/// `GET /v2/orders/{id}`.
pub(super) fn order(orders: &BTreeMap<String, Value>, id: &str) -> Result<Value, ApiError> {
    orders.get(id).map(|order| json!({ "order": order })).ok_or_else(|| ApiError::not_found("Order", id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Orders {
    #[serde(default)]
    location_id: Option<String>,
    order_ids: Vec<String>,
}

/// `POST /v2/orders/batch-retrieve`: those that exist.
pub(super) fn batch(orders: &BTreeMap<String, Value>, wanted: &Orders) -> Result<Value, ApiError> {
    let count = wanted.order_ids.len();
    if count == 0 || count > 100 {
        let code = if count == 0 { "ARRAY_EMPTY" } else { "ARRAY_LENGTH_TOO_LONG" };
        return Err(ApiError::field(code, "order_ids", "1 to 100 orders can be retrieved."));
    }
    let here = wanted.location_id.as_deref().is_none_or(|id| id == LOCATION);
    let found: Vec<&Value> = wanted.order_ids.iter().filter_map(|id| orders.get(id)).filter(|_| here).collect();
    Ok(if found.is_empty() { json!({}) } else { json!({ "orders": found }) })
}

/// `GET /v2/customers`.
pub(super) fn customers(world: &World, query: &Query, cursors: Cursors) -> Result<Value, ApiError> {
    choice(query, "sort_field", &["DEFAULT", "CREATED_AT"])?;
    let order = choice(query, "sort_order", &["ASC", "DESC"])?;
    let limit = match limit(query)? {
        None => 100,
        Some(limit @ 1..=100) => usize::try_from(limit).unwrap_or(100),
        Some(limit) => {
            let code = if limit < 1 { "VALUE_TOO_LOW" } else { "VALUE_TOO_HIGH" };
            return Err(ApiError::field(code, "limit", "The limit must be 1 to 100."));
        }
    };
    let mut rows: Vec<Value> = world
        .customers()
        .iter()
        .map(|guest| {
            let mut row = json!({
                "id": customer_id(guest.id), "created_at": "2024-01-15T11:00:00.000Z", "updated_at": "2024-11-02T19:30:00Z",
                "given_name": guest.first_name, "family_name": guest.last_name, "email_address": guest.email,
                "preferences": { "email_unsubscribed": false }, "creation_source": "DIRECTORY", "version": 1,
            });
            if let Some(members) = row.as_object_mut() {
                if !guest.id.is_multiple_of(5) {
                    members.insert("phone_number".to_owned(), guest.phone.as_str().into());
                }
                if !guest.company.is_empty() {
                    members.insert("company_name".to_owned(), guest.company.into());
                }
            }
            row
        })
        .collect();
    if order == "DESC" {
        rows.reverse();
    }
    let request = unchanged(query);
    Listing { name: "customers", limit, cursor: query.get("cursor"), request: &request, uneven: false }
        .cut(cursors, rows)
}

fn place(id: &str) -> Value {
    let name = if id == LOCATION { "Le Vieux Moulin" } else { "Cave du Moulin" };
    json!({
        "id": id, "name": name, "business_name": "Le Vieux Moulin SARL", "timezone": "Europe/Paris", "status": "ACTIVE",
        "country": "FR", "currency": "EUR", "language_code": "fr-FR", "merchant_id": "ML0EXAMPLE01", "type": "PHYSICAL",
        "created_at": "2023-09-01T08:00:00Z", "capabilities": ["CREDIT_CARD_PROCESSING"],
    })
}

/// `GET /v2/locations`.
pub(super) fn locations() -> Value {
    json!({ "locations": [place(LOCATION), place(CELLAR)] })
}

/// `GET /v2/locations/{id}`; `main` is the main one.
pub(super) fn location(id: &str) -> Result<Value, ApiError> {
    let id = if id == "main" { LOCATION } else { id };
    if known_location(id) { Ok(json!({ "location": place(id) })) } else { Err(ApiError::not_found("Location", id)) }
}
