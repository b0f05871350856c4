//! The specification's API below `/api/v2`.

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{Answer, Api, Ask, nothing_here};
use super::error::ApiError;
use super::seed_shape::{customer, guest_number, instant, number, reservation, state};
use crate::common::diary::{Diary, Newcomer};
use crate::common::intake::{Fields, date, time};
use crate::world::{BookingState, RESTAURANT, paris_instant};

pub(super) fn answer(api: &Api, diary: &mut Diary, ask: &Ask<'_>, steps: &[&str]) -> Answer {
    let restaurant = api.options.restaurant_id.as_str();
    match (&ask.parts.method, steps) {
        (&Method::GET, ["health"]) => {
            ask.allow(&[])?;
            Ok(json!({ "status": "ok" }))
        }
        (&Method::GET, ["reservations"]) => list(diary, ask, restaurant),
        (&Method::POST, ["reservations"]) => create(diary, ask, restaurant),
        (&Method::GET, ["reservations", id]) => {
            ask.allow(&[])?;
            let entry = number(id).and_then(|number| diary.find(number));
            let entry = entry.ok_or_else(|| ApiError::no_reservation(id))?;
            Ok(json!({ "reservation": reservation(diary, entry, restaurant) }))
        }
        (&Method::PUT, ["reservations", id]) => update(diary, ask, restaurant, id),
        (&Method::PUT, ["reservations", id, "status"]) => set_status(diary, ask, restaurant, id),
        (&Method::GET, ["availability"]) => availability(diary, ask, restaurant),
        (&Method::PUT, ["availability"]) => set_availability(diary, ask, restaurant),
        (&Method::GET, ["customers", "search"]) => {
            ask.allow(&["query", "limit", "page"])?;
            let (limit, page) = (ask.number("limit", 10, 100)?, ask.number("page", 1, usize::MAX)?);
            let found = diary.search(ask.needed("query")?);
            let rows = found.iter().skip((page - 1) * limit).take(limit).map(|guest| customer(diary, guest));
            let rows: Vec<Value> = rows.collect();
            Ok(json!({ "customers": rows, "pagination": pagination(found.len(), page, limit) }))
        }
        (&Method::GET, ["customers", id]) => {
            ask.allow(&[])?;
            let guest = guest_number(id).and_then(|number| diary.guest(number));
            let guest = guest.ok_or_else(|| ApiError::no_customer(id))?;
            Ok(json!({ "customer": customer(diary, guest) }))
        }
        (&Method::GET, ["restaurants", id]) => {
            ask.allow(&[])?;
            if *id != restaurant {
                return Err(ApiError::no_restaurant(id));
            }
            Ok(json!({ "restaurant": {
                "id": restaurant, "name": RESTAURANT, "address": "12 rue du Moulin", "city": "Paris", "postalCode": "75012",
                "country": "FR", "phone": "+33199001234", "email": "contact@vieux-moulin.example.fr",
                "timezone": "Europe/Paris", "capacity": 64,
            } }))
        }
        _ => Err(nothing_here(ask)),
    }
}

fn pagination(total: usize, page: usize, per_page: usize) -> Value {
    json!({ "total": total, "page": page, "per_page": per_page })
}

fn own(restaurant: &str, named: &str) -> Result<(), ApiError> {
    if named == restaurant { Ok(()) } else { Err(ApiError::no_restaurant(named)) }
}

fn list(diary: &Diary, ask: &Ask<'_>, restaurant: &str) -> Answer {
    ask.allow(&["from", "to", "status", "restaurantId", "limit", "page"])?;
    own(restaurant, ask.needed("restaurantId")?)?;
    let edge = |name: &str| -> Result<Timestamp, ApiError> {
        let text = ask.needed(name)?;
        text.parse().map_err(|_| ApiError::bad_request(format!("{name} must be an ISO 8601 time with an offset")))
    };
    let (from, to) = (edge("from")?, edge("to")?);
    let words = ask.query.get("status").map(|words| words.split(',').map(state).collect::<Option<Vec<_>>>());
    let wanted = match words {
        None => None,
        Some(Some(states)) => Some(states),
        Some(None) => return Err(ApiError::bad_request("status has a word that is no status")),
    };
    let (limit, page) = (ask.number("limit", 20, 100)?, ask.number("page", 1, usize::MAX)?);
    let fits = |start: Timestamp| from <= start && start <= to;
    let all: Vec<_> = diary
        .entries
        .iter()
        .filter(|entry| fits(paris_instant(entry.start)))
        .filter(|entry| wanted.as_ref().is_none_or(|wanted| wanted.contains(&entry.state)))
        .collect();
    let rows: Vec<Value> =
        all.iter().skip((page - 1) * limit).take(limit).map(|entry| reservation(diary, entry, restaurant)).collect();
    Ok(json!({ "items": rows, "pagination": pagination(all.len(), page, limit) }))
}

fn create(diary: &mut Diary, ask: &Ask<'_>, restaurant: &str) -> Answer {
    ask.allow(&[])?;
    let body = Fields::of(ask.parts, ask.body, &["restaurantId", "date", "time", "partySize", "customer", "notes"])?;
    own(restaurant, body.needed("restaurantId")?)?;
    let date = date("date", body.needed("date")?)?;
    let time = time("time", body.needed("time")?)?;
    let party = body.number("partySize", 1)?.ok_or_else(|| ApiError::bad_request("partySize is required"))?;
    let who = body.object("customer", &["firstName", "lastName", "email", "phone"])?;
    let who = who.ok_or_else(|| ApiError::bad_request("customer is required"))?;
    let who = Newcomer {
        first_name: who.needed("firstName")?,
        last_name: who.needed("lastName")?,
        email: who.needed("email")?,
        phone: who.text("phone")?.unwrap_or_default(),
    };
    let start = date.to_datetime(time);
    if diary.known(who.email).is_some_and(|guest| diary.is_double(guest, start, None)) {
        return Err(ApiError::double_booking());
    }
    let number = diary.book(&who, start, party, body.text("notes")?.unwrap_or_default(), BookingState::Confirmed);
    let entry = diary.find(number).ok_or_else(|| ApiError::no_reservation(""))?;
    Ok(json!({ "reservation": reservation(diary, entry, restaurant) }))
}

