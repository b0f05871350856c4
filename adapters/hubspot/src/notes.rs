//! Notes: `objects/notes`, associated with the contact by type 202.

use moulin_adapter::crm::{NewNote, Note, NotePage, NoteQuery};
use moulin_adapter::http;
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;
use serde_json::Map;

use crate::api::{self, Object};
use crate::deals::{iso_millis, moment};
use crate::html;
use crate::page::{self, Association, Filter, Record, Write};

/// Association of a note with a contact.
const TO_CONTACT: u16 = 202;
/// The vendor's longest body.
const LONGEST: usize = 65_536;

pub(crate) fn create(new: NewNote) -> Result<Note> {
    attach(&new.contact_id, new.title.as_deref(), &new.text, new.include_raw)
}

/// Writes a note of this moment.
pub(crate) fn attach(contact: &str, title: Option<&str>, text: &str, include_raw: bool) -> Result<Note> {
    let body = html::note(title, text);
    if body.chars().count() > LONGEST {
        return Err(Error::invalid("text", format!("must be at most {LONGEST} characters")));
    }
    let now = calendar::now();
    let properties =
        Map::from_iter([("hs_timestamp".to_owned(), iso_millis(now).into()), ("hs_note_body".to_owned(), body.into())]);
    let body = Write { properties, associations: Some(vec![Association::contact(contact, TO_CONTACT)]) };
    let answer = api::send(http::post(api::objects(Object::Notes)).json(&body)?)?;
    let row = page::one(&answer, include_raw)?;
    Ok(Note {
        id: row.record.id.required_id("id")?,
        contact_id: Some(contact.to_owned()),
        title: title.map(str::to_owned),
        text: text.to_owned(),
        created_at: row.record.get("hs_timestamp").parse_with("hs_timestamp", moment)?.or(Some(now)),
        raw: row.raw(),
    })
}

pub(crate) fn list(query: &NoteQuery) -> Result<NotePage> {
    let properties = ["hs_note_body", "hs_timestamp"].map(str::to_owned);
    let filter = Filter::new("associations.contact", "EQ", &query.contact_id);
    let cursor = query.cursor.as_deref();
    let request = page::search(Object::Notes, vec![vec![filter]], None, &properties, query.limit, cursor)?;
    let answer = api::send(request)?;
    let page = page::read(&answer, cursor, query.include_raw)?;
    let items = page.rows.iter().map(|row| note(row, &query.contact_id)).collect::<Result<_>>()?;
    Ok(NotePage { items, next: page.next })
}

fn note(row: &Row<'_, Record<'_>>, contact: &str) -> Result<Note> {
    let record = &row.record;
    let (title, text) = html::read(&record.get("hs_note_body").text().unwrap_or_default());
    let at = record.get("hs_timestamp").parse_with("hs_timestamp", moment)?;
    Ok(Note {
        id: record.id.required_id("id")?,
        contact_id: Some(contact.to_owned()),
        title,
        text,
        created_at: match at {
            Some(at) => Some(at),
            None => record.created_at.instant("createdAt")?,
        },
        raw: row.raw(),
    })
}
