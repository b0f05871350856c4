//! The vendor's B2B API below `/manager/v1`.

use http::{Method, StatusCode};
use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, Zoned};
use serde_json::{Value, json};

use super::api::{Answer, Api, Ask, nothing_here};
use super::b2b_shape::{
    changed, core, customer, customer_number, customer_uuid, details, instant, reservation_number, reservation_uuid,
    status,
};
use super::error::ApiError;
use crate::common::diary::{Diary, Entry, Newcomer};
use crate::common::intake::{Fields, date, time};
use crate::world::{BookingState, paris, paris_instant, seatings};

/// The forms of address the vendor takes.
const CIVILITIES: [&str; 6] = ["mr", "mrs", "ms", "mr_and_mrs", "mx", "company"];

pub(super) fn answer(api: &Api, diary: &mut Diary, ask: &Ask<'_>, steps: &[&str]) -> Answer {
    let restaurant = api.options.restaurant_uuid.as_str();
    let own = |id: &str| if id == restaurant { Ok(()) } else { Err(ApiError::no_restaurant(id)) };
    match (&ask.parts.method, steps) {
        (&Method::GET, ["reservations"]) => list(diary, ask, restaurant),
        (&Method::GET, ["reservations", id]) => {
            ask.allow(&[])?;
            Ok(details(find(diary, id)?, restaurant))
        }
        (&Method::PATCH, ["reservations", id]) => update(diary, ask, restaurant, id),
        (&Method::PATCH, ["reservations", id, "cancel"]) => cancel(diary, ask, restaurant, id),
        (&Method::GET, ["customers", id]) => {
            ask.allow(&[])?;
            let guest = customer_number(id).and_then(|number| diary.guest(number));
            Ok(customer(diary, guest.ok_or_else(|| ApiError::no_customer(id))?))
        }
        (&Method::POST, ["restaurants", id, "reservations"]) => {
            // The one place where the vendor writes the code in another way.
            let wrong = |_| ApiError::new(StatusCode::NOT_FOUND, "Restaurant not found", "");
            own(id).map_err(wrong)?;
            create(diary, ask, restaurant)
        }
        (&Method::GET, ["restaurants", id, "timeslots"]) => {
            own(id)?;
            timeslots(diary, ask)
        }
        (&Method::PUT, ["restaurants", id, "availabilities", "override"]) => {
            own(id)?;
            set_availability(diary, ask, restaurant)
        }
        (&Method::GET, ["restaurants", id, "customers", "phone", phone]) => {
            own(id)?;
            ask.allow(&[])?;
            by_phone(diary, phone)
        }
        _ => Err(nothing_here(ask)),
    }
}

fn find<'d>(diary: &'d Diary, id: &str) -> Result<&'d Entry, ApiError> {
    let entry = reservation_number(id).and_then(|number| diary.find(number));
    entry.ok_or_else(|| ApiError::no_reservation(id))
}

/// UUIDs alone, of the days from `startDate` to `endDate` in UTC.
fn list(diary: &Diary, ask: &Ask<'_>, restaurant: &str) -> Answer {
    ask.allow(&["restaurantUuid", "startDate", "endDate", "filterBy", "limit", "page"])?;
    let named = ask.needed("restaurantUuid")?;
    let (from, to) = (date("startDate", ask.needed("startDate")?)?, date("endDate", ask.needed("endDate")?)?);
    let (limit, page) = (ask.number("limit", 100, 10_000)?, ask.number("page", 1, usize::MAX)?);
    let by_meal = match ask.query.get("filterBy") {
        None | Some("updatedDate") => false,
        Some("mealDate") => true,
        Some(_) => return Err(ApiError::bad_request("filterBy must be updatedDate or mealDate")),
    };
    let day = |entry: &Entry| {
        let at = if by_meal { paris_instant(entry.start) } else { entry.updated };
        Zoned::new(at, jiff::tz::TimeZone::UTC).date()
    };
    let fits = |entry: &&Entry| named == restaurant && (from..=to).contains(&day(entry));
    let all: Vec<_> = diary.entries.iter().filter(fits).collect();
    let rows: Vec<String> =
        all.iter().skip((page - 1) * limit).take(limit).map(|entry| reservation_uuid(entry.number)).collect();
    Ok(json!({ "data": rows, "totalCount": all.len(), "page": page, "limit": limit }))
}

/// An ISO 8601 instant as the restaurant's clock shows it.
fn meal(text: &str) -> Result<DateTime, ApiError> {
    let at: Timestamp =
        text.parse().map_err(|_| ApiError::bad_request("mealDate must be an ISO 8601 time with an offset"))?;
    Ok(Zoned::new(at, paris()).datetime())
}

fn update(diary: &mut Diary, ask: &Ask<'_>, restaurant: &str, id: &str) -> Answer {
    ask.allow(&[])?;
    let body = Fields::of(ask.parts, ask.body, &["mealDate", "partySize"])?;
    let start = meal(body.needed("mealDate")?)?;
    let party = body.number("partySize", 1)?.ok_or_else(|| ApiError::bad_request("partySize is required"))?;
    let old = find(diary, id)?.clone();
    if diary.is_double(old.guest, start, Some(old.number)) {
        return Err(ApiError::double_booking());
    }
    diary.change(old.number, |entry| {
        entry.start = start;
        entry.party = party;
    });
    Ok(changed(diary, find(diary, id)?, restaurant))
}

