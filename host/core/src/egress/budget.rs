//! What one adapter call may use of the network.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use tokio::time::Instant;

use super::EgressError;

/// Ceilings of one adapter call, shared by all its requests. Clones count together.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    deadline: Instant,
    max_requests: u32,
    max_response_bytes: u64,
    requests: AtomicU32,
    response_bytes: AtomicU64,
}

impl Budget {
    /// `max_response_bytes` holds for the bodies of all answers together, after decompression: parallel requests are
    /// in memory at the same time, so a ceiling for each alone would not bound anything.
    pub fn new(deadline: Instant, max_requests: u32, max_response_bytes: u64) -> Self {
        Self(Arc::new(Inner {
            deadline,
            max_requests,
            max_response_bytes,
            requests: AtomicU32::new(0),
            response_bytes: AtomicU64::new(0),
        }))
    }

    /// When the call ends.
    pub fn deadline(&self) -> Instant {
        self.0.deadline
    }

    /// Requests and followed redirects so far, refused ones included.
    pub fn requests(&self) -> u32 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// Bytes of answers read so far.
    pub fn response_bytes(&self) -> u64 {
        self.0.response_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn count_request(&self) -> Result<(), EgressError> {
        let limit = self.0.max_requests;
        let counted =
            self.0.requests.try_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < limit).then_some(n + 1));
        counted.map(drop).map_err(|_| EgressError::RequestCountExceeded { limit })
    }

    /// Counts bytes of an answer.
    ///
    /// # Errors
    /// [`EgressError::TooLarge`] once there are too many.
    pub fn count_bytes(&self, bytes: usize) -> Result<(), EgressError> {
        let limit = self.0.max_response_bytes;
        let bytes = bytes as u64;
        let before = self.0.response_bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > limit {
            return Err(EgressError::TooLarge { limit });
        }
        Ok(())
    }
}
