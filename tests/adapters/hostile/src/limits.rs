//! Ways to use more than a call may.

use std::hint::black_box;
use std::io::Write as _;

use moulin_adapter::prelude::*;

pub(crate) fn run_for_ever() -> String {
    let mut turns: u64 = 0;
    while black_box(true) {
        turns = black_box(turns).wrapping_add(1);
    }
    turns.to_string()
}

/// Takes memory in pieces and writes to each page of it, so that no allocation is left out.
pub(crate) fn allocate() -> String {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    while black_box(true) {
        hoard.push(black_box(vec![1_u8; 1 << 20]));
    }
    hoard.len().to_string()
}

#[allow(unconditional_recursion)]
pub(crate) fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    // The use after the call keeps it from becoming a loop.
    recurse(depth + 1).wrapping_add(frame.iter().sum())
}

#[allow(clippy::panic)]
pub(crate) fn trap(text: &str) -> String {
    panic!("{text}")
}

/// Says a text in every way there is.
pub(crate) fn tell(text: &str) -> Error {
    log::warn!(value = text; "the text is {text}");
    println!("{text}");
    eprintln!("{text}");
    Error::api(500, format!("the text is {text}")).code(Some(text.to_owned()))
}

pub(crate) fn flood_log() -> String {
    for line in 0..1_000_000 {
        log::info!("line {line} of a million");
    }
    "a million lines".to_owned()
}

pub(crate) fn flood_stdout() -> String {
    let mut out = std::io::stdout().lock();
    for line in 0..1_000_000 {
        if let Err(error) = writeln!(out, "line {line} of a million") {
            return error.to_string();
        }
    }
    "a million lines".to_owned()
}

pub(crate) fn flood_requests() -> Result<String> {
    for number in 0..10_000 {
        http::get(format!("/flood/{number}")).send()?;
    }
    Ok("ten thousand requests".to_owned())
}

pub(crate) fn sleep(millis: &str) -> String {
    std::thread::sleep(std::time::Duration::from_millis(millis.parse().unwrap_or(0)));
    format!("slept {millis} ms")
}
