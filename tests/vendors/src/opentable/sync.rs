//! Sync v2: reservations and guests as they are, and the directory. Reading only.

use http::Method;
use jiff::{Timestamp, Zoned};
use serde_json::{Value, json};

use super::api::{Answer, Api, Ask, Done, nothing_here};
use super::error::ApiError;
use crate::common::diary::{Diary, Entry, Guest};
use crate::world::{BookingState, RESTAURANT, paris, paris_instant};

pub(super) fn answer(api: &Api, diary: &Diary, ask: &Ask<'_>, steps: &[&str]) -> Answer {
    if ask.parts.method != Method::GET {
        return Err(nothing_here(ask));
    }
    let rid = api.options.restaurant_id.as_str();
    let body = match steps {
        ["v2", "reservations"] => {
            ask.allow(&["rid", "limit", "offset", "updated_after", "state"])?;
            own(ask, rid)?;
            let after = after(ask)?;
            let wanted = ask.query.get("state");
            let fits = |entry: &&Entry| {
                after.is_none_or(|after| entry.updated > after) && wanted.is_none_or(|word| state(entry.state) == word)
            };
            page(ask, diary.entries.iter().filter(fits).map(|entry| reservation(entry, rid)).collect())
        }
        ["v2", "reservations", id] => {
            ask.allow(&[])?;
            let entry = diary.entries.iter().find(|entry| reservation_id(rid, entry.number) == *id);
            entry.map(|entry| reservation(entry, rid)).ok_or_else(|| ApiError::not_found("Reservation", id))
        }
        ["v2", "guests"] => {
            ask.allow(&["rid", "limit", "offset", "updated_after", "email_optin"])?;
            own(ask, rid)?;
            let after = after(ask)?;
            let fits = |guest: &&Guest| after.is_none_or(|after| guest.made > after);
            page(ask, diary.guests.iter().filter(fits).map(|known| guest(known, diary, rid)).collect())
        }
        ["v2", "guests", id] => {
            ask.allow(&[])?;
            let found = diary.guests.iter().find(|guest| guest_id(rid, guest.number) == *id);
            found.map(|found| guest(found, diary, rid)).ok_or_else(|| ApiError::not_found("Guest", id))
        }
        ["directory"] => directory(ask, rid),
        _ => Err(nothing_here(ask)),
    };
    body.map(Done::Body)
}

fn own(ask: &Ask<'_>, rid: &str) -> Result<(), ApiError> {
    let named = ask.needed("rid")?;
    if named == rid { Ok(()) } else { Err(ApiError::new(http::StatusCode::FORBIDDEN, "FORBIDDEN", "not your rid")) }
}

fn after(ask: &Ask<'_>) -> Result<Option<Timestamp>, ApiError> {
    let read = |text: &str| text.parse().map_err(|_| ApiError::bad_request("updated_after is no time with an offset"));
    ask.query.get("updated_after").map(read).transpose()
}

fn page(ask: &Ask<'_>, all: Vec<Value>) -> Result<Value, ApiError> {
    let (limit, offset) = (ask.number("limit", 1_000, 1, 1_000)?, ask.number("offset", 0, 0, usize::MAX)?);
    let more = all.len() > offset.saturating_add(limit);
    let path = ask.parts.uri.path();
    let next = more.then(|| format!("https://platform.opentable.com{path}?offset={}&limit={limit}", offset + limit));
    let items: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
    Ok(json!({ "hasNextPage": more, "nextPageUrl": next, "offset": offset, "limit": limit, "items": items }))
}

/// The identifier in Sync; that of the booking API is another one.
pub(super) fn reservation_id(rid: &str, number: u32) -> String {
    format!("{rid}-2f6b1d90-7c1e-4a55-9d0e-{number:012x}")
}

pub(super) fn guest_id(rid: &str, number: u32) -> String {
    format!("{rid}-91c0e7aa-0d42-4b1c-8e7f-{number:012x}")
}

/// What both APIs call a reservation by.
pub(super) fn confirmation(number: u32) -> u32 {
    20_000 + number
}

