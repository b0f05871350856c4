//! The organisation's authorization server, scopes, and what is said to a request without a good token.

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;

use super::ZohoOptions;
use super::error::ApiError;
use super::fields::Module;
use crate::oauth::{Beginning, Consent, Denied, Profile};
use crate::world::World;

/// The vendor's profile with this organisation's client; no grants, and a token that does not expire.
pub(super) fn beginning(world: &World, options: &ZohoOptions) -> Beginning {
    let base = Profile::zoho();
    let everything = base.scopes.known.iter().cloned().collect();
    let profile = Profile {
        client_id: options.client_id.clone(),
        client_secret: options.client_secret.clone(),
        redirect_uris: vec![options.redirect_uri.clone()],
        access_life: options.token_life.map_or(base.access_life, Duration::from_secs),
        consent: if options.ask_consent { Consent::Ask } else { Consent::Granted },
        ..base
    };
    let planted = vec![(options.access_token.clone(), everything)];
    Beginning { profile, seed: world.options().seed, start: Some(world.now(0)), keys: Vec::new(), planted }
}

/// 401 in the vendor's words.
pub(super) fn denied(why: Denied) -> ApiError {
    let (code, message) = match why {
        Denied::Missing => ("AUTHENTICATION_FAILURE", "Authentication failed"),
        _ => ("INVALID_TOKEN", "invalid oauth token"),
    };
    ApiError::new(StatusCode::UNAUTHORIZED, code, message)
}

/// Whether the scopes of a token are enough for a module; a search needs one more.
pub(super) fn may(scopes: &BTreeSet<String>, module: Module, search: bool) -> Result<(), ApiError> {
    let own = format!("ZohoCRM.modules.{}.ALL", module.scope());
    let module = scopes.contains("ZohoCRM.modules.ALL") || scopes.contains(&own);
    if module && (!search || scopes.contains("ZohoSearch.securesearch.READ")) { Ok(()) } else { Err(mismatch()) }
}

/// Whether tags may be read.
pub(super) fn may_read_tags(scopes: &BTreeSet<String>) -> Result<(), ApiError> {
    let enough = ["ZohoCRM.settings.ALL", "ZohoCRM.settings.tags.READ"].iter().any(|scope| scopes.contains(*scope));
    if enough { Ok(()) } else { Err(mismatch()) }
}

fn mismatch() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL")
}
