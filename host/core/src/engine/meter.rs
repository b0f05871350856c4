//! Measures the computing time of a call.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Runs a future and counts the computing time of its polls; waiting costs nothing. Ends with `None` once that is over
/// the ceiling.
///
/// A guest comes back to its poll at every epoch tick, so an endless loop is noticed within one tick of the ceiling.
/// A poll stays on one thread, whose processor clock is what counts: a busy machine does not make a call dearer.
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
        let before = thread_time();
        let polled = Pin::new(&mut self.future).poll(cx);
        self.used += thread_time().saturating_sub(before);
        match polled {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.used > self.ceiling => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Processor time this thread has used.
fn thread_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
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
                let start = thread_time();
                while thread_time() - start < Duration::from_millis(1) {
                    std::hint::spin_loop();
                }
                tokio::task::yield_now().await;
            }
        });
        let ended: Option<()> = Metered::new(work, Duration::from_millis(10)).await;
        assert_eq!(ended, None);
    }
}
