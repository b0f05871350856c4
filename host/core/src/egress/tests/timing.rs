//! Deadlines, time-outs and concurrency, under paused time with a scripted transport.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::super::transport::{Outgoing, Transport};
use super::*;

/// Answers after a while.
#[derive(Default)]
struct Slow {
    takes: Duration,
    /// The first so many connections fail.
    unreachable: usize,
    exchanges: AtomicUsize,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

impl Transport for Slow {
    fn exchange<'a>(&'a self, request: Outgoing, _: &'a Budget) -> BoxFuture<'a, Result<Response, EgressError>> {
        async move {
            let n = self.exchanges.fetch_add(1, Ordering::SeqCst);
            let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(under_way, Ordering::SeqCst);
            tokio::time::sleep(self.takes).await;
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            if n < self.unreachable {
                return Err(EgressError::Connect { origin: request.origin(), reason: "refused".to_owned() });
            }
            Ok(Response { status: 200, headers: Vec::new(), body: Bytes::new() })
        }
        .boxed()
    }
}

fn egress(slow: &Arc<Slow>, change: impl FnOnce(&mut EgressSettings)) -> Egress {
    let mut settings = settings("https://api.vendor.example");
    change(&mut settings);
    Egress::with_transport(settings, slow.clone()).unwrap()
}

fn within(seconds: u64) -> Budget {
    Budget::new(Instant::now() + Duration::from_secs(seconds), 100, 1 << 20)
}

#[tokio::test(start_paused = true)]
async fn an_attempt_ends_at_its_time_out() {
    let slow = Arc::new(Slow { takes: Duration::from_secs(3600), ..Slow::default() });
    let egress = egress(&slow, |_| ());
    for (own, seconds) in [(None, 10), (Some(3), 3), (Some(60), 10)] {
        let start = Instant::now();
        let mut request = get("/");
        request.timeout = own.map(Duration::from_secs);
        let error = egress.send(&within(100), request).await.unwrap_err();
        assert!(matches!(error, EgressError::Timeout { .. }) && error.request_sent(), "{error}");
        assert_eq!(start.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_wins_over_every_wait() {
    let slow = Arc::new(Slow { takes: Duration::from_secs(8), ..Slow::default() });
    let one_at_once = egress(&slow, |settings| settings.max_concurrency = 1);
    let start = Instant::now();
    let budget = within(10);
    let answers = one_at_once.send_all(&budget, vec![get("/"), get("/"), get("/")], None).await;
    assert!(answers[0].is_ok());
    // The second was on its way, the third never had its turn.
    assert!(matches!(answers[1], Err(EgressError::DeadlineExceeded { request_sent: true })));
    assert!(matches!(answers[2], Err(EgressError::DeadlineExceeded { request_sent: false })));
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(slow.exchanges.load(Ordering::SeqCst), 2);

    // Past the deadline nothing begins.
    let error = one_at_once.send(&budget, get("/")).await.unwrap_err();
    assert!(matches!(error, EgressError::DeadlineExceeded { request_sent: false }));
    assert_eq!(slow.exchanges.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_the_rate_limit_past_the_deadline_is_an_error_at_once() {
    let slow = Arc::new(Slow::default());
    let limited = egress(&slow, |settings| {
        let kind = LimitKind::Window { requests: 2, span: Duration::from_secs(60) };
        settings.limits.push(RateLimit { name: "minute".to_owned(), kind, all_requests: true });
    });
    let start = Instant::now();
    let answers = limited.send_all(&within(10), vec![get("/"), get("/"), get("/")], None).await;
    assert!(answers[0].is_ok() && answers[1].is_ok());
    assert!(matches!(&answers[2], Err(EgressError::RateLimited { limit, .. }) if limit == "minute"));
    assert_eq!((start.elapsed().as_secs(), slow.exchanges.load(Ordering::SeqCst)), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn never_more_under_way_than_allowed() {
    let slow = Arc::new(Slow { takes: Duration::from_secs(1), ..Slow::default() });
    let egress = egress(&slow, |settings| settings.max_concurrency = 5);
    let requests = |n| (0..n).map(|_| get("/")).collect();
    egress.send_all(&within(60), requests(20), None).await;
    assert_eq!(slow.most.swap(0, Ordering::SeqCst), 5);
    egress.send_all(&within(60), requests(6), Some(2)).await;
    assert_eq!(slow.most.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_gives_its_turn_back() {
    let slow = Arc::new(Slow { takes: Duration::from_secs(5), ..Slow::default() });
    let egress = egress(&slow, |settings| settings.max_concurrency = 1);
    for _ in 0..3 {
        let cancelled = tokio::time::timeout(Duration::from_secs(1), egress.send(&within(60), get("/"))).await;
        assert!(cancelled.is_err());
    }
    assert!(egress.send(&within(6), get("/")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_failed_connection_is_known_not_to_have_sent() {
    let slow = Arc::new(Slow { unreachable: 1, ..Slow::default() });
    let egress = egress(&slow, |_| ());
    let error = egress.send(&within(10), get("/")).await.unwrap_err();
    assert!(matches!(error, EgressError::Connect { .. }) && !error.request_sent());
    assert!(egress.send(&within(10), get("/")).await.is_ok());
}
