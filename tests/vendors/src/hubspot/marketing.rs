//! Lists of contacts, and campaigns.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::properties::{Kind, iso};
use super::store::Store;

/// The portal's lists: name, type of object, and how many of the contacts it holds.
const LISTS: [(&str, &str, usize); 5] = [
    ("Habitués du midi", "0-1", 3),
    ("Fournisseurs", "0-2", 1),
    ("Newsletter", "0-1", 1),
    ("Anniversaires du mois", "0-1", 12),
    ("Groupes et privatisations", "0-1", 20),
];

/// The body of `lists/search`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ListSearch {
    query: Option<String>,
    offset: Option<usize>,
    count: Option<usize>,
    additional_properties: Option<Vec<String>>,
}

/// A page of lists.
pub(super) fn lists(search: &ListSearch, store: &Store) -> Result<Response, ApiError> {
    let (offset, count) = (search.offset.unwrap_or(0), search.count.unwrap_or(20));
    if !(1..=500).contains(&count) {
        return Err(ApiError::validation("count must be 1 to 500"));
    }
    let contacts = store.alive(Kind::Contact).count();
    let query = search.query.as_deref().unwrap_or_default().to_lowercase();
    let found: Vec<_> = (1u32..).zip(LISTS).filter(|(_, (name, ..))| name.to_lowercase().contains(&query)).collect();
    let sized = search.additional_properties.iter().flatten().any(|name| name == "hs_list_size");
    let show = |(id, (name, kind, part)): &(u32, (&str, &str, usize))| {
        let mut additional = Map::new();
        if sized {
            additional.insert("hs_list_size".to_owned(), (contacts / part).to_string().into());
        }
        json!({
            "listId": id.to_string(),
            "listVersion": 1,
            "name": name,
            "objectTypeId": kind,
            "processingType": "DYNAMIC",
            "processingStatus": "COMPLETE",
            "additionalProperties": additional,
        })
    };
    let page: Vec<_> = found.iter().skip(offset).take(count).map(show).collect();
    let next = offset + page.len();
    let body = json!({ "lists": page, "offset": next, "hasMore": next < found.len(), "total": found.len() });
    Ok(Json(body).into_response())
}

/// The body of a new campaign.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCampaign {
    properties: Map<String, Value>,
}

/// A new campaign.
pub(super) fn campaign(new: &NewCampaign, number: u64, now: Timestamp) -> Result<Response, ApiError> {
    let mut wrong = Vec::new();
    for (name, value) in &new.properties {
        let text = value.as_str().unwrap_or_default();
        match name.as_str() {
            "hs_name" | "hs_notes" | "hs_audience" if !text.is_empty() => {}
            "hs_start_date" | "hs_end_date" if text.parse::<Date>().is_ok() && text.len() == 10 => {}
            "hs_campaign_status" if ["planned", "in_progress", "active", "paused", "completed"].contains(&text) => {}
            _ => wrong.push((name.clone(), "INVALID_PROPERTY", format!("{name} is not valid here"))),
        }
    }
    if !new.properties.contains_key("hs_name") {
        wrong.push(("hs_name".to_owned(), "REQUIRED_FIELD", "hs_name is required".to_owned()));
    }
    if !wrong.is_empty() {
        return Err(ApiError::properties(wrong));
    }
    let mut properties = new.properties.clone();
    properties.entry("hs_campaign_status").or_insert_with(|| "planned".into());
    let body = json!({
        "id": format!("c0ffee00-0000-4000-8000-{number:012}"),
        "properties": properties,
        "businessUnits": [],
        "createdAt": iso(now),
        "updatedAt": iso(now),
    });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}
