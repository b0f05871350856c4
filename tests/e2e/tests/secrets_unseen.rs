//! A secret appears in nothing that leaves the host: no error, log line, status or debug text, in no encoding, whoever
//! says it.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use moulin_e2e::Folder;
use moulin_e2e::vendor::{Seen, Vendor};
use moulin_host::model::suppliers::ProductLookup;
use moulin_host::{Error, Host, config};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, fmt};

/// What every secret of these tests begins with. No encoding below changes a letter of it but Base64.
const MARK: &str = "c4nary";

/// A secret full of characters that URLs, JSON and debug output write in another way.
fn canary(of: &str) -> String {
    format!(r#"{MARK}/+"{of}\=%&;s3cret?"#)
}

/// Everything that was logged in this process, as JSON and in lines.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let (json, lines) = (log.clone(), log.clone());
    let subscriber = tracing_subscriber::registry()
        // The compiler's own trace is a gigabyte and knows no connection.
        .with(EnvFilter::new("trace,wasmtime=info,cranelift=info,regalloc2=info"))
        .with(fmt::layer().json().with_writer(move || json.clone()))
        .with(fmt::layer().pretty().with_ansi(false).with_writer(move || lines.clone()));
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
    log
});

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn base64(bytes: &[u8], alphabet: &[u8; 64], padded: bool) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let number = (0..3).fold(0_u32, |number, at| number << 8 | u32::from(group.get(at).copied().unwrap_or(0)));
        for at in 0..=group.len() {
            text.push(char::from(alphabet[(number >> (18 - 6 * at) & 63) as usize]));
        }
        text.extend((group.len()..3).filter(|_| padded).map(|_| '='));
    }
    text
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A text in every form in which a secret travels.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    vec![
        secret.to_owned(),
        format!("key={secret}, as configured"),
        percent(secret),
        percent(secret).to_lowercase(),
        base64(secret.as_bytes(), STANDARD, true),
        base64(secret.as_bytes(), URL_SAFE, false),
        base64(format!("the-user:{secret}").as_bytes(), STANDARD, true),
        json.clone(),
        json.replace('/', "\\/"),
        format!("{secret:?}"),
    ]
}

/// No secret in a text, in whole or in part: neither the mark of it nor the letters that Base64 makes of the mark at any
/// offset.
fn assert_unseen(what: &str, text: &str) {
    let encoded = (0..3).map(|before| {
        let padded = [&vec![0; before][..], MARK.as_bytes()].concat();
        let whole = base64(&padded, STANDARD, false);
        let start = if before == 0 { 0 } else { before + 1 };
        whole[start..whole.len() - usize::from(padded.len() % 3 != 0)].to_owned()
    });
    for form in encoded.chain([MARK.to_owned(), MARK.to_uppercase(), "s3cret".to_owned()]) {
        let lines: Vec<_> = text.lines().filter(|line| line.contains(&form)).take(3).collect();
        assert!(lines.is_empty(), "{what} shows {form:?}:\n{}", lines.join("\n"));
    }
}

fn assert_error_unseen(error: &Error) {
    assert_unseen("an error", &error.to_string());
    assert_unseen("an error's debug text", &format!("{error:?} {error:#?}"));
    assert_unseen("an error's hint", &error.hint().unwrap_or_default());
}

/// A host with a connection for each way of the adapter to tell what it was given as id.
struct Scene {
    vendor: Vendor,
    host: Host,
    _folder: Folder,
}

impl Scene {
    /// `auth` and `more` go into each connection.
    async fn new(vendor: Vendor, name: &str, auth: &str, more: &str) -> Self {
        LazyLock::force(&LOG);
        let folder = Folder::with(&["test/hostile"]);
        let url = vendor.url();
        let connections = ["panic-secret", "error-secret", "fetch"].map(|mode| {
            format!(
                r#"
                [connections.{name}-{mode}]
                adapter = "hostile"
                base_url = "{url}"
                token_url = "{url}/oauth/token"
                grants = ["{url}"]
                settings = {{ mode = "{mode}" }}
                auth = {auth}
                {more}
                "#
            )
        });
        let host = folder.host("watch = false", &connections.concat()).await.unwrap_or_else(|error| panic!("{error}"));
        Self { vendor, host, _folder: folder }
    }

