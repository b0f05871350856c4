//! The in-house booking API: availability, and finding, changing and cancelling a reservation.

use http::Method;
use jiff::ToSpan;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use super::api::{Answer, Api, Ask, Done, nothing_here};
use super::error::ApiError;
use super::sync::{confirmation, phone};
use crate::common::diary::{Diary, Entry};
use crate::common::intake::Fields;
use crate::world::BookingState;

/// The vendor's own staff must be asked for parties from this size on.
const LARGE_PARTY: u32 = 6;

pub(super) fn answer(api: &Api, diary: &mut Diary, ask: &Ask<'_>, steps: &[&str]) -> Answer {
    let own = |rid: &str| {
        if rid == api.options.restaurant_id { Ok(()) } else { Err(ApiError::not_found("restaurant id", rid)) }
    };
    match (&ask.parts.method, steps) {
        (&Method::GET, ["availability", rid]) => {
            own(rid)?;
            availability(diary, ask, rid).map(Done::Body)
        }
        (&Method::POST, ["booking", rid, "reservations", "search"]) => {
            own(rid)?;
            search(diary, ask, rid).map(Done::Body)
        }
        (&Method::PUT, ["booking", rid, "reservations", id]) => {
            own(rid)?;
            change(diary, ask, id).map(Done::Body)
        }
        (&Method::DELETE, ["booking", rid, "reservations", id]) => {
            own(rid)?;
            ask.allow(&[])?;
            let number = modifiable(diary, id)?.number;
            diary.change(number, |entry| entry.state = BookingState::Cancelled);
            Ok(Done::Nothing)
        }
        _ => Err(nothing_here(ask)),
    }
}

/// The booking API's own identifier.
fn id(number: u32) -> String {
    format!("6841dffddc65{number:012x}")
}

/// A reservation that can be changed by a machine.
fn modifiable<'d>(diary: &'d Diary, wanted: &str) -> Result<&'d Entry, ApiError> {
    let entry = diary.entries.iter().find(|entry| id(entry.number) == wanted);
    let entry = entry.ok_or_else(|| ApiError::not_found("reservation", wanted))?;
    match entry.state {
        BookingState::Requested | BookingState::Confirmed if entry.party < LARGE_PARTY => Ok(entry),
        _ => Err(ApiError::redirect_to_host()),
    }
}

fn date_time(name: &str, text: &str) -> Result<DateTime, ApiError> {
    let read = matches!(text.len(), 16 | 19).then(|| text.parse().ok()).flatten();
    read.ok_or_else(|| ApiError::bad_request(format!("{name} must be YYYY-MM-DDTHH:MM")))
}

fn minutes(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

fn availability(diary: &Diary, ask: &Ask<'_>, rid: &str) -> Result<Value, ApiError> {
    ask.allow(&["party_size", "start_date_time", "forward_minutes", "backward_minutes", "include_experiences"])?;
    ask.needed("party_size")?;
    let party = ask.number("party_size", 1, 1, 20)?;
    let start = date_time("start_date_time", ask.needed("start_date_time")?)?;
    let span = |name: &str| ask.number(name, 0, 0, 1_440).map(|minutes| i64::try_from(minutes).unwrap_or(0).minutes());
    let (forward, backward) = (span("forward_minutes")?, span("backward_minutes")?);
    let (from, to) = (start.saturating_sub(backward), start.saturating_add(forward));
    let places = diary.places(start.date()).into_iter().map(|(time, free)| (start.date().to_datetime(time), free));
    let times: Vec<_> = places.filter(|(at, _)| from <= *at && *at <= to).collect();
    let open = times.iter().filter(|(_, free)| usize::try_from(*free).is_ok_and(|free| free >= party));
    let kinds = json!([{ "type": "Standard", "diningArea": [{ "id": 1, "table_type": ["default"] }] }]);
    let available: Vec<Value> =
        open.clone().map(|(at, _)| json!({ "time": minutes(*at), "availability_types": kinds })).collect();
    let names: Vec<String> = open.map(|(at, _)| minutes(*at)).collect();
    Ok(json!({
        "rid": rid.parse::<u32>().unwrap_or(0), "party_size": party, "restaurant_settings": { "scc_enabled": true },
        "times": names, "times_available": available,
    }))
}

fn search(diary: &Diary, ask: &Ask<'_>, rid: &str) -> Result<Value, ApiError> {
    ask.allow(&[])?;
    let body = Fields::of(ask.parts, ask.body, &["phone_number"])?;
    let wanted = body.object("phone_number", &["number", "country_code"])?;
    let wanted = wanted.ok_or_else(|| ApiError::bad_request("phone_number is required"))?;
    let number = wanted.needed("number")?;
    let country = wanted.number("country_code", 1)?.ok_or_else(|| ApiError::bad_request("country_code is required"))?;
    let theirs = |entry: &&Entry| {
        diary.guest(entry.guest).and_then(phone) == Some((number, country)) && entry.start.date() >= diary.today()
    };
    let found: Vec<Value> = diary
        .entries
        .iter()
        .filter(theirs)
        .map(|entry| {
            let status = if modifiable(diary, &id(entry.number)).is_ok() { "Modifiable" } else { "NotModifiable" };
            json!({
                "special_request": entry.note, "confirmation_number": confirmation(entry.number),
                "reservation_id": id(entry.number), "restaurant_id": rid.parse::<u32>().unwrap_or(0),
                "date_time": entry.start.strftime("%Y-%m-%dT%H:%M:%S").to_string(), "party_size": entry.party,
                "status": status,
            })
        })
        .collect();
    Ok(json!({ "reservations": found }))
}

fn change(diary: &mut Diary, ask: &Ask<'_>, wanted: &str) -> Result<Value, ApiError> {
    ask.allow(&[])?;
    let body = Fields::of(ask.parts, ask.body, &["party_size", "date_time", "special_request"])?;
    // The vendor's own example writes the number as a text.
    let party = body.needed("party_size")?.parse::<u32>().ok().filter(|party| *party > 0);
    let party = party.ok_or_else(|| ApiError::bad_request("party_size must be a number of at least 1"))?;
    let start = date_time("date_time", body.needed("date_time")?)?;
    let note = body.text("special_request")?.unwrap_or_default().to_owned();
    let old = modifiable(diary, wanted)?.clone();
    if party >= LARGE_PARTY {
        return Err(ApiError::redirect_to_host());
    }
    let free =
        diary.places(start.date()).into_iter().find(|(time, _)| *time == start.time()).map_or(0, |(_, free)| free);
    if start != old.start && free < party {
        return Err(ApiError::bad_request("the requested time is not available"));
    }
    diary.change(old.number, |entry| {
        entry.start = start;
        entry.party = party;
        entry.note.clone_from(&note);
    });
    Ok(json!({
        "confirmation_number": confirmation(old.number), "reservation_id": wanted, "date_time": minutes(start),
        "party_size": party, "special_request": note,
    }))
}
