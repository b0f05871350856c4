//! Making, changing and cancelling reservations: `POST restaurants/{id}/reservations`, `PATCH reservations/{id}`,
//! `PATCH reservations/{id}/cancel`.

use moulin_adapter::booking::{NewReservation, Reservation, ReservationPatch, ReservationStatus};
use moulin_adapter::http;
use moulin_adapter::prelude::*;
use serde::Serialize;

use super::{of_restaurant, people, reservations};
use crate::guest::{Person, person, phone};
use crate::{api, error};

/// Characters in a guest's note.
const MAX_NOTE: usize = 1_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct New<'a> {
    meal_date: String,
    party_size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_note: Option<&'a str>,
    customer: Customer,
}

#[derive(Serialize)]
struct Customer {
    #[serde(flatten)]
    person: Person,
    locale: String,
    civility: String,
}

/// Both are required.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    meal_date: String,
    party_size: u32,
}

/// Makes a reservation.
///
/// TheFork knows no idempotency key. When the answer is lost, the guest's reservations ahead are looked at instead of
/// asking again, which needs a phone number.
pub(crate) fn create(new: &NewReservation) -> Result<Reservation> {
    let mut person = person(&new.guest)?;
    if let Some(written) = &person.phone {
        let international = phone(written);
        person.phone =
            Some(international.ok_or_else(|| {
                Error::invalid("guest.phone", "must be an international number, such as +33612345678")
            })?);
    }
    let note = new.notes.as_deref().filter(|notes| !notes.is_empty());
    if note.is_some_and(|note| note.chars().count() > MAX_NOTE) {
        return Err(Error::invalid("notes", format!("must have at most {MAX_NOTE} characters at TheFork")));
    }
    let number = person.phone.clone();
    let body = New {
        meal_date: time::format_instant(new.starts_at),
        party_size: new.party_size,
        customer_note: note,
        customer: Customer {
            person,
            locale: connection::setting("guest_locale").unwrap_or_else(|| "fr_FR".to_owned()),
            civility: connection::setting("guest_civility").unwrap_or_else(|| "mx".to_owned()),
        },
    };
    match api::send(http::post(of_restaurant("reservations")?).json(&body)?) {
        Ok(answer) => reservations::one(&answer, new.include_raw),
        Err(lost) if lost.is_ambiguous() => booked(new, number.as_deref()).ok_or(lost),
        Err(error) => Err(error),
    }
}

/// The reservation, if TheFork has it. A failure of this look is no better to know than the first.
fn booked(new: &NewReservation, phone: Option<&str>) -> Option<Reservation> {
    log::warn!("no answer to a new reservation, looking whether it was made");
    let look = || -> Result<Option<Reservation>> {
        let Some(phone) = phone else { return Ok(None) };
        let Some(id) = people::reservation_at(phone, new.starts_at)? else { return Ok(None) };
        let found = reservations::get(&id, new.include_raw)?;
        Ok(Some(found).filter(|found| found.party_size == new.party_size))
    };
    look().unwrap_or_else(|error| {
        log::warn!("the look for the reservation failed: {error}");
        None
    })
}

/// Changes time and size, or cancels. The rest TheFork's API does not change, and it is refused before any request.
pub(crate) fn update(patch: &ReservationPatch) -> Result<Reservation> {
    let mut refusal = Error::validation("TheFork's B2B API changes time and party size, or cancels, and nothing else");
    let mut refused = false;
    let mut refuse = |field: &str, why: &str| {
        refusal = refusal.clone().field(field, why);
        refused = true;
    };
    if patch.notes.is_some() {
        refuse("notes", "cannot be changed through TheFork's B2B API");
    }
    match patch.status {
        None => {}
        Some(ReservationStatus::Cancelled) if patch.starts_at.is_none() && patch.party_size.is_none() => {}
        Some(ReservationStatus::Cancelled) => {
            refuse("status", "cannot be set to cancelled together with other changes")
        }
        Some(_) => refuse("status", "can only be set to cancelled through TheFork's B2B API"),
    }
    if refused {
        return Err(refusal);
    }
    if patch.status.is_some() {
        return cancel(&patch.id, patch.include_raw);
    }
    let (starts_at, party_size) = match (patch.starts_at, patch.party_size) {
        (Some(starts_at), Some(party_size)) => (starts_at, party_size),
        // TheFork wants both: what does not change is read.
        (starts_at, party_size) => {
            let answer = api::send(http::get(reservations::path(&patch.id)))?;
            let present = reservations::one(&answer, false)?;
            (starts_at.unwrap_or(present.starts_at), party_size.unwrap_or(present.party_size))
        }
    };
    let body = Change { meal_date: time::format_instant(starts_at), party_size };
    // The same change again changes nothing.
    let request = http::patch(reservations::path(&patch.id)).json(&body)?.idempotency(http::Idempotency::Repeatable);
    reservations::one(&api::send(request)?, patch.include_raw)
}

/// Cancels; TheFork takes no reason. What was cancelled before stays cancelled.
pub(crate) fn cancel(id: &str, include_raw: bool) -> Result<Reservation> {
    let target = format!("{}/cancel", reservations::path(id));
    // Cancelling again is refused as a double cancellation, which is no failure.
    let answer = http::patch(target).idempotency(http::Idempotency::Repeatable).send()?;
    if answer.status() == 409 && error::code(&answer).as_deref() == Some("DOUBLE_CANCELLATION") {
        return reservations::get(id, include_raw);
    }
    let answer = api::accepted(answer)?;
    if api::is_empty(&answer) {
        return reservations::get(id, include_raw);
    }
    let mut cancelled = reservations::one(&answer, include_raw)?;
    // The cancellation is done: that the guest's name cannot be read does not undo it.
    if let Some(guest) = cancelled.guest.id.clone() {
        match people::guests(vec![guest.clone()]) {
            Ok(mut guests) => cancelled.guest = guests.remove(&guest).unwrap_or(cancelled.guest),
            Err(error) => log::warn!("the guest of a cancelled reservation could not be read: {error}"),
        }
    }
    Ok(cancelled)
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
