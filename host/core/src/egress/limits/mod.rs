//! How fast a connection may ask: the limits the adapter describes, kept up to date by what the vendor's answers say.

mod bucket;
mod gate;
mod remaining;
mod signal;
mod window;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::{EgressError, Response};
use bucket::Bucket;
use gate::{Gate, Held};
use remaining::Remaining;
use window::Window;

/// How a limit counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LimitKind {
    /// So many requests in any such span of time.
    Window {
        /// Requests.
        requests: u32,
        /// Span.
        span: Duration,
    },
    /// A bucket that fills by a request's cost and leaks steadily.
    LeakyBucket {
        /// What it holds.
        size: f64,
        /// What leaks in a second.
        leak_per_second: f64,
    },
    /// So many requests under way at once.
    Concurrency(u32),
}

/// A limit the vendor is known to apply.
#[derive(Clone, Debug)]
pub struct RateLimit {
    /// By which a request names it.
    pub name: String,
    /// How it counts.
    pub kind: LimitKind,
    /// False: only requests that name it count.
    pub all_requests: bool,
}

/// Headers `level/size`, such as `x-ls-api-bucket-level: 42.57/90`. Case does not matter.
#[derive(Clone, Debug)]
pub struct BucketHeaders {
    /// Level and size.
    pub level: String,
    /// What leaks in a second.
    pub drip_rate: Option<String>,
    /// What this request cost.
    pub cost: Option<String>,
}

/// Headers that count what is left in a window. Case does not matter.
#[derive(Clone, Debug)]
pub struct RemainingHeaders {
    /// Requests in a window.
    pub limit: Option<String>,
    /// Requests left in it.
    pub remaining: String,
    /// When the window ends: epoch seconds, epoch milliseconds or ISO 8601.
    pub reset: Option<String>,
    /// Length of the window in milliseconds.
    pub interval: Option<String>,
}

/// How the vendor's answers tell the state of a limit.
#[derive(Clone, Debug)]
pub enum LimitSignal {
    /// The state of every leaky bucket of the connection.
    Bucket(BucketHeaders),
    /// What is left for all requests.
    Remaining(RemainingHeaders),
}

/// Name in errors of the limit that exists only in the vendor's answers.
const REPORTED: &str = "as reported by the vendor";

struct Limiter {
    name: String,
    all_requests: bool,
    kind: Kind,
}

enum Kind {
    Window(Arc<Gate<Window>>),
    Bucket(Arc<Gate<Bucket>>),
    Remaining(Arc<Gate<Remaining>>),
    Concurrency(Arc<Semaphore>),
}

/// All limits of one connection.
pub(super) struct Limits {
    limiters: Vec<Limiter>,
    signals: Vec<LimitSignal>,
}

/// Permission to send one request. Dropped without [`Permits::commit`], it counts as not used.
pub(super) struct Permits {
    held: Vec<Box<dyn Held>>,
    /// Kept until the request is over.
    slots: Vec<OwnedSemaphorePermit>,
}

impl Permits {
    /// The request goes out now, and counts from now on.
    pub(super) fn commit(&mut self) {
        for held in &mut self.held {
            held.commit();
        }
    }
}

impl Limits {
    pub(super) fn new(limits: Vec<RateLimit>, signals: Vec<LimitSignal>) -> Self {
        let mut limiters: Vec<Limiter> = limits
            .into_iter()
            .map(|limit| Limiter {
                name: limit.name,
                all_requests: limit.all_requests,
                kind: match limit.kind {
                    LimitKind::Window { requests, span } => Kind::Window(Gate::new(Window::new(requests, span))),
                    LimitKind::LeakyBucket { size, leak_per_second } => {
                        Kind::Bucket(Gate::new(Bucket::new(size, leak_per_second, Instant::now())))
                    }
                    LimitKind::Concurrency(most) => {
                        let most = (most.max(1) as usize).min(Semaphore::MAX_PERMITS);
                        Kind::Concurrency(Arc::new(Semaphore::new(most)))
                    }
                },
            })
            .collect();
        if signals.iter().any(|signal| matches!(signal, LimitSignal::Remaining(_))) {
            let kind = Kind::Remaining(Gate::new(Remaining::default()));
            limiters.push(Limiter { name: REPORTED.to_owned(), all_requests: true, kind });
        }
        Self { limiters, signals }
    }

    /// Waits until every limit that counts this request has room. Limits are taken in the order of the description by
    /// everyone, so that two requests cannot wait for each other.
    ///
    /// # Errors
    /// [`EgressError::RateLimited`] at once if there will be no room before the deadline;
    /// [`EgressError::InvalidRequest`] if the request names a limit that the description does not have.
    pub(super) async fn acquire(&self, name: Option<&str>, deadline: Instant) -> Result<Permits, EgressError> {
        if let Some(name) = name
            && !self.limiters.iter().any(|limiter| limiter.name == name)
        {
            let reason = format!("it names the rate limit {name:?}, which the adapter's description does not have");
            return Err(EgressError::InvalidRequest { reason });
        }
        let mut permits = Permits { held: Vec::new(), slots: Vec::new() };
        for limiter in &self.limiters {
            if !limiter.all_requests && name != Some(limiter.name.as_str()) {
                continue;
            }
            let held: Result<Box<dyn Held>, Duration> = match &limiter.kind {
                Kind::Window(gate) => gate.pass(deadline).await.map(|held| Box::new(held) as _),
                Kind::Bucket(gate) => gate.pass(deadline).await.map(|held| Box::new(held) as _),
                Kind::Remaining(gate) => gate.pass(deadline).await.map(|held| Box::new(held) as _),
                Kind::Concurrency(slots) => {
                    // Never closed, so that an error is impossible; there would be nothing to hold.
                    permits.slots.extend(slots.clone().acquire_owned().await);
                    continue;
                }
            };
            permits.held.push(held.map_err(|wait| EgressError::RateLimited { limit: limiter.name.clone(), wait })?);
        }
        Ok(permits)
    }

    /// Learns from an answer's headers. The permits of its request must be gone by then: the answer counts it already.
    pub(super) fn observe(&self, answer: &Response) {
        let now = Instant::now();
        for signal in &self.signals {
            match signal {
                LimitSignal::Bucket(headers) => {
                    let Some(report) = signal::bucket(headers, answer) else {
                        continue;
                    };
                    for limiter in &self.limiters {
                        if let Kind::Bucket(gate) = &limiter.kind {
                            gate.change(|bucket| bucket.learn(report, now));
                        }
                    }
                }
                LimitSignal::Remaining(headers) => {
                    let Some(report) = signal::remaining(headers, answer, now) else {
                        continue;
                    };
                    for limiter in &self.limiters {
                        if let Kind::Remaining(gate) = &limiter.kind {
                            gate.change(|remaining| remaining.learn(report, now));
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
