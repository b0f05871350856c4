//! Reading reservations: `GET reservations`, `GET reservations/{id}`.

use moulin_adapter::booking::{Guest, Reservation, ReservationPage, ReservationQuery, ReservationStatus};
use moulin_adapter::http::{self, Response, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::Deserialize;

use super::single;
use crate::api::{self, Page, Paging};

/// The vendor's largest page.
const MAX_LIMIT: u32 = 100;

pub(crate) fn list(query: &ReservationQuery) -> Result<ReservationPage> {
    let page = Page::new(query.cursor.as_deref(), query.limit, MAX_LIMIT)?;
    let last_minute = LocalTime { hour: 23, minute: 59 };
    let request = http::get("/api/v2/reservations")
        .query("restaurantId", api::restaurant()?)
        .query("from", calendar::format_local(calendar::start_of_day(query.from)?))
        .query("to", calendar::format_local(calendar::to_instant(query.to, last_minute)?))
        .query_opt("status", words(&query.statuses))
        .query("limit", page.limit)
        .query("page", page.number);
    let answer = api::send(request)?;
    let [items, pagination] = read::members(answer.text()?, ["items", "pagination"])?;
    let items = items.ok_or_else(|| Error::unexpected("the vendor's answer lacks `items`"))?;
    let rows = read::rows(items, query.include_raw)?;
    let next = page.next(&paging(pagination)?, rows.len())?;
    let mut items = rows.iter().map(reservation).collect::<Result<Vec<_>>>()?;
    // The bounds and the filter are the vendor's; what it does with them is not documented to the minute.
    items.retain(|found| asked_for(found, query));
    Ok(ReservationPage { items, next })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Pagination<'a> {
    #[serde(borrow)]
    page: Scalar<'a>,
    per_page: Scalar<'a>,
    total: Scalar<'a>,
}

pub(super) fn paging(json: Option<&str>) -> Result<Paging<'_>> {
    let read: Pagination<'_> = match json {
        Some(object) if object.starts_with('{') => serde_json::from_str(object)?,
        _ => Pagination::default(),
    };
    Ok(Paging { page: read.page, size: read.per_page, total: read.total })
}

/// Whether a reservation lies in the days and has one of the statuses asked for.
pub(crate) fn asked_for(found: &Reservation, query: &ReservationQuery) -> bool {
    let key = |date: Date| (date.year, date.month, date.day);
    (key(query.from)..=key(query.to)).contains(&key(found.local_date))
        && (query.statuses.is_empty() || query.statuses.contains(&found.status))
}

pub(crate) fn get(id: &str, include_raw: bool) -> Result<Reservation> {
    one(&api::send(http::get(format!("/api/v2/reservations/{}", path_segment(id))))?, include_raw)
}

/// The one reservation of an answer.
pub(super) fn one(answer: &Response, include_raw: bool) -> Result<Reservation> {
    reservation(&read::row(single(answer, "reservation")?, include_raw)?)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    restaurant_id: Scalar<'a>,
    date: Scalar<'a>,
    time: Scalar<'a>,
    people: Scalar<'a>,
    #[serde(rename = "partySize")]
    party_size: Scalar<'a>,
    status: Scalar<'a>,
    customer: OneOrMany<Person<'a>>,
    notes: Scalar<'a>,
    table: Scalar<'a>,
    source: Scalar<'a>,
    created_at: Scalar<'a>,
    updated_at: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Person<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    name: Scalar<'a>,
    #[serde(rename = "firstName")]
    first_name: Scalar<'a>,
    #[serde(rename = "lastName")]
    last_name: Scalar<'a>,
    email: Scalar<'a>,
    phone: Scalar<'a>,
}

fn reservation(row: &Row<'_, Record<'_>>) -> Result<Reservation> {
    let id = row.record.id.required_id("id")?;
    mapped(row, &id).map_err(|error| error.about(&format!("reservation {id}")))
}

fn mapped(row: &Row<'_, Record<'_>>, id: &str) -> Result<Reservation> {
    let record = &row.record;
    let missing = |field: &str| Error::unexpected(format!("the vendor's answer lacks `{field}`"));
    let date = record.date.date("date")?.ok_or_else(|| missing("date"))?;
    let clock = record.time.local_time("time")?.ok_or_else(|| missing("time"))?;
    let starts_at = calendar::to_instant(date, clock)?;
    let (local_date, local_time) = calendar::to_local(starts_at);
    let people = match record.people.integer("people")? {
        Some(people) => Some(people),
        None => record.party_size.integer("partySize")?,
    };
    let party_size = people.and_then(|people| u32::try_from(people).ok()).ok_or_else(|| missing("people"))?;
    let (status, vendor_status) = status(record.status);
    Ok(Reservation {
        id: id.to_owned(),
        restaurant_id: record.restaurant_id.text(),
        starts_at,
        local_date,
        local_time,
        party_size,
        status,
        vendor_status,
        guest: guest(record.customer.iter().next()),
        notes: record.notes.text(),
        table: record.table.text(),
        source: record.source.text(),
        created_at: record.created_at.parse_with("created_at", calendar::parse_instant_or_date)?,
        updated_at: record.updated_at.parse_with("updated_at", calendar::parse_instant_or_date)?,
        raw: row.raw(),
    })
}

fn guest(person: Option<&Person<'_>>) -> Guest {
    let nobody = Person::default();
    let person = person.unwrap_or(&nobody);
    Guest {
        id: person.id.id(),
        first_name: person.first_name.text(),
        last_name: person.last_name.text(),
        full_name: person.name.text(),
        email: person.email.text(),
        phone: person.phone.text(),
    }
}

/// The contract's status, and TheFork's word when it is none of those documented. Compared without case.
fn status(word: Scalar<'_>) -> (ReservationStatus, Option<String>) {
    let Some(word) = word.str() else { return (ReservationStatus::Unknown, None) };
    let status = match word.to_ascii_lowercase().as_str() {
        "pending" => ReservationStatus::Pending,
        "confirmed" => ReservationStatus::Confirmed,
        "seated" => ReservationStatus::Seated,
        "complete" | "completed" => ReservationStatus::Completed,
        "cancelled" | "canceled" => ReservationStatus::Cancelled,
        "no_show" => ReservationStatus::NoShow,
        _ => return (ReservationStatus::Unknown, Some(word.into_owned())),
    };
    (status, None)
}

/// TheFork's word for a status.
pub(super) fn word(status: ReservationStatus) -> Option<&'static str> {
    Some(match status {
        ReservationStatus::Pending => "pending",
        ReservationStatus::Confirmed => "confirmed",
        ReservationStatus::Seated => "seated",
        ReservationStatus::Completed => "complete",
        ReservationStatus::Cancelled => "cancelled",
        ReservationStatus::NoShow => "no_show",
        ReservationStatus::Unknown => return None,
    })
}

/// The filter, `confirmed,seated`. None for all, or when `unknown` is asked for, which has no word.
fn words(statuses: &[ReservationStatus]) -> Option<String> {
    let words: Option<Vec<_>> = statuses.iter().map(|status| word(*status)).collect();
    words.filter(|words| !words.is_empty()).map(|words| words.join(","))
}

#[cfg(test)]
#[path = "reservations_tests.rs"]
mod tests;
