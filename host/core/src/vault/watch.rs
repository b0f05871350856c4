//! Notices what other processes store while the host runs.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::{Snapshot, Vault};

/// How often the store is asked whether something changed, which costs it one small read.
const EVERY: Duration = Duration::from_secs(2);

/// Keeps a snapshot as the vault is, until it is dropped.
pub(crate) struct Watch(AbortHandle);

impl Watch {
    /// Begins. `changes` has another value whenever the store was changed, after the snapshot was read anew.
    pub(crate) fn start(
        vault: Vault,
        snapshot: Snapshot,
        names: BTreeSet<String>,
        changes: watch::Sender<u64>,
    ) -> Self {
        let task = tokio::spawn(async move {
            let mut ticks = interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut failed = false;
            loop {
                ticks.tick().await;
                let revision = match vault.revision().await {
                    Ok(revision) => revision,
                    Err(error) => {
                        if !std::mem::replace(&mut failed, true) {
                            tracing::warn!("stored secrets are not read anew: {error}");
                        }
                        continue;
                    }
                };
                failed = false;
                if revision == *changes.borrow() {
                    continue;
                }
                for error in snapshot.load(&vault, &names).await {
                    tracing::warn!("a stored secret cannot be read, what was known of it stays in use: {error}");
                }
                changes.send_replace(revision);
            }
        });
        Self(task.abort_handle())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}
