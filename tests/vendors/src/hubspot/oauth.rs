//! The portal's authorization server, and what is said to a request without a good token.

use std::time::Duration;

use http::StatusCode;

use super::HubSpotOptions;
use super::error::ApiError;
use crate::oauth::{Beginning, Consent, Denied, Profile};
use crate::world::World;

/// The vendor's profile with this portal's client; no grants, and a private app's token, which does not expire.
pub(super) fn beginning(world: &World, options: &HubSpotOptions) -> Beginning {
    let base = Profile::hubspot();
    let everything = base.scopes.known.iter().cloned().collect();
    let profile = Profile {
        client_id: options.client_id.clone(),
        client_secret: options.client_secret.clone(),
        redirect_uris: vec![options.redirect_uri.clone()],
        access_life: options.token_life.map_or(base.access_life, Duration::from_secs),
        consent: if options.ask_consent { Consent::Ask } else { Consent::Granted },
        ..base
    };
    let planted = vec![(options.private_token.clone(), everything)];
    Beginning { profile, seed: world.options().seed, start: Some(world.now(0)), keys: Vec::new(), planted }
}

/// 401 in the vendor's words.
pub(super) fn denied(why: Denied) -> ApiError {
    let (category, message) = match why {
        Denied::Expired => ("EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired."),
        _ => {
            let message = "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can \
                           find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";
            ("INVALID_AUTHENTICATION", message)
        }
    };
    ApiError::new(StatusCode::UNAUTHORIZED, category, message)
}
