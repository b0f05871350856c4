//! Reading limits from an answer's headers. Whatever cannot be read is as good as absent.

use std::time::Duration;

use tokio::time::Instant;

use super::bucket::BucketReport;
use super::remaining::RemainingReport;
use super::{BucketHeaders, RemainingHeaders, Response};

/// A window that ends later than this is not believed: a wrong clock or unit must not stop a connection for years.
const LONGEST_WINDOW: Duration = Duration::from_secs(24 * 3600);

pub(super) fn bucket(headers: &BucketHeaders, answer: &Response) -> Option<BucketReport> {
    let (level, size) = text(answer, &headers.level)?.split_once('/')?;
    Some(BucketReport {
        level: number(level)?,
        size: number(size).filter(|size| *size > 0.0)?,
        leak_per_second: headers
            .drip_rate
            .as_ref()
            .and_then(|name| number(text(answer, name)?))
            .filter(|leak| *leak > 0.0),
        cost: headers.cost.as_ref().and_then(|name| number(text(answer, name)?)),
    })
}

pub(super) fn remaining(headers: &RemainingHeaders, answer: &Response, now: Instant) -> Option<RemainingReport> {
    let left = number(text(answer, &headers.remaining)?)? as u64;
    let reset = headers.reset.as_ref().and_then(|name| until(text(answer, name)?));
    let interval = || {
        let interval = number(text(answer, headers.interval.as_ref()?)?)?;
        Duration::try_from_secs_f64(interval / 1000.0).ok()
    };
    let window = reset.or_else(interval).filter(|window| *window <= LONGEST_WINDOW)?;
    Some(RemainingReport { left, ends_at: now + window })
}

fn text<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.header(&name.to_ascii_lowercase()).map(str::trim)
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// Time until a moment given as epoch seconds, epoch milliseconds or ISO 8601; zero if it has passed.
fn until(text: &str) -> Option<Duration> {
    let at = match text.parse::<i64>() {
        // Seconds reach this figure in the year 5138.
        Ok(number) if number >= 100_000_000_000 => jiff::Timestamp::from_millisecond(number).ok()?,
        Ok(number) => jiff::Timestamp::from_second(number).ok()?,
        Err(_) => text.parse().ok()?,
    };
    let wait = at.as_millisecond() - jiff::Timestamp::now().as_millisecond();
    Some(Duration::from_millis(wait.max(0).unsigned_abs()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Response { status: 200, headers, body: bytes::Bytes::new() }
    }

    fn bucket_of(level: &str) -> Option<BucketReport> {
        let headers = BucketHeaders {
            level: "X-LS-Api-Bucket-Level".into(),
            drip_rate: Some("X-LS-Api-Drip-Rate".into()),
            cost: Some("X-LS-Api-Request-Cost".into()),
        };
        let answer =
            answer(&[("x-ls-api-bucket-level", level), ("x-ls-api-drip-rate", "1.5"), ("x-ls-api-request-cost", "10")]);
        bucket(&headers, &answer)
    }

    #[test]
    fn buckets_are_read_with_their_decimals() {
        let report = BucketReport { level: 42.57, size: 90.0, leak_per_second: Some(1.5), cost: Some(10.0) };
        assert_eq!(bucket_of("42.57/90"), Some(report));
        for garbage in ["", "42.57", "a/b", "1/0", "-1/90", "NaN/90", "1/inf"] {
            assert_eq!(bucket_of(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn windows_are_read_in_every_unit() {
        let now = Instant::now();
        let headers = RemainingHeaders {
            limit: None,
            remaining: "X-RateLimit-Remaining".into(),
            reset: Some("X-RateLimit-Reset".into()),
            interval: Some("X-Interval".into()),
        };
        let wait = |reset: &str| {
            let answer =
                answer(&[("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", reset), ("x-interval", "10000")]);
            let report = remaining(&headers, &answer, now).unwrap();
            assert_eq!(report.left, 7);
            (report.ends_at - now).as_secs_f64().round()
        };
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(60);
        assert!((59.0..=60.0).contains(&wait(&at.as_second().to_string())));
        assert_eq!(wait(&at.as_millisecond().to_string()), 60.0);
        assert_eq!(wait(&at.to_string()), 60.0);
        assert_eq!(wait("1000"), 0.0);
        assert_eq!(wait("soon"), 10.0);
        let far = answer(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "99999999999")]);
        assert_eq!(remaining(&headers, &far, now), None);
    }
}
