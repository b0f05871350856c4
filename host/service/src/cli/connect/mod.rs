//! `moulin connect`: a person consents in a browser, and the vendor's answer comes back to this machine.

mod listener;
mod remote;
mod waiting;

use std::env;
use std::io::{self, BufRead, IsTerminal};

use clap::Args;
use moulin_host::Host;
use moulin_host::auth::ConnectError;
use tokio::sync::mpsc;
use url::Url;

use super::backend::Backend;
use super::failure::Failure;
use super::output::{Output, note};
use super::source::Source;
use crate::problem::Problem;
use listener::Listener;
use waiting::Waiting;

/// Options of `moulin connect`.
#[derive(Args, Debug)]
pub(crate) struct Connect {
    /// The connection
    #[arg(value_name = "NAME")]
    name: String,
    /// Port of 127.0.0.1 on which the vendor's answer is awaited, where the connection's redirect_uri does not say it; any
    /// free one by default
    #[arg(long, value_name = "N", conflicts_with = "url")]
    port: Option<u16>,
    /// Only print the address to open, and open no browser
    #[arg(long)]
    print: bool,
    #[command(flatten)]
    source: Source,
}

impl Connect {
    /// Does what the command says.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let backend = self.source.open().await?;
        match &backend {
            Backend::Local(host) => self.here(host).await?,
            Backend::Remote(remote) => remote::connect(remote, &self.name, self.print).await?,
        }
        let name = &self.name;
        let health = match backend.check(name).await {
            Ok(health) => health,
            Err(failure) => {
                say(format_args!("{name} is connected, but it does not work yet"))?;
                return Err(failure);
            }
        };
        let account = health.account.map(|account| format!(", account {account}")).unwrap_or_default();
        say(format_args!("{name} is connected{account}"))
    }

    /// Connects with a host of our own: the answer comes to this process.
    async fn here(&self, host: &Host) -> Result<(), Failure> {
        let name = &self.name;
        let connection = host.connection(name)?;
        let configured = connection.redirect_uri().cloned();
        let listener = Listener::bind(configured.as_ref(), self.port, name).await?;
        let own = listener.as_ref().map(Listener::redirect_uri);
        // One of the two is there: without a redirect URI there is a listener.
        let redirect_uri = configured.clone().or_else(|| own.cloned()).ok_or_else(|| unreachable(name))?;
        let link = connection.authorise(&redirect_uri, None).await.map_err(Problem::from)?;
        say(&link.url)?;
        show(&link.url, self.print);
        let is_sent = link.url.query_pairs().any(|(name, _)| name == "redirect_uri");
        explain(own, is_sent || configured.is_some());

        let expires_at = link.expires_at;
        let (waiting, mut done) = Waiting::new(host.clone(), name.clone(), connection.status().vendor, &link.url);
        let server = listener.map(|listener| listener.serve(waiting.clone()));
        // A script's standard input is left alone where an answer can come in another way.
        let reads = server.is_none() || io::stdin().is_terminal();
        let mut pasted = if reads { lines() } else { mpsc::unbounded_channel().1 };
        let mut open = reads;
        let too_late = remote::until(expires_at);
        tokio::pin!(too_late);
        let result = loop {
            tokio::select! {
                Some(result) = done.recv() => break result.map_err(|error| Problem::from(error).into()),
                line = pasted.recv(), if open => match line {
                    Some(line) if line.trim().is_empty() => {}
                    Some(line) => match waiting.pasted(&line).await {
                        Ok(()) => break Ok(()),
                        Err(error) if is_none_of_ours(&error) => note(error),
                        Err(error) => break Err(Problem::from(error).into()),
                    },
                    None if server.is_none() => {
                        break Err(Failure::Usage(format!(
                            "standard input ended before the address came at which the browser ended; begin again with \
                             `moulin connect {name}`"
                        )));
                    }
                    None => open = false,
                },
                () = &mut too_late => break Err(remote::expired(name).into()),
            }
        };
        if let Some(server) = server {
            // The browser gets its page.
            server.stop().await;
        }
        result
    }
}

/// Whether a callback has nothing to do with this command's link, which is still good then.
fn is_none_of_ours(error: &ConnectError) -> bool {
    matches!(error, ConnectError::NoState | ConnectError::UnknownState)
}

fn unreachable(name: &str) -> Failure {
    Failure::Other(format!("{name} has no redirect URI and no port is listened on"))
}

/// Opens the address in the person's browser, unless it shall only be printed or there is no screen.
fn show(url: &Url, print: bool) {
    if print || !has_screen() {
        note(
            "open this address in a browser, sign in at the vendor and allow the access; the link is good for 10 minutes",
        );
        return;
    }
    match open::that_detached(url.as_str()) {
        Ok(()) => note("a browser opens at this address; sign in at the vendor and allow the access within 10 minutes"),
        Err(error) => {
            note(format_args!("no browser could be opened ({error}): open this address in one within 10 minutes"))
        }
    }
}

/// Says how the vendor's answer comes back. `known` tells that the vendor sends people to an address that is known here.
fn explain(own: Option<&Url>, known: bool) {
    match own {
        Some(own) if known => note(format_args!("waiting for the vendor's answer at {own}; Ctrl-C to give up")),
        Some(own) => note(format_args!(
            "this vendor sends people to the redirect URI that is registered there; if that is not {own}, set redirect_uri in \
             the connection's auth to it"
        )),
        None => note("then copy the whole address at which the browser ended, paste it here and press Enter:"),
    }
    if own.is_some() && io::stdin().is_terminal() {
        note("if the browser ends at an error instead, paste the whole address from its address line here:");
    }
}

#[cfg(any(windows, target_os = "macos"))]
const fn has_screen() -> bool {
    true
}

#[cfg(not(any(windows, target_os = "macos")))]
fn has_screen() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The lines of standard input. In a thread that is left behind, because nothing ends a read of a terminal.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (send, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// A line of data.
fn say(text: impl std::fmt::Display) -> Result<(), Failure> {
    let mut output = Output::new();
    output.line(text)?;
    Ok(output.flush()?)
}
