//! Instants and dates as text (ISO 8601, RFC 3339), by arithmetic alone.
//!
//! What depends on the restaurant's time zone is the host's business: see [`calendar`](crate::calendar).

use core::fmt;

use crate::{Date, Error, Instant, LocalTime};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * 60 * MINUTE;

/// Days from 1970-01-01 to a day of the Gregorian calendar (Hinnant's `days_from_civil`).
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + (month <= 2) as i64, month, of_year - (153 * shifted + 2) / 5 + 1)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Digits at a fixed place, or none.
fn number(text: &[u8], from: usize, length: usize) -> Option<i64> {
    let mut value = 0;
    for byte in text.get(from..from + length)? {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    Some(value)
}

fn days_of(text: &[u8]) -> Option<i64> {
    if text.get(4) != Some(&b'-') || text.get(7) != Some(&b'-') {
        return None;
    }
    let (year, month, day) = (number(text, 0, 4)?, number(text, 5, 2)?, number(text, 8, 2)?);
    let valid = year >= 1 && (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    valid.then(|| days_from_civil(year, month, day))
}

fn instant_of(text: &[u8]) -> Option<Instant> {
    let day = days_of(text)? * DAY;
    if !matches!(text.get(10), Some(b'T' | b't' | b' ')) || text.get(13) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (number(text, 11, 2)?, number(text, 14, 2)?);
    let mut at = 16;
    let mut second = 0;
    let mut millis = 0;
    if text.get(at) == Some(&b':') {
        second = number(text, 17, 2)?;
        at = 19;
        if matches!(text.get(at), Some(b'.' | b',')) {
            at += 1;
            let mut unit = 100;
            let start = at;
            while let Some(digit) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
                millis += i64::from(digit - b'0') * unit;
                unit /= 10;
                at += 1;
            }
            if at == start {
                return None;
            }
        }
    }
    // A leap second counts as the last second of its minute: the contract's time has none.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let offset = match (text.get(at)?, text.get(at + 1..)?) {
        (b'Z' | b'z', []) => 0,
        (sign @ (b'+' | b'-'), rest) => {
            let minutes = match rest.len() {
                5 if rest.get(2) == Some(&b':') => number(rest, 3, 2)?,
                4 => number(rest, 2, 2)?,
                2 => 0,
                _ => return None,
            };
            let hours = number(rest, 0, 2)?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = (hours * 60 + minutes) * MINUTE;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    Some(day + (hour * 60 + minute) * MINUTE + second.min(59) * SECOND + millis - offset)
}

fn unreadable(what: &str, text: &str) -> Error {
    let short: String = text.chars().take(40).collect();
    Error::unexpected(format!("`{short}` is not {what}"))
}

/// Reads an instant with its offset: `2025-04-01T12:30:05Z`, `…+02:00`, `…+0200`, fractions cut to milliseconds.
pub fn parse_instant(text: &str) -> Result<Instant, Error> {
    instant_of(text.as_bytes()).ok_or_else(|| unreadable("an ISO 8601 time with an offset", text))
}

/// Reads a day, `2025-04-14`; a time of day behind it is not allowed.
pub fn parse_date(text: &str) -> Result<Date, Error> {
    match days_of(text.as_bytes()) {
        Some(days) if text.len() == 10 => Ok(date_of_days(days)),
        _ => Err(unreadable("a date (YYYY-MM-DD)", text)),
    }
}

/// Reads a time of day, `19:30` or `19:30:00`.
pub fn parse_local_time(text: &str) -> Result<LocalTime, Error> {
    let bytes = text.as_bytes();
    let parts = (number(bytes, 0, 2), bytes.get(2), number(bytes, 3, 2));
    match parts {
        (Some(hour @ 0..=23), Some(b':'), Some(minute @ 0..=59)) if matches!(bytes.get(5), None | Some(b':')) => {
            Ok(LocalTime { hour: small(hour), minute: small(minute) })
        }
        _ => Err(unreadable("a time of day (HH:MM)", text)),
    }
}

/// Values that were checked to be small.
fn small(value: i64) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

fn date_of_days(days: i64) -> Date {
    let (year, month, day) = civil_from_days(days);
    Date { year: u16::try_from(year).unwrap_or(u16::MAX), month: small(month), day: small(day) }
}

/// The day of an instant in UTC.
pub fn utc_date(at: Instant) -> Date {
    date_of_days(at.div_euclid(DAY))
}

/// The instant at which a day begins in UTC.
pub fn utc_midnight(date: Date) -> Instant {
    days_from_civil(i64::from(date.year), i64::from(date.month), i64::from(date.day)) * DAY
}

/// `2025-04-01T12:30:05Z`; milliseconds only when there are some.
pub fn format_instant(at: Instant) -> String {
    format!("{}Z", civil(at))
}

/// `2025-04-01T14:30:05+02:00`: the instant on a clock that is `offset_minutes` ahead of UTC.
pub fn format_with_offset(at: Instant, offset_minutes: i32) -> String {
    let (hours, minutes) = (offset_minutes.unsigned_abs() / 60, offset_minutes.unsigned_abs() % 60);
    let sign = if offset_minutes < 0 { '-' } else { '+' };
    format!("{}{sign}{hours:02}:{minutes:02}", civil(at + i64::from(offset_minutes) * MINUTE))
}

/// Date and time without an offset.
fn civil(at: Instant) -> String {
    let (year, month, day) = civil_from_days(at.div_euclid(DAY));
    let of_day = at.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / (60 * MINUTE), of_day / MINUTE % 60, of_day / SECOND % 60);
    let millis = of_day % SECOND;
    let fraction = if millis == 0 { String::new() } else { format!(".{millis:03}") };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}")
}

