//! What the adapter is and needs.

use moulin_adapter::describe::{
    AuthKind, ClientAuthentication, SettingKind, TokenEndpoint, TokenRequestFormat, adapter, api_key, flavor, setting,
    token_endpoint, window,
};
use moulin_adapter::prelude::Description;

/// Paths and shapes of the original specification.
pub(crate) const SEED: &str = "seed";
/// The vendor's own APIs.
pub(crate) const PLATFORM: &str = "platform";

pub(crate) const NO_AVAILABILITY_WRITE: &str =
    "OpenTable lets no partner change the tables on offer; change them in OpenTable itself";

pub(crate) const NO_CREATION: &str = "OpenTable books only on a slot locked before, with a request whose contents it \
    tells its partners alone; book in OpenTable itself";

const BASE_URL: &str = "https://platform.opentable.com";

const OPERATIONS: [&str; 8] = [
    "booking.list-reservations",
    "booking.get-reservation",
    "booking.update-reservation",
    "booking.cancel-reservation",
    "booking.get-availability",
    "booking.get-customer",
    "booking.search-customers",
    "booking.get-restaurant",
];

pub(crate) fn description() -> Description {
    adapter(
        "opentable",
        env!("CARGO_PKG_VERSION"),
        "OpenTable",
        "Reservations, availability and guests of a restaurant at OpenTable.",
    )
    .documentation("https://docs.opentable.com/")
    .setting(
        setting(
            "restaurant_id",
            "Restaurant",
            "OpenTable's number of your restaurant (rid), such as 770042: it stands in the address of your OpenTable \
             page.",
        )
        .required(),
    )
    .setting(
        setting(
            "booking_horizon_days",
            "Days ahead guests can book",
            "How many days before the meal a reservation can be made at most. OpenTable lists reservations by their last \
             change, so those not changed for longer than this before the first day asked for are not looked at.",
        )
        .kind(SettingKind::Integer)
        .default("365")
        .flavors(&[PLATFORM]),
    )
    .setting(
        setting(
            "phone_country_code",
            "Country code of phone numbers",
            "Taken for guests whose number OpenTable keeps without one; a reservation is found by it before it is changed.",
        )
        .kind(SettingKind::Integer)
        .default("33")
        .flavors(&[PLATFORM]),
    )
    .auth_for(&[SEED], AuthKind::Oauth2ClientCredentials(seed_tokens()))
    .auth_for(&[SEED], api_key("X-API-KEY"))
    .auth_for(&[PLATFORM], AuthKind::Oauth2ClientCredentials(platform_tokens()))
    .limit("requests", window(120, 60_000))
    .flavor(
        flavor(SEED, "Paths below /api/v3/restaurant", BASE_URL)
            .supports(&OPERATIONS)
            .supports(&["booking.create-reservation", "booking.update-availability"]),
    )
    .flavor(
        flavor(PLATFORM, "OpenTable Platform (Sync v2, in-house booking v1)", BASE_URL)
            .supports(&OPERATIONS)
            .lacks("booking.create-reservation", NO_CREATION)
            .lacks("booking.update-availability", NO_AVAILABILITY_WRITE),
    )
    .build()
}

fn seed_tokens() -> TokenEndpoint {
    TokenEndpoint {
        client_authentication: ClientAuthentication::Basic,
        ..token_endpoint(
            "https://oauth.opentable.com/v3/token",
            &["reservations.read", "reservations.write", "availability.read", "availability.write"],
        )
    }
}

/// Everything in the query, no scope, `bearer` in lower case. A token lives about 14 days; the answer tells.
fn platform_tokens() -> TokenEndpoint {
    TokenEndpoint {
        format: TokenRequestFormat::Query,
        client_authentication: ClientAuthentication::Basic,
        prefix: "bearer".to_owned(),
        ..token_endpoint("https://oauth.opentable.com/api/v2/oauth/token", &[])
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::describe::Support;

    use super::*;

    #[test]
    fn tokens_are_asked_for_as_the_vendor_documents_it() {
        let token = platform_tokens();
        assert_eq!(token.client_authentication, ClientAuthentication::Basic);
        assert_eq!((token.format, token.prefix.as_str()), (TokenRequestFormat::Query, "bearer"));
        assert!(token.scopes.is_empty() && token.default_lifetime_s.is_none());
        assert_eq!(seed_tokens().scopes.len(), 4);
        let kinds: Vec<_> = description().auth.iter().map(|scheme| scheme.flavors.join(",")).collect();
        assert_eq!(kinds, [SEED, SEED, PLATFORM]);
    }

    #[test]
    fn every_flavour_speaks_of_all_ten_operations() {
        let lacks: Vec<_> = description()
            .flavors
            .iter()
            .map(|flavor| {
                assert_eq!(flavor.operations.len(), 10, "{}", flavor.id);
                flavor
                    .operations
                    .iter()
                    .filter(|operation| matches!(operation.support, Support::Unsupported(_)))
                    .count()
            })
            .collect();
        assert_eq!(lacks, [0, 2]);
    }
}
