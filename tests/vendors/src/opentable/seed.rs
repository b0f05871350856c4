//! The specification's API below `/api/v3/restaurant/{id}`.

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{Answer, Api, Ask, Done, nothing_here};
use super::error::ApiError;
use super::seed_shape::{customer, guest_number, number, reservation, state};
use crate::common::diary::{Diary, Newcomer};
use crate::common::intake::{Fields, date, time};
use crate::world::{BookingState, RESTAURANT, paris_instant};

pub(super) fn answer(api: &Api, diary: &mut Diary, ask: &Ask<'_>, steps: &[&str]) -> Answer {
    let restaurant = api.options.restaurant_id.as_str();
    let (rid, rest) = match steps {
        ["status"] if ask.parts.method == Method::GET => return Ok(Done::Body(json!({ "status": "ok" }))),
        [rid, rest @ ..] => (*rid, rest),
        [] => return Err(nothing_here(ask)),
    };
    if rid != restaurant {
        return Err(ApiError::not_found("Restaurant", rid));
    }
    let body = match (&ask.parts.method, rest) {
        (&Method::GET, ["reservations"]) => list(diary, ask, restaurant),
        (&Method::POST, ["reservations"]) => create(diary, ask, restaurant),
        (&Method::GET, ["reservations", id]) => {
            ask.allow(&[])?;
            shown(diary, id, restaurant)
        }
        (&Method::PUT, ["reservations", id]) => update(diary, ask, restaurant, id),
        (&Method::PUT, ["reservations", id, "status"]) => set_status(diary, ask, restaurant, id),
        (&Method::GET, ["availability"]) => availability(diary, ask),
        (&Method::PUT, ["availability"]) => set_availability(diary, ask),
        (&Method::GET, ["customers", "search"]) => {
            ask.allow(&["query", "per_page", "page"])?;
            let (limit, page) = (ask.number("per_page", 10, 1, 100)?, ask.number("page", 1, 1, usize::MAX)?);
            let found = diary.search(ask.needed("query")?);
            let rows = found.iter().skip((page - 1) * limit).take(limit).map(|guest| customer(diary, guest));
            let rows: Vec<Value> = rows.collect();
            Ok(json!({ "customers": rows, "pagination": pagination(found.len(), page, limit) }))
        }
        (&Method::GET, ["customers", id]) => {
            ask.allow(&[])?;
            let guest = guest_number(id).and_then(|number| diary.guest(number));
            let guest = guest.ok_or_else(|| ApiError::not_found("Customer", id))?;
            Ok(json!({ "customer": customer(diary, guest) }))
        }
        (&Method::GET, ["profile"]) => {
            ask.allow(&[])?;
            Ok(json!({ "restaurant": {
                "id": restaurant, "name": RESTAURANT, "address": "12 rue du Moulin", "city": "Paris",
                "postal_code": "75012", "country": "FR", "phone": "+33199001234",
                "email": "contact@vieux-moulin.example.fr", "timezone": "Europe/Paris", "capacity": 64,
            } }))
        }
        _ => Err(nothing_here(ask)),
    };
    body.map(Done::Body)
}

type Shown = Result<Value, ApiError>;

fn pagination(total: usize, page: usize, per_page: usize) -> Value {
    json!({ "total": total, "page": page, "per_page": per_page })
}

fn missing(id: &str) -> ApiError {
    ApiError::not_found("Reservation", id)
}

fn shown(diary: &Diary, id: &str, restaurant: &str) -> Shown {
    let entry = number(id).and_then(|number| diary.find(number)).ok_or_else(|| missing(id))?;
    Ok(json!({ "reservation": reservation(diary, entry, restaurant) }))
}

fn list(diary: &Diary, ask: &Ask<'_>, restaurant: &str) -> Shown {
    ask.allow(&["start_date", "end_date", "status", "per_page", "page"])?;
    let edge = |name: &str| -> Result<Timestamp, ApiError> {
        let text = ask.needed(name)?;
        text.parse().map_err(|_| ApiError::bad_request(format!("{name} must be an ISO 8601 time with an offset")))
    };
    let (from, to) = (edge("start_date")?, edge("end_date")?);
    let words = ask.query.get("status").map(|words| words.split(',').map(state).collect::<Option<Vec<_>>>());
    let wanted = match words {
        None => None,
        Some(Some(states)) => Some(states),
        Some(None) => return Err(ApiError::bad_request("status has a word that is no status")),
    };
    let (limit, page) = (ask.number("per_page", 25, 1, 100)?, ask.number("page", 1, 1, usize::MAX)?);
    let fits = |start: Timestamp| from <= start && start <= to;
    let all: Vec<_> = diary
        .entries
        .iter()
        .filter(|entry| fits(paris_instant(entry.start)))
        .filter(|entry| wanted.as_ref().is_none_or(|wanted| wanted.contains(&entry.state)))
        .collect();
    let rows: Vec<Value> =
        all.iter().skip((page - 1) * limit).take(limit).map(|entry| reservation(diary, entry, restaurant)).collect();
    Ok(json!({ "reservations": rows, "pagination": pagination(all.len(), page, limit) }))
}

