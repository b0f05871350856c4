//! A vendor that does as the test tells it, and remembers what it was sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures::stream;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// A server on a free port of this machine; it ends when dropped.
pub struct Vendor {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

type Answer = Arc<dyn Fn(&Seen) -> Option<Response> + Send + Sync>;

#[derive(Clone)]
struct Shared {
    seen: Arc<Mutex<Vec<Seen>>>,
    answer: Answer,
}

impl Vendor {
    /// Starts. What `answer` does not answer, the routes below do: `/big` is a gigabyte, `/slow` takes ten minutes,
    /// `/redirect?URL` redirects there, anything else is `{}`.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start(answer: impl Fn(&Seen) -> Option<Response> + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let shared = Shared { seen: seen.clone(), answer: Arc::new(answer) };
        let app = Router::new().fallback(serve).with_state(shared);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("the server runs") });
        Self { address, seen, task }
    }

    /// Its origin.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Everything it was sent, in order.
    ///
    /// # Panics
    /// If a handler panicked.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no handler panicked").clone()
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(State(shared): State<Shared>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 16 << 20).await.unwrap_or_default();
    let seen = Seen { method: head.method, uri: head.uri, headers: head.headers, body };
    shared.seen.lock().expect("no handler panicked").push(seen.clone());
    if let Some(response) = (shared.answer)(&seen) {
        return response;
    }
    match seen.uri.path() {
        "/big" => {
            let megabyte = Bytes::from(vec![b'x'; 1 << 20]);
            let chunks = stream::iter((0..1024).map(move |_| Ok::<_, std::io::Error>(megabyte.clone())));
            Body::from_stream(chunks).into_response()
        }
        "/slow" => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            StatusCode::OK.into_response()
        }
        "/redirect" => {
            (StatusCode::FOUND, [("location", seen.uri.query().unwrap_or_default().to_owned())]).into_response()
        }
        _ => ([("content-type", "application/json")], "{}").into_response(),
    }
}
