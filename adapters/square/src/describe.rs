//! What the adapter is and needs.

use moulin_adapter::describe::{
    AuthKind, AuthorizationCodeScheme, Pkce, TokenEndpoint, TokenRequestFormat, adapter, authorization_code,
    bearer_token, flavor, setting, token_endpoint, window,
};
use moulin_adapter::prelude::Description;

/// The one flavour: what the specification writes is what the vendor documents.
pub(crate) const V2: &str = "v2";

/// The version of the API this adapter was written for.
pub(crate) const API_VERSION: &str = "2025-08-20";

pub(crate) fn description() -> Description {
    adapter(
        "square",
        env!("CARGO_PKG_VERSION"),
        "Square",
        "Payments, products, stock, discounts and customers of a Square point of sale.",
    )
    .documentation("https://developer.squareup.com/reference/square")
    .setting(
        setting(
            "location_id",
            "Location",
            "Your restaurant's place of sale, such as LLVMPARIS0001: in Square's developer console under Locations. It \
             holds wherever a request names no place; Square itself would answer for your main place only.",
        )
        .required(),
    )
    .setting(
        setting(
            "api_version",
            "API version",
            "The day of the version of Square's API, as YYYY-MM-DD. Change it only when Square retires the present one.",
        )
        .default(API_VERSION),
    )
    .auth(bearer_token())
    .auth(AuthKind::Oauth2AuthorizationCode(oauth()))
    // Square publishes no limits; these are the ones it was seen to bear.
    .limit("requests", window(100, 60_000))
    .limit("burst", window(15, 1_000))
    .flavor(flavor(V2, "Square API v2", "https://connect.squareup.com").supports(&[
        "pos.list-transactions",
        "pos.get-transaction",
        "pos.list-products",
        "pos.update-product",
        "pos.get-stock",
        "pos.update-stock",
        "pos.list-categories",
        "pos.list-discounts",
        "pos.create-discount",
        "pos.list-customers",
    ]))
    .build()
}

/// Authorization code with the client's secret: without proof keys the refresh token never expires and stays the same.
/// The answer tells `expires_at` in place of `expires_in`.
fn oauth() -> AuthorizationCodeScheme {
    let token = TokenEndpoint {
        format: TokenRequestFormat::Json,
        default_lifetime_s: Some(30 * 24 * 3_600),
        ..token_endpoint(
            "https://connect.squareup.com/oauth2/token",
            &[
                "MERCHANT_PROFILE_READ",
                "PAYMENTS_READ",
                "ORDERS_READ",
                "ITEMS_READ",
                "ITEMS_WRITE",
                "INVENTORY_READ",
                "INVENTORY_WRITE",
                "CUSTOMERS_READ",
            ],
        )
    };
    AuthorizationCodeScheme {
        // Ask who is there even when someone is signed in, as Square demands outside its sandbox.
        parameters: vec![("session".to_owned(), "false".to_owned())],
        pkce: Pkce::Refused,
        ..authorization_code("https://connect.squareup.com/oauth2/authorize", token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_the_sheets() {
        let description = description();
        let flavor = &description.flavors[0];
        assert_eq!((flavor.id.as_str(), flavor.operations.len(), description.flavors.len()), (V2, 10, 1));
        assert_eq!(flavor.base_url, "https://connect.squareup.com");
        let required: Vec<_> = description.settings.iter().filter(|setting| setting.required).collect();
        assert_eq!((required.len(), required[0].key.as_str()), (1, "location_id"));
        assert!(matches!(&description.auth[0].kind, AuthKind::BearerToken(scheme) if scheme.prefix == "Bearer"));
        let AuthKind::Oauth2AuthorizationCode(oauth) = &description.auth[1].kind else {
            panic!("the code flow second")
        };
        assert!(!oauth.rotating && oauth.pkce == Pkce::Refused && oauth.token.format == TokenRequestFormat::Json);
        assert!(oauth.token.scopes.iter().all(|scope| scope.chars().all(|c| c.is_ascii_uppercase() || c == '_')));
        assert_eq!(oauth.parameters, [("session".to_owned(), "false".to_owned())]);
    }
}
