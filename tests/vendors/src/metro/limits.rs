//! The vendor's limiter: so many requests in a window of a minute.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

const WINDOW: Duration = Duration::from_secs(60);

/// How many requests a minute. The vendor's limit is 120.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests in a minute.
    pub per_minute: u32,
    /// Whether more are refused; the headers are sent in any case.
    pub enforced: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_minute: 120, enforced: true }
    }
}

impl Limits {
    /// The vendor's limit, so many times larger. 0: nothing is refused.
    #[must_use]
    pub fn scaled(factor: u32) -> Self {
        Self::of(120, factor)
    }

    /// So many requests a minute, so many times larger. 0: nothing is refused.
    pub(crate) fn of(per_minute: u32, factor: u32) -> Self {
        Self { per_minute: per_minute.saturating_mul(factor.max(1)), enforced: factor > 0 }
    }
}

/// The running window.
#[derive(Debug)]
pub(crate) struct Meter {
    limits: Limits,
    start: Instant,
    used: u32,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, start: Instant::now(), used: 0 }
    }

    /// Counts a request; an error is the number of seconds to wait.
    pub(crate) fn charge(&mut self) -> Result<(), u64> {
        if self.start.elapsed() >= WINDOW {
            self.start = Instant::now();
            self.used = 0;
        }
        if self.limits.enforced && self.used >= self.limits.per_minute {
            return Err(self.seconds_left());
        }
        self.used = self.used.saturating_add(1);
        Ok(())
    }

    /// Whole seconds until the window ends, at least one.
    fn seconds_left(&self) -> u64 {
        let left = WINDOW.saturating_sub(self.start.elapsed());
        u64::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(60).max(1)
    }

    /// The headers of every answer; the reset is in seconds since the Unix epoch.
    pub(crate) fn headers(&self, headers: &mut HeaderMap) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs());
        headers.insert("x-ratelimit-limit", HeaderValue::from(self.limits.per_minute));
        headers.insert("x-ratelimit-remaining", HeaderValue::from(self.limits.per_minute.saturating_sub(self.used)));
        headers.insert("x-ratelimit-reset", HeaderValue::from(now + self.seconds_left()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_full_window_refuses_until_it_ends() {
        let mut meter = Meter::new(Limits { per_minute: 2, enforced: true });
        assert_eq!((meter.charge(), meter.charge()), (Ok(()), Ok(())));
        tokio::time::advance(Duration::from_millis(12_500)).await;
        assert_eq!(meter.charge(), Err(48));
        let mut headers = HeaderMap::new();
        meter.headers(&mut headers);
        assert_eq!(headers["x-ratelimit-remaining"], "0");
        tokio::time::advance(Duration::from_millis(47_500)).await;
        assert_eq!(meter.charge(), Ok(()));
    }
}
