//! So many requests in any span of time.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::gate::Rule;

/// A window that slides: it remembers the moment of every request in it, so that no span of that length, wherever it
/// begins, holds more than the limit. (Counting per fixed window would let twice as many through around its edge.)
pub(super) struct Window {
    requests: usize,
    span: Duration,
    slots: VecDeque<Slot>,
    next: u64,
}

struct Slot {
    id: u64,
    /// When the request went out; one that has not yet does not age. Once it is answered, the moment of the answer: the
    /// vendor counts arrivals, and a request that was long on its way arrived later than it left.
    sent_at: Option<Instant>,
}

impl Window {
    pub(super) fn new(requests: u32, span: Duration) -> Self {
        Self { requests: requests.max(1) as usize, span, slots: VecDeque::new(), next: 0 }
    }
}

impl Rule for Window {
    type Pass = u64;

    fn take(&mut self, now: Instant) -> Result<u64, Option<Duration>> {
        self.slots.retain(|slot| slot.sent_at.is_none_or(|at| at + self.span > now));
        if self.slots.len() < self.requests {
            let id = self.next;
            self.next += 1;
            self.slots.push_back(Slot { id, sent_at: None });
            return Ok(id);
        }
        let oldest = self.slots.iter().filter_map(|slot| slot.sent_at).min();
        Err(oldest.map(|at| (at + self.span).saturating_duration_since(now)))
    }

    fn commit(&mut self, pass: u64, now: Instant) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.id == pass) {
            slot.sent_at = Some(now);
        }
    }

    fn finish(&mut self, pass: u64, sent: bool) {
        if !sent {
            self.slots.retain(|slot| slot.id != pass);
        } else if let Some(slot) = self.slots.iter_mut().find(|slot| slot.id == pass) {
            slot.sent_at = Some(Instant::now());
        }
    }
}
