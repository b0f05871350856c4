//! `moulin-vendors`: the simulated vendors as one process, for the demonstration and for trying things by hand.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use jiff::civil::Date;
use moulin_vendors::world::{Clock, paris};
use moulin_vendors::{Lightspeed, LightspeedOptions, Metro, MetroOptions, Options, World, lightspeed, metro};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Simulated vendors: servers on this machine that behave like the real services.
///
/// Each listens on its own port and prints a line `name http://address` once it does. `/_control/` steers it: POST
/// faults, GET requests, POST reset. Logs go to stderr; RUST_LOG sets their level.
#[derive(Debug, Parser)]
#[command(name = "moulin-vendors", version)]
struct Flags {
    /// Where Lightspeed listens (a loopback address; port 0 takes a free one).
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9101")]
    lightspeed: SocketAddr,
    /// Where Metro listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9102")]
    metro: SocketAddr,
    /// The same number gives the same restaurant.
    #[arg(long, default_value_t = 1785)]
    seed: u64,
    /// The day the world stands at, sales end the evening before. Without it: today, and the clock runs.
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Date>,
    /// Weeks of sales.
    #[arg(long, default_value_t = 4)]
    weeks: u8,
    /// Lightspeed's account number.
    #[arg(long, default_value = "240117")]
    account: String,
    /// Lightspeed's access token.
    #[arg(long, value_name = "TOKEN", default_value = "demo-till-token")]
    bearer: String,
    /// Lightspeed's OAuth client.
    #[arg(long, default_value = "demo-client")]
    client_id: String,
    /// Its secret.
    #[arg(long, default_value = "demo-secret")]
    client_secret: String,
    /// The redirect URI registered on that client.
    #[arg(long, default_value = "http://127.0.0.1:8080/oauth/callback")]
    redirect_uri: String,
    /// Metro's API key.
    #[arg(long, value_name = "KEY", default_value = "demo-metro-key")]
    api_key: String,
    /// Metro's client number.
    #[arg(long, default_value = "FR-778812")]
    client_number: String,
    /// How many times the real rate limits; 0 lifts them.
    #[arg(long, default_value_t = 1)]
    limit_scale: u32,
}

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
    let till = LightspeedOptions {
        listen: flags.lightspeed,
        account_id: flags.account,
        bearer_token: flags.bearer,
        client_id: flags.client_id,
        client_secret: flags.client_secret,
        redirect_uri: flags.redirect_uri,
        limits: lightspeed::Limits::scaled(flags.limit_scale),
        ..LightspeedOptions::default()
    };
    let till =
        Lightspeed::start(world.clone(), till).await.map_err(|error| named("lightspeed", flags.lightspeed, &error))?;
    let wholesaler = MetroOptions {
        listen: flags.metro,
        api_key: flags.api_key,
        client_number: flags.client_number,
        limits: metro::Limits::scaled(flags.limit_scale),
        ..MetroOptions::default()
    };
    let wholesaler = Metro::start(world, wholesaler).await.map_err(|error| named("metro", flags.metro, &error))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "lightspeed {}\nmetro {}", till.url(), wholesaler.url())?;
    out.flush()?;
    drop(out);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn named(vendor: &str, address: SocketAddr, error: &std::io::Error) -> std::io::Error {
    std::io::Error::new(
        error.kind(),
        format!("{vendor} cannot listen on {address}: {error}; choose another with --{vendor}"),
    )
}
