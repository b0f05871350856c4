//! Campaigns and tags: the module `Campaigns`, and `settings/tags`.

use moulin_adapter::crm::{Campaign, ListQuery, NewCampaign, Segment, SegmentPage};
use moulin_adapter::http;
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::Deserialize;

use crate::write::{self, Fields};
use crate::{api, error};

pub(crate) fn create_campaign(new: NewCampaign) -> Result<Campaign> {
    let mut fields = Fields::default();
    fields.text("Campaign_Name", Some(&new.name));
    fields.text("Type", new.kind.as_deref());
    fields.text("Description", new.description.as_deref());
    fields.day("Start_Date", new.starts_on);
    fields.day("End_Date", new.ends_on);
    let written = write::send(write::request(http::post(api::path("Campaigns")), fields, None)?, new.include_raw)?;
    Ok(Campaign {
        id: written.id,
        name: new.name,
        status: None,
        starts_on: new.starts_on,
        ends_on: new.ends_on,
        raw: written.raw,
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tag<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    name: Scalar<'a>,
}

/// The tags of contacts. The vendor gives all of them at once, without saying how many contacts have each.
pub(crate) fn tags(query: &ListQuery) -> Result<SegmentPage> {
    let start: usize = match &query.cursor {
        None => 0,
        Some(cursor) => cursor.parse().map_err(|_| Error::invalid("cursor", "is not one of this list"))?,
    };
    let answer = api::send(http::get(api::path("settings/tags")).query("module", "Contacts"))?;
    if answer.status() == 204 {
        return Ok(SegmentPage { items: Vec::new(), next: None });
    }
    let [tags] = read::members(answer.text()?, ["tags"])?;
    let tags = tags.filter(|json| json.starts_with('[')).ok_or_else(|| error::in_success(&answer, "tags"))?;
    let rows: Vec<Row<'_, Tag<'_>>> = read::rows(tags, query.include_raw)?;
    let count = query.limit.map_or(rows.len(), |limit| usize::try_from(limit.max(1)).unwrap_or(usize::MAX));
    let items = rows.iter().skip(start).take(count).map(segment).collect::<Result<_>>()?;
    let end = start.saturating_add(count);
    Ok(SegmentPage { items, next: (end < rows.len()).then(|| end.to_string()) })
}

fn segment(row: &Row<'_, Tag<'_>>) -> Result<Segment> {
    let id = row.record.id.required_id("id")?;
    Ok(Segment { name: row.record.name.text().unwrap_or_else(|| id.clone()), id, size: None, raw: row.raw() })
}
