//! The server's time: it begins at the world's, runs with tokio's, and can be shifted.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serializer;
use tokio::time::Instant;

/// Begins at a moment and runs. Under tokio's paused time it stands and moves with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunningClock {
    start: Timestamp,
    since: Instant,
    shift: SignedDuration,
}

impl RunningClock {
    pub(super) fn starting_at(start: Timestamp) -> Self {
        Self { start, since: Instant::now(), shift: SignedDuration::ZERO }
    }

    pub(super) fn now(&self) -> Timestamp {
        let shifted = self.start.saturating_add(self.shift).unwrap_or(self.start);
        later(shifted, self.since.elapsed())
    }

    /// Moves the clock by so many seconds, back when negative. Shifts add up.
    pub(super) fn shift(&mut self, seconds: i64) {
        self.shift = self.shift.saturating_add(SignedDuration::from_secs(seconds));
    }
}

/// `moment` plus a duration, stopping at the end of time.
pub(super) fn later(moment: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    moment.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Moments as RFC 3339 in JSON.
pub(super) fn as_texts<S: Serializer>(moments: &[Timestamp], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(moments.iter().map(ToString::to_string))
}

/// A moment as RFC 3339 in JSON.
pub(super) fn as_text<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_runs_and_is_shifted() {
        let mut clock = RunningClock::starting_at("2025-04-12T10:30:00Z".parse().unwrap());
        tokio::time::advance(Duration::from_secs(5)).await;
        clock.shift(60);
        clock.shift(-3_600);
        assert_eq!(clock.now().to_string(), "2025-04-12T09:31:05Z");
        assert_eq!(later(Timestamp::MAX, Duration::MAX), Timestamp::MAX);
    }
}
