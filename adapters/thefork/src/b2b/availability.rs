//! Availability: `GET restaurants/{id}/timeslots`, `PUT restaurants/{id}/availabilities/override`.
//!
//! TheFork tells and takes whether a time is open, not how many covers are left. An open time stands for as many covers as
//! were asked for; a capacity above zero opens a time.

use moulin_adapter::booking::{Availability, AvailabilityQuery, AvailabilityUpdate, Slot};
use moulin_adapter::http;
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use serde::{Deserialize, Serialize};

use super::of_restaurant;
use crate::api;

#[derive(Deserialize, Default)]
#[serde(default)]
struct TimeSlot<'a> {
    #[serde(borrow)]
    datetime: Scalar<'a>,
    #[serde(rename = "hasNormalStock")]
    normal: Scalar<'a>,
    offers: Option<Vec<Scalar<'a>>>,
}

pub(crate) fn get(query: &AvailabilityQuery) -> Result<Availability> {
    let request =
        http::get(of_restaurant("timeslots")?).query("date", query.date).query_opt("partySize", query.party_size);
    let answer = api::send(request)?;
    let body = answer.text()?.trim();
    if !body.starts_with('[') {
        return Err(Error::unexpected("the vendor's answer is no list of times"));
    }
    let key = |time: LocalTime| (time.hour, time.minute);
    let mut slots = Vec::new();
    for row in read::rows::<TimeSlot<'_>>(body, false)? {
        let at = row.record.datetime.instant("datetime")?;
        let (_, time) = calendar::to_local(at.ok_or_else(|| Error::unexpected("a time slot without `datetime`"))?);
        let open = row.record.normal.is_true() || row.record.offers.is_some_and(|offers| !offers.is_empty());
        let inside =
            query.from.is_none_or(|from| key(time) >= key(from)) && query.to.is_none_or(|to| key(time) <= key(to));
        if inside {
            slots.push(Slot { time, capacity: if open { query.party_size.unwrap_or(1) } else { 0 } });
        }
    }
    let raw = query.include_raw.then(|| body.to_owned());
    Ok(Availability { date: query.date, slots, updated_at: None, raw })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Override {
    date: String,
    start_time: String,
    end_time: String,
    is_open: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Overridden<'a> {
    #[serde(borrow, rename = "isOpen")]
    is_open: Scalar<'a>,
}

/// Opens or closes each time by itself, one after the other. A repetition changes nothing, so after a failure the whole
/// can be asked for again.
pub(crate) fn set(update: &AvailabilityUpdate) -> Result<Availability> {
    let minutes = minutes()?;
    let mut raw = Vec::new();
    for (index, slot) in update.slots.iter().enumerate() {
        let answer = open_or_close(update.date, *slot, minutes)
            .map_err(|error| error.about(&format!("slots[{index}] ({}) failed, those before it are set", slot.time)))?;
        raw.push(answer);
    }
    let raw = update.include_raw.then(|| format!("[{}]", raw.join(",")));
    Ok(Availability { date: update.date, slots: update.slots.clone(), updated_at: None, raw })
}

fn open_or_close(date: Date, slot: Slot, minutes: u16) -> Result<String> {
    let open = slot.capacity > 0;
    // Without an end TheFork would take the rest of the day.
    let body = Override {
        date: date.to_string(),
        start_time: slot.time.to_string(),
        end_time: later(slot.time, minutes).to_string(),
        is_open: open,
    };
    let answer = api::send(http::put(of_restaurant("availabilities/override")?).json(&body)?)?;
    if api::is_empty(&answer) {
        return Ok("null".to_owned());
    }
    let text = answer.text()?.trim();
    match read::row::<Overridden<'_>>(text, false)?.record.is_open.bool() {
        Some(now) if now == open => Ok(text.to_owned()),
        Some(_) => Err(Error::unexpected("TheFork answered the opposite of what was asked")),
        None => Err(Error::unexpected("the vendor's answer lacks `isOpen`")),
    }
}

fn minutes() -> Result<u16> {
    let Some(text) = connection::setting("slot_minutes") else { return Ok(15) };
    let minutes = text.parse().ok().filter(|minutes| (1..=240).contains(minutes));
    minutes.ok_or_else(|| Error::invalid("settings.slot_minutes", "must be a number from 1 to 240"))
}

