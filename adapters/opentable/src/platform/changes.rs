//! Changing and cancelling reservations through the in-house booking API: `POST …/reservations/search`,
//! `PUT …/reservations/{id}`, `DELETE …/reservations/{id}`.
//!
//! The booking API has identifiers of its own. A reservation of Sync is found there by its guest's phone number and its
//! confirmation number, which both know.

use moulin_adapter::booking::{Reservation, ReservationPatch, ReservationStatus};
use moulin_adapter::http::{Idempotency, Method, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use serde::{Deserialize, Serialize};

use super::people;
use super::reservations::{self, Present};
use crate::api;

#[derive(Serialize)]
struct Search<'a> {
    phone_number: PhoneNumber<'a>,
}

#[derive(Serialize)]
struct PhoneNumber<'a> {
    number: &'a str,
    country_code: u32,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    reservation_id: Scalar<'a>,
    confirmation_number: Scalar<'a>,
}

/// All three, as the vendor's example has them; the number as a text.
#[derive(Serialize)]
struct Change<'a> {
    party_size: String,
    date_time: String,
    special_request: &'a str,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Changed<'a> {
    #[serde(borrow)]
    date_time: Scalar<'a>,
    party_size: Scalar<'a>,
    special_request: Scalar<'a>,
}

/// Changes time, size and wishes, or cancels. Another status is the restaurant's own business in OpenTable.
pub(crate) fn update(patch: &ReservationPatch) -> Result<Reservation> {
    let alone = patch.starts_at.is_none() && patch.party_size.is_none() && patch.notes.is_none();
    let key = patch.idempotency_key.as_deref();
    match patch.status {
        None => {}
        Some(ReservationStatus::Cancelled) if alone => return cancel(&patch.id, key, patch.include_raw),
        Some(ReservationStatus::Cancelled) => {
            return Err(Error::invalid("status", "cannot be set to cancelled together with other changes"));
        }
        Some(_) => {
            return Err(Error::invalid("status", "can only be set to cancelled through OpenTable's booking API"));
        }
    }
    let Present { mut reservation, confirmation } = reservations::present(&patch.id, false)?;
    let target = target(&reservation, confirmation.as_deref(), key)?;
    let starts_at = patch.starts_at.unwrap_or(reservation.starts_at);
    let (date, clock) = calendar::to_local(starts_at);
    let party_size = patch.party_size.unwrap_or(reservation.party_size);
    let notes = patch.notes.clone().or(reservation.notes).unwrap_or_default();
    let body =
        Change { party_size: party_size.to_string(), date_time: format!("{date}T{clock}"), special_request: &notes };
    let answer = api::send(api::write(Method::Put, target, key).json(&body)?)?;
    let (mut starts_at, mut party_size, mut notes) = (starts_at, party_size, Some(notes));
    if !api::is_empty(&answer) {
        let row = read::row::<Changed<'_>>(answer.text()?.trim(), patch.include_raw)?;
        let changed = &row.record;
        starts_at = changed.date_time.parse_with("date_time", local_instant)?.unwrap_or(starts_at);
        if let Some(size) = changed.party_size.integer("party_size")? {
            party_size = u32::try_from(size).map_err(|_| Error::unexpected("`party_size` is negative"))?;
        }
        notes = changed.special_request.text().or(notes);
        reservation.raw = row.raw();
    }
    (reservation.local_date, reservation.local_time) = calendar::to_local(starts_at);
    reservation.starts_at = starts_at;
    reservation.party_size = party_size;
    reservation.notes = notes.filter(|notes| !notes.is_empty());
    // Sync will tell when.
    reservation.updated_at = None;
    Ok(reservation)
}

/// Cancels; OpenTable takes no reason. What was cancelled before stays cancelled.
pub(crate) fn cancel(id: &str, key: Option<&str>, include_raw: bool) -> Result<Reservation> {
    let Present { mut reservation, confirmation } = reservations::present(id, include_raw)?;
    if reservation.status == ReservationStatus::Cancelled {
        return Ok(reservation);
    }
    let target = target(&reservation, confirmation.as_deref(), key)?;
    api::send(api::write(Method::Delete, target, key))?;
    reservation.status = ReservationStatus::Cancelled;
    reservation.vendor_status = None;
    reservation.updated_at = None;
    // What was read is no longer so.
    reservation.raw = None;
    Ok(reservation)
}

/// Path of the reservation in the booking API.
fn target(reservation: &Reservation, confirmation: Option<&str>, key: Option<&str>) -> Result<String> {
    let unknown = |why: &str| Error::invalid("id", format!("{why}; change the reservation in OpenTable itself"));
    let confirmation = confirmation.ok_or_else(|| unknown("names a reservation without a confirmation number"))?;
    let guest = reservation.guest.id.as_deref();
    let phone = match guest {
        Some(guest) => people::national(guest)?,
        None => None,
    };
    let phone = phone.ok_or_else(|| {
        unknown("names a reservation whose guest has no phone number, by which OpenTable's booking API would find it")
    })?;
    let country_code = match phone.country {
        Some(country) => country,
        None => country_code()?,
    };
    let restaurant = path_segment(&api::restaurant()?);
    let body = Search { phone_number: PhoneNumber { number: &phone.number, country_code } };
    // A request of its own needs a number of its own.
    let key = key.map(|key| format!("{key}-search"));
    let request =
        api::write(Method::Post, format!("/inhouse/v1/booking/{restaurant}/reservations/search"), key.as_deref())
            .idempotency(Idempotency::Repeatable)
            .json(&body)?;
    let answer = api::send(request)?;
    let [list] = read::members(answer.text()?, ["reservations"])?;
    let list = list.ok_or_else(|| Error::unexpected("the vendor's answer lacks `reservations`"))?;
    let rows = read::rows::<Found<'_>>(list, false)?;
    let found = rows.iter().find(|row| row.record.confirmation_number.str().as_deref() == Some(confirmation));
    let found =
        found.ok_or_else(|| unknown("names a reservation that OpenTable's booking API does not show any more"))?;
    let id = found.record.reservation_id.required_id("reservations.reservation_id")?;
    Ok(format!("/inhouse/v1/booking/{restaurant}/reservations/{}", path_segment(&id)))
}

fn country_code() -> Result<u32> {
    let Some(text) = connection::setting("phone_country_code") else { return Ok(33) };
    let code = text.trim_start_matches('+').parse().ok().filter(|code| (1..=999).contains(code));
    code.ok_or_else(|| Error::invalid("settings.phone_country_code", "must be a number from 1 to 999"))
}

/// `2025-07-29T12:45` on the restaurant's clock.
pub(super) fn local_instant(text: &str) -> Result<Instant> {
    let (date, clock) = local(text)?;
    calendar::to_instant(date, clock)
}

/// Day and time of `2025-07-29T12:45`, seconds allowed.
pub(super) fn local(text: &str) -> Result<(Date, LocalTime)> {
    let (date, clock) = text.split_once('T').ok_or_else(|| Error::unexpected("not a date with a time"))?;
    Ok((time::parse_date(date)?, time::parse_local_time(clock)?))
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
