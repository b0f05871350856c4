//! Availability: `GET /inhouse/v1/availability/{rid}`.
//!
//! OpenTable tells the times at which a party of a size can come, not how many tables are left: each of them stands for
//! one table.

use moulin_adapter::booking::{Availability, AvailabilityQuery, Slot};
use moulin_adapter::http::path_segment;
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use serde::Deserialize;

use super::changes::local;
use crate::api;

/// Asked for when the caller does not say how many come; OpenTable must be told.
const USUAL_PARTY: u32 = 2;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Time<'a> {
    #[serde(borrow)]
    time: Scalar<'a>,
}

pub(crate) fn get(query: &AvailabilityQuery) -> Result<Availability> {
    let from = query.from.unwrap_or(LocalTime { hour: 0, minute: 0 });
    let to = query.to.unwrap_or(LocalTime { hour: 23, minute: 59 });
    let minutes = |time: LocalTime| u32::from(time.hour) * 60 + u32::from(time.minute);
    let span = minutes(to).checked_sub(minutes(from));
    let span = span.ok_or_else(|| Error::invalid("to", "must not be before from"))?;
    let target = format!("/inhouse/v1/availability/{}", path_segment(&api::restaurant()?));
    let request = api::get(target)
        .query("party_size", query.party_size.unwrap_or(USUAL_PARTY))
        .query("start_date_time", format!("{}T{from}", query.date))
        .query("forward_minutes", span)
        .query("backward_minutes", 0);
    let answer = api::send(request)?;
    let body = answer.text()?.trim();
    let [available, times] = read::members(body, ["times_available", "times"])?;
    let texts: Vec<Option<String>> = match (available, times) {
        (Some(list), _) => read::rows::<Time<'_>>(list, false)?.into_iter().map(|row| row.record.time.text()).collect(),
        (None, Some(list)) => serde_json::from_str::<Vec<Scalar<'_>>>(list)?.into_iter().map(Scalar::text).collect(),
        (None, None) => return Err(Error::unexpected("the vendor's answer lacks `times_available`")),
    };
    let mut slots = Vec::new();
    for text in texts {
        let text = text.ok_or_else(|| Error::unexpected("an available time without `time`"))?;
        let (date, time) = local(&text)?;
        if date == query.date && (minutes(from)..=minutes(to)).contains(&minutes(time)) {
            slots.push(Slot { time, capacity: 1 });
        }
    }
    let raw = query.include_raw.then(|| body.to_owned());
    Ok(Availability { date: query.date, slots, updated_at: None, raw })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;

    fn answers(body: &'static str) -> Host {
        Host::new("platform").setting("restaurant_id", "770042").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    fn query(party_size: Option<u32>, from: Option<u8>, to: Option<u8>) -> AvailabilityQuery {
        let clock = |hour: u8| LocalTime { hour, minute: 0 };
        AvailabilityQuery {
            date: time::parse_date("2025-07-28").unwrap(),
            party_size,
            from: from.map(clock),
            to: to.map(clock),
            include_raw: false,
        }
    }

    const BODY: &str = r#"{"rid":1038007,"party_size":2,"restaurant_settings":{"scc_enabled":true},"times":["2025-07-28T12:45"],
        "times_available":[{"time":"2025-07-28T12:45","availability_types":[{"type":"Standard"}]},{"time":"2025-07-28T13:00:00"},{"time":"2025-07-29T00:15"}]}"#;

    #[test]
    fn each_time_of_the_day_is_one_table() {
        let host = answers(BODY);
        let slots = host.run(|| get(&query(None, None, None))).unwrap().slots;
        let slot = |hour, minute| Slot { time: LocalTime { hour, minute }, capacity: 1 };
        assert_eq!(slots, [slot(12, 45), slot(13, 0)]);
        assert_eq!(host.run(|| get(&query(Some(4), Some(13), Some(14)))).unwrap().slots, [slot(13, 0)]);
        let sent = host.requests();
        assert_eq!(sent[0].target(), "/inhouse/v1/availability/770042");
        assert_eq!(
            sent[0].query_pairs().collect::<Vec<_>>(),
            [
                ("party_size", "2"),
                ("start_date_time", "2025-07-28T00:00"),
                ("forward_minutes", "1439"),
                ("backward_minutes", "0")
            ]
        );
        assert_eq!(
            (sent[1].query_value("party_size"), sent[1].query_value("forward_minutes")),
            (Some("4"), Some("60"))
        );
        let bare = answers(r#"{"times":["2025-07-28T12:45"]}"#);
        assert_eq!(bare.run(|| get(&query(None, None, None))).unwrap().slots, [slot(12, 45)]);
    }

    #[test]
    fn what_is_no_list_of_times_is_an_error() {
        for body in [
            "",
            "{}",
            "[]",
            "<html>",
            r#"{"times_available":7}"#,
            r#"{"times_available":[{}]}"#,
            r#"{"times":["12:45"]}"#,
            r#"{"times":[null]}"#,
        ] {
            assert!(answers(body).run(|| get(&query(None, None, None))).is_err(), "{body}");
        }
        assert!(matches!(answers(BODY).run(|| get(&query(None, Some(14), Some(13)))), Err(Error::Validation(_))));
    }
}
