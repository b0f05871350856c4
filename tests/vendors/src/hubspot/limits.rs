//! The vendor's limits: a burst window of ten seconds, five searches a second, and for private apps a day's allowance.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use tokio::time::Instant;

use super::error::correlation;

const BURST: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);

/// How many requests. The vendor allows an OAuth app 110 in ten seconds, and 5 searches a second.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests in ten seconds.
    pub burst: u32,
    /// Searches in a second.
    pub searches: u32,
    /// Requests until midnight; none for an OAuth app.
    pub daily: Option<u32>,
    /// Whether more are refused; the headers are sent in any case.
    pub enforced: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { burst: 110, searches: 5, daily: None, enforced: true }
    }
}

impl Limits {
    /// The vendor's limits, so many times larger. 0: nothing is refused.
    #[must_use]
    pub fn scaled(factor: u32) -> Self {
        let (base, by) = (Self::default(), factor.max(1));
        Self {
            burst: base.burst.saturating_mul(by),
            searches: base.searches.saturating_mul(by),
            daily: None,
            enforced: factor > 0,
        }
    }
}

/// The policy a request broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    TenSecondly,
    Secondly,
    Daily,
}

impl Broken {
    /// 429, as a rule without `Retry-After`.
    pub(super) fn into_response(self, number: u32) -> Response {
        let (words, policy) = match self {
            Self::TenSecondly => ("ten_secondly_rolling", "TEN_SECONDLY_ROLLING"),
            Self::Secondly => ("secondly", "SECONDLY"),
            Self::Daily => ("daily", "DAILY"),
        };
        let body = json!({
            "status": "error",
            "message": format!("You have reached your {words} limit."),
            "errorType": "RATE_LIMIT",
            "correlationId": correlation(number),
            "policyName": policy,
            "requestId": correlation(number),
        });
        (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response()
    }
}

/// The running windows.
#[derive(Debug)]
pub(super) struct Meter {
    limits: Limits,
    burst: (Instant, u32),
    searches: (Instant, u32),
    today: u32,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        let now = Instant::now();
        Self { limits, burst: (now, 0), searches: (now, 0), today: 0 }
    }

    /// Counts a request.
    pub(super) fn charge(&mut self, search: bool) -> Result<(), Broken> {
        for (window, span) in [(&mut self.burst, BURST), (&mut self.searches, SECOND)] {
            if window.0.elapsed() >= span {
                *window = (Instant::now(), 0);
            }
        }
        if self.limits.enforced {
            if self.limits.daily.is_some_and(|daily| self.today >= daily) {
                return Err(Broken::Daily);
            }
            if self.burst.1 >= self.limits.burst {
                return Err(Broken::TenSecondly);
            }
            if search && self.searches.1 >= self.limits.searches {
                return Err(Broken::Secondly);
            }
        }
        self.burst.1 += 1;
        self.searches.1 += u32::from(search);
        self.today += 1;
        Ok(())
    }

    /// The headers of every answer but a search's.
    pub(super) fn headers(&self, headers: &mut HeaderMap) {
        headers.insert("x-hubspot-ratelimit-interval-milliseconds", HeaderValue::from(10_000));
        headers.insert("x-hubspot-ratelimit-max", HeaderValue::from(self.limits.burst));
        let left = self.limits.burst.saturating_sub(self.burst.1);
        headers.insert("x-hubspot-ratelimit-remaining", HeaderValue::from(left));
        if let Some(daily) = self.limits.daily {
            headers.insert("x-hubspot-ratelimit-daily", HeaderValue::from(daily));
            let left = daily.saturating_sub(self.today);
            headers.insert("x-hubspot-ratelimit-daily-remaining", HeaderValue::from(left));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn searches_have_a_window_of_their_own() {
        let mut meter = Meter::new(Limits { burst: 4, searches: 1, daily: Some(6), enforced: true });
        assert_eq!((meter.charge(true), meter.charge(true)), (Ok(()), Err(Broken::Secondly)));
        tokio::time::advance(SECOND).await;
        assert_eq!((meter.charge(true), meter.charge(false), meter.charge(false)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(meter.charge(false), Err(Broken::TenSecondly));
        tokio::time::advance(BURST).await;
        assert_eq!((meter.charge(false), meter.charge(false)), (Ok(()), Ok(())));
        assert_eq!(meter.charge(false), Err(Broken::Daily));
        let mut headers = HeaderMap::new();
        meter.headers(&mut headers);
        assert_eq!((&headers["x-hubspot-ratelimit-remaining"], headers.len()), (&HeaderValue::from(2), 5));
    }
}
