//! The connection under a server: it can be aborted, and bodies on it can be cut or slowed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Aborts its connection when told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fuse(Arc<FuseState>);

#[derive(Debug, Default)]
struct FuseState {
    blown: AtomicBool,
    notify: Notify,
}

impl Fuse {
    pub(crate) fn blow(&self) {
        self.0.blown.store(true, Ordering::SeqCst);
        self.0.notify.notify_one();
    }

    pub(crate) async fn blown(&self) {
        self.0.notify.notified().await;
    }
}

/// A TCP stream that ends with a reset instead of an orderly close once its fuse has blown.
pub(crate) struct Wire {
    stream: TcpStream,
    fuse: Fuse,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, fuse: Fuse) -> Self {
        Self { stream, fuse }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.fuse.0.blown.load(Ordering::SeqCst) {
            // With a linger of zero the kernel sends RST on close. Should it refuse, the peer sees an early end instead.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The first `keep` bytes of a body, then a failure that makes the server close the connection.
///
/// Under a large body the peer may get fewer bytes than that, never more.
pub(crate) fn truncated(body: &Bytes, keep: usize) -> Body {
    let start = body.slice(..keep.min(body.len()));
    let pieces = [Ok(start), Err(io::Error::other("truncated on order"))];
    Body::from_stream(stream::unfold(pieces.into_iter(), |mut pieces| async move {
        // Give way between the pieces, so that the server flushes the first before it meets the failure.
        tokio::task::yield_now().await;
        pieces.next().map(|piece| (piece, pieces))
    }))
}

/// A body in pieces of one kilobyte, with a pause before each.
pub(crate) fn slow(body: Bytes, pause: Duration) -> Body {
    Body::from_stream(stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = rest.split_to(rest.len().min(1024));
        Some((Ok::<_, io::Error>(piece), rest))
    }))
}
