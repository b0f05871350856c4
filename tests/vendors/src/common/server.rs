//! One vendor's server on its own port: record, strike with faults, hand to the vendor.
//!
//! It has its own accept loop instead of `axum::serve`, because a fault must be able to abort the TCP connection.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

use super::control;
use super::faults::{Fault, Faults};
use super::recording::{Recorded, Recording};
use super::wire::{self, Fuse, Wire};

/// Larger request bodies are answered with 413.
const MAX_REQUEST_BODY: usize = 2 * 1024 * 1024;

/// What stands between the wire and a vendor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Front {
    pub(crate) faults: Faults,
    pub(crate) recording: Recording,
}

/// A running server. Dropping it closes the port and every connection at once.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) front: Front,
    url: String,
    accept: JoinHandle<()>,
}

impl Server {
    /// Listens and serves. `extra_control` holds the vendor's own routes below `/_control`, `reset` puts the vendor back.
    ///
    /// # Errors
    /// When the address is not a loopback address or cannot be bound.
    pub(crate) async fn start(
        listen: SocketAddr,
        vendor: Router,
        extra_control: Router,
        reset: Arc<dyn Fn() + Send + Sync>,
    ) -> io::Result<Self> {
        if !listen.ip().is_loopback() {
            let message = format!("{listen} is not a loopback address: simulated vendors know no access control");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind(listen).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let front = Front::default();
        let control = control::router(front.clone(), reset).merge(extra_control);
        let accept = tokio::spawn(accept(listener, front.clone(), vendor, control));
        Ok(Self { front, url, accept })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

async fn accept(listener: TcpListener, front: Front, vendor: Router, control: Router) {
    // Dropped with this task, and its connections with it.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors, or a peer that left: neither ends the server.
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let (front, vendor, control) = (front.clone(), vendor.clone(), control.clone());
        connections.spawn(async move {
            let fuse = Fuse::default();
            let service = service_fn(|request| {
                let (front, vendor, control, fuse) = (front.clone(), vendor.clone(), control.clone(), fuse.clone());
                async move { Ok::<_, Infallible>(front.answer(request, vendor, control, &fuse).await) }
            });
            let wire = TokioIo::new(Wire::new(stream, fuse.clone()));
            let connection =
                hyper::server::conn::http1::Builder::new().timer(TokioTimer::new()).serve_connection(wire, service);
            tokio::select! {
                result = connection => if let Err(error) = result { tracing::debug!(%error, "connection ended") },
                () = fuse.blown() => {}
            }
        });
    }
}

impl Front {
    async fn answer(&self, request: Request<Incoming>, vendor: Router, control: Router, fuse: &Fuse) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, MAX_REQUEST_BODY).collect().await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let body = body.to_bytes();
        if parts.uri.path().starts_with("/_control/") {
            return call(control, Request::from_parts(parts, body)).await;
        }
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let ticket = self.recording.add(Recorded::of(&parts, &body));
        let fault = self.faults.strike(method.as_str(), &path).unwrap_or_default();
        let response = struck(&fault, vendor, Request::from_parts(parts, body), fuse).await;
        self.recording.answered(ticket, response.status().as_u16());
        tracing::info!(%method, path, status = response.status().as_u16(), "answered");
        response
    }
}

/// The answer under a fault.
async fn struck(fault: &Fault, vendor: Router, request: Request<Bytes>, fuse: &Fuse) -> Response {
    if let Some(delay) = fault.delay_ms {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let hidden = fault.reset || fault.status.is_some();
    let mut response = if hidden && !fault.handled { Response::default() } else { call(vendor, request).await };
    if fault.reset {
        fuse.blow();
        // The connection is dropped from outside; this answer never leaves.
        return std::future::pending().await;
    }
    if let Some(status) = fault.status.and_then(|status| StatusCode::from_u16(status).ok()) {
        response = status.into_response();
    }
    if let Some(body) = &fault.body {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(body.clone());
    }
    for (name, value) in &fault.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    if fault.truncate_after.is_none() && fault.slow_body_ms_per_kb.is_none() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let body = match (fault.truncate_after, fault.slow_body_ms_per_kb) {
        (Some(keep), _) => wire::truncated(&bytes, keep),
        (None, pause) => wire::slow(bytes, Duration::from_millis(pause.unwrap_or(0))),
    };
    Response::from_parts(parts, body)
}

async fn call(router: Router, request: Request<Bytes>) -> Response {
    match router.oneshot(request.map(Body::from)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
