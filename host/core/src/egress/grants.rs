//! Which origins a connection may reach.

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;
use url::{Host, Url};

/// Scheme, host and port, as granted and as compared. Nothing else of a URL matters to a grant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    secure: bool,
    host: Host,
    port: u16,
}

impl Origin {
    /// The origin of a URL; `None` unless it is `http` or `https` with a host.
    pub fn of(url: &Url) -> Option<Self> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        Some(Self { secure, host: url.host()?.to_owned(), port: url.port_or_known_default()? })
    }

    /// True for `https`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    fn is_localhost(&self) -> bool {
        matches!(&self.host, Host::Domain(name) if name == "localhost" || name.ends_with(".localhost"))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.secure { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// Why an origin cannot be granted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum GrantError {
    /// It is not `http://host[:port]` or `https://host[:port]`.
    #[error("{origin:?} is not an origin; write https://host or https://host:port, without user, path or query")]
    NotAnOrigin {
        /// What was written.
        origin: String,
    },
    /// Only the operator can grant this.
    #[error("{origin} is {reason}, which works only when the operator grants exactly this origin")]
    OperatorOnly {
        /// The origin.
        origin: Origin,
        /// What is particular about it.
        reason: &'static str,
    },
}

/// The origins of one connection. The default grants nothing.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    origins: BTreeSet<Origin>,
    private_addresses: bool,
}

impl Grants {
    /// Grants an origin that the adapter's description asks for and that the operator did not write himself: `https`
    /// to a public name only.
    ///
    /// # Errors
    /// [`GrantError`] for anything else.
    pub fn describe(&mut self, origin: &str) -> Result<&mut Self, GrantError> {
        let origin = parse(origin)?;
        let reason = match &origin.host {
            _ if !origin.secure => "not https",
            Host::Ipv4(_) | Host::Ipv6(_) => "an IP address",
            Host::Domain(_) if origin.is_localhost() => "this machine",
            Host::Domain(_) => {
                self.origins.insert(origin);
                return Ok(self);
            }
        };
        Err(GrantError::OperatorOnly { origin, reason })
    }

    /// Grants an origin that the operator wrote, be it plain `http`, an IP address or `localhost`.
    ///
    /// # Errors
    /// [`GrantError::NotAnOrigin`].
    pub fn grant(&mut self, origin: &str) -> Result<&mut Self, GrantError> {
        self.origins.insert(parse(origin)?);
        Ok(self)
    }

    /// As [`Grants::grant`] for the origin of a URL that the operator wrote, whatever its path and query.
    ///
    /// # Errors
    /// [`GrantError::NotAnOrigin`].
    pub fn grant_url(&mut self, url: &Url) -> Result<&mut Self, GrantError> {
        let origin = Origin::of(url)
            .filter(|_| !has_user_info(url))
            .ok_or_else(|| GrantError::NotAnOrigin { origin: url.origin().ascii_serialization() })?;
        self.origins.insert(origin);
        Ok(self)
    }

    /// Lets granted names stand for private and loopback addresses too, for a vendor inside the house.
    pub fn allow_private_addresses(&mut self) -> &mut Self {
        self.private_addresses = true;
        self
    }

    /// The origins, in order.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.origins.iter()
    }

    /// The origin of a URL if it is granted, else why not.
    pub(super) fn check(&self, url: &Url) -> Result<Origin, String> {
        if has_user_info(url) {
            return Err("a URL with user name or password; credentials are attached by the host".to_owned());
        }
        let Some(origin) = Origin::of(url) else {
            return Err(format!("the scheme {:?}; only https and http are possible", url.scheme()));
        };
        if self.origins.contains(&origin) {
            return Ok(origin);
        }
        let granted = match self.origins.len() {
            0 => "nothing is granted".to_owned(),
            _ => {
                let granted: Vec<_> = self.origins.iter().map(Origin::to_string).collect();
                format!("granted are {}", granted.join(", "))
            }
        };
        Err(format!("{origin} is not granted to this connection ({granted}); grant it if that is intended"))
    }

    pub(super) fn any_secure(&self) -> bool {
        self.origins.iter().any(Origin::is_secure)
    }

    /// What may be dialled when a name is looked up.
    pub(super) fn address_policy(&self) -> super::address::AddressPolicy {
        super::address::AddressPolicy {
            private: self.private_addresses,
            loopback_names: self
                .origins
                .iter()
                .filter(|origin| origin.is_localhost())
                .map(|origin| origin.host.to_string())
                .collect(),
        }
    }
}

fn has_user_info(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn parse(text: &str) -> Result<Origin, GrantError> {
    let not_an_origin = || GrantError::NotAnOrigin { origin: text.to_owned() };
    let url = Url::parse(text).map_err(|_| not_an_origin())?;
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    Origin::of(&url).filter(|_| bare && !has_user_info(&url)).ok_or_else(not_an_origin)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_grant_is_scheme_host_and_port() {
        let mut grants = Grants::default();
        grants.describe("https://api.metro.example").unwrap();
        assert!(grants.check(&url("https://api.metro.example/v1?a=b")).is_ok());
        assert!(grants.check(&url("https://API.metro.example:443/")).is_ok());
        for refused in [
            "http://api.metro.example/",
            "https://api.metro.example:8443/",
            "https://metro.example/",
            "https://evil.api.metro.example/",
            "https://api.metro.example./",
            "https://user@api.metro.example/",
            "https://:pass@api.metro.example/",
            "ftp://api.metro.example/",
            "https://127.0.0.1/",
        ] {
            assert!(grants.check(&url(refused)).is_err(), "{refused}");
        }
    }

    #[test]
    fn only_the_operator_grants_what_is_not_https_to_a_name() {
        for special in [
            "http://api.metro.example",
            "https://127.0.0.1:4010",
            "https://[::1]",
            "https://localhost",
            "https://0x7f.1",
        ] {
            let mut grants = Grants::default();
            assert!(matches!(grants.describe(special), Err(GrantError::OperatorOnly { .. })), "{special}");
            assert_eq!(grants.origins().count(), 0);
            assert!(grants.grant(special).is_ok(), "{special}");
        }
        for wrong in ["api.metro.example", "https://a/b", "https://a?b", "https://u@a", "ftp://a", ""] {
            assert!(matches!(Grants::default().grant(wrong), Err(GrantError::NotAnOrigin { .. })), "{wrong}");
        }
    }

    #[test]
    fn nothing_is_granted_by_default() {
        let refusal = Grants::default().check(&url("https://a.example/")).unwrap_err();
        assert!(refusal.contains("https://a.example") && refusal.contains("nothing is granted"), "{refusal}");
    }
}
