//! Time in Paris.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

/// What time it is for records made while the vendors run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// 12:30 in Paris on the world's day, one second later with each event.
    Fixed,
    /// The machine's time.
    System,
}

impl Clock {
    pub(super) fn now(self, today: Date, tick: u32) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Fixed => after(paris_instant(today.at(12, 30, 0, 0)), i64::from(tick)),
        }
    }
}

/// The zone of Paris by its rule in force since 1996, so that no time zone database is needed.
#[must_use]
pub fn paris() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC)
}

/// The instant of a wall clock reading in Paris; in the hour that is twice, the first; in the one that is not, after it.
#[must_use]
pub fn paris_instant(local: DateTime) -> Timestamp {
    paris().to_ambiguous_timestamp(local).compatible().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `instant` plus seconds, stopping at the end of time.
pub(super) fn after(instant: Timestamp, seconds: i64) -> Timestamp {
    instant.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paris_changes_to_summer_time() {
        let noon = |y, m, d| paris_instant(Date::constant(y, m, d).at(12, 0, 0, 0)).to_string();
        assert_eq!(noon(2025, 3, 29), "2025-03-29T11:00:00Z");
        assert_eq!(noon(2025, 3, 30), "2025-03-30T10:00:00Z");
        assert_eq!(noon(2025, 10, 26), "2025-10-26T11:00:00Z");
    }
}
