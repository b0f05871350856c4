//! What the adapter is and needs.

use moulin_adapter::describe::{
    AuthKind, adapter, api_key, basic, flavor, remaining_signal, setting, token_endpoint, window,
};
use moulin_adapter::prelude::Description;

const BASE_URL: &str = "https://api.transgourmet.fr";
const TOKEN_URL: &str = "https://api.transgourmet.fr/api/oauth/token";

pub(crate) fn description() -> Description {
    adapter(
        "transgourmet",
        env!("CARGO_PKG_VERSION"),
        "Transgourmet France",
        "Catalogue, availability and orders at Transgourmet France.",
    )
    .setting(
        setting(
            "customer_id",
            "Customer number",
            "Your number as a Transgourmet customer, such as C-42. It stands on every invoice and is sent with every \
             request.",
        )
        .required(),
    )
    // The first is what new accounts get; the others are for accounts that were given a user or a key.
    .auth(AuthKind::Oauth2ClientCredentials(token_endpoint(TOKEN_URL, &[])))
    .auth(basic())
    .auth(api_key("X-API-KEY"))
    .limit("requests", window(100, 60_000))
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
    fn tokens_come_first_and_a_user_or_a_key_will_do() {
        let description = description();
        assert_eq!(description.id, "transgourmet");
        let [token, basic, key] = description.auth.as_slice() else { panic!("three ways") };
        let AuthKind::Oauth2ClientCredentials(endpoint) = &token.kind else { panic!("client credentials") };
        assert_eq!(endpoint.url, TOKEN_URL);
        assert!(matches!(endpoint.format, TokenRequestFormat::Form));
        assert!(matches!(endpoint.client_authentication, ClientAuthentication::Body));
        assert_eq!((endpoint.prefix.as_str(), endpoint.scopes.len()), ("Bearer", 0));
        assert!(matches!(basic.kind, AuthKind::Basic));
        assert!(matches!(&key.kind, AuthKind::ApiKey(scheme) if scheme.header == "X-API-KEY"));
    }

    #[test]
    fn the_customer_is_required_and_every_operation_is_there() {
        let description = description();
        assert_eq!(description.settings.len(), 1);
        assert!(description.settings[0].required && !description.settings[0].secret);
        assert_eq!(description.flavors[0].operations.len(), 11);
        let LimitKind::Window(window) = &description.limits[0].kind else { panic!("a window") };
        assert_eq!((window.requests, window.span_ms), (100, 60_000));
    }
}
