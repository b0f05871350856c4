//! `moulin secret`, the real program on real files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "program/mod.rs"]
#[allow(dead_code)]
mod program;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use program::{Printed, cli};
use tempfile::TempDir;
use tokio::process::Command;

const CANARY: &str = "canary-secret-8Jq2mXw5";

/// A configuration that refers to secrets, and its data folder.
struct Place {
    folder: TempDir,
    config: PathBuf,
}

impl Place {
    fn new(vault: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("moulin.toml");
        let text = format!(
            r#"
            [host]
            data = "data"
            {vault}
            [connections.metro]
            adapter = "metro"
            auth = {{ method = "api_key", key = {{ secret = "metro.key" }} }}
            [connections.till]
            adapter = "lightspeed"
            auth = {{ method = "bearer_token", token = {{ secret = "till.token" }} }}
            "#
        );
        fs::write(&config, text).unwrap();
        Self { folder, config }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn secret(&self, arguments: &[&str], stdin: &str) -> Printed {
        let rest = ["--config", self.config.to_str().unwrap()];
        cli(&[&["secret"], arguments, &rest].concat(), Some(stdin)).await
    }

    /// The same with another key.
    async fn secret_with_key(&self, key: &str, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_moulin"));
        command.arg("secret").args(arguments).arg("--config").arg(&self.config).env("MOULIN_VAULT_KEY", key);
        let output = command.stdin(std::process::Stdio::null()).output().await.unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

fn assert_done(printed: &Printed) {
    assert_eq!(printed.status, 0, "{}", printed.stderr);
    assert!(!printed.stdout.contains(CANARY) && !printed.stderr.contains(CANARY));
}

#[tokio::test]
async fn a_secret_is_stored_from_standard_input_listed_and_deleted() {
    let place = Place::new("");
    let printed = place.secret(&["list"], "").await;
    assert_done(&printed);
    assert_eq!(printed.stdout, "");
    assert!(printed.stderr.contains("connections.metro.auth.key refers to metro.key, which is not stored"));
    assert!(!place.path("data/vault.key").exists(), "looking made a key");

    assert_done(&place.secret(&["set", "metro.key"], &format!("{CANARY}\n")).await);
    let printed = place.secret(&["set", "spare"], CANARY).await;
    assert_done(&printed);
    assert!(printed.stderr.contains("write { secret = \"spare\" }"), "{}", printed.stderr);
    for file in ["data/vault.key", "data/moulin.sqlite", "moulin.toml"].map(|name| place.path(name)) {
        assert!(!String::from_utf8_lossy(&fs::read(file).unwrap()).contains(CANARY));
    }
    assert_eq!(fs::metadata(place.path("data/vault.key")).unwrap().permissions().mode() & 0o777, 0o600);

    let printed = place.secret(&["list", "--json"], "").await;
    assert_done(&printed);
    let expected = "{\"name\":\"metro.key\",\"references\":[\"connections.metro.auth.key\"]}\n{\"name\":\"spare\",\"references\":[]}\n";
    assert_eq!(printed.stdout, expected);
    let printed = place.secret(&["list"], "").await;
    assert!(printed.stdout.contains("metro.key   connections.metro.auth.key"), "{}", printed.stdout);
    assert!(printed.stderr.contains("till.token") && !printed.stderr.contains("metro.key"), "{}", printed.stderr);

    let printed = place.secret(&["delete", "metro.kye"], "").await;
    assert_eq!(printed.status, 2);
    assert_eq!(printed.stderr, "error: there is no secret \"metro.kye\"; stored are: metro.key, spare\n");
    let printed = place.secret(&["delete", "metro.key"], "").await;
    assert_done(&printed);
    assert!(printed.stderr.contains("connections.metro.auth.key refers to it"), "{}", printed.stderr);
    assert_done(&place.secret(&["delete", "spare"], "").await);
    assert_eq!(place.secret(&["list"], "").await.stdout, "");
}

#[tokio::test]
async fn what_cannot_be_a_secret_is_refused_and_a_value_is_never_an_argument() {
    let place = Place::new("");
    for (arguments, stdin, words) in [
        (&["set", "metro.key"][..], "", "the value is empty"),
        (&["set", "metro.key"], "\r\n", "the value is empty"),
        (&["set", "Metro Key"], CANARY, "\"Metro Key\" is no name for a secret"),
        (&["set", "metro.key"], &"x".repeat(70_000), "longer than 64 KiB"),
        (&["set", "metro.key", CANARY], "", "unexpected argument"),
    ] {
        let printed = place.secret(arguments, stdin).await;
        assert_eq!(printed.status, 2, "{}", printed.stderr);
        assert!(printed.stderr.contains(words), "{}", printed.stderr);
        assert_eq!(printed.stdout, "");
    }
    assert_eq!(place.secret(&["list"], "").await.stdout, "");
}

#[tokio::test]
async fn another_key_changes_nothing_and_a_rotated_one_opens_everything() {
    let place = Place::new("");
    assert_done(&place.secret(&["set", "metro.key"], CANARY).await);
    let wrong = "ab".repeat(32);
    let (status, stderr) = place.secret_with_key(&wrong, &["rotate-key", "--generate"]).await;
    assert_eq!(status, Some(2), "{stderr}");
    assert!(stderr.contains("wrong key: the vault is sealed with the key"), "{stderr}");
    assert!(stderr.contains("the key that was printed is not in use"), "{stderr}");

    let before = fs::read_to_string(place.path("data/vault.key")).unwrap();
    let printed = place.secret(&["rotate-key"], "").await;
    assert_done(&printed);
    assert!(printed.stderr.contains("1 records are sealed with the new key"), "{}", printed.stderr);
    let after = fs::read_to_string(place.path("data/vault.key")).unwrap();
    assert_ne!(before, after);
    assert!(!printed.stdout.contains(after.trim()) && !printed.stderr.contains(after.trim()));
    let (status, stderr) = place.secret_with_key(before.trim(), &["rotate-key", "--generate"]).await;
    assert_eq!(status, Some(2), "{stderr}");
    assert_done(&place.secret(&["set", "metro.key"], "anew").await);
}

#[tokio::test]
async fn a_key_from_a_command_is_replaced_by_one_that_is_given_or_printed() {
    let (first, second) = ("11".repeat(32), "22".repeat(32));
    let place = Place::new("[vault]\nkey_command = [\"cat\", \"KEY\"]");
    let key = place.path("key");
    fs::write(&key, &first).unwrap();
    let text = fs::read_to_string(&place.config).unwrap().replace("KEY", key.to_str().unwrap());
    fs::write(&place.config, text).unwrap();

    assert_done(&place.secret(&["set", "metro.key"], CANARY).await);
    assert!(!place.path("data/vault.key").exists());
    let printed = place.secret(&["rotate-key"], "hunter2").await;
    assert_eq!(printed.status, 2);
    assert!(printed.stderr.contains("what was given holds no key") && !printed.stderr.contains("hunter2"));
    let printed = place.secret(&["rotate-key"], &second).await;
    assert_done(&printed);
    assert!(printed.stderr.contains("let vault.key_command print the new key"), "{}", printed.stderr);

    let printed = place.secret(&["set", "metro.key"], "other").await;
    assert_eq!(printed.status, 2, "the old key still writes");
    fs::write(&key, &second).unwrap();
    let printed = place.secret(&["rotate-key", "--generate"], "").await;
    assert_done(&printed);
    fs::write(&key, &printed.stdout).unwrap();
    assert_done(&place.secret(&["set", "metro.key"], "other").await);
}