fn state(state: BookingState) -> &'static str {
    match state {
        BookingState::Requested => "Pending",
        BookingState::Confirmed => "Confirmed",
        BookingState::Seated => "Seated",
        BookingState::Left => "Done",
        BookingState::Cancelled => "Cancelled",
        BookingState::NoShow => "NoShow",
    }
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The restaurant's clock, without an offset.
fn local(at: Timestamp) -> String {
    Zoned::new(at, paris()).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn reservation(entry: &Entry, rid: &str) -> Value {
    let start = paris_instant(entry.start);
    let seated = matches!(entry.state, BookingState::Seated | BookingState::Left);
    let done = entry.state == BookingState::Left;
    let id = reservation_id(rid, entry.number);
    let guest = guest_id(rid, entry.guest);
    let spent = done.then_some(4_200 * entry.party);
    json!({
        "href": format!("https://platform.opentable.com/sync/v2/reservations/{id}"),
        "id": id,
        "rid": rid.parse::<u32>().unwrap_or(0),
        "sequence_id": 1_000 + entry.sequence,
        "guest": format!("https://platform.opentable.com/sync/v2/guests/{guest}"),
        "guest_id": guest,
        "confirmation_id": confirmation(entry.number),
        "state": state(entry.state),
        "table_number": entry.table.map(|table| vec![table.to_string()]),
        "created_date": local(entry.made),
        "created_date_utc": utc(entry.made),
        "scheduled_time": local(start),
        "scheduled_time_utc": utc(start),
        "party_size": entry.party,
        "visit_tags": [],
        "origin": "Web",
        "updated_at": local(entry.updated),
        "updated_at_utc": utc(entry.updated),
        "seated_time_utc": seated.then(|| utc(start)),
        "done_time_utc": done.then(|| utc(entry.updated)),
        "guest_request": entry.note,
        "venue_notes": null,
        "server": null,
        "currency_code": "EUR",
        "currency_denominator": 100,
        "pos_data": { "check_ids": null, "pos_sub_total": spent, "pos_tax": null, "pos_tip": null, "pos_total_spend": spent },
    })
}

/// The national number and its country code.
pub(super) fn phone(guest: &Guest) -> Option<(&str, u32)> {
    guest.phone.strip_prefix("+33").filter(|number| !number.is_empty()).map(|number| (number, 33))
}

fn guest(guest: &Guest, diary: &Diary, rid: &str) -> Value {
    let id = guest_id(rid, guest.number);
    let numbers = phone(guest).map(|(number, country)| {
        vec![json!({ "label": "Mobile", "number": number, "country_code": country.to_string(), "primary": true })]
    });
    let visits = diary.visits(guest.number);
    json!({
        "href": format!("https://platform.opentable.com/sync/v2/guests/{id}"),
        "id": id,
        "rid": rid.parse::<u32>().unwrap_or(0),
        "sequence_id": 1,
        "gpid": null,
        "first_name": guest.first_name,
        "last_name": guest.last_name,
        "email": guest.email,
        "email_optin": false,
        "phone": phone(guest).map(|(number, _)| number),
        "phone_type": "Mobile",
        "phone_numbers": numbers,
        "tags": if visits > 5 { json!(["VIP"]) } else { Value::Null },
        "forgotten": false,
        "archived": false,
        "notes": if guest.notes.is_empty() { Value::Null } else { guest.notes.clone().into() },
        "created_date": local(guest.made),
        "created_date_utc": utc(guest.made),
        "updated_at": local(guest.made),
        "updated_at_utc": utc(guest.made),
        "is_hidden": false,
    })
}

/// The partner's restaurants; this one is not the first.
fn directory(ask: &Ask<'_>, rid: &str) -> Result<Value, ApiError> {
    ask.allow(&["limit", "offset"])?;
    let (limit, offset) = (ask.number("limit", 1_000, 1, 1_000)?, ask.number("offset", 0, 0, usize::MAX)?);
    let own = rid.parse::<u32>().unwrap_or(0);
    let all: Vec<Value> = [(4, "One Market Restaurant", "San Francisco", "US"), (own, RESTAURANT, "Paris", "FR")]
        .into_iter()
        .map(|(rid, name, city, country)| {
            json!({
                "rid": rid, "name": name, "address": "12 rue du Moulin", "address2": "", "city": city, "state": "",
                "country": country, "latitude": "48.8412000", "longitude": "2.3876000", "postal_code": "75012",
                "phone_number": "+33199001234", "metro_name": city, "is_restaurant_in_group": false,
                "category": ["French"], "hours_raw": [],
            })
        })
        .collect();
    let total = all.len();
    let items: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
    Ok(json!({ "offset": offset, "limit": limit, "total_items": total, "items": items }))
}
