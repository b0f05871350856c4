//! Waiting for a limit, first come first served.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// The arithmetic of a limit. It never waits itself.
pub(super) trait Rule: Send + 'static {
    /// What is remembered of one request that passed.
    type Pass: Copy + Send;

    /// Takes room for one request if there is some, else says how long it takes until there may be; `None` if that
    /// depends on other requests.
    fn take(&mut self, now: Instant) -> Result<Self::Pass, Option<Duration>>;

    /// The request goes out.
    fn commit(&mut self, pass: Self::Pass, now: Instant);

    /// The request is over. `sent` is false if it never went out.
    fn finish(&mut self, pass: Self::Pass, sent: bool);
}

pub(super) struct Gate<R> {
    rule: Mutex<R>,
    /// Whoever holds it is first in the queue; tokio's mutex is fair. Dropping the wait leaves the queue.
    turnstile: tokio::sync::Mutex<()>,
    changed: Notify,
}

impl<R: Rule> Gate<R> {
    pub(super) fn new(rule: R) -> Arc<Self> {
        Arc::new(Self { rule: Mutex::new(rule), turnstile: tokio::sync::Mutex::default(), changed: Notify::new() })
    }

    fn rule(&self) -> MutexGuard<'_, R> {
        self.rule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the rule; whoever waits looks again at once.
    pub(super) fn change(&self, change: impl FnOnce(&mut R)) {
        change(&mut self.rule());
        self.changed.notify_waiters();
    }

    /// Waits for room, or says at once how long it would take if that is past the deadline.
    pub(super) async fn pass(self: &Arc<Self>, deadline: Instant) -> Result<Pass<R>, Duration> {
        let _first = self.turnstile.lock().await;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Before looking, or a change in between would be missed.
            changed.as_mut().enable();
            let now = Instant::now();
            let taken = self.rule().take(now);
            match taken {
                Ok(pass) => {
                    return Ok(Pass { gate: self.clone(), pass, sent: false });
                }
                Err(Some(wait)) if now + wait > deadline => return Err(wait),
                Err(Some(wait)) => {
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = changed => {}
                    }
                }
                Err(None) => changed.await,
            }
        }
    }
}

/// Room taken from a limit.
pub(super) trait Held: Send {
    /// The request goes out now.
    fn commit(&mut self);
}

pub(super) struct Pass<R: Rule> {
    gate: Arc<Gate<R>>,
    pass: R::Pass,
    sent: bool,
}

impl<R: Rule> Held for Pass<R> {
    fn commit(&mut self) {
        self.sent = true;
        self.gate.change(|rule| rule.commit(self.pass, Instant::now()));
    }
}

impl<R: Rule> Drop for Pass<R> {
    fn drop(&mut self) {
        self.gate.change(|rule| rule.finish(self.pass, self.sent));
    }
}
