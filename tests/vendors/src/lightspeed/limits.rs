//! The vendor's two limiters: a leaky bucket, and a burst limiter over fixed windows of one second.

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::amount::Decimal;

/// How large the limits are. Costs are counted in thousandths of a drip.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Drips the bucket holds. The vendor's base: 90.
    pub bucket_size: u32,
    /// Drips that leak in a second. The vendor's base: 1.
    pub drip_rate: u32,
    /// Requests in a window of one second. The vendor's example: 20.
    pub burst: u32,
    /// Whether requests over a limit are refused; the headers are sent in any case.
    pub enforced: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bucket_size: 90, drip_rate: 1, burst: 20, enforced: true }
    }
}

impl Limits {
    /// The vendor's limits, so many times larger. 0: nothing is refused.
    #[must_use]
    pub fn scaled(factor: u32) -> Self {
        let (base, by) = (Self::default(), factor.max(1));
        Self {
            bucket_size: base.bucket_size.saturating_mul(by),
            drip_rate: base.drip_rate.saturating_mul(by),
            burst: base.burst.saturating_mul(by),
            enforced: factor > 0,
        }
    }
}

/// A refusal: which limiter, and after how many seconds to come back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) limiter: &'static str,
    pub(super) retry_after: u64,
}

/// The state of both limiters.
#[derive(Debug)]
pub(super) struct Meter {
    limits: Limits,
    level: u64,
    leaked_at: Instant,
    window_start: Instant,
    in_window: u32,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        let now = Instant::now();
        Self { limits, level: 0, leaked_at: now, window_start: now, in_window: 0 }
    }

    /// Counts a request that costs so many thousandths of a drip. The first request over the edge still passes.
    pub(super) fn charge(&mut self, cost: u64) -> Result<(), Refused> {
        self.leak();
        if self.window_start.elapsed().as_millis() >= 1_000 {
            self.window_start = Instant::now();
            self.in_window = 0;
        }
        if self.limits.enforced && self.in_window >= self.limits.burst {
            return Err(Refused { limiter: "api-burst-limiter", retry_after: 1 });
        }
        let size = u64::from(self.limits.bucket_size) * 1_000;
        if self.limits.enforced && self.level >= size {
            let drip = u64::from(self.limits.drip_rate.max(1)) * 1_000;
            let retry_after = (self.level - size + 1).div_ceil(drip).max(1);
            return Err(Refused { limiter: "api-leaky-bucket", retry_after });
        }
        self.in_window = self.in_window.saturating_add(1);
        self.level += cost;
        Ok(())
    }

    fn leak(&mut self) {
        let elapsed = u64::try_from(self.leaked_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        // A drip per second is a thousandth per millisecond.
        self.level = self.level.saturating_sub(elapsed.saturating_mul(u64::from(self.limits.drip_rate)));
        self.leaked_at = Instant::now();
    }

    /// The headers of every answer.
    pub(super) fn headers(&self, cost: u64, headers: &mut HeaderMap) {
        let drips = |milli: u64| Decimal::cents(i64::try_from(milli / 10).unwrap_or(i64::MAX)).to_string();
        set(headers, "x-ls-api-bucket-level", &format!("{}/{}", drips(self.level), self.limits.bucket_size));
        set(headers, "x-ls-api-burst-level", &format!("{}/{}", self.in_window, self.limits.burst));
        set(headers, "x-ls-api-drip-rate", &self.limits.drip_rate.to_string());
        set(headers, "x-ls-api-request-cost", &drips(cost));
    }
}

pub(super) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_request_over_the_edge_passes_and_the_next_waits_for_the_leak() {
        let mut meter = Meter::new(Limits { bucket_size: 3, drip_rate: 1, burst: 100, enforced: true });
        for _ in 0..3 {
            assert_eq!(meter.charge(1_300), Ok(()));
        }
        assert_eq!(meter.charge(1_000), Err(Refused { limiter: "api-leaky-bucket", retry_after: 1 }));
        tokio::time::advance(Duration::from_millis(901)).await;
        assert_eq!(meter.charge(1_000), Ok(()));
        let mut headers = HeaderMap::new();
        meter.headers(1_000, &mut headers);
        assert_eq!(headers["x-ls-api-bucket-level"], "3.99/3");
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_ends_with_its_second() {
        let mut meter = Meter::new(Limits { bucket_size: 90, drip_rate: 1, burst: 2, enforced: true });
        assert_eq!((meter.charge(1_000), meter.charge(1_000)), (Ok(()), Ok(())));
        assert_eq!(meter.charge(1_000), Err(Refused { limiter: "api-burst-limiter", retry_after: 1 }));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(meter.charge(1_000), Ok(()));
    }
}
