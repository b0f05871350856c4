//! The vendor's limiter. Its size is not published; here it is so many requests in a minute.

use std::time::Duration;

use tokio::time::Instant;

const WINDOW: Duration = Duration::from_secs(60);

/// How many requests a minute.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests in a minute.
    pub per_minute: u32,
    /// Whether more are refused.
    pub enforced: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_minute: 300, enforced: true }
    }
}

impl Limits {
    /// The limit, so many times larger. 0: nothing is refused.
    #[must_use]
    pub fn scaled(factor: u32) -> Self {
        Self { per_minute: Self::default().per_minute.saturating_mul(factor.max(1)), enforced: factor > 0 }
    }
}

/// The running window.
#[derive(Debug)]
pub(super) struct Meter {
    limits: Limits,
    start: Instant,
    used: u32,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, start: Instant::now(), used: 0 }
    }

    /// Counts a request; false when it is one too many.
    pub(super) fn charge(&mut self) -> bool {
        if self.start.elapsed() >= WINDOW {
            self.start = Instant::now();
            self.used = 0;
        }
        if self.limits.enforced && self.used >= self.limits.per_minute {
            return false;
        }
        self.used = self.used.saturating_add(1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_full_minute_refuses_until_it_ends() {
        let mut meter = Meter::new(Limits { per_minute: 2, enforced: true });
        assert!(meter.charge() && meter.charge() && !meter.charge());
        tokio::time::advance(WINDOW).await;
        assert!(meter.charge());
    }
}