    async fn call(&self, connection: &str, id: &str) -> Result<String, Error> {
        let lookup = ProductLookup { id: id.to_owned(), ..Default::default() };
        Ok(self.host.suppliers(connection).unwrap().get_product(lookup).await?.name)
    }

    /// Everything the host shows of itself.
    fn assert_unseen(&self) {
        assert_unseen("the adapters", &serde_json::to_string(&self.host.adapters()).unwrap());
        assert_unseen("the connections", &serde_json::to_string(&self.host.connections()).unwrap());
        assert_unseen("the host's debug text", &format!("{:?}", self.host));
        for status in self.host.connections() {
            assert_unseen("a connection's debug text", &format!("{:#?}", self.host.connection(&status.name).unwrap()));
        }
        assert_unseen("the log", &LOG.text());
    }

    /// Lets the adapter say the secret in its panic, error, log and output, in every form.
    async fn assert_guest_cannot_tell(&self, name: &str, secret: &str) {
        for form in forms(secret) {
            for (mode, class) in [("panic-secret", "adapter_fault"), ("error-secret", "api")] {
                let error = self.call(&format!("{name}-{mode}"), &form).await.unwrap_err();
                assert_eq!(error.class(), class);
                assert_error_unseen(&error);
            }
        }
        // The call's lines are there, with something in the place of the secret.
        let log = LOG.text();
        for mode in ["panic-secret", "error-secret"] {
            let connection = format!("{name}-{mode}");
            let marked = log.lines().any(|line| line.contains(&connection) && line.contains("***"));
            assert!(marked, "nothing of {connection} was logged");
        }
        self.assert_unseen();
    }
}

async fn vendor() -> Vendor {
    Vendor::start(|_| None).await
}

fn literal(secret: &str) -> String {
    // TOML's basic strings escape as JSON does.
    serde_json::to_string(secret).unwrap()
}

#[tokio::test]
async fn what_looks_for_secrets_finds_them() {
    for form in forms(&canary("itself")) {
        let seen = std::panic::catch_unwind(|| assert_unseen("it", &format!("a text with {form} in it")));
        assert!(seen.is_err(), "{form} was not noticed");
    }
    assert_unseen("an innocent text", "an innocent text");
}

