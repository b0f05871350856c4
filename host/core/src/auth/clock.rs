//! The time of day, as tests can move it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// The system's clock, moved as far as tokio's paused clock was moved ahead of the real one: tokens are stored with the
/// time of day of their end, because they outlive the process, and tests pause time all the same.
pub(crate) fn now() -> SystemTime {
    let (tokio, real) = (Instant::now().into_std(), std::time::Instant::now());
    match tokio.checked_duration_since(real) {
        Some(ahead) => SystemTime::now() + ahead,
        None => SystemTime::now() - real.saturating_duration_since(tokio),
    }
}

/// Milliseconds since the Unix epoch, as times are stored.
pub(super) fn to_millis(at: SystemTime) -> i64 {
    let millis = |life: Duration| i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    }
}

/// [`to_millis`] read back.
pub(super) fn from_millis(millis: i64) -> SystemTime {
    let span = Duration::from_millis(millis.unsigned_abs());
    let at = if millis < 0 { UNIX_EPOCH.checked_sub(span) } else { UNIX_EPOCH.checked_add(span) };
    at.unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_follows_paused_time() {
        let before = now();
        tokio::time::advance(Duration::from_secs(7200)).await;
        let passed = now().duration_since(before).unwrap();
        assert!((7199..7201).contains(&passed.as_secs()), "{passed:?}");
    }

    #[test]
    fn stored_times_come_back() {
        let at = UNIX_EPOCH + Duration::from_millis(1_743_500_000_123);
        assert_eq!(from_millis(to_millis(at)), at);
        assert_eq!(from_millis(-5), UNIX_EPOCH - Duration::from_millis(5));
    }
}
