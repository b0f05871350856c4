//! Reading reservations: `GET reservations` lists identifiers only, so each is read by `GET reservations/{id}`, and each
//! guest by `GET customers/{id}`.

use std::collections::BTreeSet;

use moulin_adapter::booking::{Guest, Reservation, ReservationPage, ReservationQuery, ReservationStatus};
use moulin_adapter::http::{self, Response, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::Deserialize;

use super::{PARALLEL, people};
use crate::api::{self, Page, Paging};
use crate::seed::reservations::asked_for;

/// A page costs one request, one for each reservation and one for each guest: with 50, no more than the limit of a
/// minute allows, so that it never waits for the next.
const MAX_LIMIT: u32 = 50;

const DAY: i64 = 24 * 3_600_000;

pub(crate) fn list(query: &ReservationQuery) -> Result<ReservationPage> {
    let (ids, next) = identifiers(query)?;
    let request = |id: &String| http::get(path(id));
    let answers = http::send_all(ids.iter().map(request).collect(), Some(PARALLEL));
    let mut items = Vec::new();
    for (id, answer) in ids.iter().zip(answers) {
        let about = |error: Error| error.about(&format!("reservation {id}"));
        let answer = answer.and_then(api::accepted).map_err(about)?;
        let found = one(&answer, query.include_raw).map_err(about)?;
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
    Ok(ReservationPage { items, next })
}

/// A page of identifiers, each once.
///
/// Whether the vendor's days are those of UTC or of the restaurant, and whether the last one is included, is not
/// documented: a day more is asked for, and the answer held to the days.
pub(crate) fn identifiers(query: &ReservationQuery) -> Result<(Vec<String>, Option<String>)> {
    let page = Page::new(query.cursor.as_deref(), query.limit, MAX_LIMIT)?;
    let last_minute = LocalTime { hour: 23, minute: 59 };
    let request = http::get("/manager/v1/reservations")
        .query("restaurantUuid", api::restaurant()?)
        .query("startDate", time::utc_date(calendar::start_of_day(query.from)?))
        .query("endDate", time::utc_date(calendar::to_instant(query.to, last_minute)? + DAY))
        .query("filterBy", "mealDate")
        .query("limit", page.limit)
        .query("page", page.number);
    let answer = api::send(request)?;
    let [data, total, number, limit] = read::members(answer.text()?, ["data", "totalCount", "page", "limit"])?;
    let data = data.ok_or_else(|| Error::unexpected("the vendor's answer lacks `data`"))?;
    let listed: Vec<Scalar<'_>> = serde_json::from_str(data)?;
    let paging = Paging {
        page: Scalar::from_json(number.unwrap_or_default()),
        size: Scalar::from_json(limit.unwrap_or_default()),
        total: Scalar::from_json(total.unwrap_or_default()),
    };
    let next = page.next(&paging, listed.len())?;
    let mut seen = BTreeSet::new();
    let mut ids = Vec::new();
    for entry in listed {
        let id = entry.required_id("data")?;
        if seen.insert(id.clone()) {
            ids.push(id);
        }
    }
    Ok((ids, next))
}

/// Path of one reservation.
pub(super) fn path(id: &str) -> String {
    format!("/manager/v1/reservations/{}", path_segment(id))
}

pub(crate) fn get(id: &str, include_raw: bool) -> Result<Reservation> {
    let mut found = one(&api::send(http::get(path(id)))?, include_raw)?;
    if let Some(id) = found.guest.id.clone() {
        let mut guests = people::guests(vec![id.clone()])?;
        found.guest = guests.remove(&id).unwrap_or(found.guest);
    }
    Ok(found)
}

/// The reservation of an answer, its guest by identifier alone unless the answer has more.
pub(super) fn one(answer: &Response, include_raw: bool) -> Result<Reservation> {
    reservation(&read::row(answer.text()?.trim(), include_raw)?)
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow)]
    reservation_uuid: Scalar<'a>,
    restaurant_uuid: Scalar<'a>,
    meal_date: Scalar<'a>,
    meal_status: Scalar<'a>,
    party_size: Scalar<'a>,
    status: Scalar<'a>,
    customer_note: Scalar<'a>,
    customer_uuid: Scalar<'a>,
    /// In the answers to a creation and a change, in place of `customerUuid`.
    customer: OneOrMany<people::Record<'a>>,
    reservation_channel: Scalar<'a>,
    created_at: Scalar<'a>,
    updated_at: Scalar<'a>,
}

fn reservation(row: &Row<'_, Record<'_>>) -> Result<Reservation> {
    let record = &row.record;
    let missing = |field: &str| Error::unexpected(format!("the vendor's answer lacks `{field}`"));
    let starts_at = record.meal_date.instant("mealDate")?.ok_or_else(|| missing("mealDate"))?;
    let (local_date, local_time) = calendar::to_local(starts_at);
    let party = record.party_size.integer("partySize")?;
    let (status, vendor_status) = status(record.status, record.meal_status);
    let guest = match record.customer.iter().next() {
        Some(customer) => people::guest(customer),
        None => only_id(record.customer_uuid.id()),
    };
    Ok(Reservation {
        id: record.reservation_uuid.required_id("reservationUuid")?,
        restaurant_id: record.restaurant_uuid.text(),
        starts_at,
        local_date,
        local_time,
        party_size: party.and_then(|party| u32::try_from(party).ok()).ok_or_else(|| missing("partySize"))?,
        status,
        vendor_status,
        guest,
        notes: record.customer_note.text(),
        // Tables are not part of this API.
        table: None,
        source: record.reservation_channel.text(),
        created_at: record.created_at.instant("createdAt")?,
        updated_at: record.updated_at.instant("updatedAt")?,
        raw: row.raw(),
    })
}

fn only_id(id: Option<String>) -> Guest {
    Guest { id, first_name: None, last_name: None, full_name: None, email: None, phone: None }
}

/// `status` says what was agreed, `mealStatus` how far the meal is; it is there once someone arrived.
fn status(status: Scalar<'_>, meal: Scalar<'_>) -> (ReservationStatus, Option<String>) {
    let Some(word) = status.str() else { return (ReservationStatus::Unknown, None) };
    let known = match (word.to_ascii_uppercase().as_str(), meal.str()) {
        ("REQUESTED", _) => ReservationStatus::Pending,
        ("CANCELED" | "CANCELLED" | "REFUSED", _) => ReservationStatus::Cancelled,
        ("NO_SHOW", _) => ReservationStatus::NoShow,
        ("RECORDED", None) => ReservationStatus::Confirmed,
        ("RECORDED", Some(meal)) => match meal.to_ascii_uppercase().as_str() {
            "PARTIALLY_ARRIVED" | "ARRIVED" | "SEATED" | "BILL" => ReservationStatus::Seated,
            "LEFT" => ReservationStatus::Completed,
            _ => return (ReservationStatus::Unknown, Some(meal.into_owned())),
        },
        _ => return (ReservationStatus::Unknown, Some(word.into_owned())),
    };
    (known, None)
}

#[cfg(test)]
#[path = "reservations_tests.rs"]
mod tests;
