//! Watches the folder, so that a copied file comes into service by itself.

use std::sync::Arc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Registry;

/// A copy is many writes. The folder is read once it has been quiet for this long, so that most files are seen whole.
const QUIET: Duration = Duration::from_millis(200);

/// A folder under watch until this is dropped.
pub struct Watch {
    _watcher: notify::RecommendedWatcher,
    task: JoinHandle<()>,
}

impl Watch {
    /// Starts watching.
    ///
    /// # Errors
    /// What the system says if it cannot watch the folder.
    pub(crate) fn start(registry: Arc<Registry>) -> notify::Result<Self> {
        // One waiting message is enough: it says that there is something to look at.
        let (changed, mut changes) = mpsc::channel::<()>(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| event.kind.is_access()) {
                return;
            }
            // A full channel has that message already; a closed one has nobody left to tell.
            let _ = changed.try_send(());
        })?;
        watcher.watch(registry.folder(), RecursiveMode::NonRecursive)?;
        let task = tokio::spawn(async move {
            while changes.recv().await.is_some() {
                while let Ok(Some(())) = tokio::time::timeout(QUIET, changes.recv()).await {}
                if let Err(error) = registry.scan().await {
                    tracing::error!(folder = %registry.folder().display(), "cannot read the adapters' folder: {error}");
                }
            }
        });
        Ok(Self { _watcher: watcher, task })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}
