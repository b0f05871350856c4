//! Connecting an account as a person does it: in the browser at the service, and with `moulin connect`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[allow(dead_code)]
mod program;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use moulin_e2e::Folder;
use moulin_vendors::lightspeed::{Lightspeed, LightspeedOptions, Limits};
use moulin_vendors::oauth::{Decision, GrantType, consent};
use moulin_vendors::world::{Options, World};
use program::browser::Browser;
use program::{Printed, Service, cli};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::timeout;

const PRODUCTS: &str = "/v1/connections/till/pos/list-products?limit=1";

/// A till that asks for consent, and a configuration with it and a supplier that does not.
struct Scene {
    till: Lightspeed,
    folder: Folder,
}

impl Scene {
    async fn start() -> Self {
        let options = LightspeedOptions { limits: Limits::scaled(0), ask_consent: true, ..Default::default() };
        let till = Lightspeed::start(World::new(Options::default()), options).await.unwrap();
        let scene = Self { till, folder: Folder::with(&["shipped/lightspeed", "shipped/metro"]) };
        scene.configure("");
        scene
    }

    /// Writes the configuration; `more` goes into the till's auth.
    fn configure(&self, more: &str) {
        let text = format!(
            r#"
            [host]
            adapters = "adapters"
            data = "data"

            [connections.till]
            adapter = "lightspeed"
            flavor = "r-series-v3"
            base_url = "{till}"
            token_url = "{till}/auth/oauth/token"
            authorization_url = "{till}/auth/oauth/authorize"
            grants = ["{till}"]
            auth = {{ method = "oauth2_authorization_code", client_id = "demo-client", client_secret = "demo-secret"{more} }}
            settings = {{ account_id = "240117" }}

            [connections.metro]
            adapter = "metro"
            auth = {{ method = "api_key", key = "demo-metro-key" }}
            "#,
            till = self.till.url(),
        );
        std::fs::write(self.config(), text).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("moulin.toml")
    }

    /// Starts the service, with its callback registered at the vendor.
    async fn serve(&self) -> Service {
        let service = Service::start(&self.config(), "info").await;
        self.register(&format!("{}/oauth/callback", service.url));
        service
    }

    fn register(&self, redirect_uri: &str) {
        self.till.authority().change(|profile| profile.redirect_uris = vec![redirect_uri.to_owned()]);
    }

    /// Lets a browser begin at the service and decide at the vendor: the address it is sent back to.
    async fn decided(&self, service: &Service, browser: &Browser, decision: Decision) -> String {
        let page = browser.open(&format!("{}/connect/till", service.url)).await;
        let begun = browser.press(&page.form(), &service.url).await;
        consent(&begun.location(), decision).await.unwrap().url
    }

    fn exchanges(&self) -> usize {
        self.till.authority().count(GrantType::AuthorizationCode)
    }

    /// The till's account, as `moulin connection list` tells it.
    async fn listed(&self) -> Value {
        let printed = cli(&["connection", "list", "--json", "--config", self.config().to_str().unwrap()], None).await;
        let mut lines = printed.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.find(|line| line["name"] == "till").unwrap()["account"].clone()
    }
}

