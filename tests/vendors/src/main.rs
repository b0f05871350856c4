//! `moulin-vendors`: the simulated vendors as one process, for the demonstration and for trying things by hand.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use jiff::civil::Date;
use moulin_vendors::oauth::{OAuth, OAuthOptions, Profile};
use moulin_vendors::world::{Clock, paris};
use moulin_vendors::{
    HubSpot, HubSpotOptions, Lightspeed, LightspeedOptions, Metro, MetroOptions, Options, World, Zoho, ZohoOptions,
    hubspot, lightspeed, metro, zoho,
};
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
    /// Where HubSpot listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9108")]
    hubspot: SocketAddr,
    /// Where Zoho CRM listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9109")]
    zoho: SocketAddr,
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
    /// The token of a private app at HubSpot.
    #[arg(long, value_name = "TOKEN", default_value = "demo-hubspot-token")]
    hubspot_token: String,
    /// Zoho CRM's access token.
    #[arg(long, value_name = "TOKEN", default_value = "demo-zoho-token")]
    zoho_token: String,
    /// The OAuth client, of the vendors that have one and of the servers by --oauth.
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
    /// A further server: OAuth alone, by one of the profiles strict, lightspeed, square, square-pkce, hubspot, zoho,
    /// thefork, thefork-seed, opentable, transgourmet. Announced as `oauth-PROFILE`. May be given several times.
    #[arg(long, value_name = "PROFILE=ADDRESS", value_parser = oauth_server)]
    oauth: Vec<(String, SocketAddr)>,
    /// Life of the access tokens of those servers and of the vendors with OAuth, in seconds. Without it: the vendor's.
    #[arg(long, value_name = "SECONDS")]
    token_life: Option<u64>,
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
    let servers = oauth(&flags).await?;
    let (hubspot, zoho) = crm(&flags, &world).await?;
    let till = LightspeedOptions {
        listen: flags.lightspeed,
        account_id: flags.account,
        bearer_token: flags.bearer,
        client_id: flags.client_id,
        client_secret: flags.client_secret,
        redirect_uri: flags.redirect_uri,
        token_life: flags.token_life,
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
    writeln!(out, "hubspot {}\nzoho {}", hubspot.url(), zoho.url())?;
    for (name, server) in &servers {
        writeln!(out, "oauth-{name} {}", server.url())?;
    }
    out.flush()?;
    drop(out);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// The two systems of customer relations.
async fn crm(flags: &Flags, world: &World) -> std::io::Result<(HubSpot, Zoho)> {
    let portal = HubSpotOptions {
        listen: flags.hubspot,
        private_token: flags.hubspot_token.clone(),
        client_id: flags.client_id.clone(),
        client_secret: flags.client_secret.clone(),
        redirect_uri: flags.redirect_uri.clone(),
        token_life: flags.token_life,
        limits: hubspot::Limits::scaled(flags.limit_scale),
        ..HubSpotOptions::default()
    };
    let organisation = ZohoOptions {
        listen: flags.zoho,
        access_token: flags.zoho_token.clone(),
        client_id: flags.client_id.clone(),
        client_secret: flags.client_secret.clone(),
        redirect_uri: flags.redirect_uri.clone(),
        token_life: flags.token_life,
        limits: zoho::Limits::scaled(flags.limit_scale),
        ..ZohoOptions::default()
    };
    let portal =
        HubSpot::start(world.clone(), portal).await.map_err(|error| named("hubspot", flags.hubspot, &error))?;
    let organisation =
        Zoho::start(world.clone(), organisation).await.map_err(|error| named("zoho", flags.zoho, &error))?;
    Ok((portal, organisation))
}

/// The servers by `--oauth`, each with its profile's name.
async fn oauth(flags: &Flags) -> std::io::Result<Vec<(String, OAuth)>> {
    let mut servers = Vec::new();
    for (name, listen) in &flags.oauth {
        // The flag was checked when it was read.
        let Some(mut profile) = Profile::named(name) else { continue };
        profile.client_id.clone_from(&flags.client_id);
        profile.client_secret.clone_from(&flags.client_secret);
        profile.redirect_uris = vec![flags.redirect_uri.clone()];
        if let Some(life) = flags.token_life.map(Duration::from_secs) {
            profile.access_life = life;
            profile.refreshed_life = profile.refreshed_life.map(|_| life);
        }
        let options = OAuthOptions { listen: *listen, seed: flags.seed, ..OAuthOptions::new(profile) };
        let server = OAuth::start(options).await.map_err(|error| named("oauth", *listen, &error))?;
        servers.push((name.clone(), server));
    }
    Ok(servers)
}

fn oauth_server(text: &str) -> Result<(String, SocketAddr), String> {
    let (name, address) = text.split_once('=').ok_or("write PROFILE=ADDRESS")?;
    Profile::named(name).ok_or_else(|| format!("there is no profile '{name}'"))?;
    let address = address.parse().map_err(|error| format!("{address}: {error}"))?;
    Ok((name.to_owned(), address))
}

fn named(vendor: &str, address: SocketAddr, error: &std::io::Error) -> std::io::Error {
    std::io::Error::new(
        error.kind(),
        format!("{vendor} cannot listen on {address}: {error}; choose another with --{vendor}"),
    )
}
