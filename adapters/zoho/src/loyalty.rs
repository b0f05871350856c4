//! Loyalty: an entry in a module that the restaurant made (`Rewards`), or the points of the contact itself.
//!
//! In the first way the entries are the truth and a workflow of the restaurant adds them up; in the second the points
//! are read, added to and written back, which the vendor cannot protect against a second booking at the same moment.

use moulin_adapter::crm::{Contact, Lookup, Loyalty, LoyaltyEntry, LoyaltyKind, NewLoyaltyEntry};
use moulin_adapter::http::{self, path_segment};
use moulin_adapter::prelude::*;

use crate::write::{self, Field, Fields, Written};
use crate::{api, contacts, describe, notes};

pub(crate) fn get(query: &Lookup) -> Result<Loyalty> {
    let contact = contacts::get(query)?;
    Ok(Loyalty {
        contact_id: contact.id,
        points: contact.loyalty_points.unwrap_or(0),
        last_visit: contact.last_visit,
        raw: contact.raw,
    })
}

/// Books points. A booking that would leave fewer than none is refused.
pub(crate) fn record(entry: NewLoyaltyEntry) -> Result<LoyaltyEntry> {
    let change = signed(&entry)?;
    let day = entry.occurred_on.unwrap_or_else(|| calendar::to_local(calendar::now()).0);
    let (id, balance, raw) = if api::setting(describe::LOYALTY_MODE) == "contact_field" {
        (None, Some(on_contact(&entry, change, day)?), None)
    } else {
        let written = in_module(&entry, change, day)?;
        (Some(written.id), None, written.raw)
    };
    Ok(LoyaltyEntry {
        id,
        contact_id: entry.contact_id,
        points: entry.points,
        kind: entry.kind,
        occurred_on: day,
        description: entry.description,
        balance,
        raw,
    })
}

/// What an entry adds to the balance.
fn signed(entry: &NewLoyaltyEntry) -> Result<i64> {
    match entry.kind {
        LoyaltyKind::Earn | LoyaltyKind::Redeem if entry.points <= 0 => {
            Err(Error::invalid("points", "must be more than zero"))
        }
        LoyaltyKind::Redeem => Ok(-entry.points),
        LoyaltyKind::Earn | LoyaltyKind::Adjust => Ok(entry.points),
    }
}

/// The contact, and its points after a change.
fn after(id: &str, change: i64) -> Result<(Contact, i64)> {
    let contact = contacts::get(&Lookup { id: id.to_owned(), include_raw: false })?;
    let points = contact.loyalty_points.unwrap_or(0);
    match points.checked_add(change).filter(|balance| *balance >= 0) {
        Some(balance) => Ok((contact, balance)),
        None => Err(Error::invalid("points", format!("the contact has {points} points"))),
    }
}

/// A record of the restaurant's module. Its name is made from the caller's key: where the restaurant made the field
/// unique, the vendor refuses a repetition and names the entry that is there.
fn in_module(entry: &NewLoyaltyEntry, change: i64, day: Date) -> Result<Written> {
    if change < 0 {
        after(&entry.contact_id, change)?;
    }
    let key = entry.idempotency_key.clone().unwrap_or_else(|| calendar::now().to_string());
    // The vendor's longest name has 120 characters.
    let name: String = format!("LVM-{day}-{key}").chars().take(120).collect();
    let contact = entry.contact_id.clone();
    let as_lookup = api::setting(describe::LOYALTY_LOOKUP) == "true";
    let mut fields = Fields::default();
    fields.text("Name", Some(&name));
    fields.put("Contact_ID", if as_lookup { Field::Id(contact) } else { Field::Text(contact) });
    fields.put("Points", Field::Integer(entry.points));
    fields.day("Transaction_Date", Some(day));
    fields.text("Transaction_Type", Some(kind(entry.kind)));
    fields.text("Transaction_Description", entry.description.as_deref());
    let module = api::path(&path_segment(&api::setting(describe::LOYALTY_MODULE)));
    match write::send(write::request(http::post(module), fields, None)?, entry.include_raw) {
        Ok(written) => Ok(written),
        Err(refused) => {
            let again = entry.idempotency_key.is_some()
                && refused.code.as_deref() == Some("DUPLICATE_DATA")
                && refused.field.as_deref() == Some("Name");
            match refused.existing {
                Some(id) if again => Ok(Written { id, created: None, modified: None, raw: None }),
                _ => Err(refused.error),
            }
        }
    }
}

/// The contact's own points; the day of a visit, if it is a later one.
fn on_contact(entry: &NewLoyaltyEntry, change: i64, day: Date) -> Result<i64> {
    let (contact, balance) = after(&entry.contact_id, change)?;
    let later = contact.last_visit.is_none_or(|last| time::utc_midnight(last) < time::utc_midnight(day));
    contacts::set_points(&contact.id, balance, (entry.kind == LoyaltyKind::Earn && later).then_some(day))?;
    if let Some(text) = &entry.description {
        // The points are booked: a failure here must not make anyone book them again.
        let title = format!("{change:+} points");
        if let Err(error) = notes::attach(&contact.id, Some(&title), text, false) {
            log::warn!("points were booked, but the note about them was not written: {error}");
        }
    }
    Ok(balance)
}

fn kind(kind: LoyaltyKind) -> &'static str {
    match kind {
        LoyaltyKind::Earn => "EARN",
        LoyaltyKind::Redeem => "REDEEM",
        LoyaltyKind::Adjust => "ADJUST",
    }
}
