//! Ways to reach what a call has no business with. A refusal is an answer: the tests read it.

use moulin_adapter::prelude::*;

pub(crate) fn read_file(path: &str) -> String {
    match std::fs::read_to_string(path) {
        Ok(text) => format!("read {} bytes: {text}", text.len()),
        Err(error) => format!("refused: {error}"),
    }
}

/// Every variable the process has: none in a sandbox.
pub(crate) fn environment() -> String {
    let found: Vec<String> = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    let arguments: Vec<String> = std::env::args().collect();
    format!("variables: {}; arguments: {}", found.join(","), arguments.join(","))
}

/// A TCP connection through `wasi:sockets`, to which `std::net` comes down.
#[cfg(target_family = "wasm")]
pub(crate) fn socket(address: &str) -> String {
    use std::net::SocketAddrV4;
    use wasip2::sockets::instance_network::instance_network;
    use wasip2::sockets::network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
    use wasip2::sockets::tcp_create_socket::create_tcp_socket;

    let Ok(address) = address.parse::<SocketAddrV4>() else { return format!("not an address: {address}") };
    let [a, b, c, d] = address.ip().octets();
    let remote = IpSocketAddress::Ipv4(Ipv4SocketAddress { port: address.port(), address: (a, b, c, d) });
    let network = instance_network();
    let connected = create_tcp_socket(IpAddressFamily::Ipv4).and_then(|socket| {
        socket.start_connect(&network, remote)?;
        socket.subscribe().block();
        socket.finish_connect().map(|_| ())
    });
    match connected {
        Ok(()) => format!("connected to {address}"),
        Err(code) => format!("refused: {code:?}"),
    }
}

#[cfg(not(target_family = "wasm"))]
pub(crate) fn socket(_: &str) -> String {
    "refused: wasi:sockets exists only in a component".to_owned()
}

pub(crate) fn fetch(target: &str) -> Result<String> {
    let answer = http::get(target).send()?;
    Ok(format!("{} {}", answer.status(), answer.text_lossy()))
}

pub(crate) fn header(pair: &str) -> Result<String> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let answer = http::get("/headers").header(name, value).send()?;
    Ok(format!("{} {}", answer.status(), answer.text_lossy()))
}

/// A request as an HTTP library of the guest's language would make it.
#[cfg(target_family = "wasm")]
pub(crate) fn wasi_http(url: &str) -> Result<String> {
    use wasip2::http::outgoing_handler::handle;
    use wasip2::http::types::{Fields, OutgoingRequest, Scheme};

    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let scheme = if scheme == "http" { Scheme::Http } else { Scheme::Https };
    let refused = |what: &str| Error::validation(format!("{what} refused"));

    let request = OutgoingRequest::new(Fields::new());
    request.set_scheme(Some(&scheme)).map_err(|()| refused("scheme"))?;
    request.set_authority(Some(authority)).map_err(|()| refused("authority"))?;
    request.set_path_with_query(Some(path)).map_err(|()| refused("path"))?;
    let pending = handle(request, None).map_err(|code| Error::connection(format!("refused: {code:?}"), false))?;
    pending.subscribe().block();
    let answer = match pending.get() {
        Some(Ok(Ok(answer))) => answer,
        Some(Ok(Err(code))) => return Err(Error::connection(format!("failed: {code:?}"), true)),
        Some(Err(())) | None => return Err(Error::connection("no answer", true)),
    };
    let body = answer.consume().map_err(|()| Error::connection("no body", true))?;
    let stream = body.stream().map_err(|()| Error::connection("no body", true))?;
    let mut bytes = Vec::new();
    while let Ok(chunk) = stream.blocking_read(64 * 1024) {
        bytes.extend(chunk);
    }
    Ok(format!("{} {}", answer.status(), String::from_utf8_lossy(&bytes)))
}

#[cfg(not(target_family = "wasm"))]
pub(crate) fn wasi_http(_: &str) -> Result<String> {
    Err(Error::unsupported("wasi:http exists only in a component"))
}
