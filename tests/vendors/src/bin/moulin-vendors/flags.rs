//! The command line.

use std::net::SocketAddr;

use clap::{Parser, ValueEnum};
use jiff::civil::Date;
use moulin_vendors::oauth::Profile;

/// The vendors there are, in the order of their usual ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub(crate) enum Vendor {
    Lightspeed,
    Metro,
    Transgourmet,
    Pomona,
    Square,
    TheFork,
    OpenTable,
    HubSpot,
    Zoho,
}

impl Vendor {
    /// As it is announced, and as its flag is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lightspeed => "lightspeed",
            Self::Metro => "metro",
            Self::Transgourmet => "transgourmet",
            Self::Pomona => "pomona",
            Self::Square => "square",
            Self::TheFork => "thefork",
            Self::OpenTable => "opentable",
            Self::HubSpot => "hubspot",
            Self::Zoho => "zoho",
        }
    }
}

/// Simulated vendors: servers on this machine that behave like the real services.
///
/// Each listens on its own port and prints a line `name http://address` once it does. `/_control/` steers it: POST
/// faults, GET requests, POST reset. Logs go to stderr; RUST_LOG sets their level.
#[derive(Debug, Parser)]
#[command(name = "moulin-vendors", version)]
pub(crate) struct Flags {
    /// Start these alone; without it all. The servers by --oauth start in any case.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    only: Vec<Vendor>,
    /// Where Lightspeed listens (a loopback address; port 0 takes a free one).
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9101")]
    pub(crate) lightspeed: SocketAddr,
    /// Where Metro listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9102")]
    pub(crate) metro: SocketAddr,
    /// Where Transgourmet listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9103")]
    pub(crate) transgourmet: SocketAddr,
    /// Where Pomona listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9104")]
    pub(crate) pomona: SocketAddr,
    /// Where Square listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9105")]
    pub(crate) square: SocketAddr,
    /// Where TheFork listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9106")]
    pub(crate) thefork: SocketAddr,
    /// Where OpenTable listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9107")]
    pub(crate) opentable: SocketAddr,
    /// Where HubSpot listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9108")]
    pub(crate) hubspot: SocketAddr,
    /// Where Zoho CRM listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9109")]
    pub(crate) zoho: SocketAddr,
    /// The same number gives the same restaurant.
    #[arg(long, default_value_t = 1785)]
    pub(crate) seed: u64,
    /// The day the world stands at, sales end the evening before. Without it: today, and the clock runs.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) today: Option<Date>,
    /// Weeks of sales.
    #[arg(long, default_value_t = 4)]
    pub(crate) weeks: u8,
    /// Lightspeed's account number.
    #[arg(long, default_value = "240117")]
    pub(crate) account: String,
    /// Lightspeed's access token.
    #[arg(long, value_name = "TOKEN", default_value = "demo-till-token")]
    pub(crate) bearer: String,
    /// Square's personal access token.
    #[arg(long, value_name = "TOKEN", default_value = "demo-square-token")]
    pub(crate) square_token: String,
    /// The token of a private app at HubSpot.
    #[arg(long, value_name = "TOKEN", default_value = "demo-hubspot-token")]
    pub(crate) hubspot_token: String,
    /// Zoho CRM's access token.
    #[arg(long, value_name = "TOKEN", default_value = "demo-zoho-token")]
    pub(crate) zoho_token: String,
    /// The OAuth client, of every vendor with one and of the servers by --oauth.
    #[arg(long, default_value = "demo-client")]
    pub(crate) client_id: String,
    /// Its secret.
    #[arg(long, default_value = "demo-secret")]
    pub(crate) client_secret: String,
    /// The redirect URI registered on that client.
    #[arg(long, default_value = "http://127.0.0.1:8080/oauth/callback")]
    pub(crate) redirect_uri: String,
    /// Metro's API key.
    #[arg(long, value_name = "KEY", default_value = "demo-metro-key")]
    pub(crate) api_key: String,
    /// Metro's client number.
    #[arg(long, default_value = "FR-778812")]
    pub(crate) client_number: String,
    /// Transgourmet's customer number.
    #[arg(long, default_value = "C-42")]
    pub(crate) customer_id: String,
    /// Pomona's establishment code.
    #[arg(long, default_value = "PAR-07")]
    pub(crate) establishment: String,
    /// TheFork's restaurant, in the API of the specification.
    #[arg(long, default_value = "75012")]
    pub(crate) thefork_restaurant: String,
    /// OpenTable's restaurant.
    #[arg(long, default_value = "770042")]
    pub(crate) opentable_restaurant: String,
    /// A further server: OAuth alone, by one of the profiles strict, lightspeed, square, square-pkce, hubspot, zoho,
    /// thefork, thefork-seed, opentable, transgourmet. Announced as `oauth-PROFILE`. May be given several times.
    #[arg(long, value_name = "PROFILE=ADDRESS", value_parser = oauth_server)]
    pub(crate) oauth: Vec<(String, SocketAddr)>,
    /// Life of the access tokens of all these servers, in seconds. Without it: the vendor's.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) token_life: Option<u64>,
    /// How many times the real rate limits; 0 lifts them.
    #[arg(long, default_value_t = 1)]
    pub(crate) limit_scale: u32,
}

impl Flags {
    /// The vendors to start, in their order.
    pub(crate) fn vendors(&self) -> impl Iterator<Item = Vendor> {
        let wanted = |vendor: &Vendor| self.only.is_empty() || self.only.contains(vendor);
        Vendor::value_variants().iter().copied().filter(wanted)
    }

    /// Where a vendor listens.
    pub(crate) fn address(&self, vendor: Vendor) -> SocketAddr {
        match vendor {
            Vendor::Lightspeed => self.lightspeed,
            Vendor::Metro => self.metro,
            Vendor::Transgourmet => self.transgourmet,
            Vendor::Pomona => self.pomona,
            Vendor::Square => self.square,
            Vendor::TheFork => self.thefork,
            Vendor::OpenTable => self.opentable,
            Vendor::HubSpot => self.hubspot,
            Vendor::Zoho => self.zoho,
        }
    }
}

fn oauth_server(text: &str) -> Result<(String, SocketAddr), String> {
    let (name, address) = text.split_once('=').ok_or("write PROFILE=ADDRESS")?;
    Profile::named(name).ok_or_else(|| format!("there is no profile '{name}'"))?;
    let address = address.parse().map_err(|error| format!("{address}: {error}"))?;
    Ok((name.to_owned(), address))
}
