//! Who may ask: a token of the wholesaler's own server, a user with a password (RFC 7617), or a key in `X-API-KEY`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, header};

use crate::oauth::{Authority, Beginning, Profile};
use crate::world::World;

/// The credentials of one account.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) authority: Authority,
    pub(crate) username: String,
    pub(crate) password: String,
    /// None: keys are not taken.
    pub(crate) api_key: Option<String>,
}

impl Guard {
    /// The authorization server of a wholesaler, with one token that does not expire.
    pub(crate) fn authority(
        world: &World,
        profile: Profile,
        client: (&str, &str),
        token: &str,
        life: Option<u64>,
    ) -> Authority {
        let profile = Profile {
            client_id: client.0.to_owned(),
            client_secret: client.1.to_owned(),
            access_life: life.map_or(profile.access_life, Duration::from_secs),
            ..profile
        };
        Authority::new(Beginning {
            profile,
            seed: world.options().seed,
            start: Some(world.now(0)),
            keys: Vec::new(),
            planted: vec![(token.to_owned(), [].into())],
        })
    }

    /// Whether a request carries one of the account's credentials.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        if let (Some(key), Some(sent)) = (&self.api_key, headers.get("x-api-key")) {
            return sent.as_bytes() == key.as_bytes();
        }
        let sent = headers.get(header::AUTHORIZATION).map(HeaderValue::to_str);
        let Some(Ok((scheme, value))) = sent.map(|text| text.map(|text| text.split_once(' ').unwrap_or((text, ""))))
        else {
            return false;
        };
        if !scheme.eq_ignore_ascii_case("basic") {
            return self.authority.check_headers(headers).is_ok();
        }
        let pair = format!("{}:{}", self.username, self.password);
        STANDARD.decode(value).is_ok_and(|sent| sent == pair.as_bytes())
    }
}
