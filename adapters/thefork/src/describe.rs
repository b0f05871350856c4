//! What the adapter is and needs.

use moulin_adapter::describe::{
    AuthKind, SettingKind, TokenEndpoint, adapter, flavor, setting, token_endpoint, window,
};
use moulin_adapter::prelude::Description;

/// Paths and shapes of the original specification.
pub(crate) const SEED: &str = "seed";
/// The vendor's B2B API.
pub(crate) const B2B: &str = "b2b-v1";

pub(crate) const NO_RESTAURANT: &str =
    "TheFork's B2B API has no call that tells about a restaurant; TheFork Manager shows it";

const OPERATIONS: [&str; 9] = [
    "booking.list-reservations",
    "booking.get-reservation",
    "booking.create-reservation",
    "booking.update-reservation",
    "booking.cancel-reservation",
    "booking.get-availability",
    "booking.update-availability",
    "booking.get-customer",
    "booking.search-customers",
];

pub(crate) fn description() -> Description {
    adapter(
        "thefork",
        env!("CARGO_PKG_VERSION"),
        "TheFork",
        "Reservations, availability and guests of a restaurant at TheFork.",
    )
    .documentation("https://docs.thefork.io/")
    .setting(
        setting(
            "restaurant_id",
            "Restaurant",
            "How TheFork names your restaurant: for seed a number such as 75012, for b2b-v1 the UUID that TheFork's \
             integrations team gave you with the credentials.",
        )
        .required(),
    )
    .setting(
        setting("guest_locale", "Guests' language", "Language TheFork writes to a new guest in, such as fr_FR.")
            .default("fr_FR")
            .flavors(&[B2B]),
    )
    .setting(
        setting(
            "guest_civility",
            "Guests' form of address",
            "TheFork wants one for every new guest; mx leaves it open.",
        )
        .choice(&["mx", "mr", "mrs", "ms"])
        .default("mx")
        .flavors(&[B2B]),
    )
    .setting(
        setting(
            "phone_country_code",
            "Country code of phone numbers",
            "Put before numbers written without it: 33 makes +33612345678 of 06 12 34 56 78.",
        )
        .kind(SettingKind::Integer)
        .default("33")
        .flavors(&[B2B]),
    )
    .setting(
        setting(
            "slot_minutes",
            "Minutes between two times",
            "How far apart the times stand at which guests can book in TheFork Manager. Opening or closing one time \
             touches so many minutes.",
        )
        .kind(SettingKind::Integer)
        .default("15")
        .flavors(&[B2B]),
    )
    .auth_for(
        &[SEED],
        AuthKind::Oauth2ClientCredentials(token_endpoint(
            "https://api.thefork.com/oauth/token",
            &["public_api", "reservations"],
        )),
    )
    .auth_for(&[B2B], AuthKind::Oauth2ClientCredentials(b2b_tokens()))
    .limit("requests", window(120, 60_000))
    .flavor(
        flavor(SEED, "Paths below /api/v2", "https://api.thefork.com")
            .supports(&OPERATIONS)
            .supports(&["booking.get-restaurant"]),
    )
    .flavor(
        flavor(B2B, "TheFork Manager, B2B API v1", "https://api.thefork.io/manager")
            .supports(&OPERATIONS)
            .lacks("booking.get-restaurant", NO_RESTAURANT),
    )
    .build()
}

/// No scope, an audience, and a token for two hours and 23 minutes.
fn b2b_tokens() -> TokenEndpoint {
    TokenEndpoint {
        parameters: vec![("audience".to_owned(), "https://api.thefork.io".to_owned())],
        default_lifetime_s: Some(8_600),
        ..token_endpoint("https://auth.thefork.io/oauth/token", &[])
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::describe::{ClientAuthentication, Support, TokenRequestFormat};

    use super::*;

    #[test]
    fn each_flavour_has_its_token_request() {
        let description = description();
        let tokens: Vec<_> = description
            .auth
            .iter()
            .map(|scheme| match &scheme.kind {
                AuthKind::Oauth2ClientCredentials(token) => (scheme.flavors.join(","), token),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(tokens[0].0, SEED);
        assert_eq!(tokens[0].1.scopes, ["public_api", "reservations"]);
        assert!(tokens[0].1.parameters.is_empty());
        assert_eq!((tokens[1].0.as_str(), tokens[1].1.scopes.len()), (B2B, 0));
        assert_eq!(tokens[1].1.parameters, [("audience".to_owned(), "https://api.thefork.io".to_owned())]);
        assert_eq!(tokens[1].1.default_lifetime_s, Some(8_600));
        for (_, token) in tokens {
            assert_eq!(token.format, TokenRequestFormat::Form);
            assert_eq!(token.client_authentication, ClientAuthentication::Body);
        }
    }

    #[test]
    fn every_flavour_speaks_of_all_ten_operations() {
        let description = description();
        let lacks: Vec<_> = description
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
        assert_eq!(lacks, [0, 1]);
        let required: Vec<_> = description.settings.iter().filter(|setting| setting.required).collect();
        assert_eq!((required.len(), required[0].key.as_str()), (1, "restaurant_id"));
    }
}