fn update(diary: &mut Diary, ask: &Ask<'_>, restaurant: &str, id: &str) -> Answer {
    ask.allow(&[])?;
    let body = Fields::of(ask.parts, ask.body, &["restaurantId", "date", "time", "people", "status", "notes"])?;
    own(restaurant, body.needed("restaurantId")?)?;
    if !["date", "time", "people", "status", "notes"].iter().any(|name| body.has(name)) {
        return Err(ApiError::bad_request("nothing changes"));
    }
    let (date, time, people) = (body.date("date")?, body.time("time")?, body.number("people", 1)?);
    let notes = body.text("notes")?.map(str::to_owned);
    let word = body.text("status")?;
    let state = word.map(|word| state(word).ok_or_else(|| ApiError::bad_request("status is no status"))).transpose()?;
    let missing = || ApiError::no_reservation(id);
    let old = number(id).and_then(|number| diary.find(number)).ok_or_else(missing)?.clone();
    let start = date.unwrap_or(old.start.date()).to_datetime(time.unwrap_or(old.start.time()));
    if diary.is_double(old.guest, start, Some(old.number)) {
        return Err(ApiError::double_booking());
    }
    diary.change(old.number, |entry| {
        entry.start = start;
        entry.party = people.unwrap_or(entry.party);
        entry.state = state.unwrap_or(entry.state);
        entry.note = notes.unwrap_or_else(|| entry.note.clone());
    });
    let entry = diary.find(old.number).ok_or_else(missing)?;
    Ok(json!({ "reservation": reservation(diary, entry, restaurant) }))
}

fn set_status(diary: &mut Diary, ask: &Ask<'_>, restaurant: &str, id: &str) -> Answer {
    ask.allow(&[])?;
    let body = Fields::of(ask.parts, ask.body, &["status", "cancellationReason"])?;
    let state = state(body.needed("status")?).ok_or_else(|| ApiError::bad_request("status is no status"))?;
    body.text("cancellationReason")?;
    let missing = || ApiError::no_reservation(id);
    let number = number(id).filter(|number| diary.find(*number).is_some()).ok_or_else(missing)?;
    diary.change(number, |entry| entry.state = state);
    let entry = diary.find(number).ok_or_else(missing)?;
    Ok(json!({ "reservation": reservation(diary, entry, restaurant) }))
}

fn availability(diary: &Diary, ask: &Ask<'_>, restaurant: &str) -> Answer {
    ask.allow(&["restaurantId", "date", "partySize", "timeStart", "timeEnd"])?;
    own(restaurant, ask.needed("restaurantId")?)?;
    let day = date("date", ask.needed("date")?)?;
    let party = ask.number("partySize", 1, 50)?;
    let edge = |name: &str| ask.query.get(name).map(|text| time(name, text)).transpose();
    let (from, to) = (edge("timeStart")?, edge("timeEnd")?);
    let slots: Vec<Value> = diary
        .places(day)
        .into_iter()
        .filter(|(time, _)| from.is_none_or(|from| *time >= from) && to.is_none_or(|to| *time <= to))
        .map(|(time, free)| slot(time, free, usize::try_from(free).is_ok_and(|free| free >= party)))
        .collect();
    Ok(json!({ "slots": slots }))
}

fn slot(time: jiff::civil::Time, capacity: u32, available: bool) -> Value {
    json!({ "time": time.strftime("%H:%M").to_string(), "capacity": capacity, "available": available })
}

fn set_availability(diary: &mut Diary, ask: &Ask<'_>, restaurant: &str) -> Answer {
    ask.allow(&[])?;
    let body = Fields::of(ask.parts, ask.body, &["restaurantId", "date", "slots"])?;
    own(restaurant, body.needed("restaurantId")?)?;
    let day = date("date", body.needed("date")?)?;
    let mut slots = Vec::new();
    for slot in body.objects("slots", &["time", "capacity", "available"])? {
        let at = time("time", slot.needed("time")?)?;
        let capacity = slot.number("capacity", 0)?.ok_or_else(|| ApiError::bad_request("capacity is required"))?;
        let available = slot.flag("available")?.ok_or_else(|| ApiError::bad_request("available is required"))?;
        if available != (capacity > 0) {
            return Err(ApiError::bad_request("available and capacity contradict each other"));
        }
        slots.push((at, capacity));
    }
    for (at, capacity) in &slots {
        diary.set(day, *at, *capacity);
    }
    let shown: Vec<Value> = slots.into_iter().map(|(at, capacity)| slot(at, capacity, capacity > 0)).collect();
    let now = instant(diary.now());
    Ok(json!({ "availability": {
        "restaurantId": restaurant, "date": day.to_string(), "slots": shown, "updated_at": now,
    } }))
}

#[cfg(test)]
mod tests {
    use super::super::seed_shape;
    use super::*;

    #[test]
    fn words_and_numbers_go_both_ways() {
        for (word, known) in seed_shape::STATUSES {
            assert_eq!((seed_shape::status(known), state(word)), (word, Some(known)));
        }
        assert_eq!((state("CANCELED"), state("held")), (Some(BookingState::Cancelled), None));
        assert_eq!((number("TF-90017"), number("TF-1"), number("90017")), (Some(17), None, None));
    }
}
