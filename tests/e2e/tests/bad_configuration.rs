//! A configuration that cannot work stops the host before it starts, and every error names the file, the key and what to
//! write.

use std::fs;
use std::path::{Path, PathBuf};

use moulin_e2e::Folder;
use moulin_host::config::{self, Config};
use moulin_host::{Host, operations};
use tempfile::TempDir;

/// A configuration file that is gone when dropped.
struct File {
    path: PathBuf,
    _folder: TempDir,
}

impl File {
    fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("moulin.toml");
        fs::write(&path, text).unwrap();
        Self { path, _folder: folder }
    }

    fn load(&self) -> Result<Config, String> {
        config::load(&[&self.path]).map_err(|error| error.to_string())
    }
}

/// The lines of an error are exactly these: the file, the key, and what to do.
fn assert_problems(file: &Path, error: &str, expected: &[(&str, &str)]) {
    let lines: Vec<_> = error.lines().collect();
    for (key, words) in expected {
        let start = format!("{}: {key}: ", file.display());
        let found = lines.iter().any(|line| line.starts_with(&start) && line.contains(words));
        assert!(found, "no line {start}…{words}… in:\n{error}");
    }
    assert_eq!(lines.len(), expected.len(), "{error}");
}

/// Loading this file fails with one problem.
fn assert_problem(text: &str, key: &str, words: &str) {
    let file = File::with(text);
    let error = file.load().map(|_| ()).expect_err(text);
    assert_problems(&file.path, &error, &[(key, words)]);
}

/// The same for a line of a connection that is right otherwise.
fn assert_connection_problem(line: &str, key: &str, words: &str) {
    let text = format!("[connections.till]\nadapter = \"x\"\n{line}\n");
    assert_problem(&text, &format!("connections.till.{key}"), words);
}

#[test]
fn a_good_file_is_read() {
    let file = File::with(
        "[host]\nlimits = { cpu = \"1s\" }\n[connections.till]\nadapter = \"x\"\nauth = { method = \"api_key\", key = \"k\" }\n",
    );
    assert_eq!(file.load().unwrap().connections["till"].adapter, "x");
}

#[test]
fn an_unknown_key_is_named_at_every_level() {
    assert_problem("colour = 1", "colour", "unknown key; known here: host");
    assert_problem("[host]\ncolour = 1", "host.colour", "unknown key; known here: adapters");
    assert_problem("[host.limits]\ncolour = 1", "host.limits.colour", "unknown key; known here: deadline");
    assert_problem("[http]\ncolour = 1", "http.colour", "unknown key; known here: listen");
    assert_connection_problem("colour = 1", "colour", "unknown key; known here: adapter");
    let auth = |fields: &str| format!("auth = {{ method = \"basic\", username = \"u\", password = \"p\", {fields} }}");
    assert_connection_problem(&auth("colour = 1"), "auth.colour", "unknown key; known here: username, password");
}

#[test]
fn a_missing_key_is_named() {
    assert_problem("[connections.till]\ncurrency = \"EUR\"", "connections.till.adapter", "missing; set it");
    assert_connection_problem("auth = { method = \"bearer_token\" }", "auth.token", "missing; set it");
    assert_connection_problem("auth = { method = \"basic\", username = \"u\" }", "auth.password", "missing; set it");
}

#[test]
fn a_value_of_the_wrong_kind_is_named() {
    assert_connection_problem("max_concurrency = \"many\"", "max_concurrency", "write ");
    assert_connection_problem("grants = \"https://api.example\"", "grants", "write ");
    assert_connection_problem("settings = { shop = [1] }", "settings.shop", "a text, a whole number or true/false");
    assert_connection_problem("secrets = { key = 5 }", "secrets.key", "{ env = \"NAME\" }");
    assert_problem("[host.limits]\nmemory_mib = \"much\"", "host.limits.memory_mib", "write ");
    assert_problem("[http]\nlisten = \"here\"", "http.listen", "socket address");
}

#[test]
fn an_unknown_auth_method_brings_those_there_are() {
    let line = "auth = { method = \"magic\" }";
    assert_connection_problem(line, "auth.method", "\"magic\" is not one of none, api_key, bearer_token, basic");
}

