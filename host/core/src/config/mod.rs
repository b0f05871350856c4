//! Typed configuration, read from TOML files and the environment and checked as a whole before anything starts.
//!
//! Every key is known: one that is not, or a value that cannot be used, is an error that names the file and the key and
//! says what to write. Environment variables override files: `MOULIN_HTTP__LISTEN=127.0.0.1:9000` sets `listen` under
//! `[http]` (two underscores go one level down).

mod check;
mod duration;
mod load;
mod secret;
mod vault;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use figment::value::magic::RelativePathBuf;
use serde::Deserialize;
use url::Url;

pub use check::Problem;
pub use load::{ConfigError, Origins, load, parse};
pub use secret::{SecretError, SecretSource};
pub use vault::VaultConfig;

/// The whole configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where adapters are and what a call may use.
    #[serde(default)]
    pub host: HostConfig,
    /// The service's own HTTP server; an embedding program does not need it.
    #[serde(default)]
    pub http: HttpConfig,
    /// Where the key to stored secrets comes from.
    #[serde(default)]
    pub vault: VaultConfig,
    /// Accounts at vendors, by the names the restaurant gives them.
    #[serde(default)]
    pub connections: BTreeMap<String, ConnectionConfig>,
    /// Where each value came from, for error messages.
    #[serde(skip)]
    pub origins: Origins,
}

/// Folders, and the ceilings of one adapter call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostConfig {
    /// Folder of the adapters' `.wasm` files. Relative to the file that sets it.
    pub adapters: RelativePathBuf,
    /// Whether a changed file in that folder is taken into service while the host runs.
    pub watch: bool,
    /// Folder of what the host keeps: compiled adapters, state. Created with mode 0700.
    pub data: RelativePathBuf,
    /// Ceilings of one adapter call.
    pub limits: Limits,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            adapters: PathBuf::from("adapters").into(),
            watch: true,
            data: PathBuf::from(".moulin").into(),
            limits: Limits::default(),
        }
    }
}

/// Ceilings of one adapter call. Going over one ends that call with an error and touches nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// From the start of the call to its end: guest, network and waiting together.
    #[serde(with = "duration")]
    pub deadline: Duration,
    /// Computing time of the adapter; waiting for the network does not count.
    #[serde(with = "duration")]
    pub cpu: Duration,
    /// Linear memory of the adapter, in MiB.
    pub memory_mib: u32,
    /// The vendor's answers to one call, all together and decompressed, in MiB.
    pub response_mib: u32,
    /// Requests to the vendor.
    pub requests: u32,
    /// Lines the adapter may log, those on its standard output and error included.
    pub log_lines: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Three attempts of ten seconds each, the waits between them, and room.
            deadline: Duration::from_secs(60),
            // A wordy page of 100 sales takes some milliseconds; a Python adapter forty times that.
            cpu: Duration::from_secs(5),
            memory_mib: 256,
            response_mib: 32,
            // TheFork lists identifiers only: a page of 100 reservations costs 101 requests, and their guests as many.
            requests: 250,
            log_lines: 1000,
        }
    }
}

/// The service's HTTP server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Address and port to listen on. An address other than loopback needs `--expose` on the command line, because
    /// there is no access control yet.
    pub listen: SocketAddr,
    /// Where people's browsers reach the service, such as `https://moulin.example` in front of a proxy; the address it
    /// listens on if absent. Vendors send people back to `/oauth/callback` below it.
    pub public_url: Option<Url>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), public_url: None }
    }
}

