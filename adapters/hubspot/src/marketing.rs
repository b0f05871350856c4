//! Campaigns and lists: `marketing/…/campaigns`, `crm/…/lists/search`.
//!
//! The original connector's `objects/campaigns` and `contacts/v1/lists` are not in the vendor's present documentation.

use moulin_adapter::crm::{Campaign, ListQuery, NewCampaign, Segment, SegmentPage};
use moulin_adapter::http::{self, Idempotency};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::page::{self, Write};
use crate::{api, error};

/// Lists of contacts; the portal may have others, of companies or deals.
const CONTACTS: &str = "0-1";
/// Lists asked for at once.
const LISTS_MAX: u32 = 100;

/// Creates a campaign. The vendor's campaigns have no kind: it goes into the notes, before the description.
pub(crate) fn create_campaign(new: &NewCampaign) -> Result<Campaign> {
    let mut properties = Map::from_iter([("hs_name".to_owned(), Value::from(new.name.as_str()))]);
    for (name, day) in [("hs_start_date", new.starts_on), ("hs_end_date", new.ends_on)] {
        if let Some(day) = day {
            properties.insert(name.to_owned(), day.to_string().into());
        }
    }
    let notes: Vec<&str> = [&new.kind, &new.description].into_iter().flatten().map(String::as_str).collect();
    if !notes.is_empty() {
        properties.insert("hs_notes".to_owned(), notes.join("\n").into());
    }
    let answer = api::send(http::post(api::campaigns()).json(&Write { properties, associations: None })?)?;
    let row = page::one(&answer, new.include_raw)?;
    let day = |name: &str, sent: Option<Date>| -> Result<Option<Date>> {
        Ok(row.record.get(name).parse_with(name, crate::contact::day)?.or(sent))
    };
    Ok(Campaign {
        id: row.record.id.required_id("id")?,
        name: row.record.get("hs_name").text().unwrap_or_else(|| new.name.clone()),
        status: row.record.get("hs_campaign_status").text(),
        starts_on: day("hs_start_date", new.starts_on)?,
        ends_on: day("hs_end_date", new.ends_on)?,
        raw: row.raw(),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListSearch {
    query: &'static str,
    offset: u32,
    count: u32,
    additional_properties: [&'static str; 1],
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ContactList<'a> {
    #[serde(borrow)]
    list_id: Scalar<'a>,
    name: Scalar<'a>,
    object_type_id: Scalar<'a>,
    size: Scalar<'a>,
    additional_properties: Additional<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Additional<'a> {
    #[serde(borrow)]
    hs_list_size: Scalar<'a>,
}

/// The lists of contacts. An empty query pages through all lists.
pub(crate) fn segments(query: &ListQuery) -> Result<SegmentPage> {
    let offset = match &query.cursor {
        None => 0,
        Some(cursor) => cursor.parse().map_err(|_| Error::invalid("cursor", "is not one of this list"))?,
    };
    let count = query.limit.unwrap_or(LISTS_MAX).clamp(1, LISTS_MAX);
    let body = ListSearch { query: "", offset, count, additional_properties: ["hs_list_size"] };
    let request = http::post(api::lists_search()).json(&body)?.idempotency(Idempotency::Repeatable);
    let answer = api::send(request.rate_limit(crate::describe::SEARCH_LIMIT))?;
    let [lists, more, next] = read::members(answer.text()?, ["lists", "hasMore", "offset"])?;
    let lists = lists.filter(|json| json.starts_with('[')).ok_or_else(|| error::in_success(&answer, "lists"))?;
    let rows: Vec<Row<'_, ContactList<'_>>> = read::rows(lists, query.include_raw)?;
    let of_contacts =
        |row: &&Row<'_, ContactList<'_>>| row.record.object_type_id.str().is_none_or(|kind| kind == CONTACTS);
    let items = rows.iter().filter(of_contacts).map(segment).collect::<Result<_>>()?;
    let more = more.is_some_and(|json| Scalar::from_json(json).is_true());
    let next =
        if more { next.map(|json| Scalar::from_json(json).integer("offset")).transpose()?.flatten() } else { None };
    if more && next.is_none_or(|next| next <= i64::from(offset)) {
        return Err(Error::unexpected("HubSpot has more lists and does not say where"));
    }
    Ok(SegmentPage { items, next: next.map(|next| next.to_string()) })
}

fn segment(row: &Row<'_, ContactList<'_>>) -> Result<Segment> {
    let record = &row.record;
    let id = record.list_id.required_id("listId")?;
    let size = match record.additional_properties.hs_list_size.integer("hs_list_size")? {
        Some(size) => Some(size),
        None => record.size.integer("size")?,
    };
    Ok(Segment {
        name: record.name.text().unwrap_or_else(|| id.clone()),
        id,
        size: size.and_then(|size| u32::try_from(size).ok()),
        raw: row.raw(),
    })
}
