//! `moulin serve`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use moulin_host::auth::AccountState;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{info, warn};
use url::Url;

use super::failure::Failure;
use super::source::{self, ConfigFiles};
use crate::http;

/// How long calls under way may go on after the service was told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// Options of `moulin serve`.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    #[command(flatten)]
    files: ConfigFiles,
    /// Address and port to listen on, instead of the configuration's (127.0.0.1:8080)
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Allow an address that other machines can reach. There is no access control yet: whoever reaches the port can
    /// place orders and read sales
    #[arg(long)]
    expose: bool,
}

impl Serve {
    /// Serves until the process is told to stop.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let config = self.files.load()?;
        let address = self.listen.unwrap_or(config.http.listen);
        check_address(address, self.expose)?;
        // Before the adapters are compiled, so that a taken port is known at once.
        let listener = TcpListener::bind(address).await.map_err(|error| cannot_listen(address, &error))?;
        let address = listener.local_addr().map_err(|error| cannot_listen(address, &error))?;
        let public = config.http.public_url.clone();
        let host = source::start(config).await?;
        for connection in host.connections() {
            if let Some(reason) = connection.reason {
                warn!(connection = connection.name, adapter = connection.adapter, "not available: {reason}");
            }
            let account = connection.account.filter(|account| account.state == AccountState::NeedsAuthorisation);
            if let Some(reason) = account.and_then(|account| account.reason) {
                warn!(connection = connection.name, adapter = connection.adapter, "not connected: {reason}");
            }
        }
        let public = public.map_or_else(|| own_url(address), Ok)?;
        info!(
            address = %address,
            adapters = host.adapters().iter().filter(|adapter| adapter.id.is_some()).count(),
            connections = host.connections().len(),
            "serving at http://{address}"
        );

        let router = http::router(host.clone(), public, address.ip().is_loopback());
        let (stopping, mut stop) = watch::channel(false);
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(async move {
                asked_to_stop().await;
                info!("stopping: no new connections; calls under way may finish within {} s", GRACE.as_secs());
                stopping.send_replace(true);
            })
            .into_future();
        let too_late = async {
            // An error means that the server is gone, and then the other branch has ended.
            if stop.wait_for(|stop| *stop).await.is_ok() {
                tokio::time::sleep(GRACE).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            served = served => served.map_err(|error| Failure::Other(format!("the server failed: {error}"))),
            () = too_late => {
                warn!("some calls did not finish in time and were cut off");
                Ok(())
            }
        }
    }
}

fn check_address(address: SocketAddr, expose: bool) -> Result<(), Failure> {
    if address.ip().is_loopback() || expose {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{address} can be reached from other machines, and there is no access control yet: whoever reaches it could place \
         orders and read sales. Listen on 127.0.0.1 behind a proxy that authenticates, or add --expose if the network \
         itself keeps others out"
    )))
}

/// Where a browser on this machine reaches this address.
fn own_url(mut address: SocketAddr) -> Result<Url, Failure> {
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() { IpAddr::from(Ipv4Addr::LOCALHOST) } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(loopback);
    }
    let text = format!("http://{address}");
    Url::parse(&text).map_err(|error| Failure::Other(format!("{text}: {error}")))
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    Failure::Usage(match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("{address} is taken by another program; choose another with --listen or under [http] listen")
        }
        _ => format!("cannot listen on {address}: {error}"),
    })
}

/// Ctrl-C, or SIGTERM as service managers send it.
async fn asked_to_stop() {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            warn!("Ctrl-C cannot be caught: {error}");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                warn!("SIGTERM cannot be caught: {error}");
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_let_in_only_on_purpose() {
        for (address, expose, allowed) in [
            ("127.0.0.1:8080", false, true),
            ("[::1]:8080", false, true),
            ("0.0.0.0:8080", false, false),
            ("192.168.1.5:8080", false, false),
            ("[::]:8080", false, false),
            ("0.0.0.0:8080", true, true),
        ] {
            let checked = check_address(address.parse().unwrap(), expose);
            assert_eq!(checked.is_ok(), allowed, "{address}");
            if let Err(Failure::Usage(reason)) = checked {
                assert!(reason.contains("no access control"), "{reason}");
            }
        }
    }
}
