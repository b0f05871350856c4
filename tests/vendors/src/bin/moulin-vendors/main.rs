//! `moulin-vendors`: the simulated vendors as one process, for the demonstration and for trying things by hand.

mod flags;
mod start;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use moulin_vendors::world::{Clock, paris};
use moulin_vendors::{Options, World};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use flags::Flags;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    match run(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: Flags) -> std::io::Result<()> {
    // Before anything is announced, so that a signal right after the announcement finds someone at home.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (today, clock) = match flags.today {
        Some(today) => (today, Clock::Fixed),
        None => (jiff::Timestamp::now().to_zoned(paris()).date(), Clock::System),
    };
    let world = World::new(Options { seed: flags.seed, today, weeks: flags.weeks, clock });
    // They stop when they are dropped.
    let mut running = Vec::new();
    for vendor in flags.vendors() {
        running.push((vendor.name().to_owned(), start::vendor(vendor, &flags, &world).await?));
    }
    for (profile, listen) in &flags.oauth {
        running.push((format!("oauth-{profile}"), start::oauth(profile, *listen, &flags).await?));
    }
    let mut out = std::io::stdout().lock();
    for (name, server) in &running {
        writeln!(out, "{name} {}", server.url())?;
    }
    out.flush()?;
    drop(out);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
