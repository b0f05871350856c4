//! Reading reservations: `GET /sync/v2/reservations`, `GET /sync/v2/reservations/{id}`; their guests by
//! `GET /sync/v2/guests/{id}`.

use moulin_adapter::booking::{Guest, Reservation, ReservationPage, ReservationQuery, ReservationStatus};
use moulin_adapter::http::path_segment;
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::Deserialize;

use super::{feed, people};
use crate::api;
use crate::seed::reservations::asked_for;

/// Each reservation may cost a request for its guest: no more at once than the limit of a minute allows.
const MAX_MATCHES: usize = 100;

const DAY: i64 = 24 * 3_600_000;

/// Sync knows no filter by the day of the meal, only by the last change. A meal's reservation was made within the days
/// that guests can book ahead, so nothing older is asked for; the rest is filtered here.
pub(crate) fn list(query: &ReservationQuery) -> Result<ReservationPage> {
    let offset = feed::offset(query.cursor.as_deref())?;
    let since = calendar::start_of_day(query.from)?.saturating_sub(horizon()?.saturating_mul(DAY));
    let request =
        feed::request("reservations", offset, feed::MAX_LIMIT)?.query("updated_after", time::format_instant(since));
    let answer = api::send(request)?;
    let page = feed::read::<Record<'_>>(&answer, offset, query.include_raw)?;
    let wanted = query.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(MAX_MATCHES).clamp(1, MAX_MATCHES);
    let mut items = Vec::new();
    let mut taken = 0;
    for row in &page.rows {
        if items.len() == wanted {
            break;
        }
        taken += 1;
        let found = reservation(row)?;
        if asked_for(&found, query) {
            items.push(found);
        }
    }
    let guests = people::guests(items.iter().filter_map(|found| found.guest.id.clone()).collect())?;
    for found in &mut items {
        if let Some(guest) = found.guest.id.as_ref().and_then(|id| guests.get(id)) {
            found.guest = guest.clone();
        }
    }
    Ok(ReservationPage { items, next: page.after(offset, taken) })
}

fn horizon() -> Result<i64> {
    let Some(text) = connection::setting("booking_horizon_days") else { return Ok(365) };
    let days = text.parse().ok().filter(|days| (1..=3_650).contains(days));
    days.ok_or_else(|| Error::invalid("settings.booking_horizon_days", "must be a number from 1 to 3650"))
}

/// Asks for one reservation, whichever.
pub(crate) fn probe() -> Result<()> {
    let answer = api::send(feed::request("reservations", 0, 1)?)?;
    feed::read::<Record<'_>>(&answer, 0, false).map(drop)
}

pub(crate) fn get(id: &str, include_raw: bool) -> Result<Reservation> {
    let mut present = present(id, include_raw)?;
    if let Some(id) = present.reservation.guest.id.clone() {
        let mut guests = people::guests(vec![id.clone()])?;
        if let Some(guest) = guests.remove(&id) {
            present.reservation.guest = guest;
        }
    }
    Ok(present.reservation)
}

/// A reservation as Sync has it, and what the booking API calls it by.
pub(super) struct Present {
    pub(super) reservation: Reservation,
    pub(super) confirmation: Option<String>,
}

/// Reads a reservation without its guest.
pub(super) fn present(id: &str, include_raw: bool) -> Result<Present> {
    let answer = api::send(api::get(format!("/sync/v2/reservations/{}", path_segment(id))))?;
    let row = read::row::<Record<'_>>(answer.text()?.trim(), include_raw)?;
    Ok(Present { reservation: reservation(&row)?, confirmation: row.record.confirmation_id.id() })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    rid: Scalar<'a>,
    guest_id: Scalar<'a>,
    confirmation_id: Scalar<'a>,
    state: Scalar<'a>,
    table_number: Option<Vec<Scalar<'a>>>,
    created_date_utc: Scalar<'a>,
    scheduled_time_utc: Scalar<'a>,
    party_size: Scalar<'a>,
    origin: Scalar<'a>,
    updated_at_utc: Scalar<'a>,
    guest_request: Scalar<'a>,
}

fn reservation(row: &Row<'_, Record<'_>>) -> Result<Reservation> {
    let id = row.record.id.required_id("id")?;
    mapped(row, &id).map_err(|error| error.about(&format!("reservation {id}")))
}

fn mapped(row: &Row<'_, Record<'_>>, id: &str) -> Result<Reservation> {
    let record = &row.record;
    let missing = |field: &str| Error::unexpected(format!("the vendor's answer lacks `{field}`"));
    // The times without `_utc` carry no offset.
    let starts_at = record.scheduled_time_utc.instant("scheduled_time_utc")?;
    let starts_at = starts_at.ok_or_else(|| missing("scheduled_time_utc"))?;
    let (local_date, local_time) = calendar::to_local(starts_at);
    let party = record.party_size.integer("party_size")?;
    let (status, vendor_status) = status(record.state);
    let tables: Vec<String> = record.table_number.iter().flatten().filter_map(|table| table.text()).collect();
    Ok(Reservation {
        id: id.to_owned(),
        restaurant_id: record.rid.id(),
        starts_at,
        local_date,
        local_time,
        party_size: party.and_then(|party| u32::try_from(party).ok()).ok_or_else(|| missing("party_size"))?,
        status,
        vendor_status,
        guest: Guest {
            id: record.guest_id.id(),
            first_name: None,
            last_name: None,
            full_name: None,
            email: None,
            phone: None,
        },
        notes: record.guest_request.text(),
        table: (!tables.is_empty()).then(|| tables.join(", ")),
        source: record.origin.text(),
        created_at: record.created_date_utc.instant("created_date_utc")?,
        updated_at: record.updated_at_utc.instant("updated_at_utc")?,
        raw: row.raw(),
    })
}

/// Compared without case and separators: `NoShow`, `NO_SHOW`. `CancelledWeb` and its like say who cancelled.
fn status(word: Scalar<'_>) -> (ReservationStatus, Option<String>) {
    let Some(word) = word.str() else { return (ReservationStatus::Unknown, None) };
    let plain: String = word.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let status = match plain.as_str() {
        "pending" => ReservationStatus::Pending,
        "booked" | "confirmed" => ReservationStatus::Confirmed,
        "arrived" | "seated" => ReservationStatus::Seated,
        "done" => ReservationStatus::Completed,
        "noshow" => ReservationStatus::NoShow,
        "canceled" => ReservationStatus::Cancelled,
        other if other.starts_with("cancelled") => ReservationStatus::Cancelled,
        _ => return (ReservationStatus::Unknown, Some(word.into_owned())),
    };
    (status, None)
}

#[cfg(test)]
#[path = "reservations_tests.rs"]
mod tests;
