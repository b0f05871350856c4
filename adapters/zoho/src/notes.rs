//! Notes: the module `Notes`, and a contact's related list of it.

use moulin_adapter::crm::{NewNote, Note, NotePage, NoteQuery};
use moulin_adapter::http;
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;

use crate::api;
use crate::record::{self, At, Record};
use crate::write::{self, Field, Fields};

const FIELDS: &str = "Note_Title,Note_Content,Parent_Id,Created_Time";
/// The module notes hang on, by its API name.
const CONTACTS: &str = "Contacts";

pub(crate) fn create(new: NewNote) -> Result<Note> {
    attach(&new.contact_id, new.title.as_deref(), &new.text, new.include_raw)
}

/// Writes a note. Version 8 names what it hangs on in one object, version 2 in two fields.
pub(crate) fn attach(contact: &str, title: Option<&str>, text: &str, include_raw: bool) -> Result<Note> {
    let mut fields = Fields::default();
    fields.text("Note_Title", title);
    fields.text("Note_Content", Some(text));
    if api::is_v8() {
        fields.put("Parent_Id", Field::Parent { module: CONTACTS, id: contact.to_owned() });
    } else {
        fields.text("Parent_Id", Some(contact));
        fields.text("se_module", Some(CONTACTS));
    }
    let written = write::send(write::request(http::post(api::path("Notes")), fields, None)?, include_raw)?;
    Ok(Note {
        id: written.id,
        contact_id: Some(contact.to_owned()),
        title: title.map(str::to_owned),
        text: text.to_owned(),
        created_at: written.created,
        raw: written.raw,
    })
}

pub(crate) fn list(query: &NoteQuery) -> Result<NotePage> {
    let (at, limit) = (At::of(query.cursor.as_deref())?, record::limit(query.limit));
    let request = http::get(format!("{}/Notes", api::contact(&query.contact_id)));
    let answer = api::send(at.on(request, limit).query("fields", FIELDS))?;
    let page = record::page(&answer, &at, limit, query.include_raw)?;
    let items = page.rows.iter().map(|row| note(row, &query.contact_id)).collect::<Result<_>>()?;
    Ok(NotePage { items, next: page.next })
}

fn note(row: &Row<'_, Record<'_>>, contact: &str) -> Result<Note> {
    let record = &row.record;
    Ok(Note {
        id: record.id()?,
        contact_id: Some(contact.to_owned()),
        title: record.get("Note_Title").text(),
        text: record.get("Note_Content").text().unwrap_or_default(),
        created_at: record.get("Created_Time").instant("Created_Time")?,
        raw: row.raw(),
    })
}