async fn account(service: &Service) -> Value {
    service.get("/v1/connections/till").await.1["account"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_connects_an_account_in_the_browser_and_calls_work_from_then_on() {
    let scene = Scene::start().await;
    let service = scene.serve().await;
    let before = account(&service).await;
    assert_eq!(before["state"], "needs_authorisation", "{before}");
    let (status, problem) = service.get(PRODUCTS).await;
    assert_eq!((status, &problem["class"]), (502, &"authentication".into()), "{problem}");
    assert!(problem["hint"].as_str().unwrap().contains("`moulin connect till`"), "{problem}");

    let browser = Browser::new("en-GB,en;q=0.9");
    let page = browser.open(&format!("{}/connect/till", service.url)).await;
    assert_eq!((page.status, page.header("content-language")), (200, "en"));
    assert!(page.text.contains("Go on to Lightspeed Retail (R-Series)"), "{}", page.text);
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'nonce-"), "{policy}");
    assert_eq!(page.header("cache-control"), "no-store");
    // Browsers send a form's `Origin` with this, and nothing of it to the vendor.
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert!(browser.cookie().is_none(), "looking at the page begins nothing");

    let begun = browser.press(&page.form(), &service.url).await;
    let cookie = begun.header("set-cookie").to_owned();
    assert!(cookie.contains("; Path=/oauth; Max-Age=600; HttpOnly; SameSite=Lax"), "{cookie}");
    let redirect = consent(&begun.location(), Decision::Allow).await.unwrap();
    let done = browser.open(&redirect.url).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(done.text.contains("<h1>till is connected</h1>"), "{}", done.text);
    assert_eq!(done.header("referrer-policy"), "no-referrer");
    assert!(done.header("content-security-policy").contains("form-action 'none'"));
    assert!(browser.cookie().is_none(), "the cookie is cleared");

    let after = account(&service).await;
    assert_eq!(after["state"], "connected", "{after}");
    assert!(after["connected_at"].is_string() && after["token_expires_at"].is_string(), "{after}");
    let (status, products) = service.get(PRODUCTS).await;
    assert_eq!(status, 200, "{products}");
    let page = browser.open(&format!("{}/connect/till", service.url)).await;
    assert!(page.text.contains("connected already"), "{}", page.text);

    let again = browser.open(&redirect.url).await;
    assert_eq!(again.status, 410, "{}", again.text);
    assert!(again.text.contains("used already") && again.text.contains("/connect/till"), "{}", again.text);
    assert_eq!(scene.exchanges(), 1, "a code is exchanged once");

    let log = service.stop().await;
    assert!(log.lines().any(|line| line.contains("WARN") && line.contains("run `moulin connect till`")), "{log}");
    for secret in ["code", "state"] {
        assert!(!log.contains(redirect.get(secret).unwrap()), "the log shows the {secret}:\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_that_is_not_right_is_refused_and_says_what_to_do() {
    let scene = Scene::start().await;
    let service = scene.serve().await;
    let browser = Browser::new("fr-FR,fr;q=0.9,en;q=0.5");
    let callback = format!("{}/oauth/callback", service.url);
    for query in ["", "?code=x", "?code=x&state=made-up"] {
        let page = browser.open(&format!("{callback}{query}")).await;
        assert_eq!((page.status, page.header("content-language")), (400, "fr"), "{query}: {}", page.text);
        assert!(page.text.contains("Lien inconnu"), "{}", page.text);
    }

    // Somebody else opens the link: it stays good for the browser that began.
    let address = scene.decided(&service, &browser, Decision::Allow).await;
    let other = Browser::new("en");
    let page = other.open(&address).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(page.text.contains("This is another browser"), "{}", page.text);
    assert_eq!(account(&service).await["state"], "needs_authorisation");
    assert_eq!(scene.exchanges(), 0);
    let page = browser.open(&address).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("till est connecté"), "{}", page.text);

    // The person refuses: what was granted before stays.
    let address = scene.decided(&service, &browser, Decision::Deny).await;
    let page = browser.open(&address).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(page.text.contains("Accès non autorisé") && page.text.contains("Recommencer"), "{}", page.text);
    assert_eq!(account(&service).await["state"], "connected");

    // The language asked for by hand outlives the way to the vendor.
    let page = browser.open(&format!("{}/connect/till?lang=en", service.url)).await;
    let begun = browser.press(&page.form(), &service.url).await;
    scene.till.authority().change(|profile| profile.client_secret = "changed-at-the-vendor".to_owned());
    let page = browser.open(&consent(&begun.location(), Decision::Allow).await.unwrap().url).await;
    assert_eq!(page.status, 502, "{}", page.text);
    assert!(page.text.contains("Show this page to whoever looks after Moulin"), "{}", page.text);
    assert!(page.text.contains("correct client_id and client_secret"), "{}", page.text);
    assert_eq!(service.get(PRODUCTS).await.0, 200, "the old grant still works");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_sites_and_wrong_connections_begin_nothing() {
    let scene = Scene::start().await;
    let service = scene.serve().await;
    let browser = Browser::new("en");
    let page = browser.press(&format!("{}/connect/till", service.url), "https://evil.example").await;
    assert_eq!(page.status, 403, "{}", page.text);
    for (path, status, text) in [
        ("/connect/tilt", 404, "no connection “tilt”"),
        ("/connect/metro", 409, "Nothing to connect"),
        ("/connect/%3Cscript%3E", 404, "&lt;script&gt;"),
    ] {
        let url = format!("{}{path}", service.url);
        for page in [browser.open(&url).await, browser.press(&url, &service.url).await] {
            assert_eq!(page.status, status, "{path}: {}", page.text);
            assert!(page.text.contains(text), "{path}: {}", page.text);
        }
    }
    assert!(browser.cookie().is_none());
    // The cookie has to be kept for the name to which the vendor sends people.
    let (_, port) = service.url.rsplit_once(':').unwrap();
    let page = browser.open(&format!("http://localhost:{port}/connect/till")).await;
    assert_eq!((page.status, page.header("location")), (307, &*format!("{}/connect/till?lang=en", service.url)));
    for (name, status, class) in [("metro", 409, "no_consent_needed"), ("tilt", 404, "unknown_connection")] {
        let (got, problem) = service.post(&format!("/v1/connections/{name}/authorisation"), &Value::Null).await;
        assert_eq!((got, &problem["class"]), (status, &class.into()), "{problem}");
    }
}

/// A command that waits for a person.
struct Waiting {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
    said: String,
}

impl Waiting {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_moulin"))
            .args(["connect", "till", "--print"])
            .args(arguments)
            .env_remove("MOULIN_CONFIG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        Self { child, stdout: BufReader::new(stdout), stderr: BufReader::new(stderr), said: String::new() }
    }

    /// The address it prints.
    async fn url(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).await.unwrap();
        if line.is_empty() {
            self.stderr.read_to_string(&mut self.said).await.unwrap();
            panic!("no address: {}", self.said);
        }
        line.trim().to_owned()
    }

    /// The address it waits at.
    async fn callback(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.stderr.read_line(&mut line).await.unwrap() > 0, "it waits nowhere: {}", self.said);
            self.said.push_str(&line);
            if let Some((_, rest)) = line.split_once("http://127.0.0.1:") {
                let (port, _) = rest.split_once("/oauth/callback").unwrap();
                return format!("http://127.0.0.1:{port}/oauth/callback");
            }
        }
    }

    async fn paste(&mut self, line: &str) {
        self.child.stdin.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn end(mut self) -> Printed {
        let mut stdout = String::new();
        let all = async {
            self.stdout.read_to_string(&mut stdout).await.unwrap();
            self.stderr.read_to_string(&mut self.said).await.unwrap();
            self.child.wait().await.unwrap()
        };
        let status = timeout(Duration::from_secs(60), all).await.expect("it ends").code().unwrap();
        Printed { status, stdout, stderr: self.said }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_receives_the_answer_on_a_port_of_its_own_again_and_again() {
    let scene = Scene::start().await;
    let config = scene.config();
    let arguments = ["--config", config.to_str().unwrap()];
    assert_eq!(scene.listed().await["state"], "needs_authorisation");
    for round in 1..=2 {
        let mut command = Waiting::start(&arguments);
        let url = command.url().await;
        let callback = command.callback().await;
        assert!(command.said.contains("set redirect_uri in the connection's auth"), "{}", command.said);
        scene.register(&callback);
        // Any program of this machine may come first.
        let browser = Browser::new("fr");
        for (query, status) in [("/../../", 404), ("?state=made-up&code=x", 400), ("?code=x", 400)] {
            assert_eq!(browser.open(&format!("{callback}{query}")).await.status, status, "{query}");
        }
        let page = browser.open(&consent(&url, Decision::Allow).await.unwrap().url).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("revenir au terminal"), "{}", page.text);
        let printed = command.end().await;
        assert_eq!(
            (printed.status, &*printed.stdout),
            (0, "till is connected, account Le Vieux Moulin\n"),
            "{}",
            printed.stderr
        );
        assert_eq!(scene.exchanges(), round);
    }
    let account = scene.listed().await;
    assert_eq!(account["state"], "connected", "{account}");
    assert!(account["connected_at"].is_string(), "{account}");

    let mut command = Waiting::start(&arguments);
    let url = command.url().await;
    scene.register(&command.callback().await);
    let page = Browser::new("en").open(&consent(&url, Decision::Deny).await.unwrap().url).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(page.text.contains("run `moulin connect till`"), "{}", page.text);
    let printed = command.end().await;
    assert_eq!((printed.status, &*printed.stdout), (3, ""), "{}", printed.stderr);
    assert!(printed.stderr.contains("error: the vendor's page reports that access was refused"), "{}", printed.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_goes_to_another_machine_is_pasted() {
    let scene = Scene::start().await;
    let elsewhere = "https://moulin.example/back";
    scene.configure(&format!(r#", redirect_uri = "{elsewhere}""#));
    scene.register(elsewhere);
    let config = scene.config();
    let mut command = Waiting::start(&["--config", config.to_str().unwrap()]);
    let url = command.url().await;
    let address = consent(&url, Decision::Allow).await.unwrap().url;
    assert!(address.starts_with(elsewhere), "{address}");
    for nonsense in ["", "what?", "https://moulin.example/back?code=x&state=made-up"] {
        command.paste(nonsense).await;
    }
    command.paste(&address).await;
    let printed = command.end().await;
    assert_eq!(
        (printed.status, &*printed.stdout),
        (0, "till is connected, account Le Vieux Moulin\n"),
        "{}",
        printed.stderr
    );
    assert!(
        printed.stderr.contains("paste it here") && printed.stderr.contains("it has no `state`"),
        "{}",
        printed.stderr
    );

    // The service receives neither.
    for elsewhere in [elsewhere, "http://127.0.0.1:1/oauth/callback"] {
        scene.configure(&format!(r#", redirect_uri = "{elsewhere}""#));
        let service = Service::start(&scene.config(), "info").await;
        let page = Browser::new("en").open(&format!("{}/connect/till", service.url)).await;
        assert_eq!(page.status, 409, "{}", page.text);
        assert!(page.text.contains("Run `moulin connect till` on the machine"), "{}", page.text);
        let (status, problem) = service.post("/v1/connections/till/authorisation", &Value::Null).await;
        assert_eq!((status, &problem["class"]), (503, &"unavailable".into()), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_proxy_everything_is_below_the_public_url() {
    let scene = Scene::start().await;
    let text = std::fs::read_to_string(scene.config()).unwrap();
    let public = "[http]\npublic_url = \"https://moulin.example/m\"\n";
    std::fs::write(scene.config(), format!("{public}{text}")).unwrap();
    let service = Service::start(&scene.config(), "info").await;
    let browser = Browser::new("en");
    let page = browser.open(&format!("{}/connect/till", service.url)).await;
    assert_eq!(page.form(), "https://moulin.example/m/connect/till?lang=en");
    assert!(!page.header("content-security-policy").contains(" http:"), "{}", page.header("content-security-policy"));
    // The proxy passes the form on, with the origin of the page it is on.
    let begun = browser.press(&format!("{}/connect/till", service.url), "https://moulin.example").await;
    let cookie = begun.header("set-cookie");
    assert!(cookie.contains("; Path=/m/oauth;") && cookie.ends_with("; Secure"), "{cookie}");
    assert!(begun.location().starts_with(scene.till.url()), "{}", begun.location());
    let foreign = browser.press(&format!("{}/connect/till", service.url), "https://evil.example").await;
    assert_eq!(foreign.status, 403, "{}", foreign.text);

    for (wrong, says) in [("ftp://moulin.example", "must begin with https://"), ("https://m.example/?a=b", "query")] {
        std::fs::write(scene.config(), format!("[http]\npublic_url = \"{wrong}\"\n{text}")).unwrap();
        let printed = cli(&["config", "check", "--config", scene.config().to_str().unwrap()], None).await;
        assert_eq!(printed.status, 2);
        assert!(printed.stderr.contains("http.public_url: ") && printed.stderr.contains(says), "{}", printed.stderr);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_asks_a_running_service_for_the_link() {
    let scene = Scene::start().await;
    let service = scene.serve().await;
    let mut command = Waiting::start(&["--url", &service.url]);
    let url = command.url().await;
    let page = Browser::new("en").open(&consent(&url, Decision::Allow).await.unwrap().url).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let printed = command.end().await;
    assert_eq!(
        (printed.status, &*printed.stdout),
        (0, "till is connected, account Le Vieux Moulin\n"),
        "{}",
        printed.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_takes_up_what_a_command_connected_beside_it() {
    let scene = Scene::start().await;
    let service = scene.serve().await;
    assert_eq!(account(&service).await["state"], "needs_authorisation");
    let config = scene.config();
    let mut command = Waiting::start(&["--config", config.to_str().unwrap()]);
    let url = command.url().await;
    scene.register(&command.callback().await);
    Browser::new("en").open(&consent(&url, Decision::Allow).await.unwrap().url).await;
    assert_eq!(command.end().await.status, 0);
    let connected = async {
        while account(&service).await["state"] != "connected" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(60), connected).await.expect("the service notices");
    assert_eq!(service.get(PRODUCTS).await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_with_a_key_has_nothing_to_connect() {
    let scene = Scene::start().await;
    let config = scene.config();
    let printed = cli(&["connect", "metro", "--print", "--config", config.to_str().unwrap()], None).await;
    assert_eq!((printed.status, &*printed.stdout), (2, ""), "{}", printed.stderr);
    assert!(printed.stderr.contains("for which nobody has to consent"), "{}", printed.stderr);
    let list = cli(&["connection", "list", "--config", config.to_str().unwrap()], None).await;
    let row = |name: &str| list.stdout.lines().find(|line| line.contains(&format!(" {name} "))).unwrap().to_owned();
    assert!(list.stdout.lines().next().unwrap().contains("account"), "{}", list.stdout);
    assert!(row("till").contains("needs authorisation") && row("metro").contains("connected"), "{}", list.stdout);
    assert!(list.stderr.contains("till: ") && list.stderr.contains("run `moulin connect till`"), "{}", list.stderr);
}
