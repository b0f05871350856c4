//! What is read of an answer, and what becomes of broken ones.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncReadExt as _;

use super::server::{ok, status};
use super::*;

/// 200,000 zero bytes, compressed.
const BOMB: &str = "H4sIAAAAAAAC/+3BMQEAAADCoPVPbQZ/oAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACA1wB7WOBcQA0DAA==";

fn gzip() -> Vec<u8> {
    let body = STANDARD.decode(BOMB).unwrap();
    let mut answer = format!(
        "HTTP/1.1 200 X\r\nconnection: close\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend(body);
    answer
}

async fn send(answer: Vec<u8>, max_response_bytes: u64) -> Result<Response, EgressError> {
    let server = Server::start(move |_| answer.clone()).await;
    let budget = Budget::new(Instant::now() + Duration::from_secs(30), 100, max_response_bytes);
    Egress::new(settings(&server.url)).unwrap().send(&budget, get("/")).await
}

#[tokio::test]
async fn a_request_arrives_as_written_and_the_answer_whole() {
    let server = Server::start(|_| {
        status(201, "Content-Type: application/json\r\nX-Twice: a\r\nX-Twice: b\r\nSet-Cookie: s=1\r\n", "{}")
    })
    .await;
    let mut settings = settings(&format!("{}/api/v1/", server.url));
    settings.credentials = Scheme::Bearer { prefix: "Bearer".to_owned(), token: "canary-token".into() };
    let mut request = Request::new(Method::POST, "/api/v1/orders?dry=1");
    request.query.push(("q".to_owned(), "a b&c".to_owned()));
    request.headers.push(("Idempotency-Key".to_owned(), "k1".to_owned()));
    request.body = Some("{\"é\":1}".into());
    let answer = Egress::new(settings).unwrap().send(&budget(), request).await.unwrap();

    let seen = server.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/api/v1/orders?dry=1&q=a%20b%26c"));
    assert_eq!(seen.body, "{\"é\":1}");
    assert_eq!(seen.header("authorization"), Some("Bearer canary-token"));
    assert_eq!(seen.header("idempotency-key"), Some("k1"));
    assert_eq!(seen.header("user-agent"), Some("moulin/0.1"));
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.headers.iter().filter(|(name, _)| name == "x-twice").count(), 2);
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(answer.body, "{}");
}

#[tokio::test]
async fn error_statuses_and_empty_answers_are_answers() {
    assert_eq!(send(status(500, "", "<h1>oops</h1>"), 100).await.unwrap().status, 500);
    let empty = send(b"HTTP/1.1 204 X\r\nconnection: close\r\n\r\n".to_vec(), 0).await.unwrap();
    assert_eq!((empty.status, empty.body.len()), (204, 0));
}

#[tokio::test]
async fn answers_are_read_up_to_the_limit_and_no_further() {
    let body = "x".repeat(1000);
    assert_eq!(send(ok(&body), 1000).await.unwrap().body.len(), 1000);
    assert!(matches!(send(ok(&body), 999).await, Err(EgressError::TooLarge { limit: 999 })));
}

#[tokio::test]
async fn the_limit_counts_what_a_compressed_answer_unpacks_to() {
    assert_eq!(send(gzip(), 200_000).await.unwrap().body.len(), 200_000);
    assert!(matches!(send(gzip(), 199_999).await, Err(EgressError::TooLarge { .. })));
}

#[tokio::test]
async fn all_answers_of_a_call_count_together() {
    let server = Server::start(|_| ok(&"x".repeat(400))).await;
    let egress = Egress::new(settings(&server.url)).unwrap();
    let budget = Budget::new(Instant::now() + Duration::from_secs(30), 100, 1000);
    let answers = egress.send_all(&budget, (0..3).map(|_| get("/")).collect(), Some(1)).await;
    assert!(answers[0].is_ok() && answers[1].is_ok());
    assert!(matches!(answers[2], Err(EgressError::TooLarge { limit: 1000 })));
}

#[tokio::test]
async fn what_breaks_after_sending_says_that_it_was_sent() {
    let head = "HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n";
    let broken = [
        Vec::new(),
        b"HTTP/1.1 2".to_vec(),
        b"not http at all\r\n\r\n".to_vec(),
        format!("{head}only a part").into_bytes(),
        b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\nff\r\npart".to_vec(),
        gzip()[..200].to_vec(),
        b"HTTP/1.1 200 X\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd".to_vec(),
    ];
    for answer in broken {
        let error = send(answer.clone(), 1 << 20).await.unwrap_err();
        assert!(matches!(error, EgressError::Interrupted { .. }), "{answer:?}: {error}");
        assert!(error.request_sent());
    }
}

#[tokio::test]
async fn what_breaks_before_sending_says_that_nothing_was_sent() {
    // A port on which nobody listens any more.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = Egress::new(settings(&format!("http://{closed}"))).unwrap();
    let error = refused.send(&budget(), get("/?secret=canary")).await.unwrap_err();
    assert!(matches!(error, EgressError::Connect { .. }) && !error.request_sent(), "{error}");
    assert!(!error.to_string().contains("canary"), "{error}");

    let unknown = Egress::with_lookup(settings("http://api.vendor.example"), Arc::new(NoNames)).unwrap();
    let error = unknown.send(&budget(), get("/")).await.unwrap_err();
    assert!(matches!(&error, EgressError::Connect { reason, .. } if reason.contains("no such name")), "{error}");

    // A server that does not speak TLS.
    let plain = Server::start(|_| ok("plain")).await;
    let mut secure = settings(&plain.url.replace("http:", "https:"));
    secure.attempt_timeout = Duration::from_millis(400);
    let tls = Egress::new(secure).unwrap();
    let error = tls.send(&budget(), get("/")).await.unwrap_err();
    assert!(matches!(error, EgressError::Connect { .. }) && !error.request_sent(), "{error}");
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_requests() {
    let server = Server::start(|seen| ok(&seen.target)).await;
    let egress = Egress::new(settings(&server.url)).unwrap();
    let requests = (0..20).map(|n| get(&format!("/{n}"))).collect();
    let answers = egress.send_all(&budget(), requests, Some(6)).await;
    for (n, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.unwrap().body, format!("/{n}"));
    }
}

#[tokio::test]
async fn http_2_and_1_1_are_offered() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let hello = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 4096];
        let read = stream.read(&mut bytes).await.unwrap();
        bytes.truncate(read);
        bytes
    };
    let egress = Egress::new(settings(&base)).unwrap();
    let budget = budget();
    let (hello, answer) = tokio::join!(hello, egress.send(&budget, get("/")));
    assert!(answer.is_err());
    // The protocol names of the ALPN extension (RFC 7301) stand in the ClientHello in clear.
    let names = b"\x02h2\x08http/1.1";
    assert!(hello.windows(names.len()).any(|part| part == names));
}
