//! Where the vendor's answer arrives on this machine (RFC 8252 section 7.3).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::{Host, Url};

use super::waiting::Waiting;
use crate::cli::failure::Failure;
use crate::pages::{self, Language};

/// Path of the redirect where the configuration does not say it.
const PATH: &str = "/oauth/callback";

/// How long the browser may take to fetch its last page.
const GRACE: Duration = Duration::from_secs(2);

/// Ports of this machine, not yet answering.
#[derive(Debug)]
pub(super) struct Listener {
    sockets: Vec<TcpListener>,
    redirect_uri: Url,
}

impl Listener {
    /// Takes the port of the redirect URI, or a free one; none if the redirect leads to another machine.
    ///
    /// # Errors
    /// The port is taken, or the options contradict the configuration.
    pub(super) async fn bind(
        redirect_uri: Option<&Url>,
        port: Option<u16>,
        name: &str,
    ) -> Result<Option<Self>, Failure> {
        let Some(redirect_uri) = redirect_uri else {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or(0)));
            let socket = TcpListener::bind(address).await.map_err(|error| cannot_listen(address, &error, name))?;
            let address = socket.local_addr().map_err(|error| cannot_listen(address, &error, name))?;
            let redirect_uri = format!("http://{address}{PATH}");
            let redirect_uri =
                redirect_uri.parse().map_err(|error| Failure::Other(format!("{redirect_uri}: {error}")))?;
            return Ok(Some(Self { sockets: vec![socket], redirect_uri }));
        };
        let addresses = addresses(redirect_uri);
        if let Some(port) = port
            && addresses.iter().all(|address| address.port() != port)
        {
            return Err(Failure::Usage(format!(
                "the configuration of {name} says where the vendor's answer arrives: {redirect_uri}; leave out --port {port}, \
                 or change redirect_uri there and at the vendor"
            )));
        }
        let mut sockets = Vec::new();
        for address in addresses {
            match TcpListener::bind(address).await {
                Ok(socket) => sockets.push(socket),
                // A machine without IPv6 has no ::1 for `localhost` to mean.
                Err(error) if error.kind() != io::ErrorKind::AddrInUse && !sockets.is_empty() => {}
                Err(error) => return Err(cannot_listen(address, &error, name)),
            }
        }
        Ok((!sockets.is_empty()).then(|| Self { sockets, redirect_uri: redirect_uri.clone() }))
    }

    /// Where it listens, as the vendor is to be told.
    pub(super) const fn redirect_uri(&self) -> &Url {
        &self.redirect_uri
    }

    /// Answers until it is stopped.
    pub(super) fn serve(self, waiting: Waiting) -> Server {
        let path = self.redirect_uri.path().to_owned();
        let router = Router::new().fallback(answer).with_state(Arc::new((path, waiting)));
        let (stop, stopped) = watch::channel(());
        let mut tasks = JoinSet::new();
        for socket in self.sockets {
            let (router, mut stopped) = (router.clone(), stopped.clone());
            tasks.spawn(async move {
                // An error means that nobody will ask any more.
                let stopped = async move { stopped.changed().await.unwrap_or_default() };
                axum::serve(socket, router).with_graceful_shutdown(stopped).await
            });
        }
        Server { stop, tasks }
    }
}

/// A listener that answers.
#[derive(Debug)]
pub(super) struct Server {
    stop: watch::Sender<()>,
    tasks: JoinSet<io::Result<()>>,
}

impl Server {
    /// Ends when the answers under way are sent.
    pub(super) async fn stop(mut self) {
        self.stop.send_replace(());
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // A browser that holds its connection open does not keep the command from ending.
        let _ = tokio::time::timeout(GRACE, all).await;
    }
}

async fn answer(State(state): State<Arc<(String, Waiting)>>, request: Request) -> Response {
    let (path, waiting) = &*state;
    let accepted = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = Language::preferred(accepted.unwrap_or_default());
    if request.uri().path() != path || request.method() != Method::GET {
        return pages::nothing_here(language).into_response();
    }
    waiting.answered(request.uri().query().unwrap_or_default(), language).await.into_response()
}

/// The addresses of this machine at which an answer for this URI arrives; none if it goes elsewhere, or comes encrypted.
fn addresses(redirect_uri: &Url) -> Vec<SocketAddr> {
    let port = redirect_uri.port_or_known_default().unwrap_or(80);
    let hosts = match redirect_uri.host() {
        _ if redirect_uri.scheme() != "http" => Vec::new(),
        Some(Host::Ipv4(address)) if address.is_loopback() => vec![IpAddr::from(address)],
        Some(Host::Ipv6(address)) if address.is_loopback() => vec![IpAddr::from(address)],
        // Browsers take either.
        Some(Host::Domain("localhost")) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        _ => Vec::new(),
    };
    hosts.into_iter().map(|host| SocketAddr::new(host, port)).collect()
}

fn cannot_listen(address: SocketAddr, error: &io::Error, name: &str) -> Failure {
    Failure::Usage(match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{address} is taken by another program; if it is the running service, let it receive the answer: \
             `moulin connect {name} --url http://{address}`"
        ),
        _ => format!("cannot listen on {address} for the vendor's answer: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_to_this_machine_in_plain_http_can_be_received() {
        for (uri, expected) in [
            ("http://127.0.0.1:8080/oauth/callback", &["127.0.0.1:8080"][..]),
            ("http://127.0.0.1/cb", &["127.0.0.1:80"]),
            ("http://[::1]:9000/cb", &["[::1]:9000"]),
            ("http://localhost:9000/cb", &["127.0.0.1:9000", "[::1]:9000"]),
            ("https://localhost:9000/cb", &[]),
            ("https://moulin.example/oauth/callback", &[]),
            ("http://192.168.1.5/cb", &[]),
            ("http://localhost.example/cb", &[]),
        ] {
            let found: Vec<_> = addresses(&uri.parse().unwrap()).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{uri}");
        }
    }

    #[tokio::test]
    async fn a_port_is_not_taken_against_the_configuration() {
        let uri = "http://127.0.0.1:1/cb".parse().unwrap();
        let refused = Listener::bind(Some(&uri), Some(2), "till").await.unwrap_err();
        assert!(matches!(&refused, Failure::Usage(text) if text.contains("leave out --port 2")), "{refused:?}");
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let refused = Listener::bind(None, Some(port), "till").await.unwrap_err();
        assert!(matches!(&refused, Failure::Usage(text) if text.contains("taken by another program")), "{refused:?}");
        let elsewhere = "https://moulin.example/oauth/callback".parse().unwrap();
        assert!(Listener::bind(Some(&elsewhere), None, "till").await.unwrap().is_none());
        let free = Listener::bind(None, None, "till").await.unwrap().unwrap();
        assert_eq!(free.redirect_uri().path(), PATH);
    }
}
