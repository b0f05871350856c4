//! What the vendor says is left of the present window.

use std::time::Duration;

use tokio::time::Instant;

use super::gate::Rule;

/// Nothing is known until an answer says something, and again when its window is over.
#[derive(Default)]
pub(super) struct Remaining {
    window: Option<RemainingReport>,
}

/// What an answer says about the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RemainingReport {
    pub(super) left: u64,
    pub(super) ends_at: Instant,
}

impl Remaining {
    /// Inside a window the smaller figure is right: answers overtake one another, and requests under way are counted
    /// here but not yet in the answer.
    pub(super) fn learn(&mut self, report: RemainingReport, now: Instant) {
        match &mut self.window {
            Some(window) if now < window.ends_at => window.left = window.left.min(report.left),
            window => *window = Some(report),
        }
    }
}

impl Rule for Remaining {
    type Pass = ();

    fn take(&mut self, now: Instant) -> Result<(), Option<Duration>> {
        match &mut self.window {
            Some(window) if now < window.ends_at => {
                if window.left == 0 {
                    return Err(Some(window.ends_at - now));
                }
                window.left -= 1;
            }
            window => *window = None,
        }
        Ok(())
    }

    fn commit(&mut self, (): (), _now: Instant) {}

    fn finish(&mut self, (): (), sent: bool) {
        if !sent && let Some(window) = &mut self.window {
            window.left += 1;
        }
    }
}
