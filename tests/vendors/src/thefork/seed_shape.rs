//! Records as the specification's API shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::common::diary::{Diary, Entry, Guest};
use crate::world::BookingState;

/// The words for a status.
pub(super) const STATUSES: [(&str, BookingState); 6] = [
    ("pending", BookingState::Requested),
    ("confirmed", BookingState::Confirmed),
    ("seated", BookingState::Seated),
    ("complete", BookingState::Left),
    ("cancelled", BookingState::Cancelled),
    ("no_show", BookingState::NoShow),
];

pub(super) fn status(state: BookingState) -> &'static str {
    STATUSES.iter().find(|(_, known)| *known == state).map_or("pending", |(word, _)| word)
}

/// The state of a word, in any case, `CANCELED` too.
pub(super) fn state(word: &str) -> Option<BookingState> {
    let word = if word.eq_ignore_ascii_case("canceled") { "cancelled" } else { word };
    STATUSES.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, state)| *state)
}

/// `TF-90017`.
pub(super) fn id(number: u32) -> String {
    format!("TF-{}", 90_000 + number)
}

/// The number behind `TF-90017`.
pub(super) fn number(id: &str) -> Option<u32> {
    id.strip_prefix("TF-")?.parse::<u32>().ok()?.checked_sub(90_000)
}

/// The number behind `C-9`.
pub(super) fn guest_number(id: &str) -> Option<u32> {
    id.strip_prefix("C-")?.parse().ok()
}

pub(super) fn reservation(diary: &Diary, entry: &Entry, restaurant: &str) -> Value {
    let guest = diary.guest(entry.guest);
    json!({
        "id": id(entry.number),
        "restaurant_id": restaurant,
        "date": entry.start.date().to_string(),
        "time": entry.start.time().strftime("%H:%M:%S").to_string(),
        "people": entry.party,
        "status": status(entry.state),
        "customer": guest.map(|guest| json!({
            "id": format!("C-{}", guest.number),
            "name": format!("{} {}", guest.first_name, guest.last_name),
            "email": guest.email,
            "phone": guest.phone,
        })),
        "notes": entry.note,
        "table": entry.table.map(|table| table.to_string()),
        "created_at": instant(entry.made),
        "updated_at": instant(entry.updated),
    })
}

pub(super) fn customer(diary: &Diary, guest: &Guest) -> Value {
    json!({
        "id": format!("C-{}", guest.number),
        "firstName": guest.first_name,
        "lastName": guest.last_name,
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
