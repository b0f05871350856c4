//! `moulin:host/log`, and the guest's standard output and error: all become `tracing` events.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use tracing::Level;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::{CallLabels, CallState};
use crate::contract::v1::moulin::host::log::{Host, Level as GuestLevel};
use crate::engine::Ceiling;
use crate::telemetry::scrub::Scrubber;

/// Longest line that is kept, in bytes.
const LINE: usize = 8 << 10;

/// Counts a call's log lines and writes them.
#[derive(Clone)]
pub struct LogMeter(Arc<Inner>);

struct Inner {
    labels: CallLabels,
    ceiling: u32,
    lines: AtomicU32,
    scrubber: Scrubber,
}

impl LogMeter {
    /// A meter for one call.
    pub fn new(labels: CallLabels, ceiling: u32, scrubber: Scrubber) -> Self {
        Self(Arc::new(Inner { labels, ceiling, lines: AtomicU32::new(0), scrubber }))
    }

    /// Writes one line; the ceiling once there were too many.
    fn line(&self, level: Level, text: &str) -> Result<(), Ceiling> {
        let Inner { labels, ceiling, lines, scrubber } = &*self.0;
        if lines.fetch_add(1, Ordering::Relaxed) >= *ceiling {
            return Err(Ceiling::LogLines(*ceiling));
        }
        let message = scrubber.clean_and_cut(text, LINE);
        let CallLabels { adapter, version, connection, operation } = labels;
        macro_rules! emit {
            ($level:expr) => {
                tracing::event!(
                    target: "moulin::adapter", $level, %adapter, %version, %connection, %operation, "{message}"
                )
            };
        }
        match level {
            Level::TRACE => emit!(Level::TRACE),
            Level::DEBUG => emit!(Level::DEBUG),
            Level::INFO => emit!(Level::INFO),
            Level::WARN => emit!(Level::WARN),
            Level::ERROR => emit!(Level::ERROR),
        }
        Ok(())
    }
}

impl Host for CallState {
    fn log(&mut self, level: GuestLevel, message: String, fields: Vec<(String, String)>) -> wasmtime::Result<()> {
        let level = match level {
            GuestLevel::Trace => Level::TRACE,
            GuestLevel::Debug => Level::DEBUG,
            GuestLevel::Info => Level::INFO,
            GuestLevel::Warn => Level::WARN,
            GuestLevel::Error => Level::ERROR,
        };
        let mut text = message;
        for (name, value) in fields {
            // Before it is quoted: a value that is JSON would be escaped twice, a form nobody looks for.
            text.push_str(&format!(" {name}={:?}", self.log_meter().0.scrubber.clean(&value)));
        }
        Ok(self.log_meter().line(level, &text)?)
    }
}

/// Standard output or error of a guest, cut into lines.
#[derive(Clone)]
pub(super) struct LogStream {
    meter: LogMeter,
    level: Level,
    partial: Vec<u8>,
}

impl LogStream {
    pub(super) const fn new(meter: LogMeter, level: Level) -> Self {
        Self { meter, level, partial: Vec::new() }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Ceiling> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            // Longer than what is kept, so that a secret across the cut is whole when it is looked for.
            let room = (2 * LINE).saturating_sub(self.partial.len());
            self.partial.extend_from_slice(piece.get(..room).unwrap_or(piece));
            if piece.ends_with(b"\n") {
                self.end_line()?;
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Ceiling> {
        let line = std::mem::take(&mut self.partial);
        self.meter.line(self.level, String::from_utf8_lossy(&line).trim_end())
    }
}

impl Drop for LogStream {
    fn drop(&mut self) {
        if !self.partial.is_empty() {
            // The last line of a guest that crashed in the middle of it; over the ceiling it is dropped.
            let _ = self.end_line();
        }
    }
}

impl IsTerminal for LogStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LogStream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for LogStream {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.push(bytes).map(|()| bytes.len()).map_err(io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl OutputStream for LogStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        // A trap, so that a guest cannot go on printing past the ceiling.
        self.push(&bytes).map_err(|ceiling| StreamError::Trap(ceiling.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 << 10)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}
