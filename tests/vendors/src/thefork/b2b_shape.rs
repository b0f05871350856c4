//! Records as the B2B API shows them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::common::diary::{Diary, Entry, Guest};
use crate::world::{BookingState, paris_instant};

const RESERVATIONS: &str = "7b0e51c2-6d3f-4e0a-8f55";
const CUSTOMERS: &str = "e9923f18-0b4c-4d77-b6a1";

pub(super) fn reservation_uuid(number: u32) -> String {
    format!("{RESERVATIONS}-{number:012x}")
}

pub(super) fn customer_uuid(number: u32) -> String {
    format!("{CUSTOMERS}-{number:012x}")
}

fn number(uuid: &str, prefix: &str) -> Option<u32> {
    u32::from_str_radix(uuid.strip_prefix(prefix)?.strip_prefix('-')?, 16).ok()
}

pub(super) fn reservation_number(uuid: &str) -> Option<u32> {
    number(uuid, RESERVATIONS)
}

pub(super) fn customer_number(uuid: &str) -> Option<u32> {
    number(uuid, CUSTOMERS)
}

/// Milliseconds in UTC, as JavaScript writes them.
pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// `status` and `mealStatus`.
pub(super) fn status(state: BookingState) -> (&'static str, Option<&'static str>) {
    match state {
        BookingState::Requested => ("REQUESTED", None),
        BookingState::Confirmed => ("RECORDED", None),
        BookingState::Seated => ("RECORDED", Some("SEATED")),
        BookingState::Left => ("RECORDED", Some("LEFT")),
        BookingState::Cancelled => ("CANCELED", None),
        BookingState::NoShow => ("NO_SHOW", None),
    }
}

/// What every answer about a reservation has.
pub(super) fn core(entry: &Entry, restaurant: &str) -> Map<String, Value> {
    let (status, meal) = status(entry.state);
    let value = json!({
        "reservationUuid": reservation_uuid(entry.number),
        "restaurantUuid": restaurant,
        "mealDate": instant(paris_instant(entry.start)),
        "mealStatus": meal,
        "partySize": entry.party,
        "status": status,
        "offerUuid": null,
        "customerNote": if entry.note.is_empty() { Value::Null } else { entry.note.clone().into() },
        "restaurantNote": entry.table.map(|table| format!("Table {table}")),
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The details: the guest by UUID alone.
pub(super) fn details(entry: &Entry, restaurant: &str) -> Value {
    let mut map = core(entry, restaurant);
    let left = entry.state == BookingState::Left;
    let bill = left.then(|| json!({ "totalPrice": 4_200 * entry.party, "currency": "EUR" }));
    map.insert("customerUuid".to_owned(), customer_uuid(entry.guest).into());
    map.insert("customFields".to_owned(), json!([]));
    map.insert("offerDetails".to_owned(), Value::Null);
    map.insert("billAmount".to_owned(), bill.into());
    map.insert(
        "reservationChannel".to_owned(),
        if entry.number < 10_000 { "TheFork" } else { "TheFork Manager API" }.into(),
    );
    map.insert("createdAt".to_owned(), instant(entry.made).into());
    map.insert("updatedAt".to_owned(), instant(entry.updated).into());
    Value::Object(map)
}

/// The answer to a creation or a change: the guest whole, and no times of change.
pub(super) fn changed(diary: &Diary, entry: &Entry, restaurant: &str) -> Value {
    let mut map = core(entry, restaurant);
    let customer = diary.guest(entry.guest).map(|guest| {
        json!({
            "customerUuid": customer_uuid(guest.number),
            "email": guest.email,
            "firstName": guest.first_name,
            "lastName": guest.last_name,
            "phone": guest.phone,
            "locale": "fr_FR",
            "civility": "mx",
            "optins": { "restaurantNewsletter": false },
        })
    });
    map.insert("customer".to_owned(), customer.into());
    Value::Object(map)
}

pub(super) fn customer(diary: &Diary, guest: &Guest) -> Value {
    let day = guest.made.strftime("%Y-%m-%d").to_string();
    json!({
        "customerUuid": customer_uuid(guest.number),
        "email": guest.email,
        "firstName": guest.first_name,
        "lastName": guest.last_name,
        "phone": guest.phone,
        "locale": "fr_FR",
        "civility": null,
        "isVip": diary.visits(guest.number) > 5,
        "notes": if guest.notes.is_empty() { Value::Null } else { guest.notes.clone().into() },
        "creationDate": day,
        "lastUpdateDate": day,
        "isPromoter": false,
        "country": "FR",
        "optins": { "restaurantNewsletter": false },
        "customFields": [],
    })
}
