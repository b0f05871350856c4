//! Records as the specification's API shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::common::diary::{Diary, Entry, Guest};
use crate::world::BookingState;

/// The words for a status, the one that is answered first. All are taken.
const STATUSES: [(&str, BookingState); 7] = [
    ("CONFIRMED", BookingState::Confirmed),
    ("BOOKED", BookingState::Requested),
    ("SEATED", BookingState::Seated),
    ("ARRIVED", BookingState::Seated),
    ("COMPLETED", BookingState::Left),
    ("CANCELLED", BookingState::Cancelled),
    ("NO_SHOW", BookingState::NoShow),
];

pub(super) fn status(state: BookingState) -> &'static str {
    STATUSES.iter().find(|(_, known)| *known == state).map_or("BOOKED", |(word, _)| word)
}

pub(super) fn state(word: &str) -> Option<BookingState> {
    STATUSES.iter().find(|(known, _)| *known == word).map(|(_, state)| *state)
}

/// The number behind `OT-55201`.
pub(super) fn number(id: &str) -> Option<u32> {
    id.strip_prefix("OT-")?.parse::<u32>().ok()?.checked_sub(55_000)
}

/// The number behind `G-77`.
pub(super) fn guest_number(id: &str) -> Option<u32> {
    id.strip_prefix("G-")?.parse().ok()
}

pub(super) fn reservation(diary: &Diary, entry: &Entry, restaurant: &str) -> Value {
    json!({
        "id": format!("OT-{}", 55_000 + entry.number),
        "restaurant_id": restaurant,
        "reservation_date": entry.start.date().to_string(),
        "reservation_time": entry.start.time().strftime("%H:%M").to_string(),
        "party_size": entry.party,
        "status": status(entry.state),
        "guest": diary.guest(entry.guest).map(|guest| json!({
            "id": format!("G-{}", guest.number),
            "first_name": guest.first_name,
            "last_name": guest.last_name,
            "email": guest.email,
            "phone": guest.phone,
        })),
        "special_request": entry.note,
        "table": entry.table.map(|table| table.to_string()),
        "created_at": instant(entry.made),
        "updated_at": instant(entry.updated),
    })
}

pub(super) fn customer(diary: &Diary, guest: &Guest) -> Value {
    json!({
        "id": format!("G-{}", guest.number),
        "first_name": guest.first_name,
        "last_name": guest.last_name,
        "email": guest.email,
        "phone": guest.phone,
        "notes": guest.notes,
        "vip": diary.visits(guest.number) > 5,
        "visits": diary.visits(guest.number),
        "created_at": instant(guest.made),
    })
}

/// Whole seconds in UTC.
pub(super) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
