//! Availability: `GET availability`, `PUT availability`. Capacities are free tables.

use moulin_adapter::booking::{Availability, AvailabilityQuery, AvailabilityUpdate, Slot};
use moulin_adapter::http::Method;
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use serde::{Deserialize, Serialize};

use super::single;
use crate::api;

#[derive(Serialize)]
struct Update {
    date: String,
    time_slots: Vec<Place>,
}

#[derive(Serialize)]
struct Place {
    time: String,
    available: u32,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    date: Scalar<'a>,
    time_slots: Option<OneOrMany<Time<'a>>>,
    updated_at: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Time<'a> {
    #[serde(borrow)]
    time: Scalar<'a>,
    available: Scalar<'a>,
}

pub(crate) fn get(query: &AvailabilityQuery) -> Result<Availability> {
    let request = api::get(api::below_restaurant("availability")?)
        .query("date", query.date)
        .query_opt("party_size", query.party_size)
        .query_opt("time_start", query.from)
        .query_opt("time_end", query.to);
    let answer = api::send(request)?;
    let mut found = availability(single(&answer, "availability")?, query.date, query.include_raw)?;
    let key = |time: LocalTime| (time.hour, time.minute);
    found.slots.retain(|slot| {
        query.from.is_none_or(|from| key(slot.time) >= key(from)) && query.to.is_none_or(|to| key(slot.time) <= key(to))
    });
    Ok(found)
}

pub(crate) fn set(update: &AvailabilityUpdate) -> Result<Availability> {
    let place = |slot: &Slot| Place { time: slot.time.to_string(), available: slot.capacity };
    let body = Update { date: update.date.to_string(), time_slots: update.slots.iter().map(place).collect() };
    let key = update.idempotency_key.as_deref();
    let answer = api::send(api::write(Method::Put, api::below_restaurant("availability")?, key).json(&body)?)?;
    if api::is_empty(&answer) {
        return Ok(Availability { date: update.date, slots: update.slots.clone(), updated_at: None, raw: None });
    }
    let [success] = read::members(answer.text()?, ["success"])?;
    if success.is_some_and(|json| Scalar::from_json(json).bool() == Some(false)) {
        return Err(Error::unexpected("OpenTable answered that the availability was not set, and not why"));
    }
    availability(single(&answer, "availability")?, update.date, update.include_raw)
}

fn availability(json: &str, date: Date, include_raw: bool) -> Result<Availability> {
    let row = read::row::<Record<'_>>(json, include_raw)?;
    let slots = row.record.time_slots.as_ref();
    let slots = slots.ok_or_else(|| Error::unexpected("the vendor's answer lacks `time_slots`"))?;
    Ok(Availability {
        date: row.record.date.date("date")?.unwrap_or(date),
        slots: slots.iter().map(slot).collect::<Result<_>>()?,
        updated_at: row.record.updated_at.instant("updated_at")?,
        raw: row.raw(),
    })
}

fn slot(time: &Time<'_>) -> Result<Slot> {
    let at = time.time.local_time("time_slots.time")?.ok_or_else(|| Error::unexpected("a slot without `time`"))?;
    let free = time.available.integer("time_slots.available")?;
    let free = free.and_then(|free| u32::try_from(free).ok());
    let free = free.ok_or_else(|| Error::unexpected(format!("the slot at {at} has no number of free tables")))?;
    Ok(Slot { time: at, capacity: free })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;

    const ANSWER: &str = r#"{"success":true,"availability":{"date":"2025-04-20","time_slots":[{"time":"18:00","available":5},{"time":"19:00","available":0}]}}"#;

    fn answers(status: u16, body: &str) -> Host {
        let body = body.to_owned();
        Host::new("seed")
            .setting("restaurant_id", "770042")
            .vendor(move |_| Ok(Response::new(status, &[], body.as_str())))
    }

    fn slot(hour: u8, capacity: u32) -> Slot {
        Slot { time: LocalTime { hour, minute: 0 }, capacity }
    }

    fn update() -> AvailabilityUpdate {
        AvailabilityUpdate {
            date: time::parse_date("2025-04-20").unwrap(),
            slots: vec![slot(18, 5), slot(19, 0)],
            idempotency_key: Some("k-1".into()),
            include_raw: false,
        }
    }

    fn query() -> AvailabilityQuery {
        AvailabilityQuery {
            date: time::parse_date("2025-04-20").unwrap(),
            party_size: Some(4),
            from: Some(LocalTime { hour: 19, minute: 0 }),
            to: Some(LocalTime { hour: 20, minute: 30 }),
            include_raw: true,
        }
    }

    #[test]
    fn the_body_and_the_answer_are_those_of_the_sheet() {
        let host = answers(200, ANSWER);
        assert_eq!(host.run(|| set(&update())).unwrap().slots, update().slots);
        let sent = &host.requests()[0];
        assert_eq!((sent.method_name(), sent.target()), ("PUT", "/api/v3/restaurant/770042/availability"));
        assert_eq!(sent.header_value("X-Request-Id"), Some("k-1"));
        assert_eq!(
            core::str::from_utf8(sent.body_bytes().unwrap()).unwrap(),
            r#"{"date":"2025-04-20","time_slots":[{"time":"18:00","available":5},{"time":"19:00","available":0}]}"#
        );
        assert_eq!(answers(204, "").run(|| super::set(&update())).unwrap().slots, update().slots);
    }

    #[test]
    fn a_failure_inside_a_200_is_a_failure() {
        for body in [r#"{"success":false,"availability":{"time_slots":[]}}"#, r#"{"success":true}"#] {
            assert!(matches!(answers(200, body).run(|| set(&update())), Err(Error::Api(_))), "{body}");
        }
    }

    #[test]
    fn times_are_read_and_held_to_the_range() {
        let body = r#"{"time_slots":[{"time":"18:30:00","available":1},{"time":"19:00","available":"2"},{"time":"21:00","available":3}]}"#;
        let host = answers(200, body);
        let found = host.run(|| get(&query())).unwrap();
        assert_eq!((found.slots.as_slice(), found.raw.as_deref()), (&[slot(19, 2)][..], Some(body)));
        let sent = &host.requests()[0];
        assert_eq!(
            sent.query_pairs().collect::<Vec<_>>(),
            [("date", "2025-04-20"), ("party_size", "4"), ("time_start", "19:00"), ("time_end", "20:30")]
        );
    }

    #[test]
    fn what_is_no_list_of_slots_is_an_error() {
        for body in ["", "{}", "[]", "null", "<html>", r#"{"time_slots":7}"#, r#"{"time_slots":[{"available":1}]}"#] {
            assert!(answers(200, body).run(|| get(&query())).is_err(), "{body}");
        }
        for free in ["-1", "true", "null"] {
            let body = format!(r#"{{"time_slots":[{{"time":"19:00","available":{free}}}]}}"#);
            assert!(answers(200, &body).run(|| get(&query())).is_err(), "{free}");
        }
    }
}
