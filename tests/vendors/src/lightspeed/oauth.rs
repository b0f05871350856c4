//! The till's authorization server: the vendor's profile with the options of this till.

use std::time::Duration;

use super::LightspeedOptions;
use crate::oauth::{Beginning, Consent, Pkce, Profile, Reuse};
use crate::world::World;

/// What the till's server begins with: no grants, and the token given at start, which does not expire and may do
/// everything.
pub(super) fn beginning(world: &World, options: &LightspeedOptions) -> Beginning {
    let base = Profile::lightspeed();
    let token_life = options.token_life.map(Duration::from_secs);
    let profile = Profile {
        client_id: options.client_id.clone(),
        client_secret: options.client_secret.clone(),
        redirect_uris: vec![options.redirect_uri.clone()],
        pkce: if options.require_pkce { Pkce::Required } else { Pkce::Allowed },
        access_life: token_life.unwrap_or(base.access_life),
        refreshed_life: token_life.or(base.refreshed_life),
        reuse: if options.reuse_revokes { Reuse::RevokesGrant } else { Reuse::Refused },
        consent: if options.ask_consent { Consent::Ask } else { Consent::Granted },
        ..base
    };
    let everything = ["employee:all".to_owned()].into();
    Beginning {
        profile,
        seed: world.options().seed,
        start: Some(world.now(0)),
        keys: Vec::new(),
        planted: vec![(options.bearer_token.clone(), everything)],
    }
}
