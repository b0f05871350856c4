//! The program: says where it listens, ends on SIGTERM, explains what is wrong.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

/// Every vendor, in the order of the lines.
const VENDORS: [&str; 9] =
    ["lightspeed", "metro", "transgourmet", "pomona", "square", "thefork", "opentable", "hubspot", "zoho"];

#[test]
fn it_announces_every_vendor_and_ends_on_sigterm() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moulin-vendors"));
    for name in VENDORS {
        command.args([&format!("--{name}"), "127.0.0.1:0"]);
    }
    let mut child =
        command.args(["--today", "2025-04-12"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let lines: Vec<String> = output.lines().take(VENDORS.len()).map(Result::unwrap).collect();
    let names: Vec<_> =
        lines.iter().filter_map(|line| line.split_once(" http://127.0.0.1:")).map(|(name, _)| name).collect();
    assert_eq!(names, VENDORS, "{lines:?}");
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_starts_those_alone_that_are_named() {
    // The usual port of the others may be taken: nothing else listens.
    let mut child = Command::new(env!("CARGO_BIN_EXE_moulin-vendors"))
        .args(["--only", "metro,lightspeed", "--lightspeed", "127.0.0.1:0", "--metro", "127.0.0.1:0"])
        .args(["--today", "2025-04-12"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut lines = [String::new(), String::new()];
    for line in &mut lines {
        output.read_line(line).unwrap();
    }
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success() && child.wait().unwrap().success());
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert!(lines[0].starts_with("lightspeed http://") && lines[1].starts_with("metro http://"), "{lines:?}");
    assert_eq!(rest, "");
}

#[test]
fn an_address_that_is_open_to_others_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_moulin-vendors"))
        .args(["--only", "lightspeed", "--lightspeed", "0.0.0.0:0"])
        .output()
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && message.contains("not a loopback address") && message.contains("--lightspeed"),
        "{message}"
    );
}

#[test]
fn it_serves_authorization_servers_by_profile() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_moulin-vendors"))
        .args(["--only", "metro", "--metro", "127.0.0.1:0", "--today", "2025-04-12"])
        .args(["--oauth", "strict=127.0.0.1:0", "--oauth", "square-pkce=127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines: Vec<String> = BufReader::new(child.stdout.take().unwrap()).lines().take(3).map(Result::unwrap).collect();
    let address = lines[1].strip_prefix("oauth-strict http://").unwrap().to_owned();
    assert!(lines[2].starts_with("oauth-square-pkce http://127.0.0.1:"), "{lines:?}");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /_control/oauth HTTP/1.1\r\nhost: oauth\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""grants":[]"#), "{answer}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_unknown_profile_is_refused() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_moulin-vendors")).args(["--oauth", "magic=127.0.0.1:0"]).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && message.contains("no profile 'magic'"), "{message}");
}
