//! Starts and asks the real program.

pub(crate) mod browser;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use moulin_e2e::Folder;
use moulin_vendors::lightspeed::{self, Lightspeed, LightspeedOptions};
use moulin_vendors::metro::{self, Metro, MetroOptions};
use moulin_vendors::world::{Options, World};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

/// Two simulated vendors and a configuration that connects to them.
pub(crate) struct Kitchen {
    world: World,
    _till: Lightspeed,
    pub(crate) metro: Metro,
    _folder: Folder,
    pub(crate) adapters: PathBuf,
    pub(crate) config: PathBuf,
}

impl Kitchen {
    pub(crate) async fn start() -> Self {
        let world = World::new(Options::default());
        let options = LightspeedOptions { limits: lightspeed::Limits::scaled(0), ..Default::default() };
        let (token, account) = (options.bearer_token.clone(), options.account_id.clone());
        let till = Lightspeed::start(world.clone(), options).await.unwrap();
        let options = MetroOptions { limits: metro::Limits::scaled(0), ..Default::default() };
        let (key, client_number) = (options.api_key.clone(), options.client_number.clone());
        let metro = Metro::start(world.clone(), options).await.unwrap();
        let folder = Folder::with(&["shipped/lightspeed", "shipped/metro"]);
        let config = folder.path().join("moulin.toml");
        let text = format!(
            r#"
            [host]
            adapters = "adapters"
            data = "data"

            [connections.till]
            adapter = "lightspeed"
            flavor = "r-series-v3"
            base_url = "{till}"
            grants = ["{till}"]
            auth = {{ method = "bearer_token", token = "{token}" }}
            settings = {{ account_id = "{account}" }}

            [connections.metro]
            adapter = "metro"
            base_url = "{metro}"
            grants = ["{metro}"]
            auth = {{ method = "api_key", key = "{key}" }}
            settings = {{ client_number = "{client_number}" }}
            # The simulated vendor refuses nothing here, but still counts in its headers.
            rate_limits = false
            "#,
            till = till.url(),
            metro = metro.url(),
        );
        std::fs::write(&config, text).unwrap();
        Self { world, _till: till, metro, adapters: folder.adapters(), _folder: folder, config }
    }

    /// Cents of all sales last touched in a period, by the world's own books.
    pub(crate) fn world_total_cents(&self, from: &str, to: &str) -> i64 {
        let (from, to): (jiff::Timestamp, jiff::Timestamp) = (from.parse().unwrap(), to.parse().unwrap());
        let sales = self.world.sales().iter();
        sales.filter(|sale| (from..to).contains(&sale.touched())).map(moulin_vendors::world::Sale::total).sum()
    }

    /// Starts `moulin serve` on a free port and waits until it serves.
    pub(crate) async fn serve(&self) -> Service {
        Service::start(&self.config, "info").await
    }
}

impl Service {
    /// Starts `moulin serve` on a free port with this configuration and log filter, and waits until it serves.
    pub(crate) async fn start(config: &Path, log: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_moulin"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--config"])
            .arg(config)
            .env("MOULIN_LOG", log)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = String::new();
        let url = loop {
            let line = lines.next_line().await.unwrap().unwrap_or_else(|| panic!("it ended before it served:\n{log}"));
            log.push_str(&line);
            log.push('\n');
            if let Some((_, url)) = line.split_once("serving at ") {
                break url.split('"').next().unwrap().to_owned();
            }
        };
        let rest = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                log.push_str(&line);
                log.push('\n');
            }
            log
        });
        Self { child, url, rest, client: reqwest_client() }
    }
}

fn reqwest_client() -> reqwest::Client {
    // Plain http on loopback, but the library wants a provider for TLS. Another test of this process may have set it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A running `moulin serve`.
pub(crate) struct Service {
    child: Child,
    pub(crate) url: String,
    rest: JoinHandle<String>,
    client: reqwest::Client,
}

impl Service {
    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.client.get(format!("{}{path}", self.url)).send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.client.post(format!("{}{path}", self.url)).json(body).send().await.unwrap()).await
    }

    /// Waits until `GET /v1/adapters` shows this version of Metro, with or without a refusal of its file.
    pub(crate) async fn until_metro_is(&self, version: &str, refused: bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            let (_, adapters) = self.get("/v1/adapters").await;
            let list = adapters.as_array().or_else(|| adapters["items"].as_array()).unwrap().clone();
            let metro = list.iter().find(|adapter| adapter["id"] == "metro").unwrap();
            if metro["version"] == version && metro["refusal"].is_object() == refused {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "still {metro}, not {version}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends SIGTERM, waits for the end and gives the log.
    pub(crate) async fn stop(mut self) -> String {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let ended = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await;
        assert_eq!(ended.expect("it ends").unwrap().code(), Some(0));
        self.rest.await.unwrap()
    }
}

async fn answer(response: reqwest::Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// What the command line did.
pub(crate) struct Printed {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program with these arguments.
pub(crate) async fn cli(arguments: &[&str], stdin: Option<&str>) -> Printed {
    cli_logging(arguments, stdin, "").await
}

/// Runs the program with these arguments and this log filter.
pub(crate) async fn cli_logging(arguments: &[&str], stdin: Option<&str>, log: &str) -> Printed {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moulin"));
    if !log.is_empty() {
        command.env("MOULIN_LOG", log);
    }
    let mut child = command
        .args(arguments)
        .env_remove("MOULIN_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(stdin.unwrap_or_default().as_bytes()).await.unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    Printed {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// An adapter that can be had under other versions of the same length: the text in its data is replaced.
pub(crate) struct Versions {
    wasm: Vec<u8>,
    at: usize,
}

impl Versions {
    const OLD: &'static [u8] = b"1.0.0";

    /// Finds where the adapter keeps its version.
    pub(crate) async fn of(wasm: Vec<u8>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("candidate.wasm");
        // Names of interfaces end in `@1.0.0`; what is left is tried.
        let candidates = (1..wasm.len() - Self::OLD.len())
            .filter(|at| wasm[*at..].starts_with(Self::OLD) && wasm[at - 1] != b'@')
            .collect::<Vec<_>>();
        let mut versions = Self { wasm, at: 0 };
        for at in candidates {
            versions.at = at;
            std::fs::write(&file, versions.named("9.9.9")).unwrap();
            if moulin_host::inspect(&file).await.is_ok_and(|found| found.description.version == "9.9.9") {
                return versions;
            }
        }
        panic!("the adapter's version was not found in its data")
    }

    /// The adapter under this version.
    pub(crate) fn named(&self, version: &str) -> Vec<u8> {
        let mut changed = self.wasm.clone();
        changed[self.at..self.at + Self::OLD.len()].copy_from_slice(version.as_bytes());
        changed
    }
}
