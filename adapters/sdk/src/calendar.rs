//! The restaurant's clock: the host knows the time zone and its rules.

use crate::bindings::common::moulin::host::calendar::LocalDateTime;
use crate::{Date, Error, Instant, LocalTime, Result, time};

#[cfg(target_family = "wasm")]
use crate::bindings::common::moulin::host::calendar as imports;
#[cfg(not(target_family = "wasm"))]
use crate::testing as imports;

/// The present.
pub fn now() -> Instant {
    imports::now()
}

/// IANA name of the restaurant's time zone.
pub fn time_zone() -> String {
    imports::time_zone()
}

/// Date and time of day on the restaurant's clock.
pub fn to_local(at: Instant) -> (Date, LocalTime) {
    let local = imports::to_local(at);
    (local.date, local.time)
}

/// The moment at which the restaurant's clock shows this.
pub fn to_instant(date: Date, time: LocalTime) -> Result<Instant> {
    imports::to_instant(LocalDateTime { date, time })
        .ok_or_else(|| Error::validation(format!("{date} is not a day of the calendar")))
}

/// The moment at which a day begins at the restaurant.
pub fn start_of_day(date: Date) -> Result<Instant> {
    to_instant(date, LocalTime { hour: 0, minute: 0 })
}

/// An instant on the restaurant's clock, with its offset: `2025-04-14T00:00:00+02:00`.
pub fn format_local(at: Instant) -> String {
    let (date, clock) = to_local(at);
    let shown = time::utc_midnight(date) / 60_000 + i64::from(clock.hour) * 60 + i64::from(clock.minute);
    let offset = shown - at.div_euclid(60_000);
    time::format_with_offset(at, i32::try_from(offset).unwrap_or_default())
}

/// Reads an instant, or a date alone, which means its beginning at the restaurant.
pub fn parse_instant_or_date(text: &str) -> Result<Instant> {
    match time::parse_date(text) {
        Ok(date) => start_of_day(date),
        Err(_) => time::parse_instant(text),
    }
}
