//! Behaviour of limits under paused time.

use std::sync::Mutex;

use bytes::Bytes;

use super::*;

fn limit(name: &str, kind: LimitKind, all_requests: bool) -> RateLimit {
    RateLimit { name: name.to_owned(), kind, all_requests }
}

fn window(requests: u32, span: Duration) -> Limits {
    Limits::new(vec![limit("all", LimitKind::Window { requests, span }, true)], Vec::new())
}

fn far() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn no_span_ever_holds_more_than_the_window_under_concurrency() {
    let limits = Arc::new(window(7, SECOND));
    let moments = Arc::new(Mutex::new(Vec::new()));
    let tasks: Vec<_> = (0..60_u64)
        .map(|n| {
            let (limits, moments) = (limits.clone(), moments.clone());
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(n * 13 % 400)).await;
                let mut permits = limits.acquire(None, far()).await.unwrap();
                // Something between taking and sending, such as fetching a token.
                tokio::time::sleep(Duration::from_millis(n * 7 % 90)).await;
                permits.commit();
                moments.lock().unwrap().push(Instant::now());
                tokio::time::sleep(Duration::from_millis(50)).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut moments = moments.lock().unwrap().clone();
    moments.sort();
    assert_eq!(moments.len(), 60);
    for eight in moments.windows(8) {
        assert!(eight[7] - eight[0] >= SECOND, "{:?}", eight[7] - eight[0]);
    }
    // And it is not slower than it must be.
    assert!(moments[59] - moments[0] < Duration::from_secs(11));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_long_on_its_way_counts_from_its_answer() {
    let limits = window(2, SECOND);
    let start = Instant::now();
    for on_its_way in [300, 0] {
        let mut permits = limits.acquire(None, far()).await.unwrap();
        permits.commit();
        tokio::time::sleep(Duration::from_millis(on_its_way)).await;
        drop(permits);
    }
    // Both may have arrived at 300 ms: a third before 1300 ms would be one too many in the vendor's second.
    limits.acquire(None, far()).await.unwrap().commit();
    let third = start.elapsed();
    assert!(third >= Duration::from_millis(1_300) && third < Duration::from_millis(1_310), "{third:?}");
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_is_not_used_is_given_back() {
    let limits = window(1, SECOND);
    let start = Instant::now();
    drop(limits.acquire(None, far()).await.unwrap());
    drop(limits.acquire(None, far()).await.unwrap());
    assert_eq!(start.elapsed(), Duration::ZERO);

    // Cancelled while it waits in the queue: the next in line gets the room.
    limits.acquire(None, far()).await.unwrap().commit();
    let mut first = Box::pin(limits.acquire(None, far()));
    let mut second = Box::pin(limits.acquire(None, far()));
    assert!(futures::poll!(&mut first).is_pending());
    assert!(futures::poll!(&mut second).is_pending());
    drop(first);
    second.await.unwrap().commit();
    assert!(start.elapsed() <= SECOND + Duration::from_millis(2));
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_takes_the_room_another_gives_back() {
    let limits = Arc::new(window(1, SECOND));
    let held = limits.acquire(None, far()).await.unwrap();
    let waiting = {
        let limits = limits.clone();
        tokio::spawn(async move { limits.acquire(None, far()).await.map(drop) })
    };
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert!(!waiting.is_finished());
    drop(held);
    waiting.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_past_the_deadline_is_refused_at_once() {
    let limits = window(1, Duration::from_secs(60));
    limits.acquire(None, far()).await.unwrap().commit();
    let start = Instant::now();
    let error = limits.acquire(None, Instant::now() + SECOND).await.err().unwrap();
    assert!(matches!(&error, EgressError::RateLimited { limit, wait } if limit == "all" && wait.as_secs() == 60));
    assert!(!error.request_sent());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_named_limit_counts_only_requests_that_name_it() {
    let one = LimitKind::Window { requests: 1, span: SECOND };
    let limits = Limits::new(vec![limit("search", one, false)], Vec::new());
    let start = Instant::now();
    for _ in 0..5 {
        limits.acquire(None, far()).await.unwrap().commit();
    }
    limits.acquire(Some("search"), far()).await.unwrap().commit();
    assert_eq!(start.elapsed(), Duration::ZERO);
    limits.acquire(Some("search"), far()).await.unwrap().commit();
    assert!(start.elapsed() >= SECOND);
    let unknown = limits.acquire(Some("serach"), far()).await;
    assert!(matches!(unknown, Err(EgressError::InvalidRequest { .. })));
}

#[tokio::test(start_paused = true)]
async fn concurrency_counts_requests_under_way() {
    let limits = Limits::new(vec![limit("slots", LimitKind::Concurrency(2), true)], Vec::new());
    let first = limits.acquire(None, far()).await.unwrap();
    let _second = limits.acquire(None, far()).await.unwrap();
    let mut third = Box::pin(limits.acquire(None, far()));
    assert!(futures::poll!(&mut third).is_pending());
    drop(first);
    assert!(third.await.is_ok());
}

fn bucket() -> Limits {
    let kind = LimitKind::LeakyBucket { size: 90.0, leak_per_second: 1.0 };
    let signal = LimitSignal::Bucket(BucketHeaders {
        level: "X-LS-Api-Bucket-Level".into(),
        drip_rate: Some("X-LS-Api-Drip-Rate".into()),
        cost: Some("X-LS-Api-Request-Cost".into()),
    });
    Limits::new(vec![limit("bucket", kind, true)], vec![signal])
}

fn answer(headers: &[(&str, &str)]) -> Response {
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Response { status: 200, headers, body: Bytes::new() }
}

#[tokio::test(start_paused = true)]
async fn a_long_read_never_overflows_the_vendors_bucket() {
    // The vendor's own bucket: half full from elsewhere, each request costs 10.
    let (mut level, mut at) = (45.0_f64, Instant::now());
    let limits = bucket();
    let start = Instant::now();
    for page in 0..30 {
        let mut permits = limits.acquire(None, far()).await.unwrap();
        permits.commit();
        tokio::time::sleep(Duration::from_millis(20)).await;
        level = (level - at.elapsed().as_secs_f64()).max(0.0) + 10.0;
        at = Instant::now();
        assert!(level <= 90.0 + 1e-6, "page {page}: {level}");
        drop(permits);
        limits.observe(&answer(&[
            ("x-ls-api-bucket-level", &format!("{level}/90")),
            ("x-ls-api-drip-rate", "1"),
            ("x-ls-api-request-cost", "10"),
        ]));
    }
    // 300 drips into 45 free at 1 a second: about 255 s, and not much more.
    assert!((254.0..258.0).contains(&start.elapsed().as_secs_f64()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_changed_bucket_acts_at_once_on_those_who_wait() {
    let limits = Arc::new(bucket());
    limits.observe(&answer(&[("x-ls-api-bucket-level", "90/90")]));
    let start = Instant::now();
    let waiting = {
        let limits = limits.clone();
        tokio::spawn(async move { limits.acquire(None, far()).await.map(drop) })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    limits.observe(&answer(&[("x-ls-api-bucket-level", "0/100")]));
    waiting.await.unwrap().unwrap();
    assert!(start.elapsed() < Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_out_while_the_vendor_says_that_nothing_is_left() {
    let signal = LimitSignal::Remaining(RemainingHeaders {
        limit: None,
        remaining: "X-Remaining".into(),
        reset: None,
        interval: Some("X-Interval".into()),
    });
    let limits = Limits::new(Vec::new(), vec![signal]);
    let start = Instant::now();
    limits.acquire(None, far()).await.unwrap().commit();
    limits.observe(&answer(&[("x-remaining", "1"), ("x-interval", "10000")]));
    limits.acquire(None, far()).await.unwrap().commit();
    assert_eq!(start.elapsed(), Duration::ZERO);
    limits.acquire(None, far()).await.unwrap().commit();
    assert!(start.elapsed() >= Duration::from_secs(10));
}
