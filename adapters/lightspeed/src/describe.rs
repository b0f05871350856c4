//! What the adapter is and needs.

use moulin_adapter::describe::{
    AuthKind, AuthorizationCodeScheme, Pkce, TokenEndpoint, TokenRequestFormat, adapter, authorization_code,
    bearer_token, bucket_signal, flavor, leaky_bucket, setting, token_endpoint, window,
};
use moulin_adapter::prelude::Description;

/// Paths and shapes of the original specification.
pub(crate) const SEED: &str = "seed";
/// The vendor's API as it is documented today.
pub(crate) const V3: &str = "r-series-v3";

pub(crate) const NO_STOCK_WRITE: &str = "Lightspeed books stock only by an inventory count of several writes \
    (InventoryCount, InventoryCountItem, InventoryCountReconcile) that cannot be repeated safely; count in Lightspeed \
    itself";

const BASE_URL: &str = "https://api.lightspeedapp.com";

const OPERATIONS: [&str; 9] = [
    "pos.list-transactions",
    "pos.get-transaction",
    "pos.list-products",
    "pos.update-product",
    "pos.get-stock",
    "pos.list-categories",
    "pos.list-discounts",
    "pos.create-discount",
    "pos.list-customers",
];

pub(crate) fn description() -> Description {
    adapter(
        "lightspeed",
        env!("CARGO_PKG_VERSION"),
        "Lightspeed Retail (R-Series)",
        "Sales, products, stock, discounts and customers of a Lightspeed Retail R-Series till.",
    )
    .documentation("https://developers.lightspeedhq.com/retail/")
    .setting(
        setting(
            "account_id",
            "Account number",
            "The number in the address of your Lightspeed back office, such as 240117.",
        )
        .required(),
    )
    .setting(setting(
        "path_prefix",
        "Path prefix",
        "What stands before /Account in every path. Empty: /api/v1 (seed) or /API/V3 (r-series-v3).",
    ))
    .setting(setting(
        "path_suffix",
        "Path suffix",
        "What stands after every resource. Empty: nothing (seed) or .json (r-series-v3); `none` for nothing.",
    ))
    .setting(
        setting(
            "stock_resource",
            "Stock resource",
            "Where stock levels are read. Empty: ItemCount (seed) or ItemShop (r-series-v3).",
        )
        .choice(&["ItemCount", "ItemShop"]),
    )
    .auth(AuthKind::Oauth2AuthorizationCode(oauth()))
    .auth(bearer_token())
    .limit("bucket", leaky_bucket(90, 1))
    .limit("burst", window(20, 1_000))
    .signal(bucket_signal("X-LS-Api-Bucket-Level", Some("X-LS-Api-Drip-Rate"), Some("X-LS-Api-Request-Cost")))
    .flavor(
        flavor(SEED, "Paths below /api/v1", BASE_URL).supports(&OPERATIONS).lacks("pos.update-stock", NO_STOCK_WRITE),
    )
    .flavor(flavor(V3, "R-Series API V3", BASE_URL).supports(&OPERATIONS).lacks("pos.update-stock", NO_STOCK_WRITE))
    .build()
}

/// Authorization code with PKCE; the redirect URI is the registered one and not sent. A refresh answers with a new
/// refresh token, and the old one dies when the new access token is first used; unused for 30 days it dies as well.
fn oauth() -> AuthorizationCodeScheme {
    let token = TokenEndpoint {
        // The endpoint takes JSON or a multipart form.
        format: TokenRequestFormat::Json,
        default_lifetime_s: Some(1_800),
        ..token_endpoint(
            "https://cloud.lightspeedapp.com/auth/oauth/token",
            &["employee:register_read", "employee:inventory", "employee:customers_read"],
        )
    };
    AuthorizationCodeScheme {
        send_redirect_uri: false,
        pkce: Pkce::Supported,
        rotating: true,
        refresh_idle_lifetime_s: Some(30 * 24 * 3_600),
        ..authorization_code("https://cloud.lightspeedapp.com/auth/oauth/authorize", token)
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::describe::{LimitKind, LimitSignal};

    use super::*;

    #[test]
    fn the_description_is_the_sheets() {
        let description = description();
        assert_eq!(description.flavors.iter().map(|flavor| flavor.id.as_str()).collect::<Vec<_>>(), [SEED, V3]);
        assert!(description.flavors.iter().all(|flavor| flavor.operations.len() == 10));
        let required: Vec<_> = description.settings.iter().filter(|setting| setting.required).collect();
        assert_eq!((required.len(), required[0].key.as_str()), (1, "account_id"));
        let AuthKind::Oauth2AuthorizationCode(oauth) = &description.auth[0].kind else { panic!("code flow first") };
        assert!(oauth.rotating && !oauth.send_redirect_uri && oauth.pkce == Pkce::Supported);
        assert!(matches!(&description.limits[0].kind, LimitKind::LeakyBucket(bucket) if bucket.size == 90.into()));
        assert!(matches!(&description.signals[0], LimitSignal::Bucket(headers) if headers.cost.is_some()));
    }
}