/// `Retry-After` (RFC 9110 section 10.2.3) as milliseconds from `now`: seconds, or an HTTP date. None if it is neither
/// or lies in the past.
pub fn parse_retry_after(text: &str, now: Instant) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return seconds.checked_mul(1_000);
    }
    u64::try_from(parse_http_date(text)? - now).ok()
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the form RFC 9110 tells servers to send.
fn parse_http_date(text: &str) -> Option<Instant> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (clock, zone) = (parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    (zone == "GMT").then(|| instant_of(format!("{year}-{month:02}-{day}T{clock}Z").as_bytes()))?
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_offset_is_read() {
        let noon = 1_743_510_605_000;
        for text in [
            "2025-04-01T12:30:05Z",
            "2025-04-01T12:30:05+00:00",
            "2025-04-01T14:30:05+02:00",
            "2025-04-01T14:30:05+0200",
            "2025-04-01T07:00:05-05:30",
            "2025-04-01 12:30:05z",
            "2025-04-01T12:30:05.000Z",
        ] {
            assert_eq!(parse_instant(text).unwrap(), noon, "{text}");
        }
        assert_eq!(parse_instant("2025-04-01T12:30:05.1239999Z").unwrap(), noon + 123);
        assert_eq!(parse_instant("2025-04-01T12:30Z").unwrap(), noon - 5_000);
        assert_eq!(parse_instant("1969-12-31T23:59:59.5Z").unwrap(), -500);
        assert_eq!(parse_instant("2016-12-31T23:59:60Z").unwrap(), parse_instant("2016-12-31T23:59:59Z").unwrap());
    }

    #[test]
    fn what_is_not_an_instant_is_an_error() {
        for text in [
            "",
            "2025-04-01",
            "2025-04-01T12:30:05",
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-04-01T24:00:00Z",
            "2025-04-01T12:30:05.Z",
            "2025-04-01T12:30:05+2",
            "2025-04-01T12:30:05Zx",
            "0000-01-01T00:00:00Z",
            "２025-04-01T12:30:05Z",
        ] {
            assert!(parse_instant(text).is_err(), "{text}");
        }
    }

    #[test]
    fn instants_are_written_back() {
        assert_eq!(format_instant(1_743_510_605_000), "2025-04-01T12:30:05Z");
        assert_eq!(format_instant(-500), "1969-12-31T23:59:59.500Z");
        assert_eq!(format_with_offset(1_744_581_600_000, 120), "2025-04-14T00:00:00+02:00");
        assert_eq!(format_with_offset(0, -90), "1969-12-31T22:30:00-01:30");
        for day in (-800_000..3_000_000).step_by(997) {
            let text = format_instant(day * DAY + 1);
            if (1..=9999).contains(&civil_from_days(day).0) {
                assert_eq!(parse_instant(&text).unwrap(), day * DAY + 1, "{text}");
            }
        }
    }

    #[test]
    fn dates_and_times_of_day() {
        let date = parse_date("2024-02-29").unwrap();
        assert_eq!((date.year, date.month, date.day, date.to_string().as_str()), (2024, 2, 29, "2024-02-29"));
        assert!(parse_date("2024-02-29T00:00:00Z").is_err() && parse_date("2023-02-29").is_err());
        assert_eq!(utc_date(utc_midnight(date)), date);
        assert_eq!(parse_local_time("19:30").unwrap().to_string(), "19:30");
        assert!(parse_local_time("24:00").is_err() && parse_local_time("7:30").is_err());
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = parse_instant("1994-11-06T08:49:30Z").unwrap();
        assert_eq!(parse_retry_after("7", now), Some(7_000));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(7_000));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:49:00 GMT", now), None);
        assert_eq!(parse_retry_after("soon", now), None);
    }
}