/// One account at one vendor.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionConfig {
    /// Identifier of the adapter, as `moulin adapter list` shows it.
    pub adapter: String,
    /// Flavour of the vendor's API; the adapter's first one if absent.
    pub flavor: Option<String>,
    /// Where the API is, when not where the flavour says: a sandbox account, a proxy, a test.
    pub base_url: Option<Url>,
    /// Where tokens come from, when not where the adapter says.
    pub token_url: Option<Url>,
    /// Where the account's owner consents, when not where the adapter says.
    pub authorization_url: Option<Url>,
    /// Origins (`scheme://host[:port]`) this connection may reach besides the adapter's `https` ones. Plain `http` and
    /// addresses of this machine or a private network work only when named here.
    #[serde(default)]
    pub grants: Vec<Url>,
    /// Whether granted names may resolve to addresses of a private network.
    #[serde(default)]
    pub private_addresses: bool,
    /// How requests are authenticated.
    #[serde(default)]
    pub auth: AuthConfig,
    /// Values for the settings the adapter describes.
    #[serde(default)]
    pub settings: BTreeMap<String, SettingValue>,
    /// Values for the adapter's secret settings.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretSource>,
    /// ISO 4217 code of the currency the restaurant accounts in.
    #[serde(default = "euro")]
    pub currency: String,
    /// IANA name of the restaurant's time zone.
    #[serde(default = "paris")]
    pub time_zone: String,
    /// Time for one attempt of one request.
    #[serde(default = "attempt_timeout", with = "duration")]
    pub timeout: Duration,
    /// Whether the rate limits the adapter describes, and those the vendor's answers tell, are kept. False where the
    /// vendor has lifted them.
    #[serde(default = "yes")]
    pub rate_limits: bool,
    /// Requests under way at once.
    #[serde(default = "max_concurrency")]
    pub max_concurrency: u16,
}

fn euro() -> String {
    "EUR".to_owned()
}

fn paris() -> String {
    "Europe/Paris".to_owned()
}

const fn attempt_timeout() -> Duration {
    // The original connectors' `connection.timeout`.
    Duration::from_secs(30)
}

const fn yes() -> bool {
    true
}

const fn max_concurrency() -> u16 {
    // The original connectors' `pool_connections`.
    10
}

/// A setting as it may stand in a file: `account_id = 240117` and `account_id = "240117"` are the same.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a setting is a text, a whole number or true/false")]
pub enum SettingValue {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
}

impl std::fmt::Display for SettingValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Boolean(value) => value.fmt(f),
        }
    }
}

/// How a connection authenticates: one of the schemes its adapter describes, filled in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum AuthConfig {
    /// Requests carry no credentials.
    #[default]
    None,
    /// A key in a header.
    ApiKey {
        /// The key.
        key: SecretSource,
        /// Name of the header, when not the adapter's.
        header: Option<String>,
    },
    /// A token that does not expire, in `authorization`.
    BearerToken {
        /// The token.
        token: SecretSource,
    },
    /// HTTP Basic (RFC 7617).
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: SecretSource,
    },
    /// OAuth2 client credentials (RFC 6749 section 4.4).
    Oauth2ClientCredentials {
        /// Client identifier.
        client_id: String,
        /// Client secret.
        client_secret: SecretSource,
        /// Scopes, when not the adapter's.
        scopes: Option<Vec<String>>,
    },
    /// OAuth2 authorization code (RFC 6749 section 4.1): a person connects the account once, with `moulin connect` or
    /// at `/connect/…` of the service.
    Oauth2AuthorizationCode {
        /// Client identifier.
        client_id: String,
        /// Client secret; none for a public client.
        client_secret: Option<SecretSource>,
        /// Scopes, when not the adapter's.
        scopes: Option<Vec<String>>,
        /// PKCE (RFC 7636): on unless the vendor is known to refuse it.
        pkce: Option<bool>,
        /// Where the vendor sends the person back to, exactly as it is registered there. By default the service's own
        /// `/oauth/callback`, or a port of this machine for `moulin connect`.
        redirect_uri: Option<Url>,
        /// The vendor's identifier in `iss` (RFC 9207), when it is not the origin of its authorization URL.
        issuer: Option<String>,
    },
    /// A signed assertion for a token (RFC 7523).
    JwtBearer {
        /// `iss` of the assertion: the client's identifier at the vendor.
        client_id: String,
        /// Private key in PKCS #8, as PEM or Base64.
        private_key: SecretSource,
        /// `sub`: on whose behalf; the client itself if absent.
        subject: Option<String>,
        /// `kid`, where the vendor knows several keys of the client.
        key_id: Option<String>,
        /// `aud`, when not the adapter's.
        audience: Option<String>,
        /// Scopes, when not the adapter's.
        scopes: Option<Vec<String>>,
    },
}

impl AuthConfig {
    /// The method's name as it stands in the configuration.
    pub const fn method(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ApiKey { .. } => "api_key",
            Self::BearerToken { .. } => "bearer_token",
            Self::Basic { .. } => "basic",
            Self::Oauth2ClientCredentials { .. } => "oauth2_client_credentials",
            Self::Oauth2AuthorizationCode { .. } => "oauth2_authorization_code",
            Self::JwtBearer { .. } => "jwt_bearer",
        }
    }
}
