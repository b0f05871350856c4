//! Measures the computing time of a call.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Runs a future and counts the time it spends running, not the time it waits: the sum over its polls. Ends with `None`
/// once that sum is over the ceiling.
///
/// A guest comes back to its poll at every epoch tick, so an endless loop is noticed within one tick of the ceiling.
/// The clock is the system's and not tokio's: computing takes real time even in a test that pauses time.
pub(super) struct Metered<F> {
    future: F,
    used: Duration,
    ceiling: Duration,
}

impl<F> Metered<F> {
    pub(super) const fn new(future: F, ceiling: Duration) -> Self {
        Self { future, used: Duration::ZERO, ceiling }
    }
}

impl<F: Future + Unpin> Future for Metered<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let start = Instant::now();
        let polled = Pin::new(&mut self.future).poll(cx);
        self.used += start.elapsed();
        match polled {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.used > self.ceiling => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waiting_is_not_charged() {
        let wait = Box::pin(tokio::time::sleep(Duration::from_secs(3600)));
        assert_eq!(Metered::new(wait, Duration::from_secs(5)).await, Some(()));
    }

    #[tokio::test]
    async fn endless_work_ends_at_the_ceiling() {
        let work = Box::pin(async {
            loop {
                let start = Instant::now();
                while start.elapsed() < Duration::from_millis(1) {
                    std::hint::spin_loop();
                }
                tokio::task::yield_now().await;
            }
        });
        let ended: Option<()> = Metered::new(work, Duration::from_millis(10)).await;
        assert_eq!(ended, None);
    }
}
