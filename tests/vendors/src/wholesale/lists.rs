//! Query parameters, days, and the mornings somebody delivers.

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan, Zoned};

use super::error::ApiError;
use crate::common::query::Query;
use crate::metro::plain;
use crate::world::{World, paris, paris_instant};

/// Refuses a parameter that is not in the list.
pub(crate) fn allow(query: &Query, known: &[&str]) -> Result<(), ApiError> {
    match query.unknown(known) {
        None => Ok(()),
        Some(name) => Err(ApiError::invalid(name, "is an unknown parameter")),
    }
}

/// A whole number between bounds.
pub(crate) fn number(
    query: &Query,
    name: &str,
    default: usize,
    bounds: std::ops::RangeInclusive<usize>,
) -> Result<usize, ApiError> {
    match query.get(name).map(str::parse) {
        None => Ok(default),
        Some(Ok(number)) if bounds.contains(&number) => Ok(number),
        Some(_) => {
            Err(ApiError::invalid(name, format!("must be a number from {} to {}", bounds.start(), bounds.end())))
        }
    }
}

/// A day written `YYYY-MM-DD`, and nothing else.
pub(crate) fn day(query: &Query, name: &str) -> Result<Option<Date>, ApiError> {
    let day = |text: &str| Some(text).filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
    match query.get(name).map(day) {
        None => Ok(None),
        Some(Some(day)) => Ok(Some(day)),
        Some(None) => Err(ApiError::invalid(name, "must be a date, YYYY-MM-DD")),
    }
}

/// The words of a search, none without the parameter.
pub(crate) fn words_of(query: &Query, name: &str) -> Result<Vec<String>, ApiError> {
    match query.get(name) {
        None => Ok(Vec::new()),
        Some(words) if words.trim().is_empty() => Err(ApiError::invalid(name, "must not be empty")),
        Some(words) => Ok(plain(words).split_whitespace().map(str::to_owned).collect()),
    }
}

/// Days in Paris, both ends included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub(crate) first: Option<Date>,
    pub(crate) last: Option<Date>,
}

impl Period {
    pub(crate) fn holds(&self, at: Timestamp) -> bool {
        let day = Zoned::new(at, paris()).date();
        self.first.is_none_or(|first| day >= first) && self.last.is_none_or(|last| day <= last)
    }
}

/// Two weeks of delivery mornings: the day, until when orders are taken, and whether somebody delivers. None on Sundays;
/// the order must be in by 18:00 of the day before.
pub(crate) fn slots(world: &World) -> impl Iterator<Item = (Date, Timestamp, bool)> {
    let today = world.options().today;
    (1..=14i64).filter_map(move |ahead| today.checked_add(ahead.days()).ok()).map(|day| {
        let cutoff = paris_instant(day.yesterday().unwrap_or(day).at(18, 0, 0, 0));
        (day, cutoff, day.weekday() != Weekday::Sunday)
    })
}

/// An instant on the clock of Paris, with its offset.
pub(crate) fn in_paris(at: Timestamp) -> String {
    Zoned::new(at, paris()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
