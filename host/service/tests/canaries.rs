//! Secrets planted everywhere, and everything that leaves the real program searched for them: answers, pages, standard
//! output and error, logs at their most talkative, and the files it keeps.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[allow(dead_code)]
mod program;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use moulin_e2e::Folder;
use moulin_e2e::vendor::{Seen, Vendor};
use program::browser::Browser;
use program::{Service, cli_logging};
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::byte_serialize;

/// What every secret begins with. No encoding changes a letter of it but Base64.
const MARK: &str = "c4nary";

/// What Base64 makes of the mark, wherever it lies.
const ENCODED: [&str; 3] = ["YzRuYXJ5", "M0bmFye", "jNG5hcn"];

/// The compiler's own trace is a gigabyte and knows no connection.
const TRACE: &str = "trace,wasmtime=info,cranelift=info,regalloc2=info";

/// A secret full of characters that URLs, JSON and debug output write in another way.
fn canary(of: &str) -> String {
    format!(r#"{MARK}/+"{of}\=%&;s3cret?"#)
}

#[track_caller]
fn assert_unseen(what: &str, text: &str) {
    for form in ENCODED.into_iter().chain([MARK, "s3cret"]) {
        let lines: Vec<_> = text.lines().filter(|line| line.contains(form)).take(3).collect();
        assert!(lines.is_empty(), "{what} shows {form:?}:\n{}", lines.join("\n"));
    }
}

fn percent(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// What stands in the configuration, in a text.
fn configured() -> String {
    ["client", "key"].map(canary).join(" and ")
}

/// That, and the tokens.
fn all() -> String {
    ["access", "refresh", "client", "key"].map(canary).join(" and ")
}

/// A till that repeats everything it was told, and more. Its token endpoint refuses the first request.
async fn till() -> Vendor {
    let exchanges = Arc::new(AtomicUsize::new(0));
    let echo =
        |status: StatusCode, body: Value| (status, [("x-echo", percent(&all()))], body.to_string()).into_response();
    let answer = move |seen: &Seen| -> Option<Response> {
        let path = seen.uri.path();
        if path == "/auth/oauth/token" {
            return Some(match exchanges.fetch_add(1, Ordering::SeqCst) {
                0 => echo(
                    StatusCode::UNAUTHORIZED,
                    json!({"error": "invalid_client", "error_description": configured()}),
                ),
                _ => echo(
                    StatusCode::OK,
                    json!({"access_token": canary("access"), "refresh_token": canary("refresh"), "expires_in": 3600, "note": all()}),
                ),
            });
        }
        Some(match path.rsplit('/').next().unwrap_or_default() {
            "Account.json" => echo(StatusCode::OK, json!({"Account": {"accountID": "240117", "name": all()}})),
            _ => echo(
                StatusCode::INTERNAL_SERVER_ERROR,
                json!({"httpCode": "500", "message": all(), "errorClass": all()}),
            ),
        })
    };
    Vendor::start(answer).await
}

fn configure(folder: &Folder, till: &Vendor) -> String {
    // TOML's basic strings escape as JSON does.
    let literal = |of: &str| json!(canary(of)).to_string();
    let hostile = |mode: &str| {
        format!(
            r#"
            [connections.{mode}]
            adapter = "hostile"
            base_url = "{url}"
            grants = ["{url}"]
            settings = {{ mode = "{mode}" }}
            auth = {{ method = "api_key", key = {key} }}
            "#,
            url = till.url(),
            key = literal("key"),
        )
    };
    let text = format!(
        r#"
        [host]
        adapters = "adapters"
        data = "data"
        {}{}
        [connections.till]
        adapter = "lightspeed"
        flavor = "r-series-v3"
        base_url = "{till}"
        token_url = "{till}/auth/oauth/token"
        authorization_url = "{till}/auth/oauth/authorize"
        grants = ["{till}"]
        auth = {{ method = "oauth2_authorization_code", client_id = "the-client", client_secret = {secret} }}
        settings = {{ account_id = "240117" }}
        "#,
        hostile("panic-secret"),
        hostile("error-secret"),
        till = till.url(),
        secret = literal("client"),
    );
    let file = folder.path().join("moulin.toml");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Begins in a browser, and comes back from a vendor that added this to the address.
async fn come_back(service: &Service, browser: &Browser, query: &str) -> program::browser::Shown {
    let page = browser.open(&format!("{}/connect/till", service.url)).await;
    let begun = Url::parse(&browser.press(&page.form(), &service.url).await.location()).unwrap();
    let (_, state) = begun.query_pairs().find(|(name, _)| name == "state").unwrap();
    browser.open(&format!("{}/oauth/callback?state={}&{query}", service.url, percent(&state))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_leaves_the_program_by_any_way() {
    let till = till().await;
    let folder = Folder::with(&["shipped/lightspeed", "test/hostile"]);
    let config = configure(&folder, &till);
    let service = Service::start(Path::new(&config), TRACE).await;
    let browser = Browser::new("en");

    // Pages. The vendor's own words are quoted, with something in the place of the secrets.
    let refused = format!("error=server_error&error_description={}", percent(&configured()));
    let code = format!("code={}", percent(&canary("code")));
    for (query, status) in [(&refused, 502), (&code, 502), (&code, 200)] {
        let page = come_back(&service, &browser, query).await;
        assert_eq!(page.status, status, "{}", page.text);
        assert_eq!(page.text.contains("***"), status == 502, "{}", page.text);
        assert_unseen("a page", &page.text);
        assert_unseen("a page's headers", &format!("{:?}", page.headers));
    }
    let page = browser.open(&format!("{}/connect/till", service.url)).await;
    assert_unseen("a page", &page.text);

    // Answers.
    let (status, health) = service.post("/v1/connections/till/check", &Value::Null).await;
    assert_eq!((status, &health["account"]), (200, &"*** and *** and *** and ***".into()), "{health}");
    let (status, problem) = service.get("/v1/connections/till/pos/list-products").await;
    assert_eq!(status, 502, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("***"), "the vendor is quoted: {problem}");
    assert_unseen("a problem", &problem.to_string());
    let id = percent(&all());
    for (connection, status) in [("panic-secret", 500), ("error-secret", 502)] {
        let path = format!("/v1/connections/{connection}/suppliers/get-product?id={id}");
        let (got, problem) = service.get(&path).await;
        assert_eq!(got, status, "{problem}");
        assert_unseen("a problem", &problem.to_string());
    }
    for path in
        ["/v1/connections", "/v1/connections/till", "/v1/adapters", "/readyz", "/openapi.json", &format!("/{id}")]
    {
        assert_unseen(path, &service.get(path).await.1.to_string());
    }
    let seen = till.seen();
    let sent = |what: &str| seen.iter().any(|seen| format!("{:?}{:?}", seen.headers, seen.body).contains(what));
    assert!(sent("\"Bearer c4nary") && sent("c4nary/+\\\\\\\"client"), "the vendor does see them: {seen:?}");

    // The command line.
    let id = all();
    for (arguments, status, says) in [
        (&["config", "check"][..], 0, "OK"),
        (&["connection", "list"], 0, "connected"),
        (&["connection", "list", "--json"], 0, "\"connected\""),
        (&["connection", "check", "till"], 0, "till works, account *** and ***"),
        (&["connection", "check", "till", "--json"], 0, "\"account\":\"*** and ***"),
        (&["connection", "check", "till", "--url", &service.url], 0, "account *** and ***"),
        (&["call", "pos.list-products", "--connection", "till"], 8, "***"),
        (&["call", "suppliers.get-product", "--connection", "panic-secret", "--id", &id], 10, "***"),
        (&["call", "suppliers.get-product", "--connection", "error-secret", "--id", &id, "--json"], 8, "***"),
        (&["secret", "list"], 0, ""),
    ] {
        let source = if arguments.contains(&"--url") { vec![] } else { vec!["--config", &config] };
        let printed = cli_logging(&[arguments, &source].concat(), None, TRACE).await;
        assert_eq!(printed.status, status, "{arguments:?}: {}", printed.stderr);
        assert!(format!("{}{}", printed.stdout, printed.stderr).contains(says), "{arguments:?}: {}", printed.stdout);
        assert_unseen(&format!("standard output of {arguments:?}"), &printed.stdout);
        assert_unseen(&format!("standard error of {arguments:?}"), &printed.stderr);
    }

    // Logs and files.
    let log = service.stop().await;
    assert!(log.contains("TRACE") && log.contains("***"), "it is the talkative log");
    for line in log.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    assert_unseen("the log", &log);
    let mut files = 0;
    for file in std::fs::read_dir(folder.path().join("data")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            files += 1;
            assert_unseen(&path.display().to_string(), &String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        }
    }
    assert!(files >= 2, "the store and the key are there");
}

#[test]
fn what_looks_for_secrets_finds_them() {
    for form in [canary("x"), percent(&canary("x")), json!(canary("x")).to_string(), format!("..{}..", ENCODED[1])] {
        let seen = std::panic::catch_unwind(|| assert_unseen("it", &form));
        assert!(seen.is_err(), "{form} was not noticed");
    }
    assert_unseen("an innocent text", "an innocent text");
}
