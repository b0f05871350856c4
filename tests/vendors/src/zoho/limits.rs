//! The vendor's credits: so many calls in 24 hours, told only once half of them are used.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::Instant;

use super::error::ApiError;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// How many credits. The vendor's standard edition has 50 000.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Calls in 24 hours.
    pub credits: u32,
    /// Whether more are refused; the header is sent in any case.
    pub enforced: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { credits: 50_000, enforced: true }
    }
}

impl Limits {
    /// The vendor's credits, so many times more. 0: nothing is refused.
    #[must_use]
    pub fn scaled(factor: u32) -> Self {
        Self { credits: 50_000u32.saturating_mul(factor.max(1)), enforced: factor > 0 }
    }
}

/// The running day.
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

    /// Counts a call. The refusal does not say which limit was hit, and has no `Retry-After`.
    pub(super) fn charge(&mut self) -> Result<(), Response> {
        if self.start.elapsed() >= DAY {
            (self.start, self.used) = (Instant::now(), 0);
        }
        if self.limits.enforced && self.used >= self.limits.credits {
            let message = "You have exceeded the maximum number of API calls";
            return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", message).into_response());
        }
        self.used = self.used.saturating_add(1);
        Ok(())
    }

    pub(super) fn headers(&self, headers: &mut HeaderMap) {
        if self.used > self.limits.credits / 2 {
            let left = self.limits.credits.saturating_sub(self.used);
            headers.insert("x-api-credits-remaining", HeaderValue::from(left));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn credits_are_told_from_half_and_end() {
        let mut meter = Meter::new(Limits { credits: 2, enforced: true });
        let told = |meter: &Meter| {
            let mut headers = HeaderMap::new();
            meter.headers(&mut headers);
            headers.get("x-api-credits-remaining").cloned()
        };
        assert!(meter.charge().is_ok() && told(&meter).is_none());
        assert!(meter.charge().is_ok() && told(&meter) == Some(HeaderValue::from(0)));
        assert_eq!(meter.charge().unwrap_err().status(), StatusCode::TOO_MANY_REQUESTS);
        tokio::time::advance(DAY).await;
        assert!(meter.charge().is_ok());
    }
}
