//! How the token endpoint goes wrong on order.
//!
//! Beside these, the faults every simulated vendor has (`/_control/faults`) strike it too.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum Mode {
    /// So many milliseconds pass before anything changes. A caller that leaves meanwhile was never served.
    SlowBefore {
        /// Milliseconds.
        ms: u64,
    },
    /// So many milliseconds pass after tokens were issued and before the answer.
    SlowAfter {
        /// Milliseconds.
        ms: u64,
    },
    /// An empty answer with this status.
    Fail {
        /// 400 to 599.
        status: u16,
    },
    /// No answer ever.
    Hang,
    /// The answer ends after so many bytes, under the full `Content-Length`.
    Truncate {
        /// Bytes.
        keep: usize,
    },
    /// A page for people, in place of JSON.
    Html {
        /// 200 to 599.
        status: u16,
    },
    /// The answer says this for `expires_in`.
    ExpiresIn {
        /// Any JSON: `-1`, `1e99`, `"soon"`.
        value: Value,
    },
    /// HTTP 200 with this code in `error`.
    ErrorIn200 {
        /// The code.
        code: String,
    },
    /// HTTP 200 with `{}`.
    EmptyObject,
    /// The right answer as `text/plain`.
    NoJsonType,
    /// A line break inside the access token of the answer.
    LineBreakInToken,
    /// The answer is an error whose description repeats the client secret that was sent: the true error, or
    /// `invalid_client` in place of the tokens, which were issued.
    EchoSecret,
}

impl Mode {
    /// Whether the caller does not see the true answer.
    fn hides(&self) -> bool {
        match self {
            Self::Fail { .. } | Self::Hang | Self::Html { .. } | Self::ErrorIn200 { .. } | Self::EmptyObject => true,
            Self::SlowBefore { .. }
            | Self::SlowAfter { .. }
            | Self::Truncate { .. }
            | Self::ExpiresIn { .. }
            | Self::NoJsonType
            | Self::LineBreakInToken
            | Self::EchoSecret => false,
        }
    }
}

/// A mode and how long it lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What goes wrong.
    #[serde(flatten)]
    pub mode: Mode,
    /// For how many token requests; none until cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// For a mode that hides the answer: issue the tokens all the same, so that the caller cannot know.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub handled: bool,
}

impl Order {
    /// Until cleared.
    #[must_use]
    pub fn always(mode: Mode) -> Self {
        Self { mode, times: None, handled: false }
    }

    /// For so many token requests.
    #[must_use]
    pub fn times(mode: Mode, times: u32) -> Self {
        Self { mode, times: Some(times), handled: false }
    }

    /// The same, with the request handled although its answer is hidden.
    #[must_use]
    pub fn handled(mut self) -> Self {
        self.handled = true;
        self
    }

    /// Why it makes no sense, if so.
    pub(super) fn problem(&self) -> Option<&'static str> {
        match self.mode {
            Mode::Fail { status } if !(400..=599).contains(&status) => Some("status must be 400 to 599"),
            Mode::Html { status } if !(200..=599).contains(&status) => Some("status must be 200 to 599"),
            _ if self.handled && !self.mode.hides() => Some("handled is for modes that hide the answer"),
            _ if self.times == Some(0) => Some("times must not be 0"),
            _ => None,
        }
    }
}

/// An order that cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused mode: {0}")]
pub struct WrongOrder(pub(super) &'static str);

/// The modes that strike one token request.
#[derive(Clone, Debug, Default)]
pub(super) struct Struck {
    pub(super) modes: Vec<Mode>,
    /// The tokens are not issued: a mode hides the answer and its order does not say `handled`.
    pub(super) unhandled: bool,
}

impl Struck {
    /// Milliseconds to wait before and after.
    pub(super) fn pauses(&self) -> (u64, u64) {
        self.modes.iter().fold((0, 0), |(before, after), mode| match mode {
            Mode::SlowBefore { ms } => (before + ms, after),
            Mode::SlowAfter { ms } => (before, after + ms),
            _ => (before, after),
        })
    }
}

/// The next request's modes, counted down. Of several that hide the answer the first strikes; the others wait their turn.
pub(super) fn strike(orders: &mut Vec<Order>) -> Struck {
    let mut struck = Struck::default();
    let mut hidden = false;
    for order in orders.iter_mut() {
        if order.mode.hides() {
            if hidden {
                continue;
            }
            hidden = true;
            struck.unhandled = !order.handled;
        }
        struck.modes.push(order.mode.clone());
        order.times = order.times.map(|times| times.saturating_sub(1));
    }
    orders.retain(|order| order.times != Some(0));
    struck
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_count_down_and_take_turns() {
        let mut orders = vec![
            Order::times(Mode::SlowBefore { ms: 5 }, 3),
            Order::times(Mode::Fail { status: 503 }, 1),
            Order::times(Mode::Hang, 1).handled(),
        ];
        let first = strike(&mut orders);
        assert_eq!((first.modes.len(), first.unhandled, first.pauses()), (2, true, (5, 0)));
        let second = strike(&mut orders);
        assert_eq!((&second.modes[1], second.unhandled), (&Mode::Hang, false));
        assert_eq!(strike(&mut orders).modes, [Mode::SlowBefore { ms: 5 }]);
        assert!(strike(&mut orders).modes.is_empty() && orders.is_empty());
    }

    #[test]
    fn orders_are_written_flat() {
        let order: Order = serde_json::from_str(r#"{"mode":"slow_after","ms":7,"times":2}"#).unwrap();
        assert_eq!(order, Order::times(Mode::SlowAfter { ms: 7 }, 2));
        assert!(serde_json::from_str::<Order>(r#"{"mode":"sleepy"}"#).is_err());
        assert!(Order::always(Mode::Fail { status: 200 }).problem().is_some());
        assert!(Order::always(Mode::NoJsonType).handled().problem().is_some());
    }
}