fn cancel(diary: &mut Diary, ask: &Ask<'_>, restaurant: &str, id: &str) -> Answer {
    ask.allow(&[])?;
    if !ask.body.is_empty() {
        return Err(ApiError::bad_request("a cancellation has no body"));
    }
    let old = find(diary, id)?.clone();
    match old.state {
        BookingState::Cancelled => {
            return Err(ApiError::new(StatusCode::CONFLICT, "DOUBLE_CANCELLATION", "cancelled before"));
        }
        BookingState::Seated | BookingState::Left | BookingState::NoShow => {
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "CANCELLATION_ERROR", "the meal has begun"));
        }
        BookingState::Requested | BookingState::Confirmed => {}
    }
    diary.change(old.number, |entry| entry.state = BookingState::Cancelled);
    let mut shown = core(find(diary, id)?, restaurant);
    shown.remove("mealStatus");
    shown.remove("restaurantNote");
    shown.insert("customerUuid".to_owned(), customer_uuid(old.guest).into());
    Ok(Value::Object(shown))
}

fn create(diary: &mut Diary, ask: &Ask<'_>, restaurant: &str) -> Answer {
    ask.allow(&[])?;
    let known = ["mealDate", "partySize", "offerUuid", "customerNote", "restaurantNote", "customer"];
    let body = Fields::of(ask.parts, ask.body, &known)?;
    let start = meal(body.needed("mealDate")?)?;
    let party = body.number("partySize", 1)?.ok_or_else(|| ApiError::bad_request("partySize is required"))?;
    let note = body.text("customerNote")?.unwrap_or_default();
    if note.chars().count() > 1_000 {
        return Err(ApiError::bad_request("customerNote must have at most 1000 characters"));
    }
    let who = body.object("customer", &["email", "firstName", "lastName", "phone", "locale", "civility", "optins"])?;
    let who = who.ok_or_else(|| ApiError::bad_request("customer is required"))?;
    let locale = who.needed("locale")?;
    let well_formed = locale.split('_').all(|part| matches!(part.len(), 2..=3)) && locale.split('_').count() <= 2;
    if !well_formed || !CIVILITIES.contains(&who.needed("civility")?) {
        return Err(ApiError::bad_request("locale or civility is wrong"));
    }
    let phone = who.text("phone")?;
    if phone.is_some_and(|phone| !is_phone(phone)) {
        return Err(ApiError::bad_request("phone must match ^\\+[1-9]\\d{1,14}$"));
    }
    let who = Newcomer {
        first_name: who.needed("firstName")?,
        last_name: who.needed("lastName")?,
        email: who.needed("email")?,
        phone: phone.unwrap_or_default(),
    };
    if diary.known(who.email).is_some_and(|guest| diary.is_double(guest, start, None)) {
        return Err(ApiError::double_booking());
    }
    let number = diary.book(&who, start, party, note, BookingState::Confirmed);
    let entry = diary.find(number).ok_or_else(|| ApiError::no_reservation(""))?;
    Ok(changed(diary, entry, restaurant))
}

fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (2..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0')
}

fn by_phone(diary: &Diary, phone: &str) -> Answer {
    if !is_phone(phone) {
        return Err(ApiError::bad_request("phoneNumber must match ^\\+[1-9]\\d{1,14}$"));
    }
    let guest = diary.guests.iter().find(|guest| guest.phone == phone);
    let guest = guest.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "PHONE_NUMBER_NOT_FOUND", "nobody"))?;
    let next = diary.entries.iter().filter(|entry| entry.guest == guest.number && entry.start.date() >= diary.today());
    let next: Vec<Value> = next
        .map(|entry| {
            json!({
                "reservationUuid": reservation_uuid(entry.number),
                "mealDate": instant(paris_instant(entry.start)),
                "status": status(entry.state).0,
            })
        })
        .collect();
    Ok(json!({
        "customerUuid": customer_uuid(guest.number), "firstName": guest.first_name, "lastName": guest.last_name,
        "phone": guest.phone, "email": guest.email, "nextReservationsList": next,
    }))
}

fn timeslots(diary: &Diary, ask: &Ask<'_>) -> Answer {
    ask.allow(&["date", "offerUuid", "partySize"])?;
    let day = date("date", ask.needed("date")?)?;
    let party = ask.number("partySize", 1, 50)?;
    let slots: Vec<Value> = diary
        .places(day)
        .into_iter()
        .map(|(time, free)| {
            let at = Zoned::new(paris_instant(day.to_datetime(time)), paris());
            let free = usize::try_from(free).is_ok_and(|free| free >= party);
            json!({
                "datetime": at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), "offers": [], "hasNormalStock": free,
                "hasPaymentGuaranteeRequirement": false, "guaranteeRequirementList": [],
            })
        })
        .collect();
    Ok(Value::Array(slots))
}

/// Opens or closes the times from `startTime` on and before `endTime`, which is the end of the day when it is not said.
fn set_availability(diary: &mut Diary, ask: &Ask<'_>, restaurant: &str) -> Answer {
    ask.allow(&[])?;
    let body = Fields::of(ask.parts, ask.body, &["date", "startTime", "endTime", "isOpen"])?;
    let day: Date = date("date", body.needed("date")?)?;
    let from = time("startTime", body.needed("startTime")?)?;
    let to = body.time("endTime")?.unwrap_or(Time::constant(23, 59, 0, 0));
    let open = body.flag("isOpen")?.unwrap_or(false);
    if to <= from {
        return Err(ApiError::bad_request("endTime must be after startTime"));
    }
    if open {
        diary.open(day, |time| from <= time && time < to);
    } else {
        for time in seatings(day).into_iter().filter(|time| from <= *time && *time < to) {
            diary.set(day, time, 0);
        }
    }
    let show = |time: Time| time.strftime("%H:%M").to_string();
    Ok(json!({
        "restaurantUuid": restaurant, "date": day.to_string(), "startTime": show(from), "endTime": show(to), "isOpen": open,
    }))
}