#[tokio::test]
async fn a_bearer_token_is_unseen() {
    let secret = canary("bearer");
    let auth = format!(r#"{{ method = "bearer_token", token = {} }}"#, literal(&secret));
    let scene = Scene::new(vendor().await, "bearer", &auth, "").await;
    scene.call("bearer-fetch", "/").await.unwrap();
    assert_eq!(scene.vendor.seen()[0].headers["authorization"], format!("Bearer {secret}"), "the vendor does see it");
    scene.assert_guest_cannot_tell("bearer", &secret).await;
}

#[tokio::test]
async fn an_api_key_is_unseen() {
    let secret = canary("key");
    let auth = format!(r#"{{ method = "api_key", key = {} }}"#, literal(&secret));
    let scene = Scene::new(vendor().await, "keyed", &auth, "").await;
    scene.call("keyed-fetch", "/").await.unwrap();
    assert_eq!(scene.vendor.seen()[0].headers["x-api-key"], secret, "the vendor does see it");
    scene.assert_guest_cannot_tell("keyed", &secret).await;
}

#[tokio::test]
async fn a_password_is_unseen() {
    let secret = canary("password");
    let auth = format!(r#"{{ method = "basic", username = "the-user", password = {} }}"#, literal(&secret));
    let scene = Scene::new(vendor().await, "basic", &auth, "").await;
    scene.call("basic-fetch", "/").await.unwrap();
    let expected = format!("Basic {}", base64(format!("the-user:{secret}").as_bytes(), STANDARD, true));
    assert_eq!(scene.vendor.seen()[0].headers["authorization"], expected, "the vendor does see it");
    scene.assert_guest_cannot_tell("basic", &secret).await;
}

#[tokio::test]
async fn a_signing_secret_is_unseen() {
    let secret = canary("signing");
    let auth = r#"{ method = "bearer_token", token = "another" }"#;
    let more = format!("secrets = {{ signing_key = {} }}", literal(&secret));
    let scene = Scene::new(vendor().await, "signing", auth, &more).await;
    scene.assert_guest_cannot_tell("signing", &secret).await;
}

/// A vendor with a token endpoint.
async fn token_vendor(answer: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> Vendor {
    Vendor::start(move |seen| (seen.uri.path() == "/oauth/token").then(|| answer(seen))).await
}

fn client(secret: &str) -> String {
    format!(
        r#"{{ method = "oauth2_client_credentials", client_id = "the-user", client_secret = {} }}"#,
        literal(secret)
    )
}

#[tokio::test]
async fn a_client_secret_is_unseen() {
    let secret = canary("client");
    let vendor = token_vendor(|_| r#"{"access_token":"passing","expires_in":600}"#.into_response()).await;
    let scene = Scene::new(vendor, "client", &client(&secret), "").await;
    scene.call("client-fetch", "/").await.unwrap();
    let sent = String::from_utf8_lossy(&scene.vendor.seen()[0].body).into_owned();
    assert!(sent.contains(MARK), "the token endpoint does see it: {sent}");
    scene.assert_guest_cannot_tell("client", &secret).await;
}

#[tokio::test]
async fn an_access_token_is_unseen() {
    let secret = canary("access");
    let answer = serde_json::json!({ "access_token": secret, "refresh_token": canary("refresh"), "expires_in": 600 });
    let vendor = token_vendor(move |_| answer.to_string().into_response()).await;
    let scene = Scene::new(vendor, "token", &client("of-the-client"), "").await;
    // Each connection has a token once it sent a request.
    for mode in ["fetch", "panic-secret", "error-secret"] {
        scene.host.check(&format!("token-{mode}")).await.unwrap();
    }
    assert_eq!(scene.vendor.seen()[1].headers["authorization"], format!("Bearer {secret}"), "the vendor does see it");
    scene.assert_guest_cannot_tell("token", &secret).await;
    scene.assert_guest_cannot_tell("token", &canary("refresh")).await;
}

/// Answers that are given one after the other.
#[derive(Clone)]
struct Answers(Arc<Mutex<Vec<(u16, String)>>>);

impl Answers {
    fn new(answers: impl IntoIterator<Item = (u16, String)>) -> Self {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        Self(Arc::new(Mutex::new(answers)))
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The next one, with the mark in a header too.
    fn next(&self) -> Response {
        let (status, body) = self.0.lock().unwrap().pop().expect("one answer for each request");
        (StatusCode::from_u16(status).unwrap(), [("x-request", format!("for {MARK}"))], body).into_response()
    }
}

#[tokio::test]
async fn a_token_endpoint_that_repeats_the_secret_does_not_show_it() {
    let secret = canary("echo");
    let answers = Answers::new(forms(&secret).into_iter().flat_map(|form| {
        [
            (400, serde_json::json!({ "error": "invalid_client", "error_description": form }).to_string()),
            (401, serde_json::json!({ "error": form }).to_string()),
            (403, format!("<html>{form}</html>")),
            (200, format!("<html>{form}</html>")),
        ]
    }));
    let vendor_answers = answers.clone();
    let vendor = token_vendor(move |_| vendor_answers.next()).await;
    let scene = Scene::new(vendor, "endpoint", &client(&secret), "").await;
    for _ in 0..answers.len() {
        let error = scene.call("endpoint-fetch", "/").await.unwrap_err();
        assert_eq!(error.class(), "authentication", "{error}");
        assert_error_unseen(&error);
    }
    scene.assert_unseen();
}

#[tokio::test]
async fn a_token_under_an_unknown_name_is_unseen() {
    let vendor = token_vendor(|_| serde_json::json!({ "accessToken": canary("unknown") }).to_string().into_response());
    let scene = Scene::new(vendor.await, "unknown", &client("of-the-client"), "").await;
    let error = scene.call("unknown-fetch", "/").await.unwrap_err();
    assert_eq!(error.class(), "authentication");
    assert!(error.to_string().contains("accessToken"), "it says what came instead: {error}");
    assert_error_unseen(&error);
    scene.assert_unseen();
}

#[tokio::test]
async fn a_vendor_that_repeats_the_secret_does_not_show_it() {
    let secret = canary("repeated");
    let answers = Answers::new(forms(&secret).into_iter().flat_map(|form| [(500, form.clone()), (401, form)]));
    let vendor_answers = answers.clone();
    let vendor = Vendor::start(move |_| Some(vendor_answers.next())).await;
    let auth = format!(r#"{{ method = "bearer_token", token = {} }}"#, literal(&secret));
    let scene = Scene::new(vendor, "repeating", &auth, "").await;
    for _ in 0..answers.len() {
        let error = scene.host.check("repeating-fetch").await.unwrap_err();
        assert!(matches!(error.vendor_status(), Some(500 | 401)), "{error}");
        assert!(error.to_string().contains("***"), "the body is quoted: {error}");
        assert_error_unseen(&error);
    }
    scene.assert_unseen();
}

#[tokio::test]
async fn a_redirect_with_the_secret_in_it_does_not_show_it() {
    let secret = canary("redirect");
    let auth = format!(r#"{{ method = "bearer_token", token = {} }}"#, literal(&secret));
    let scene = Scene::new(vendor().await, "redirected", &auth, "").await;
    let path = percent(&secret);
    for to in [
        format!("https://elsewhere.example/{path}?key={path}"),
        format!("https://{MARK}:{path}@elsewhere.example/"),
        format!("{}/redirect?/{path}", scene.vendor.url()),
    ] {
        if let Err(error) = scene.call("redirected-fetch", &format!("/redirect?{to}")).await {
            assert_error_unseen(&error);
        }
    }
    assert!(scene.vendor.seen().iter().any(|seen| seen.uri.path().contains(MARK)), "the last one was followed");
    scene.assert_unseen();
}

#[tokio::test]
async fn a_request_that_fails_does_not_show_its_query() {
    // Neither port listens any more when the request is sent.
    let (secret, gone) = (canary("query"), vendor().await.url());
    let auth = format!(r#"{{ method = "bearer_token", token = {} }}"#, literal(&secret));
    let more = format!("grants = [{gone:?}]\nbase_url = {gone:?}");
    LazyLock::force(&LOG);
    let folder = Folder::with(&["test/hostile"]);
    let toml =
        format!("[connections.gone]\nadapter = \"hostile\"\nsettings = {{ mode = \"fetch\" }}\nauth = {auth}\n{more}");
    let host = folder.host("watch = false", &toml).await.unwrap_or_else(|error| panic!("{error}"));
    // A query is not shown at all, a secret or not: the vendor may have given it.
    for target in [format!("/x?key={}", percent(&secret)), format!("/{}", percent(&secret)), format!("/x?a={MARK}")] {
        let lookup = ProductLookup { id: target, ..Default::default() };
        let error = host.suppliers("gone").unwrap().get_product(lookup).await.unwrap_err();
        assert_eq!(error.class(), "connection", "{error}");
        assert_error_unseen(&error);
    }
    assert_unseen("the log", &LOG.text());
}

#[tokio::test]
async fn a_secret_across_the_cut_of_a_long_line_is_unseen() {
    let secret = canary("long");
    let auth = format!(r#"{{ method = "bearer_token", token = {} }}"#, literal(&secret));
    let scene = Scene::new(vendor().await, "long", &auth, "").await;
    // Texts are cut at 2 and 8 KiB. The secret lies across each cut, whatever words stand before it.
    for cut in [2 << 10, 8 << 10] {
        for before in (cut - 64..cut).step_by(4) {
            let id = format!("{}{secret}{}", "x".repeat(before), "y".repeat(100));
            let error = scene.call("long-error-secret", &id).await.unwrap_err();
            assert_eq!(error.class(), "api");
            assert_error_unseen(&error);
        }
        let id = format!("{}{secret}", "x".repeat(cut - 10));
        let error = scene.call("long-panic-secret", &id).await.unwrap_err();
        assert_eq!(error.class(), "adapter_fault");
        assert_error_unseen(&error);
    }
    scene.assert_unseen();
}

#[test]
fn a_configurations_debug_text_shows_no_secret() {
    let toml = ["bearer_token", "api_key", "basic", "oauth2_client_credentials"]
        .into_iter()
        .zip([
            r#"token = "c4nary""#,
            r#"key = "c4nary""#,
            r#"username = "u", password = "c4nary""#,
            r#"client_id = "u", client_secret = "c4nary""#,
        ])
        .map(|(method, values)| {
            format!(
                "[connections.{method}]\nadapter = \"x\"\nauth = {{ method = \"{method}\", {values} }}\n\
                 secrets = {{ signing_key = \"c4nary\" }}\n"
            )
        })
        .collect::<String>();
    let config = config::parse(&toml).unwrap();
    assert_eq!(config.connections.len(), 4);
    assert_unseen("the configuration's debug text", &format!("{config:?} {config:#?}"));
}

#[test]
fn an_error_about_a_secret_in_the_wrong_place_does_not_show_it() {
    for wrong in [
        r#"auth = "c4nary""#,
        r#"auth = { method = "bearer_token", token = ["c4nary"] }"#,
        r#"auth = { method = "bearer_token", token = { value = "c4nary" } }"#,
        r#"auth = { method = "bearer_token", toke = "c4nary" }"#,
        r#"auth = { method = "bearer_token", token = "ok", key = "c4nary" }"#,
        r#"auth = { token = "c4nary" }"#,
        r#"secrets = "c4nary""#,
        r#"secrets = { signing_key = ["c4nary"] }"#,
        r#"secret = "c4nary""#,
        r#"password = "c4nary""#,
        r#"settings = "c4nary""#,
        r#"settings = { key = ["c4nary"] }"#,
        r#"base_url = "https://user:c4nary@api.example""#,
        r#"base_url = "https://c4nary@api.example/v1""#,
        r#"base_url = "ftp://user:c4nary@api.example""#,
        r#"base_url = "https://api.example/?api_key=c4nary""#,
        r#"grants = ["https://user:c4nary@api.example"]"#,
        r#"grants = ["https://api.example/?key=c4nary"]"#,
    ] {
        let toml = format!("[connections.till]\nadapter = \"x\"\n{wrong}");
        let error = config::parse(&toml).expect_err(wrong);
        assert!(error.to_string().contains("connections.till"), "{wrong}: {error}");
        assert_unseen(wrong, &format!("{error} {error:?}"));
    }
}

#[tokio::test]
async fn a_secret_among_the_settings_is_refused_unseen() {
    LazyLock::force(&LOG);
    let folder = Folder::with(&["test/hostile"]);
    let toml = r#"
        [connections.till]
        adapter = "hostile"
        auth = { method = "bearer_token", token = "another" }
        settings = { signing_key = "c4nary" }
    "#;
    let error = folder.host("watch = false", toml).await.unwrap_err();
    assert!(error.to_string().contains("move it to the connection's `secrets`"), "{error}");
    assert_unseen("the error", &format!("{error} {error:?}"));
    assert_unseen("the log", &LOG.text());
}