#[test]
fn a_bad_url_is_named() {
    assert_connection_problem("base_url = \"api.example/v1\"", "base_url", "relative URL without a base");
    assert_connection_problem("base_url = \"ftp://api.example\"", "base_url", "must begin with https://");
    assert_connection_problem("base_url = \"https://u:p@api.example\"", "base_url", "put them into `auth`");
    assert_connection_problem("token_url = \"https://api.example/?a=b\"", "token_url", "must not have a query");
}

#[test]
fn an_origin_that_needs_a_grant_brings_the_line_that_grants_it() {
    for (url, origin) in [
        ("http://api.example/v1", "http://api.example"),
        ("https://10.0.0.8/v1", "https://10.0.0.8"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("https://localhost:8443/v1", "https://localhost:8443"),
    ] {
        for key in ["base_url", "token_url", "authorization_url"] {
            let line = format!("{key} = {url:?}");
            assert_connection_problem(&line, key, &format!("add grants = [\"{origin}\"] to the connection"));
            let granted = format!("[connections.till]\nadapter = \"x\"\n{line}\ngrants = [{origin:?}]");
            File::with(&granted).load().unwrap_or_else(|error| panic!("the remedy does not help: {error}"));
        }
    }
}

#[test]
fn a_grant_with_a_path_brings_the_origin() {
    let line = "grants = [\"https://a.example\", \"https://b.example/v1\"]";
    assert_connection_problem(line, "grants.1", "an origin has no path; write https://b.example");
    assert_connection_problem("grants = [\"ftp://a.example\"]", "grants.0", "must begin with https://");
}

#[test]
fn a_name_with_other_characters_is_refused() {
    for name in ["Till", "1till", "the till", "café", "till/1"] {
        let text = format!("[connections.{name:?}]\nadapter = \"x\"\n");
        assert_problem(&text, &format!("connections.{name}"), "1 to 64 lower-case letters, digits, '-' and '_'");
    }
}

#[test]
fn a_secret_without_a_value_says_where_to_put_it() {
    let auth = |secret: &str| format!("auth = {{ method = \"bearer_token\", token = {secret} }}");
    assert_connection_problem(&auth("\"\""), "auth.token", "the value is empty; write the secret there");
    let secret = "{ secret = \"Till Token\" }";
    assert_connection_problem(&auth(secret), "auth.token", "\"Till Token\" is no name for a secret");
}

#[tokio::test]
async fn a_secret_that_is_not_there_makes_its_connection_unavailable_and_no_other() {
    let folder = Folder::with(&["test/hostile"]);
    let connection = |name: &str, rest: &str| format!("[connections.{name}]\nadapter = \"hostile\"\n{rest}\n");
    let auth = |secret: &str| format!("auth = {{ method = \"bearer_token\", token = {secret} }}");
    let connections = [
        connection("env", &auth("{ env = \"MOULIN_TEST_NEVER_SET\" }")),
        connection("file", &auth("{ file = \"/nowhere/token\" }")),
        connection("vault", &auth("{ secret = \"till.token\" }")),
        connection("own", &format!("{}\nsecrets = {{ signing_key = {{ secret = \"sign\" }} }}", auth("\"t\""))),
        connection("good", &auth("\"t\"")),
    ];
    let (_, started) = start(&folder, &connections.concat()).await;
    let reasons: Vec<_> =
        started.unwrap().connections().into_iter().map(|status| (status.name, status.reason)).collect();
    let expected = [
        ("env", Some("auth.token: the environment variable MOULIN_TEST_NEVER_SET is not set; set it before starting")),
        (
            "file",
            Some(
                "auth.token: cannot read /nowhere/token: No such file or directory (os error 2); create it with the secret as its only line",
            ),
        ),
        ("good", None),
        ("own", Some("secrets.signing_key: the vault has no secret \"sign\"; store it with `moulin secret set sign`")),
        (
            "vault",
            Some("auth.token: the vault has no secret \"till.token\"; store it with `moulin secret set till.token`"),
        ),
    ];
    let expected = expected.map(|(name, reason)| (name.to_owned(), reason.map(str::to_owned)));
    assert_eq!(reasons, expected);
}

#[test]
fn a_vault_with_two_keys_or_none_is_refused() {
    let both = "[vault]\nkey_command = [\"pass\"]\nkey_file = \"k\"\n";
    assert_problem(both, "vault.key_file", "there is a key_command too");
    assert_problem("[vault]\nkey_command = []\n", "vault.key_command", "names no program");
    assert_problem("[vault]\ncolour = 1", "vault.colour", "unknown key; known here: key_command, key_file");
}

#[test]
fn a_bad_zone_currency_or_duration_brings_an_example() {
    assert_connection_problem("time_zone = \"Paris\"", "time_zone", "write one such as \"Europe/Paris\"");
    assert_connection_problem("currency = \"euro\"", "currency", "write one such as \"EUR\"");
    assert_connection_problem("currency = \"€\"", "currency", "write one such as \"EUR\"");
    for duration in ["soon", "30", "0s", "-5s"] {
        let words = format!("\"{duration}\" is not a duration above zero; write \"30s\" or \"500ms\"");
        assert_connection_problem(&format!("timeout = {duration:?}"), "timeout", &words);
        assert_problem(&format!("[host.limits]\ncpu = {duration:?}"), "host.limits.cpu", &words);
    }
}

#[test]
fn a_limit_of_zero_is_refused() {
    for key in ["memory_mib", "response_mib", "requests", "log_lines"] {
        assert_problem(&format!("[host.limits]\n{key} = 0"), &format!("host.limits.{key}"), "more than zero");
    }
    assert_connection_problem("max_concurrency = 0", "max_concurrency", "more than zero");
}

#[test]
fn all_problems_are_told_at_once() {
    let file = File::with(
        r#"
        [host.limits]
        requests = 0

        [connections.till]
        adapter = ""
        base_url = "http://api.example"
        grants = ["https://api.example/v1"]
        auth = { method = "api_key", key = "" }
        time_zone = "Paris"

        [connections.Butcher]
        adapter = "x"
        currency = "euro"
        "#,
    );
    let error = file.load().unwrap_err();
    let expected = [
        ("host.limits.requests", "more than zero"),
        ("connections.till.adapter", "moulin adapter list"),
        ("connections.till.base_url", "add grants"),
        ("connections.till.grants.0", "write https://api.example"),
        ("connections.till.auth.key", "the value is empty"),
        ("connections.till.time_zone", "Europe/Paris"),
        ("connections.Butcher", "lower-case letters"),
        ("connections.Butcher.currency", "EUR"),
    ];
    assert_problems(&file.path, &error, &expected);
}

#[test]
fn of_several_files_the_one_that_sets_the_key_is_named() {
    let (first, second) = (
        File::with("[connections.till]\nadapter = \"x\"\ncurrency = \"euro\"\n"),
        File::with("[connections.till]\ntime_zone = \"Paris\"\n"),
    );
    let error = config::load(&[&first.path, &second.path]).unwrap_err().to_string();
    let line = |file: &File, key: &str| format!("{}: connections.till.{key}: ", file.path.display());
    assert!(error.contains(&line(&first, "currency")), "{error}");
    assert!(error.contains(&line(&second, "time_zone")), "{error}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = config::load(&["/nowhere/moulin.toml"]).unwrap_err().to_string();
    assert!(error.contains("cannot read the configuration file /nowhere/moulin.toml"), "{error}");
}

#[test]
fn a_file_that_is_not_toml_is_named_with_the_line() {
    let file = File::with("[host]\nwatch = true\nadapters = \n");
    let error = file.load().unwrap_err();
    assert!(error.contains(&file.path.display().to_string()) && error.contains("line 3"), "{error}");
}

/// The error with which a host does not start, its configuration read from a file.
async fn start(folder: &Folder, connections: &str) -> (File, Result<Host, String>) {
    let host =
        format!("[host]\nwatch = false\nadapters = {:?}\ndata = {:?}\n", folder.adapters(), folder.path().join("data"));
    let file = File::with(&format!("{host}\n{connections}"));
    let started = Host::start(file.load().unwrap_or_else(|error| panic!("{error}"))).await;
    (file, started.map_err(|error| error.to_string()))
}

#[tokio::test]
async fn what_does_not_fit_the_adapters_is_told_at_once() {
    let folder = Folder::with(&["shipped/metro", "shipped/lightspeed", "test/hostile"]);
    let connections = r#"
        [connections.absent]
        adapter = "metrro"

        [connections.unsaid]
        adapter = "lightspeed"

        [connections.open]
        adapter = "metro"

        [connections.other]
        adapter = "metro"
        settings = { client_number = "FR-1", customer = "FR-1" }
        auth = { method = "basic", username = "u", password = "p" }

        [connections.version]
        adapter = "hostile"
        flavor = "v9"
        auth = { method = "bearer_token", token = "t" }

        [connections.confused]
        adapter = "hostile"
        settings = { signing_key = "s3cret" }
        secrets = { mode = "echo", signing_kye = "s3cret" }
        auth = { method = "bearer_token", token = "t" }
    "#;
    let (file, started) = start(&folder, connections).await;
    let error = started.unwrap_err();
    let expected = [
        ("connections.absent.adapter", "there is no adapter \"metrro\"; "),
        ("connections.unsaid.settings.account_id", "missing; Account number: The number in the address"),
        ("connections.unsaid.auth", "missing; the adapter lightspeed authenticates with "),
        ("connections.open.auth", "missing; the adapter metro authenticates with api_key"),
        ("connections.other.settings.customer", "no such setting; it has client_number"),
        ("connections.other.auth.method", "the adapter metro does not offer basic; it offers api_key"),
        ("connections.version.flavor", "the adapter hostile has no flavour \"v9\"; it has v1"),
        ("connections.confused.settings.signing_key", "a secret; move it to the connection's `secrets`"),
        ("connections.confused.secrets.mode", "not a secret; move it to the connection's `settings`"),
        ("connections.confused.secrets.signing_kye", "no such secret; it has signing_key"),
    ];
    assert_problems(&file.path, &error, &expected);
    let absent = error.lines().find(|line| line.contains("metrro")).unwrap();
    assert!(absent.contains("has hostile, lightspeed, metro. Put metrro.wasm there"), "{absent}");
}

#[tokio::test]
async fn an_adapters_folder_that_is_not_there_is_named() {
    let folder = Folder::with(&[]);
    fs::remove_dir(folder.adapters()).unwrap();
    let (_, started) = start(&folder, "").await;
    let error = started.unwrap_err();
    let named = folder.adapters().display().to_string();
    assert!(error.contains("host.adapters: ") && error.contains(&named) && error.contains("create it"), "{error}");
}

#[tokio::test]
async fn an_unknown_connection_brings_those_there_are_and_a_wrong_domain_its_adapter() {
    let folder = Folder::with(&["test/hostile"]);
    let connections = r#"
        [connections.butcher]
        adapter = "hostile"
        auth = { method = "bearer_token", token = "t" }

        [connections.baker]
        adapter = "hostile"
        auth = { method = "bearer_token", token = "t" }
    "#;
    let (_, started) = start(&folder, connections).await;
    let host = started.unwrap();

    let error = host.suppliers("bucher").unwrap_err();
    assert_eq!(error.class(), "unknown_connection");
    assert_eq!(error.to_string(), "there is no connection \"bucher\"; configured are: baker, butcher");
    assert!(error.hint().unwrap().contains("moulin connection list"));

    let error = host.pos("butcher").unwrap_err();
    assert_eq!(error.class(), "wrong_domain");
    assert!(error.to_string().contains("\"butcher\" uses the adapter hostile, which has no pos operations"), "{error}");
    let operation = operations::find("pos.list-transactions").unwrap();
    let error = host.call("butcher", operation, serde_json::Map::new()).await.unwrap_err();
    assert_eq!(error.class(), "wrong_domain");
}

#[test]
fn an_unknown_operation_brings_the_nearest() {
    for (wrong, nearest) in [
        ("suppliers.list-catalogue", "suppliers.list-catalog"),
        ("suppliers.get-products", "suppliers.get-product"),
        ("supplier.check-availability", "suppliers.check-availability"),
        ("pos.list_transactions", "pos.list-transactions"),
    ] {
        let error = operations::find(wrong).unwrap_err();
        assert_eq!(error.class(), "unknown_operation");
        assert_eq!(error.to_string(), format!("there is no operation \"{wrong}\"; did you mean {nearest}?"));
    }
    let error = operations::find("xyzzy").unwrap_err();
    assert_eq!(error.to_string(), "there is no operation \"xyzzy\"");
    assert!(error.hint().unwrap().contains("moulin operations"));
}
