//! `cargo xtask demo`: simulated vendors, the real service, and the real command line.

mod client;
mod decimal;
mod restock;
mod sales;
mod services;
mod story;
mod table;

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};

use self::client::Client;
use self::services::Service;
use self::story::{SUPPLIER, TILL, Told};
use crate::failure::{Context, Failure, Result};
use crate::workspace::Workspace;

/// The configuration the demo runs on, and the ports it names.
const CONFIG: &str = "config/demo.toml";
const LIGHTSPEED_PORT: u16 = 9101;
const METRO_PORT: u16 = 9102;
const SERVICE_PORT: u16 = 8080;

/// How often the programs are looked at while the demo stays up.
const WATCH: Duration = Duration::from_millis(200);

/// Starts everything, tells the story and, unless `once`, stays up until Ctrl-C.
///
/// # Errors
/// A program does not come up or ends, or a step of the story fails; with the end of the service's log.
pub(crate) fn run(workspace: &Workspace, once: bool) -> Result<()> {
    // From here on Ctrl-C no longer ends this program on the spot: the programs below are stopped first.
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted)).context(|| "cannot catch Ctrl-C".to_owned())?;
    }

    let folder = workspace.target().join("demo");
    fs::create_dir_all(&folder).context(|| format!("cannot create {}", folder.display()))?;
    let till = address("the simulated Lightspeed", LIGHTSPEED_PORT)?;
    let supplier = address("the simulated Metro", METRO_PORT)?;
    let (mut vendors, [till, supplier]) =
        services::vendors(&workspace.binary("moulin-vendors"), [("lightspeed", till), ("metro", supplier)], &folder)?;

    let listen = address("the service", SERVICE_PORT)?;
    let program = workspace.binary("moulin");
    let mut command = Command::new(&program);
    command.current_dir(workspace.root()).args(["serve", "--config", CONFIG]);
    command.envs(overrides(listen, &till, &supplier));
    let mut service = services::moulin(&mut command, listen, &folder)?;

    let client = Client { program, url: format!("http://{listen}"), interrupted: Arc::clone(&interrupted) };
    let told = match story::tell(&client) {
        Ok(told) => told,
        Err(_) if interrupted.load(Relaxed) => return Err(Failure::new("interrupted")),
        Err(failure) => return Err(service.failure(&format!("could not do a step: {failure}"))),
    };
    if once {
        println!("\nThe story is told; everything is stopped.");
        return Ok(());
    }
    examples(workspace, &client, &supplier, &told, &service);
    stay(&interrupted, &mut [&mut vendors, &mut service])
}

/// The usual address of a program, or a free one, which is said.
fn address(what: &str, usual: u16) -> Result<SocketAddr> {
    let address = services::free_address(usual)?;
    if address.port() != usual {
        println!("port {usual} is taken; {what} listens on {}", address.port());
    }
    Ok(address)
}

/// What differs from the demo's configuration, as environment variables of the service.
fn overrides(listen: SocketAddr, till: &str, supplier: &str) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    if listen.port() != SERVICE_PORT {
        variables.push(("MOULIN_HTTP__LISTEN".to_owned(), listen.to_string()));
    }
    for (connection, url, usual) in [(TILL, till, LIGHTSPEED_PORT), (SUPPLIER, supplier, METRO_PORT)] {
        if url.ends_with(&format!(":{usual}")) {
            continue;
        }
        let name = connection.to_uppercase();
        variables.push((format!("MOULIN_CONNECTIONS__{name}__BASE_URL"), url.to_owned()));
        variables.push((format!("MOULIN_CONNECTIONS__{name}__GRANTS"), format!("[\"{url}\"]")));
    }
    variables
}

fn examples(workspace: &Workspace, client: &Client, supplier: &str, told: &Told, service: &Service) {
    let Told { from, to, order } = told;
    let url = &client.url;
    let moulin = workspace.show(&client.program);
    let log = workspace.show(service.log());
    println!(
        "
Everything stays up. Try, in another terminal:

  curl '{url}/v1/connections/{TILL}/pos/list-transactions?from={from}&to={to}&limit=3'
  curl '{url}/v1/connections/{SUPPLIER}/suppliers/get-order?id={order}'
  curl {url}/v1/adapters
  curl {url}/openapi.json
  {moulin} call pos.list-transactions --connection {TILL} --from {from} --to {to} --url {url}
  {moulin} call suppliers.get-order --connection {SUPPLIER} --id {order} --url {url}

Let the supplier fail three times, and look at the error:

  curl -X POST -H 'content-type: application/json' {supplier}/_control/faults \\
    -d '{{\"match\":{{\"method\":\"GET\",\"path\":\"/api/v1/orders*\"}},\"fault\":{{\"status\":503}},\"times\":3}}'

The service's log is {log}. Ctrl-C stops everything."
    );
}

/// Waits for Ctrl-C.
///
/// # Errors
/// One of the programs ended by itself.
fn stay(interrupted: &AtomicBool, programs: &mut [&mut Service]) -> Result<()> {
    loop {
        // Asked before the signal is: Ctrl-C reaches the programs too, and one that ended by it is no failure.
        let ended =
            programs.iter_mut().find_map(|program| (!program.is_running()).then(|| program.failure("ended by itself")));
        thread::sleep(WATCH);
        if interrupted.load(Relaxed) {
            println!("\nstopping");
            return Ok(());
        }
        if let Some(failure) = ended {
            return Err(failure);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_what_differs_from_the_configuration_is_overridden() {
        let usual = overrides("127.0.0.1:8080".parse().unwrap(), "http://127.0.0.1:9101", "http://127.0.0.1:9102");
        assert!(usual.is_empty(), "{usual:?}");
        let moved = overrides("127.0.0.1:8081".parse().unwrap(), "http://127.0.0.1:9101", "http://127.0.0.1:40000");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            moved,
            [
                pair("MOULIN_HTTP__LISTEN", "127.0.0.1:8081"),
                pair("MOULIN_CONNECTIONS__METRO__BASE_URL", "http://127.0.0.1:40000"),
                pair("MOULIN_CONNECTIONS__METRO__GRANTS", "[\"http://127.0.0.1:40000\"]"),
            ]
        );
    }
}
