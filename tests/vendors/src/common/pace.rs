//! A limiter without headers: so many requests in a window of a minute.

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
    /// 120, as the restaurant's agreements with the reservation books say.
    fn default() -> Self {
        Self { per_minute: 120, enforced: true }
    }
}

impl Limits {
    /// So many times the limit. 0: nothing is refused.
    #[must_use]
    pub fn scaled(factor: u32) -> Self {
        Self { per_minute: 120u32.saturating_mul(factor.max(1)), enforced: factor > 0 }
    }
}

/// The running window.
#[derive(Debug)]
pub(crate) struct Pace {
    limits: Limits,
    start: Instant,
    used: u32,
}

impl Pace {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, start: Instant::now(), used: 0 }
    }

    /// Counts a request; false when it is one too many.
    pub(crate) fn charge(&mut self) -> bool {
        if self.start.elapsed() >= WINDOW {
            self.start = Instant::now();
            self.used = 0;
        }
        let passes = !self.limits.enforced || self.used < self.limits.per_minute;
        self.used = self.used.saturating_add(u32::from(passes));
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_full_window_refuses_until_it_ends() {
        let mut pace = Pace::new(Limits { per_minute: 2, enforced: true });
        assert_eq!([pace.charge(), pace.charge(), pace.charge()], [true, true, false]);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(pace.charge());
        let mut lifted = Pace::new(Limits::scaled(0));
        assert!((0..1_000).all(|_| lifted.charge()));
    }
}
