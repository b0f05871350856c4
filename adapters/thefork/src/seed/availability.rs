//! Availability: `GET availability`, `PUT availability`. Capacities are covers.

use moulin_adapter::booking::{Availability, AvailabilityQuery, AvailabilityUpdate, Slot};
use moulin_adapter::http;
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use serde::{Deserialize, Serialize};

use super::single;
use crate::api;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    restaurant_id: String,
    date: String,
    slots: Vec<Place>,
}

#[derive(Serialize)]
struct Place {
    time: String,
    capacity: u32,
    available: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    date: Scalar<'a>,
    slots: Option<OneOrMany<Time<'a>>>,
    updated_at: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Time<'a> {
    #[serde(borrow)]
    time: Scalar<'a>,
    capacity: Scalar<'a>,
    available: Scalar<'a>,
}

pub(crate) fn get(query: &AvailabilityQuery) -> Result<Availability> {
    let request = http::get("/api/v2/availability")
        .query("restaurantId", api::restaurant()?)
        .query("date", query.date)
        .query_opt("partySize", query.party_size)
        .query_opt("timeStart", query.from)
        .query_opt("timeEnd", query.to);
    let answer = api::send(request)?;
    let mut found = availability(single(&answer, "availability")?, query.date, query.party_size, query.include_raw)?;
    let key = |time: LocalTime| (time.hour, time.minute);
    found.slots.retain(|slot| {
        query.from.is_none_or(|from| key(slot.time) >= key(from)) && query.to.is_none_or(|to| key(slot.time) <= key(to))
    });
    Ok(found)
}

pub(crate) fn set(update: &AvailabilityUpdate) -> Result<Availability> {
    let place =
        |slot: &Slot| Place { time: slot.time.to_string(), capacity: slot.capacity, available: slot.capacity > 0 };
    let body = Update {
        restaurant_id: api::restaurant()?,
        date: update.date.to_string(),
        slots: update.slots.iter().map(place).collect(),
    };
    let answer = api::send(http::put("/api/v2/availability").json(&body)?)?;
    if api::is_empty(&answer) {
        return Ok(Availability { date: update.date, slots: update.slots.clone(), updated_at: None, raw: None });
    }
    availability(single(&answer, "availability")?, update.date, None, update.include_raw)
}

fn availability(json: &str, date: Date, party: Option<u32>, include_raw: bool) -> Result<Availability> {
    let row = read::row::<Record<'_>>(json, include_raw)?;
    let slots = row.record.slots.as_ref().ok_or_else(|| Error::unexpected("the vendor's answer lacks `slots`"))?;
    Ok(Availability {
        date: row.record.date.date("date")?.unwrap_or(date),
        slots: slots.iter().map(|time| slot(time, party)).collect::<Result<_>>()?,
        updated_at: row.record.updated_at.instant("updated_at")?,
        raw: row.raw(),
    })
}

/// A time that is not available has no places, whatever its capacity. One without a capacity has room for those asked for.
fn slot(time: &Time<'_>, party: Option<u32>) -> Result<Slot> {
    let at = time.time.local_time("slots.time")?.ok_or_else(|| Error::unexpected("a slot without `time`"))?;
    let covers = match time.capacity.integer("slots.capacity")? {
        Some(covers) => {
            u32::try_from(covers).map_err(|_| Error::unexpected(format!("the capacity of {at} is negative")))?
        }
        None => party.unwrap_or(1) * u32::from(time.available.is_true()),
    };
    let closed = time.available.bool() == Some(false);
    Ok(Slot { time: at, capacity: if closed { 0 } else { covers } })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;

    const ANSWER: &str = r#"{"availability":{"restaurantId":"75012","date":"2025-04-20","slots":[{"time":"19:00","capacity":24,"available":true},{"time":"21:00","capacity":0,"available":false}],"updated_at":"2025-04-12T18:00:00Z"}}"#;

    fn answers(status: u16, body: &str) -> Host {
        let body = body.to_owned();
        Host::new("seed")
            .setting("restaurant_id", "75012")
            .vendor(move |_| Ok(Response::new(status, &[], body.as_str())))
    }

    fn slot(hour: u8, capacity: u32) -> Slot {
        Slot { time: LocalTime { hour, minute: 0 }, capacity }
    }

    fn update() -> AvailabilityUpdate {
        AvailabilityUpdate {
            date: time::parse_date("2025-04-20").unwrap(),
            slots: vec![slot(19, 24), slot(21, 0)],
            idempotency_key: None,
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
        let set = host.run(|| set(&update())).unwrap();
        assert_eq!(set.slots, [slot(19, 24), slot(21, 0)]);
        assert_eq!(set.updated_at, Some(time::parse_instant("2025-04-12T18:00:00Z").unwrap()));
        let sent = &host.requests()[0];
        assert_eq!((sent.method_name(), sent.target()), ("PUT", "/api/v2/availability"));
        assert_eq!(
            core::str::from_utf8(sent.body_bytes().unwrap()).unwrap(),
            r#"{"restaurantId":"75012","date":"2025-04-20","slots":[{"time":"19:00","capacity":24,"available":true},{"time":"21:00","capacity":0,"available":false}]}"#
        );
        assert_eq!(answers(204, "").run(|| super::set(&update())).unwrap().slots, update().slots);
    }

    #[test]
    fn times_are_read_and_held_to_the_range() {
        let body = r#"{"slots":[{"time":"18:30:00","available":true},{"time":"19:00","available":true},{"time":"20:00","capacity":"9","available":"false"},{"time":"20:30","capacity":3}]}"#;
        let host = answers(200, body);
        let found = host.run(|| get(&query())).unwrap();
        let expected = [slot(19, 4), slot(20, 0), Slot { time: LocalTime { hour: 20, minute: 30 }, capacity: 3 }];
        assert_eq!(found.slots, expected);
        assert_eq!(found.raw.as_deref(), Some(body));
        let pairs: Vec<(String, String)> =
            host.requests()[0].query_pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("restaurantId", "75012"),
                ("date", "2025-04-20"),
                ("partySize", "4"),
                ("timeStart", "19:00"),
                ("timeEnd", "20:30")
            ]
        );
    }

    #[test]
    fn what_is_no_list_of_slots_is_an_error() {
        for body in ["", "{}", "[]", "null", "<html>", r#"{"slots":7}"#, r#"{"slots":[{"capacity":1}]}"#] {
            assert!(answers(200, body).run(|| get(&query())).is_err(), "{body}");
        }
        assert!(answers(200, r#"{"slots":[{"time":"19:00","capacity":-1}]}"#).run(|| get(&query())).is_err());
    }
}
