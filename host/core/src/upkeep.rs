//! What a host does for its accounts while nobody calls: it takes up what another process was granted, and uses refresh
//! tokens that would die unused.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::connections::Connection;

/// How often refresh tokens are looked after. Their lives are counted in days.
const KEEP_ALIVE: Duration = Duration::from_secs(3600);

/// The tasks; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Upkeep(Vec<JoinHandle<()>>);

impl Upkeep {
    /// Starts to look after these connections; `changes` tells when the store was changed.
    pub(crate) fn start(mut changes: watch::Receiver<u64>, connections: Vec<Connection>) -> Self {
        let connections = Arc::new(connections);
        let take_up = tokio::spawn({
            let connections = connections.clone();
            async move {
                // Ends with the host, which holds the other end.
                while changes.changed().await.is_ok() {
                    for connection in connections.iter() {
                        connection.load_account().await;
                    }
                }
            }
        });
        let keep_alive = tokio::spawn(async move {
            let mut turns = interval(KEEP_ALIVE);
            turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                turns.tick().await;
                for connection in connections.iter() {
                    connection.keep_alive().await;
                }
            }
        });
        Self(vec![take_up, keep_alive])
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}
