//! What was on the wire.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// At most so many requests are kept; the oldest go first. A demonstration may run for days.
const KEPT: usize = 10_000;
/// At most so many bytes of a request body are kept.
const KEPT_BODY: usize = 64 * 1024;

/// A request as it arrived, whatever became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// Method in capitals.
    pub method: String,
    /// Path as sent, still percent-encoded, without the query.
    pub path: String,
    /// Query as sent, still percent-encoded.
    pub query: Option<String>,
    /// Headers in the order they came; names in lower case, values as text.
    pub headers: Vec<(String, String)>,
    /// Body as text, cut at 64 KB.
    pub body: String,
    /// Status of the answer; none while it is not there or when the connection was reset.
    pub status: Option<u16>,
}

impl Recorded {
    /// The first header of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn of(parts: &http::request::Parts, body: &[u8]) -> Self {
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: String::from_utf8_lossy(body.get(..KEPT_BODY).unwrap_or(body)).into_owned(),
            status: None,
        }
    }
}

/// The requests of one vendor. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recording(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    first: usize,
    requests: VecDeque<Recorded>,
}

impl Recording {
    /// Keeps a request and gives the ticket to complete it with.
    pub(crate) fn add(&self, request: Recorded) -> usize {
        let mut kept = self.lock();
        if kept.requests.len() >= KEPT {
            kept.requests.pop_front();
            kept.first += 1;
        }
        kept.requests.push_back(request);
        kept.first + kept.requests.len() - 1
    }

    /// Notes the status that was answered.
    pub(crate) fn answered(&self, ticket: usize, status: u16) {
        let mut kept = self.lock();
        let index = ticket.checked_sub(kept.first);
        if let Some(request) = index.and_then(|index| kept.requests.get_mut(index)) {
            request.status = Some(status);
        }
    }

    pub(crate) fn all(&self) -> Vec<Recorded> {
        self.lock().requests.iter().cloned().collect()
    }

    /// Forgets everything; tickets given before stay without effect.
    pub(crate) fn clear(&self) {
        let mut kept = self.lock();
        kept.first += kept.requests.len();
        kept.requests.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
