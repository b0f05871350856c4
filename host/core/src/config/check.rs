//! What can be checked without knowing the adapters.

use std::collections::BTreeMap;
use std::fmt;

use jiff::tz::TimeZone;
use url::{Host, Url};

use super::{AuthConfig, Config, ConnectionConfig, SecretError, SecretSource};
use crate::vault::{VaultError, is_secret_name};

/// Something in the configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// File or environment variable that says it, if known.
    pub origin: Option<String>,
    /// The key, such as `connections.till.base_url`.
    pub key: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        if self.key.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.key, self.message) }
    }
}

impl Config {
    /// A problem with a key, its origin looked up.
    pub(crate) fn problem(&self, key: String, message: impl Into<String>) -> Problem {
        Problem { origin: self.origins.of(&key), key, message: message.into() }
    }

    /// Everything wrong that needs no adapter to be seen.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let limits = &self.host.limits;
        for (key, value) in [
            ("memory_mib", limits.memory_mib),
            ("response_mib", limits.response_mib),
            ("requests", limits.requests),
            ("log_lines", limits.log_lines),
        ] {
            if value == 0 {
                found.push(self.problem(format!("host.limits.{key}"), "must be more than zero"));
            }
        }
        if let Some(Err(message)) = self.http.public_url.as_ref().map(check_url) {
            found.push(self.problem("http.public_url".to_owned(), message));
        }
        for (key, message) in self.vault.problems() {
            found.push(self.problem(format!("vault.{key}"), message));
        }
        for (name, connection) in &self.connections {
            let place = format!("connections.{name}");
            if !is_connection_name(name) {
                found.push(self.problem(
                    place.clone(),
                    "a connection's name has 1 to 64 lower-case letters, digits, '-' and '_', and starts with a letter",
                ));
            }
            let wrong = connection.problems();
            found.extend(wrong.into_iter().map(|(key, message)| self.problem(format!("{place}.{key}"), message)));
        }
        found
    }

    /// The vault's secrets the configuration refers to, each with the keys that do.
    pub fn vault_references(&self) -> BTreeMap<String, Vec<String>> {
        let mut references = BTreeMap::<String, Vec<String>>::new();
        for (name, connection) in &self.connections {
            for (key, secret) in connection.all_secrets() {
                if let Some(secret) = secret.vault_name() {
                    references.entry(secret.to_owned()).or_default().push(format!("connections.{name}.{key}"));
                }
            }
        }
        references
    }
}

fn is_connection_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

impl ConnectionConfig {
    /// Key below the connection, and what is wrong with it.
    fn problems(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut wrong = |key: &str, message: String| found.push((key.to_owned(), message));
        if self.adapter.is_empty() {
            wrong("adapter", "empty; name an adapter, as `moulin adapter list` shows them".to_owned());
        }
        for (key, url) in [
            ("base_url", &self.base_url),
            ("token_url", &self.token_url),
            ("authorization_url", &self.authorization_url),
        ] {
            let Some(url) = url else { continue };
            if let Err(message) = check_url(url) {
                wrong(key, message);
            } else if needs_grant(url) && !self.grants.iter().any(|grant| grant.origin() == url.origin()) {
                let origin = url.origin().ascii_serialization();
                wrong(
                    key,
                    format!(
                        "{origin} is not encrypted, or on this machine or a private network, so it must be granted \
                         explicitly: add grants = [\"{origin}\"] to the connection"
                    ),
                );
            }
        }
        for (index, grant) in self.grants.iter().enumerate() {
            if let Err(message) = check_url(grant) {
                wrong(&format!("grants.{index}"), message);
            } else if grant.path() != "/" {
                wrong(
                    &format!("grants.{index}"),
                    format!("an origin has no path; write {}", grant.origin().ascii_serialization()),
                );
            }
        }
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            wrong("currency", format!("\"{}\" is not an ISO 4217 code; write one such as \"EUR\"", self.currency));
        }
        if TimeZone::get(&self.time_zone).is_err() {
            wrong(
                "time_zone",
                format!("\"{}\" is not an IANA time zone; write one such as \"Europe/Paris\"", self.time_zone),
            );
        }
        if self.max_concurrency == 0 {
            wrong("max_concurrency", "must be more than zero".to_owned());
        }
        for (key, secret) in self.all_secrets() {
            match secret {
                SecretSource::Vault { secret } if !is_secret_name(secret) => {
                    wrong(&key, VaultError::Name(secret.clone()).to_string());
                }
                SecretSource::Literal(value) if value.is_empty() => wrong(&key, SecretError::Empty.to_string()),
                // Whether the value is there is seen when it is needed: without it, only this connection is unavailable.
                _ => {}
            }
        }
        found
    }

    /// Every secret of the connection, with its key below the connection.
    pub(crate) fn all_secrets(&self) -> Vec<(String, &SecretSource)> {
        let auth = self.auth.secrets().into_iter().map(|(key, secret)| (format!("auth.{key}"), secret));
        let own = self.secrets.iter().map(|(key, secret)| (format!("secrets.{key}"), secret));
        auth.chain(own).collect()
    }
}

/// The secrets of a method with their keys, borrowed as the method is: one list for readers and writers.
macro_rules! secrets {
    ($method:expr) => {
        match $method {
            AuthConfig::None => Vec::new(),
            AuthConfig::ApiKey { key, .. } => vec![("key", key)],
            AuthConfig::BearerToken { token } => vec![("token", token)],
            AuthConfig::Basic { password, .. } => vec![("password", password)],
            AuthConfig::Oauth2ClientCredentials { client_secret, .. } => vec![("client_secret", client_secret)],
            AuthConfig::Oauth2AuthorizationCode { client_secret: Some(secret), .. } => vec![("client_secret", secret)],
            AuthConfig::Oauth2AuthorizationCode { client_secret: None, .. } => Vec::new(),
            AuthConfig::JwtBearer { private_key, .. } => vec![("private_key", private_key)],
        }
    };
}

impl AuthConfig {
    /// The secrets of the method, with their keys.
    pub(crate) fn secrets(&self) -> Vec<(&'static str, &SecretSource)> {
        secrets!(self)
    }

    /// As [`AuthConfig::secrets`], to be changed.
    pub(super) fn secrets_mut(&mut self) -> Vec<(&'static str, &mut SecretSource)> {
        secrets!(self)
    }
}

fn check_url(url: &Url) -> Result<(), String> {
    // First, and without the URL: these parts are where secrets stand.
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL must not hold a user name or password; put them into `auth`".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a URL must not have a query or fragment here; leave out what follows the path".to_owned());
    }
    if !matches!(url.scheme(), "https" | "http") {
        return Err(format!("\"{url}\" must begin with https:// (or http:// where that is granted)"));
    }
    Ok(())
}

/// Whether a URL works only when its origin is granted explicitly: plain http, or an address instead of a name.
pub(crate) fn needs_grant(url: &Url) -> bool {
    url.scheme() != "https"
        || match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => true,
        }
}
