//! `moulin:host/calendar`: the restaurant's clock.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use super::CallState;
use crate::contract::v1::moulin::host::calendar::{Host, LocalDateTime};
use crate::model::Instant;

impl Host for CallState {
    fn now(&mut self) -> wasmtime::Result<Instant> {
        Ok(Instant::now())
    }

    fn time_zone(&mut self) -> wasmtime::Result<String> {
        Ok(self.zone().iana_name().unwrap_or("UTC").to_owned())
    }

    fn to_local(&mut self, at: Instant) -> wasmtime::Result<LocalDateTime> {
        // A moment outside the calendar (before -9999, after 9999) has no local time; its nearest end stands for it.
        let timestamp =
            Timestamp::try_from(at).unwrap_or(if at.as_millis() < 0 { Timestamp::MIN } else { Timestamp::MAX });
        Ok(to_local(&self.zone(), timestamp))
    }

    fn to_instant(&mut self, at: LocalDateTime) -> wasmtime::Result<Option<Instant>> {
        Ok(to_instant(&self.zone(), at))
    }
}

impl CallState {
    fn zone(&self) -> TimeZone {
        self.scope().map_or(TimeZone::UTC, |scope| scope.time_zone.clone())
    }
}

fn to_local(zone: &TimeZone, at: Timestamp) -> LocalDateTime {
    let local = zone.to_datetime(at);
    LocalDateTime { date: local.date().into(), time: local.time().into() }
}

fn to_instant(zone: &TimeZone, at: LocalDateTime) -> Option<Instant> {
    let date = civil::Date::try_from(at.date).ok()?;
    let time = civil::Time::try_from(at.time).ok()?;
    // jiff's "compatible" rule, RFC 5545: the first of two, and past the gap by as much as the time was inside it.
    zone.to_ambiguous_timestamp(date.to_datetime(time)).compatible().ok().map(Instant::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Date, LocalTime};

    fn paris(year: u16, month: u8, day: u8, hour: u8, minute: u8) -> Option<String> {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let at = LocalDateTime { date: Date { year, month, day }, time: LocalTime { hour, minute } };
        to_instant(&zone, at).map(|instant| instant.to_string())
    }

    #[test]
    fn the_change_to_summer_time_has_no_half_past_two() {
        assert_eq!(paris(2025, 3, 30, 1, 59).unwrap(), "2025-03-30T00:59:00Z");
        assert_eq!(paris(2025, 3, 30, 2, 30).unwrap(), "2025-03-30T01:30:00Z");
        assert_eq!(paris(2025, 3, 30, 3, 0).unwrap(), "2025-03-30T01:00:00Z");
    }

    #[test]
    fn the_change_to_winter_time_has_the_first_half_past_two() {
        assert_eq!(paris(2025, 10, 26, 2, 30).unwrap(), "2025-10-26T00:30:00Z");
        assert_eq!(paris(2025, 10, 26, 3, 0).unwrap(), "2025-10-26T02:00:00Z");
    }

    #[test]
    fn a_date_that_does_not_exist_has_no_moment() {
        assert_eq!(paris(2025, 2, 29, 12, 0), None);
        assert_eq!(paris(2025, 2, 28, 24, 0), None);
    }
}