/// So many minutes later, at the last minute of the day at most.
fn later(time: LocalTime, minutes: u16) -> LocalTime {
    let end = (u16::from(time.hour) * 60 + u16::from(time.minute)).saturating_add(minutes).min(23 * 60 + 59);
    let part = |value: u16| u8::try_from(value).unwrap_or_default();
    LocalTime { hour: part(end / 60), minute: part(end % 60) }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;

    fn at(hour: u8, minute: u8) -> LocalTime {
        LocalTime { hour, minute }
    }

    fn host(answer: impl Fn(&http::Request) -> Result<Response> + 'static) -> Host {
        Host::new("b2b-v1").setting("restaurant_id", "r-1").vendor(answer)
    }

    fn update() -> AvailabilityUpdate {
        AvailabilityUpdate {
            date: time::parse_date("2025-04-20").unwrap(),
            slots: vec![Slot { time: at(19, 0), capacity: 24 }, Slot { time: at(23, 50), capacity: 0 }],
            idempotency_key: None,
            include_raw: true,
        }
    }

    fn echo(request: &http::Request) -> Result<Response> {
        Ok(Response::new(200, &[], request.body_bytes().unwrap_or_default()))
    }

    #[test]
    fn a_slot_is_one_override_and_ends_before_the_next() {
        let vendor = host(echo);
        let set = vendor.run(|| set(&update())).unwrap();
        assert_eq!(set.slots, update().slots);
        let sent = vendor.requests();
        let bodies: Vec<_> =
            sent.iter().map(|request| core::str::from_utf8(request.body_bytes().unwrap()).unwrap()).collect();
        assert_eq!(
            bodies,
            [
                r#"{"date":"2025-04-20","startTime":"19:00","endTime":"19:15","isOpen":true}"#,
                r#"{"date":"2025-04-20","startTime":"23:50","endTime":"23:59","isOpen":false}"#,
            ]
        );
        assert_eq!(
            (sent[0].method_name(), sent[0].target()),
            ("PUT", "/manager/v1/restaurants/r-1/availabilities/override")
        );
        assert_eq!(set.raw.unwrap(), format!("[{}]", bodies.join(",")));
        let half = vendor.setting("slot_minutes", "30");
        half.run(|| super::set(&update())).unwrap();
        let last = half.requests();
        assert!(core::str::from_utf8(last[2].body_bytes().unwrap()).unwrap().contains(r#""endTime":"19:30""#));
        assert!(half.setting("slot_minutes", "0").run(|| super::set(&update())).is_err());
    }

    #[test]
    fn a_failure_names_the_slot_and_stops_there() {
        let vendor = host(|request| {
            let first = request.body_bytes().unwrap().windows(5).any(|text| text == b"19:00");
            if first { echo(request) } else { Ok(Response::new(503, &[], "")) }
        });
        let Err(Error::Api(error)) = vendor.run(|| set(&update())) else { panic!() };
        assert!(error.message.starts_with("slots[1] (23:50) failed, those before it are set: "), "{}", error.message);
        for body in [r#"{"isOpen":false}"#, "{}", "<html>"] {
            let vendor = host(move |_| Ok(Response::new(200, &[], body)));
            assert!(vendor.run(|| set(&update())).is_err(), "{body}");
            assert_eq!(vendor.requests().len(), 1);
        }
    }

    #[test]
    fn times_are_read_on_the_restaurants_clock() {
        let body = r#"[{"datetime":"2025-04-20T12:30:00+02:00","offers":[],"hasNormalStock":true},
            {"datetime":"2025-04-20T17:00:00Z","offers":null,"hasNormalStock":false},
            {"datetime":"2025-04-20T19:30:00+02:00","offers":["o-1"],"hasNormalStock":false}]"#;
        let vendor = host(move |_| Ok(Response::new(200, &[], body)));
        let query = |party_size, from| AvailabilityQuery {
            date: time::parse_date("2025-04-20").unwrap(),
            party_size,
            from,
            to: None,
            include_raw: false,
        };
        let slots = |query: AvailabilityQuery| vendor.run(|| get(&query)).unwrap().slots;
        let slot = |hour, minute, capacity| Slot { time: at(hour, minute), capacity };
        assert_eq!(slots(query(Some(4), None)), [slot(12, 30, 4), slot(19, 0, 0), slot(19, 30, 4)]);
        assert_eq!(slots(query(None, Some(at(19, 0)))), [slot(19, 0, 0), slot(19, 30, 1)]);
        let sent = vendor.requests();
        assert_eq!(sent[0].query_pairs().collect::<Vec<_>>(), [("date", "2025-04-20"), ("partySize", "4")]);
        for wrong in ["{}", "", "null", "<html>", r#"[{"hasNormalStock":true}]"#, "[7]"] {
            let vendor = host(move |_| Ok(Response::new(200, &[], wrong)));
            assert!(vendor.run(|| get(&query(None, None))).is_err(), "{wrong}");
        }
    }
}
