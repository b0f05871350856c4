//! What the adapter is and needs.

use moulin_adapter::describe::{
    AuthKind, AuthorizationCodeScheme, Fact, FactSource, LimitSignal, Pkce, RemainingHeaders, TokenEndpoint, adapter,
    authorization_code, bearer_token, flavor, setting, token_endpoint, window,
};
use moulin_adapter::prelude::Description;

/// The paths of the specification, which work today.
pub(crate) const V3: &str = "v3";
/// The vendor's dated paths.
pub(crate) const DATED: &str = "2026-03";

/// Name of the limit that counts searches.
pub(crate) const SEARCH_LIMIT: &str = "search";

pub(crate) const POINTS: (&str, &str) = ("points_property", "loyalty_points");
pub(crate) const LAST_VISIT: (&str, &str) = ("last_visit_property", "last_visit_date");
pub(crate) const PIPELINE: (&str, &str) = ("pipeline", "default");
pub(crate) const STAGE: (&str, &str) = ("deal_stage", "closedwon");
pub(crate) const ITEMS: (&str, &str) = ("items_property", "transaction_items");
pub(crate) const TRANSACTION_ID: (&str, &str) = ("transaction_id_property", "lvm_transaction_id");

const BASE_URL: &str = "https://api.hubapi.com";

const OPERATIONS: [&str; 14] = [
    "crm.list-contacts",
    "crm.search-contacts",
    "crm.get-contact",
    "crm.create-contact",
    "crm.update-contact",
    "crm.delete-contact",
    "crm.get-loyalty",
    "crm.record-loyalty",
    "crm.record-transaction",
    "crm.list-transactions",
    "crm.create-note",
    "crm.list-notes",
    "crm.create-campaign",
    "crm.list-segments",
];

pub(crate) fn description() -> Description {
    let of = |(key, default): (&str, &str), title: &str, help: &str| setting(key, title, help).default(default);
    adapter(
        "hubspot",
        env!("CARGO_PKG_VERSION"),
        "HubSpot",
        "Contacts, loyalty points, purchases, notes, campaigns and lists of a HubSpot portal.",
    )
    .documentation("https://developers.hubspot.com/docs/api-reference")
    .setting(of(
        POINTS,
        "Property of the loyalty points",
        "Internal name of the contact property that holds the points: a number you create under Settings, Properties, \
         Contact properties.",
    ))
    .setting(of(
        LAST_VISIT,
        "Property of the last visit",
        "Internal name of the contact property that holds the day of the last visit: a date picker you create under \
         Settings, Properties, Contact properties.",
    ))
    .setting(setting(
        "extra_properties",
        "Further properties",
        "Internal names of further contact properties to read, separated by commas, such as allergies,birthday.",
    ))
    .setting(of(
        PIPELINE,
        "Pipeline of the purchases",
        "Where purchases are recorded as deals. The id stands in the address when you edit the pipeline under Settings, \
         Deals.",
    ))
    .setting(of(STAGE, "Stage of the purchases", "Id of the pipeline's stage for paid purchases; purchases are read from it too."))
    .setting(of(
        ITEMS,
        "Property of what was bought",
        "Internal name of the deal property for what was bought, in words; create it as a multi-line text. `none`: it is \
         not sent.",
    ))
    .setting(of(
        TRANSACTION_ID,
        "Property of the till's number",
        "Internal name of the deal property for the till's number of a sale; create it as a text with unique values, so \
         that no sale is recorded twice. `none`: it is not sent.",
    ))
    .auth_for(&[V3], AuthKind::Oauth2AuthorizationCode(oauth("https://api.hubapi.com/oauth/v1/token")))
    .auth_for(&[DATED], AuthKind::Oauth2AuthorizationCode(oauth("https://api.hubapi.com/oauth/2026-03/token")))
    // The access token of a private app.
    .auth(bearer_token())
    .limit("requests", window(90, 60_000))
    .named_limit(SEARCH_LIMIT, window(4, 1_000))
    .signal(LimitSignal::Remaining(RemainingHeaders {
        limit: Some("X-HubSpot-RateLimit-Max".to_owned()),
        remaining: "X-HubSpot-RateLimit-Remaining".to_owned(),
        reset: None,
        interval: Some("X-HubSpot-RateLimit-Interval-Milliseconds".to_owned()),
    }))
    .flavor(flavor(V3, "CRM API v3", BASE_URL).supports(&OPERATIONS))
    .flavor(flavor(DATED, "Dated API of March 2026", BASE_URL).supports(&OPERATIONS))
    .build()
}

/// Authorization code; tokens live half an hour, the refresh token is repeated in every answer and does not expire.
///
/// The endpoints take the same requests; `/oauth/v1/token` of the specification ends on 2027-02-16. PKCE is not
/// documented. Campaigns need the scopes `marketing.campaigns.read` and `marketing.campaigns.write` besides, which only
/// accounts of the Marketing Hub can give.
fn oauth(token_url: &str) -> AuthorizationCodeScheme {
    let scopes = [
        "oauth",
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.objects.deals.read",
        "crm.objects.deals.write",
        "crm.lists.read",
    ];
    let token = TokenEndpoint {
        default_lifetime_s: Some(1_800),
        facts: vec![Fact { key: "hub_id".to_owned(), source: FactSource::TokenAnswer, name: "hub_id".to_owned() }],
        ..token_endpoint(token_url, &scopes)
    };
    AuthorizationCodeScheme {
        pkce: Pkce::Refused,
        ..authorization_code("https://app.hubspot.com/oauth/authorize", token)
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::describe::{LimitKind, TokenRequestFormat};

    use super::*;

    #[test]
    fn the_description_is_the_sheets() {
        let description = description();
        assert_eq!(description.flavors.iter().map(|flavor| flavor.id.as_str()).collect::<Vec<_>>(), [V3, DATED]);
        assert!(description.flavors.iter().all(|flavor| flavor.operations.len() == 14));
        assert!(description.settings.iter().all(|setting| !setting.required && !setting.secret));
        let AuthKind::Oauth2AuthorizationCode(oauth) = &description.auth[0].kind else { panic!("code flow first") };
        assert!(!oauth.rotating && oauth.send_redirect_uri && oauth.pkce == Pkce::Refused);
        assert_eq!((oauth.token.format, oauth.token.scope_separator.as_str()), (TokenRequestFormat::Form, " "));
        let search = &description.limits[1];
        assert!(!search.all_requests && matches!(&search.kind, LimitKind::Window(window) if window.requests == 4));
        assert!(matches!(&description.signals[0], LimitSignal::Remaining(headers) if headers.interval.is_some()));
    }
}
