//! The configurations under `config/` load as they are, and say what is true.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};

use moulin_host::config::{self, HostConfig, HttpConfig};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config").join(name)
}

#[test]
fn the_demonstration_has_a_till_and_a_supplier_on_this_machine() {
    let config = config::load(&[file("demo.toml")]).unwrap();
    assert_eq!(config.connections.keys().collect::<Vec<_>>(), ["metro", "till"]);
    for connection in config.connections.values() {
        assert_eq!(connection.base_url.as_ref().unwrap().host_str(), Some("127.0.0.1"));
    }
}

#[test]
fn the_vendors_files_lack_nothing_but_their_secret() {
    for (name, secret) in [
        ("lightspeed.toml", "till.client_secret"),
        ("square.toml", "square.access_token"),
        ("metro.toml", "metro.key"),
        ("transgourmet.toml", "transgourmet.client_secret"),
        ("pomona.toml", "pomona.password"),
        ("thefork.toml", "thefork.client_secret"),
        ("opentable.toml", "opentable.client_secret"),
        ("hubspot.toml", "hubspot.client_secret"),
        ("zoho.toml", "zoho.client_secret"),
    ] {
        let config = config::load(&[file("moulin.toml"), file(name)]).unwrap();
        assert_eq!(config.connections.len(), 1, "{name}");
        assert_eq!(config.vault_references().into_keys().collect::<Vec<_>>(), [secret], "{name}");
    }
}

/// The lines of the main file that show a key and its default, made into keys.
fn defaults_as_written() -> String {
    let text = std::fs::read_to_string(file("moulin.toml")).unwrap();
    let (general, _) = text.split_once("# [connections.till]").unwrap();
    let is_key = |line: &&str| {
        line.split_once(" = ").is_some_and(|(key, _)| key.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()))
    };
    let lines = general.lines().filter_map(|line| match line.strip_prefix("# ") {
        Some(comment) => Some(comment).filter(is_key),
        None => Some(line).filter(|line| line.starts_with('[')),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_main_file_shows_every_default_as_it_is() {
    let written = defaults_as_written();
    for key in ["watch", "deadline", "cpu", "memory_mib", "response_mib", "requests", "log_lines", "listen"] {
        assert!(written.contains(&format!("{key} = ")), "{key} is not shown");
    }
    let config = config::parse(&written).unwrap();
    assert_eq!(config.host.limits, HostConfig::default().limits);
    assert_eq!(config.host.watch, HostConfig::default().watch);
    assert_eq!(config.http.listen, HttpConfig::default().listen);
}