fn create(diary: &mut Diary, ask: &Ask<'_>, restaurant: &str) -> Shown {
    ask.allow(&[])?;
    let known = ["reservation_date", "reservation_time", "party_size", "guest", "special_request"];
    let body = Fields::of(ask.parts, ask.body, &known)?;
    let day = date("reservation_date", body.needed("reservation_date")?)?;
    let at = time("reservation_time", body.needed("reservation_time")?)?;
    let party = body.number("party_size", 1)?.ok_or_else(|| ApiError::bad_request("party_size is required"))?;
    let who = body.object("guest", &["first_name", "last_name", "email", "phone"])?;
    let who = who.ok_or_else(|| ApiError::bad_request("guest is required"))?;
    let who = Newcomer {
        first_name: who.needed("first_name")?,
        last_name: who.needed("last_name")?,
        email: who.needed("email")?,
        phone: who.text("phone")?.unwrap_or_default(),
    };
    let free = diary.places(day).into_iter().find(|(time, _)| *time == at).map_or(0, |(_, free)| free);
    if free < party {
        return Err(ApiError::new(StatusCode::CONFLICT, "SLOT_UNAVAILABLE", "no table is free at this time"));
    }
    let note = body.text("special_request")?.unwrap_or_default();
    let number = diary.book(&who, day.to_datetime(at), party, note, BookingState::Confirmed);
    let entry = diary.find(number).ok_or_else(|| missing(""))?;
    Ok(json!({ "reservation": reservation(diary, entry, restaurant) }))
}

fn update(diary: &mut Diary, ask: &Ask<'_>, restaurant: &str, id: &str) -> Shown {
    ask.allow(&[])?;
    let known = ["reservation_date", "reservation_time", "party_size", "status", "special_request"];
    let body = Fields::of(ask.parts, ask.body, &known)?;
    if body.is_empty() {
        return Err(ApiError::bad_request("nothing changes"));
    }
    let (day, at) = (body.date("reservation_date")?, body.time("reservation_time")?);
    let party = body.number("party_size", 1)?;
    let note = body.text("special_request")?.map(str::to_owned);
    let word = body.text("status")?;
    let state = word.map(|word| state(word).ok_or_else(|| ApiError::bad_request("status is no status"))).transpose()?;
    let number = number(id).ok_or_else(|| missing(id))?;
    let changed = diary.change(number, |entry| {
        entry.start = day.unwrap_or(entry.start.date()).to_datetime(at.unwrap_or(entry.start.time()));
        entry.party = party.unwrap_or(entry.party);
        entry.state = state.unwrap_or(entry.state);
        entry.note = note.unwrap_or_else(|| entry.note.clone());
    });
    changed.ok_or_else(|| missing(id))?;
    shown(diary, id, restaurant)
}

fn set_status(diary: &mut Diary, ask: &Ask<'_>, restaurant: &str, id: &str) -> Shown {
    ask.allow(&[])?;
    let body = Fields::of(ask.parts, ask.body, &["status", "cancellation_reason"])?;
    let state = state(body.needed("status")?).ok_or_else(|| ApiError::bad_request("status is no status"))?;
    body.text("cancellation_reason")?;
    let number = number(id).ok_or_else(|| missing(id))?;
    diary.change(number, |entry| entry.state = state).ok_or_else(|| missing(id))?;
    shown(diary, id, restaurant)
}

fn availability(diary: &Diary, ask: &Ask<'_>) -> Shown {
    ask.allow(&["date", "party_size", "time_start", "time_end"])?;
    let day = date("date", ask.needed("date")?)?;
    ask.number("party_size", 1, 1, 50)?;
    let edge = |name: &str| ask.query.get(name).map(|text| time(name, text)).transpose();
    let (from, to) = (edge("time_start")?, edge("time_end")?);
    let slots: Vec<Value> = diary
        .places(day)
        .into_iter()
        .filter(|(time, _)| from.is_none_or(|from| *time >= from) && to.is_none_or(|to| *time <= to))
        .map(|(time, covers)| slot(time, tables(covers)))
        .collect();
    Ok(json!({ "time_slots": slots }))
}

/// Tables of four in so many covers.
fn tables(covers: u32) -> u32 {
    covers / 4
}

fn slot(time: jiff::civil::Time, available: u32) -> Value {
    json!({ "time": time.strftime("%H:%M").to_string(), "available": available })
}

fn set_availability(diary: &mut Diary, ask: &Ask<'_>) -> Shown {
    ask.allow(&[])?;
    let body = Fields::of(ask.parts, ask.body, &["date", "time_slots"])?;
    let day = date("date", body.needed("date")?)?;
    let mut slots = Vec::new();
    for slot in body.objects("time_slots", &["time", "available"])? {
        let at = time("time", slot.needed("time")?)?;
        let free = slot.number("available", 0)?.ok_or_else(|| ApiError::bad_request("available is required"))?;
        slots.push((at, free));
    }
    for (at, free) in &slots {
        diary.set(day, *at, free.saturating_mul(4));
    }
    let slots: Vec<Value> = slots.into_iter().map(|(at, free)| slot(at, free)).collect();
    Ok(json!({ "success": true, "availability": { "date": day.to_string(), "time_slots": slots } }))
}
