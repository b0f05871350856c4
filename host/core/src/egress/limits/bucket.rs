//! A bucket that fills by a request's cost and leaks steadily, like Lightspeed's.

use std::time::Duration;

use tokio::time::Instant;

use super::gate::Rule;

/// Cost of a request before the first answer told one.
const FIRST_COST: f64 = 1.0;

pub(super) struct Bucket {
    size: f64,
    leak_per_second: f64,
    level: f64,
    /// When `level` was right.
    at: Instant,
    /// Believed cost of the requests that are under way.
    under_way: f64,
    /// What the last request cost. Neighbouring requests are mostly pages of one read, which cost the same.
    cost: f64,
}

/// What an answer says about the bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BucketReport {
    pub(super) level: f64,
    pub(super) size: f64,
    pub(super) leak_per_second: Option<f64>,
    pub(super) cost: Option<f64>,
}

impl Bucket {
    pub(super) fn new(size: f64, leak_per_second: f64, now: Instant) -> Self {
        let usable = |value: f64, otherwise: f64| {
            if value.is_finite() && value > 0.0 { value } else { otherwise }
        };
        Self {
            size: usable(size, 1.0),
            leak_per_second: usable(leak_per_second, 1.0),
            level: 0.0,
            at: now,
            under_way: 0.0,
            cost: FIRST_COST,
        }
    }

    /// The vendor's own figures replace ours. Other requests that are under way may not be in its level yet.
    pub(super) fn learn(&mut self, report: BucketReport, now: Instant) {
        self.size = report.size;
        if let Some(leak) = report.leak_per_second {
            self.leak_per_second = leak;
        }
        if let Some(cost) = report.cost {
            self.cost = cost;
        }
        self.level = report.level + self.under_way;
        self.at = now;
    }

    fn leak(&mut self, now: Instant) {
        let leaked = now.saturating_duration_since(self.at).as_secs_f64() * self.leak_per_second;
        self.level = (self.level - leaked).max(0.0);
        self.at = now;
    }
}

impl Rule for Bucket {
    type Pass = f64;

    fn take(&mut self, now: Instant) -> Result<f64, Option<Duration>> {
        self.leak(now);
        // A request dearer than the whole bucket would wait for ever; vendors let it pass when the bucket is empty.
        let cost = self.cost.min(self.size);
        let over = self.level + cost - self.size;
        // Less than a thousandth is an error of the floating point.
        if over <= 1e-3 {
            self.level += cost;
            self.under_way += cost;
            return Ok(cost);
        }
        // A millisecond more, so that it has leaked when the timer rings.
        let wait = (over / self.leak_per_second + 1e-3).min(86_400.0);
        Err(Some(Duration::from_secs_f64(wait)))
    }

    fn commit(&mut self, _cost: f64, _now: Instant) {}

    fn finish(&mut self, cost: f64, sent: bool) {
        self.under_way = (self.under_way - cost).max(0.0);
        if !sent {
            self.level = (self.level - cost).max(0.0);
        }
    }
}
