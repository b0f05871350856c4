//! Asking for contacts and changing them: `objects/contacts`.

use moulin_adapter::crm::{
    Contact, ContactPage, ContactPatch, ContactSearch, DeleteRequest, Deletion, ListQuery, Lookup, NewContact,
};
use moulin_adapter::http::{self, Idempotency, Request, Response};
use moulin_adapter::prelude::*;

use crate::api::{self, Object};
use crate::contact::{self, Names};
use crate::error;
use crate::page::{self, Filter, Write};

/// How far the vendor's clock may be behind ours.
const SKEW_MS: i64 = 60_000;

pub(crate) fn list(query: &ListQuery) -> Result<ContactPage> {
    let (names, cursor) = (Names::configured(), query.cursor.as_deref());
    let answer = api::send(page::list(Object::Contacts, &names.all(), query.limit, cursor)?)?;
    contacts(&answer, &names, cursor, query.include_raw)
}

/// Always the search endpoint: filters on the list are ignored by the vendor.
pub(crate) fn search(query: &ContactSearch) -> Result<ContactPage> {
    let (names, cursor) = (Names::configured(), query.cursor.as_deref());
    let (groups, words) = wanted(query)?;
    let request = page::search(Object::Contacts, groups, words.as_deref(), &names.all(), query.limit, cursor)?;
    contacts(&api::send(request)?, &names, cursor, query.include_raw)
}

/// The filter groups, or the text. A text over all fields is the vendor's `query`: filters of one group must all hold.
fn wanted(query: &ContactSearch) -> Result<(Vec<Vec<Filter>>, Option<String>)> {
    let filled =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    match (filled(&query.email), filled(&query.phone), filled(&query.text)) {
        // The vendor keeps addresses in lower case.
        (Some(email), None, None) => Ok((vec![vec![Filter::new("email", "EQ", email.to_lowercase())]], None)),
        (None, Some(phone), None) => {
            let bare: String = phone.chars().filter(|letter| !matches!(letter, ' ' | '.' | '-' | '(' | ')')).collect();
            let mut forms = vec![phone];
            if !forms.contains(&bare) {
                forms.push(bare);
            }
            let both = ["phone", "mobilephone"];
            let groups = forms.iter().flat_map(|form| both.map(|name| vec![Filter::new(name, "EQ", form)]));
            Ok((groups.collect(), None))
        }
        (None, None, Some(text)) if text.chars().count() > 3_000 => {
            Err(Error::invalid("text", "must be at most 3000 characters"))
        }
        (None, None, Some(text)) => Ok((Vec::new(), Some(text))),
        _ => Err(Error::validation("give exactly one of email, phone and text")),
    }
}

fn contacts(answer: &Response, names: &Names, cursor: Option<&str>, include_raw: bool) -> Result<ContactPage> {
    let page = page::read(answer, cursor, include_raw)?;
    let items = page.rows.iter().map(|row| contact::contact(row, names)).collect::<Result<_>>()?;
    Ok(ContactPage { items, next: page.next })
}

pub(crate) fn get(query: &Lookup) -> Result<Contact> {
    let names = Names::configured();
    let answer = api::send(lookup(&query.id, &names))?;
    contact::contact(&page::one(&answer, query.include_raw)?, &names)
}

pub(crate) fn lookup(id: &str, names: &Names) -> Request {
    http::get(api::object(Object::Contacts, id)).query("properties", names.all().join(","))
}

/// Creates a contact.
///
/// The vendor knows no idempotency key, but e-mail addresses stand once only: when no answer came, the contact is looked
/// for by its address, and taken if it was made since.
pub(crate) fn create(new: &NewContact) -> Result<Contact> {
    let names = Names::configured();
    let properties = contact::created(new, &names)?;
    let begun = calendar::now();
    let request = http::post(api::objects(Object::Contacts));
    match api::send(request.json(&Write { properties, associations: Some(Vec::new()) })?) {
        // The answer holds what was sent, and what the vendor made of it.
        Ok(answer) => contact::contact(&page::one(&answer, new.include_raw)?, &names),
        Err(lost) if lost.is_ambiguous() => made_since(new, &names, begun)?.ok_or(lost),
        Err(error) => Err(error),
    }
}

fn made_since(new: &NewContact, names: &Names, begun: Instant) -> Result<Option<Contact>> {
    let Some(email) = new.email.as_deref() else { return Ok(None) };
    log::warn!("no answer to a new contact, looking whether it was created");
    let found = api::send(lookup(&email.to_lowercase(), names).query("idProperty", "email"));
    let answer = match found {
        Ok(answer) => answer,
        Err(error) => {
            log::warn!("the look for the contact failed: {error}");
            return Ok(None);
        }
    };
    let contact = contact::contact(&page::one(&answer, new.include_raw)?, names)?;
    Ok(Some(contact).filter(|contact| contact.created_at.is_some_and(|at| at >= begun - SKEW_MS)))
}

/// Changes a contact. The same change twice does no harm.
pub(crate) fn update(patch: &ContactPatch) -> Result<Contact> {
    let names = Names::configured();
    let properties = contact::changed(patch, &names)?;
    let answer = change(&patch.id, properties)?;
    page::one(&answer, false)?;
    // A change is answered with the changed properties only.
    get(&Lookup { id: patch.id.clone(), include_raw: patch.include_raw })
}

/// Sends absolute values, which may be sent again.
pub(crate) fn change(id: &str, properties: serde_json::Map<String, serde_json::Value>) -> Result<Response> {
    let body = Write { properties, associations: None };
    let request = http::patch(api::object(Object::Contacts, id)).json(&body)?;
    api::send(request.idempotency(Idempotency::Repeatable))
}

/// Moves a contact to the bin: 204, without a body.
pub(crate) fn delete(request: DeleteRequest) -> Result<Deletion> {
    let answer = api::send(http::delete(api::object(Object::Contacts, &request.id)))?;
    // Anything else with a 2xx status, such as a proxy's page, says nothing of the contact.
    if answer.status() != 204 {
        return Err(error::in_success(&answer, "204 No Content"));
    }
    Ok(Deletion { id: request.id })
}
