//! Loyalty points: a number property of the contact, read, added to and written back.
//!
//! The vendor has neither an increment nor a comparison, so two bookings for one contact at the same moment may lose
//! one of them: the caller must book for one contact one after the other.

use moulin_adapter::crm::{Lookup, Loyalty, LoyaltyEntry, LoyaltyKind, NewLoyaltyEntry};
use moulin_adapter::prelude::*;
use serde_json::Map;

use crate::contact::{self, Names};
use crate::{api, contacts, notes, page};

pub(crate) fn get(query: &Lookup) -> Result<Loyalty> {
    let names = Names::configured();
    let answer = api::send(contacts::lookup(&query.id, &names))?;
    let row = page::one(&answer, query.include_raw)?;
    let contact = contact::contact(&row, &names)?;
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
    let before = get(&Lookup { id: entry.contact_id.clone(), include_raw: false })?;
    let balance = before.points.checked_add(change).filter(|balance| *balance >= 0);
    let balance =
        balance.ok_or_else(|| Error::invalid("points", format!("the contact has {} points", before.points)))?;
    let day = entry.occurred_on.unwrap_or_else(|| calendar::to_local(calendar::now()).0);

    let names = Names::configured();
    let mut properties = Map::from_iter([(names.points.clone(), balance.to_string().into())]);
    let later = before.last_visit.is_none_or(|last| time::utc_midnight(last) < time::utc_midnight(day));
    if entry.kind == LoyaltyKind::Earn && later {
        properties.insert(names.last_visit.clone(), day.to_string().into());
    }
    let answer = contacts::change(&entry.contact_id, properties)?;
    let row = page::one(&answer, entry.include_raw)?;
    let balance = contact::points(row.record.get(&names.points), &names.points)?.unwrap_or(balance);
    let raw = row.raw();
    if let Some(text) = &entry.description {
        // The points are booked: a failure here must not make anyone book them again.
        let note = notes::attach(&entry.contact_id, Some(&title(&entry)), text, false);
        if let Err(error) = note {
            log::warn!("points were booked, but the note about them was not written: {error}");
        }
    }
    Ok(LoyaltyEntry {
        id: None,
        contact_id: entry.contact_id,
        points: entry.points,
        kind: entry.kind,
        occurred_on: day,
        description: entry.description,
        balance: Some(balance),
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

fn title(entry: &NewLoyaltyEntry) -> String {
    match entry.kind {
        LoyaltyKind::Earn => format!("+{} points", entry.points),
        LoyaltyKind::Redeem => format!("-{} points", entry.points),
        LoyaltyKind::Adjust => format!("{:+} points", entry.points),
    }
}
