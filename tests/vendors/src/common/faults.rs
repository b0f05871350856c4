//! Faults on order: what goes wrong, for which requests, how often.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// Which requests a fault strikes. An absent field matches every request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// Method in capitals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Path, without the query; `*` stands for any text, also across `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl Match {
    fn is_met(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|pattern| glob(pattern, path))
    }
}

/// What goes wrong. Fields combine: a delay comes first, then the answer (or `status` in its place), then what cuts it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Wait before anything else, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Answer this status; the vendor does not see the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Headers to set on the answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Body in place of the answer's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Abort the TCP connection (RST) in place of an answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
    /// Send at most so many bytes of the body under the full `Content-Length`, then close.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncate_after: Option<usize>,
    /// Send the body one kilobyte at a time, with a pause of so many milliseconds before each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow_body_ms_per_kb: Option<u64>,
    /// Let the vendor handle the request all the same, before `status` or `reset` hides its answer: the caller cannot
    /// know whether a write was done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub handled: bool,
}

impl Fault {
    /// An answer with this status and an empty body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// An aborted connection.
    #[must_use]
    pub fn reset() -> Self {
        Self { reset: true, ..Self::default() }
    }

    /// The same, with this header on the answer.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same, with this body.
    #[must_use]
    pub fn body(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    /// Why the fault makes no sense, if so.
    fn problem(&self) -> Option<&'static str> {
        let wrong_header = |(name, value): (&String, &String)| {
            http::HeaderName::from_bytes(name.as_bytes()).is_err() || http::HeaderValue::from_str(value).is_err()
        };
        if *self == Self::default() {
            Some("the fault does nothing")
        } else if self.status.is_some_and(|status| !(200..=599).contains(&status)) {
            Some("status must be 200 to 599")
        } else if self.headers.iter().any(wrong_header) {
            Some("a header has a wrong name or value")
        } else {
            None
        }
    }
}

/// A fault with its condition and the number of times it still strikes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which requests.
    #[serde(rename = "match", default)]
    pub when: Match,
    /// What happens.
    pub fault: Fault,
    /// How often it strikes; none for always.
    #[serde(default)]
    pub times: Option<u32>,
}

impl Rule {
    /// A fault for every request whose path matches the pattern.
    #[must_use]
    pub fn on(path: &str, fault: Fault) -> Self {
        Self { when: Match { method: None, path: Some(path.to_owned()) }, fault, times: None }
    }

    /// The same, for one method only.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.when.method = Some(method.to_owned());
        self
    }

    /// The same, striking only so often.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

/// A rule that cannot work.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("refused fault: {0}")]
pub struct WrongFault(&'static str);

/// The faults of one vendor, in the order they were given. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<Rule>>>);

impl Faults {
    /// Adds a rule behind the present ones.
    ///
    /// # Errors
    /// When the fault does nothing, or its status or a header is impossible.
    pub fn push(&self, rule: Rule) -> Result<(), WrongFault> {
        if let Some(problem) = rule.fault.problem() {
            return Err(WrongFault(problem));
        }
        self.lock().push(rule);
        Ok(())
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The rules that can still strike.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        self.lock().clone()
    }

    /// The first fault that matches, counted down.
    pub(crate) fn strike(&self, method: &str, path: &str) -> Option<Fault> {
        let mut rules = self.lock();
        let position = rules.iter().position(|rule| rule.when.is_met(method, path) && rule.times != Some(0))?;
        let rule = rules.get_mut(position)?;
        let fault = rule.fault.clone();
        rule.times = rule.times.map(|times| times - 1);
        rules.retain(|rule| rule.times != Some(0));
        Some(fault)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `text` fits a pattern in which `*` is any text.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(head) else { return false };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|at| rest.get(at..).is_some_and(|rest| glob(tail, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_paths() {
        for (pattern, path, fits) in [
            ("/api/v1/products*", "/api/v1/products/search", true),
            ("/api/v1/products", "/api/v1/products/search", false),
            ("*/Sale*", "/API/V3/Account/1/Sale.json", true),
            ("*/Sale", "/API/V3/Account/1/Sale.json", false),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_was_told_and_then_the_next_one() {
        let faults = Faults::default();
        faults.push(Rule::on("/a", Fault::status(503)).times(2)).unwrap();
        faults.push(Rule::on("/a", Fault::reset()).method("post")).unwrap();
        let status = |method| faults.strike(method, "/a").map(|fault| fault.status);
        assert_eq!(status("POST"), Some(Some(503)));
        assert_eq!(status("GET"), Some(Some(503)));
        assert_eq!(status("GET"), None);
        assert_eq!(status("POST"), Some(None));
        assert_eq!(faults.rules().len(), 1);
    }

    #[test]
    fn an_impossible_fault_is_refused() {
        let faults = Faults::default();
        for wrong in
            [Fault::default(), Fault::status(99), Fault::reset().header("a b", "c"), Fault::reset().header("a", "\r\n")]
        {
            assert!(faults.push(Rule::on("*", wrong)).is_err());
        }
    }
}
