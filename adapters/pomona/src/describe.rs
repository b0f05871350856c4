//! What the adapter is and needs.

use moulin_adapter::describe::{AuthKind, adapter, basic, flavor, remaining_signal, setting, token_endpoint, window};
use moulin_adapter::prelude::Description;

const BASE_URL: &str = "https://api.pomona.fr";
const TOKEN_URL: &str = "https://api.pomona.fr/api/oauth/token";

pub(crate) fn description() -> Description {
    adapter(
        "pomona",
        env!("CARGO_PKG_VERSION"),
        "Pomona",
        "Catalogue, availability and orders at Groupe Pomona: PassionFroid, TerreAzur, ÉpiSaveurs.",
    )
    .setting(
        setting(
            "establishment_code",
            "Establishment code",
            "The code of your restaurant at Pomona, such as PAR-07. It stands on every delivery note and is sent with \
             every request.",
        )
        .required(),
    )
    // User and password of the web shop; tokens for accounts that were given a client instead.
    .auth(basic())
    .auth(AuthKind::Oauth2ClientCredentials(token_endpoint(TOKEN_URL, &[])))
    .limit("requests", window(90, 60_000))
    .signal(remaining_signal(Some("X-RateLimit-Limit"), "X-RateLimit-Remaining", Some("X-RateLimit-Reset")))
    .flavor(flavor("v1", "Customer API", BASE_URL).supports(&[
        "suppliers.list-catalog",
        "suppliers.search-products",
        "suppliers.get-product",
        "suppliers.check-availability",
        "suppliers.create-order",
        "suppliers.get-order",
        "suppliers.list-orders",
        "suppliers.update-order",
        "suppliers.cancel-order",
        "suppliers.get-delivery-schedule",
        "suppliers.get-account",
    ]))
    .build()
}

#[cfg(test)]
mod tests {
    use moulin_adapter::describe::{ClientAuthentication, LimitKind, TokenRequestFormat};

    use super::*;

    #[test]
    fn a_user_comes_first_and_tokens_will_do() {
        let description = description();
        assert_eq!(description.id, "pomona");
        let [basic, token] = description.auth.as_slice() else { panic!("two ways") };
        assert!(matches!(basic.kind, AuthKind::Basic));
        let AuthKind::Oauth2ClientCredentials(endpoint) = &token.kind else { panic!("client credentials") };
        assert_eq!(endpoint.url, TOKEN_URL);
        assert!(matches!(endpoint.format, TokenRequestFormat::Form));
        assert!(matches!(endpoint.client_authentication, ClientAuthentication::Body));
    }

    #[test]
    fn the_establishment_is_required_and_every_operation_is_there() {
        let description = description();
        assert_eq!(description.settings.len(), 1);
        assert!(description.settings[0].required && !description.settings[0].secret);
        assert_eq!(description.flavors[0].operations.len(), 11);
        let LimitKind::Window(window) = &description.limits[0].kind else { panic!("a window") };
        assert_eq!((window.requests, window.span_ms), (90, 60_000));
    }
}
