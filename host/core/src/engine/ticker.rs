//! The thread that moves the epoch on, so that guest code gives tokio a turn.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// Guest code yields at least this often. Short enough for a deadline and for other tasks on the same thread, long
/// enough that the yields themselves do not show (some microseconds each).
const INTERVAL: Duration = Duration::from_millis(5);

/// Ends its thread when dropped.
pub(super) struct Ticker {
    _stop: Sender<()>,
}

impl Ticker {
    pub(super) fn start(engine: &wasmtime::Engine) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel::<()>();
        // Weak, so that a forgotten ticker does not keep the engine's memory pool.
        let engine = engine.weak();
        thread::Builder::new().name("moulin-epoch".to_owned()).spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(INTERVAL) {
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })?;
        Ok(Self { _stop: stop })
    }
}
