//! Asking for contacts and changing them: the module `Contacts`.

use moulin_adapter::crm::{
    Contact, ContactPage, ContactPatch, ContactSearch, DeleteRequest, Deletion, ListQuery, Lookup, NewContact,
};
use moulin_adapter::http::{self, Idempotency, Request};
use moulin_adapter::prelude::*;

use crate::contact::{self, Names};
use crate::record::{self, At};
use crate::write::{self, Field, Fields};
use crate::{api, describe};

pub(crate) fn list(query: &ListQuery) -> Result<ContactPage> {
    let (names, at, limit) = (Names::configured(), At::of(query.cursor.as_deref())?, record::limit(query.limit));
    contacts(http::get(api::contacts()), &names, &at, limit, query.include_raw)
}

/// By one of the vendor's parameters: of several the first of its own order would win.
pub(crate) fn search(query: &ContactSearch) -> Result<ContactPage> {
    let (names, at, limit) = (Names::configured(), At::of(query.cursor.as_deref())?, record::limit(query.limit));
    at.within_search(limit)?;
    let filled =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let (name, value) = match (filled(&query.email), filled(&query.phone), filled(&query.text)) {
        (Some(email), None, None) => ("email", email.to_lowercase()),
        (None, Some(phone), None) => {
            ("phone", phone.chars().filter(|letter| !matches!(letter, ' ' | '.' | '-' | '(' | ')')).collect())
        }
        (None, None, Some(text)) if text.chars().count() < 2 => {
            return Err(Error::invalid("text", "must have at least 2 characters"));
        }
        (None, None, Some(text)) => ("word", text),
        _ => return Err(Error::validation("give exactly one of email, phone and text")),
    };
    let request = http::get(format!("{}/search", api::contacts())).query(name, value);
    contacts(request, &names, &at, limit, query.include_raw)
}

fn contacts(request: Request, names: &Names, at: &At, limit: u32, include_raw: bool) -> Result<ContactPage> {
    let answer = api::send(at.on(request, limit).query("fields", names.all()))?;
    let page = record::page(&answer, at, limit, include_raw)?;
    let items = page.rows.iter().map(|row| contact::contact(row, names)).collect::<Result<_>>()?;
    Ok(ContactPage { items, next: page.next })
}

pub(crate) fn get(query: &Lookup) -> Result<Contact> {
    let answer = api::send(http::get(api::contact(&query.id)))?;
    contact::contact(&record::one(&answer, query.include_raw)?, &Names::configured())
}

/// Creates a contact. The vendor answers with its number and times alone: the rest is what was sent.
///
/// A second contact with the same e-mail address is refused, so that a repetition creates nothing.
pub(crate) fn create(new: NewContact) -> Result<Contact> {
    let names = Names::configured();
    let account = account(new.company.as_deref())?;
    let fields = contact::created(&new, account, &names)?;
    let by_email: &[&str] = if new.email.is_some() { &["Email"] } else { &[] };
    let request = write::request(http::post(api::contacts()), fields, Some(by_email))?;
    let written = write::send(request, new.include_raw)?;
    let filled = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let (email, phone) = (filled(new.email), filled(new.phone));
    Ok(Contact {
        id: written.id,
        first_name: filled(new.first_name),
        last_name: filled(new.last_name).or_else(|| contact::stand_in(email.as_deref(), phone.as_deref())),
        email,
        phone,
        company: filled(new.company),
        loyalty_points: new.loyalty_points,
        last_visit: new.last_visit,
        created_at: written.created,
        updated_at: written.modified,
        extra: new.extra.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        raw: written.raw,
    })
}

/// The number of a company. Contacts point to it: it is found by its name, or created.
fn account(name: Option<&str>) -> Result<Option<String>> {
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else { return Ok(None) };
    let mut fields = Fields::default();
    fields.text("Account_Name", Some(name));
    let request = http::post(api::path("Accounts/upsert")).idempotency(Idempotency::Repeatable);
    let written = write::send(write::request(request, fields, Some(&["Account_Name"]))?, false)?;
    Ok(Some(written.id))
}

/// Changes a contact and reads it, because the answer to a change does not show it.
pub(crate) fn update(patch: &ContactPatch) -> Result<Contact> {
    let account = account(patch.company.as_deref())?;
    change(&patch.id, contact::changed(patch, account, &Names::configured())?)?;
    get(&Lookup { id: patch.id.clone(), include_raw: patch.include_raw })
}

/// Sends absolute values by PUT, which may be sent again.
pub(crate) fn change(id: &str, fields: Fields) -> Result<()> {
    write::send(write::request(http::put(api::contact(id)), fields, None)?, false)?;
    Ok(())
}

pub(crate) fn delete(request: DeleteRequest) -> Result<Deletion> {
    write::send(http::delete(api::contact(&request.id)), false)?;
    Ok(Deletion { id: request.id })
}

/// Points and last visit of a contact.
pub(crate) fn set_points(id: &str, points: i64, last_visit: Option<Date>) -> Result<()> {
    let mut fields = Fields::default();
    fields.put(api::setting(describe::POINTS), Field::Integer(points));
    fields.day(&api::setting(describe::LAST_VISIT), last_visit);
    change(id, fields)
}
