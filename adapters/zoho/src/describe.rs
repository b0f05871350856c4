//! What the adapter is and needs.

use moulin_adapter::describe::{
    AuthKind, AuthorizationCodeScheme, BearerScheme, Fact, FactSource, LimitKind, Pkce, SettingKind, TokenEndpoint,
    adapter, authorization_code, flavor, setting, token_endpoint, window,
};
use moulin_adapter::prelude::Description;

/// The paths of the specification, with `contacts` in lower case.
pub(crate) const SEED: &str = "seed";
/// Module names as the vendor documents them.
pub(crate) const VENDOR: &str = "vendor";

pub(crate) const VERSION: (&str, &str) = ("api_version", "v2");
pub(crate) const LOYALTY_MODE: (&str, &str) = ("loyalty_mode", "module");
pub(crate) const LOYALTY_MODULE: (&str, &str) = ("loyalty_module", "Rewards");
pub(crate) const LOYALTY_LOOKUP: (&str, &str) = ("loyalty_contact_as_lookup", "false");
pub(crate) const POINTS: (&str, &str) = ("points_field", "Loyalty_Points");
pub(crate) const LAST_VISIT: (&str, &str) = ("last_visit_field", "Last_Visit_Date");
pub(crate) const STAGE: (&str, &str) = ("deal_stage", "Closed Won");
pub(crate) const MULTI_CURRENCY: (&str, &str) = ("multi_currency", "false");
pub(crate) const WORKFLOWS: (&str, &str) = ("workflows", "true");

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
        "zoho",
        env!("CARGO_PKG_VERSION"),
        "Zoho CRM",
        "Contacts, loyalty points, purchases, notes, campaigns and tags of a Zoho CRM organisation.",
    )
    .documentation("https://www.zoho.com/crm/developer/docs/api/v2/")
    .setting(
        setting(
            "accounts_server",
            "Accounts server",
            "Where you sign in to Zoho: https://accounts.zoho.eu, .com, .in, .com.au, .jp, .com.cn, .ca or .sa, as in \
             your browser's address.",
        )
        .kind(SettingKind::Url)
        .default("https://accounts.zoho.eu"),
    )
    .setting(
        setting(
            "api_domain",
            "API domain",
            "The data centre of your account: https://www.zohoapis with the same ending as the accounts server. Once the \
             account is connected Zoho says it itself.",
        )
        .kind(SettingKind::Url)
        .default("https://www.zohoapis.eu"),
    )
    .setting(of(VERSION, "API version", "The version of Zoho's API: v2, or v8, the current one.").choice(&["v2", "v8"]))
    .setting(setting(
        "contacts_module",
        "Module of the contacts",
        "API name of the module. Empty: contacts (seed) or Contacts (vendor).",
    ))
    .setting(
        of(
            LOYALTY_MODE,
            "How loyalty is kept",
            "module: each entry is a record of a module you made, and a workflow of yours adds up the points. \
             contact_field: Moulin changes the points of the contact itself.",
        )
        .choice(&["module", "contact_field"]),
    )
    .setting(of(
        LOYALTY_MODULE,
        "Module of the loyalty entries",
        "API name of the module you made (Setup, Developer Hub, APIs, API names), with the fields Name, Contact_ID, \
         Points, Transaction_Date, Transaction_Type and Transaction_Description. Make Name unique, so that no entry is \
         booked twice.",
    ))
    .setting(
        of(
            LOYALTY_LOOKUP,
            "Contact as a lookup",
            "true if the field Contact_ID of that module is a lookup to contacts, false if it is a text.",
        )
        .kind(SettingKind::Boolean),
    )
    .setting(of(POINTS, "Field of the loyalty points", "API name of the contacts' field with the points: a number you made."))
    .setting(of(
        LAST_VISIT,
        "Field of the last visit",
        "API name of the contacts' field with the day of the last visit: a date you made.",
    ))
    .setting(setting(
        "extra_fields",
        "Further fields",
        "API names of further fields of contacts to read, separated by commas, such as Allergies,Date_of_Birth.",
    ))
    .setting(of(STAGE, "Stage of the purchases", "Stage of deals that stand for paid purchases, as written in Zoho."))
    .setting(
        of(
            MULTI_CURRENCY,
            "Several currencies",
            "true if your organisation has several currencies switched on (Setup, Company details, Currencies).",
        )
        .kind(SettingKind::Boolean),
    )
    .setting(
        of(WORKFLOWS, "Run workflows", "Whether your workflows run for what Moulin writes.").kind(SettingKind::Boolean),
    )
    .auth(AuthKind::Oauth2AuthorizationCode(oauth()))
    // An access token got elsewhere; it lives an hour.
    .auth(AuthKind::BearerToken(BearerScheme { prefix: "Zoho-oauthtoken".to_owned() }))
    .limit("requests", window(150, 60_000))
    // The smallest edition's.
    .limit("parallel", LimitKind::Concurrency(5))
    .flavor(flavor(SEED, "Paths of the specification", "{api_domain}").supports(&OPERATIONS))
    .flavor(flavor(VENDOR, "Zoho CRM API", "{api_domain}").supports(&OPERATIONS))
    .build()
}

/// Authorization code with `access_type=offline`, without which no refresh token comes; a refresh gives none, the first
/// one stays. The redirect says which accounts server the account belongs to, the token answer where its API is. PKCE
/// is not documented.
fn oauth() -> AuthorizationCodeScheme {
    let fact = |key: &str, source, name: &str| Fact { key: key.to_owned(), source, name: name.to_owned() };
    let scopes = ["ZohoCRM.modules.ALL", "ZohoSearch.securesearch.READ", "ZohoCRM.settings.tags.READ"];
    let token = TokenEndpoint {
        scope_separator: ",".to_owned(),
        prefix: "Zoho-oauthtoken".to_owned(),
        default_lifetime_s: Some(3_600),
        facts: vec![
            fact("accounts_server", FactSource::Redirect, "accounts-server"),
            fact("location", FactSource::Redirect, "location"),
            fact("api_domain", FactSource::TokenAnswer, "api_domain"),
        ],
        ..token_endpoint("{accounts_server}/oauth/v2/token", &scopes)
    };
    let parameters = [("access_type", "offline"), ("prompt", "consent")];
    AuthorizationCodeScheme {
        parameters: parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        pkce: Pkce::Refused,
        ..authorization_code("{accounts_server}/oauth/v2/auth", token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_the_sheets() {
        let description = description();
        assert_eq!(description.flavors.iter().map(|flavor| flavor.id.as_str()).collect::<Vec<_>>(), [SEED, VENDOR]);
        assert!(description.flavors.iter().all(|flavor| flavor.operations.len() == 14));
        assert!(description.settings.iter().all(|setting| !setting.required && !setting.secret));
        let AuthKind::Oauth2AuthorizationCode(oauth) = &description.auth[0].kind else { panic!("code flow first") };
        assert!(!oauth.rotating && oauth.pkce == Pkce::Refused);
        assert_eq!((oauth.token.scope_separator.as_str(), oauth.token.prefix.as_str()), (",", "Zoho-oauthtoken"));
        assert_eq!(oauth.parameters[0], ("access_type".to_owned(), "offline".to_owned()));
        assert_eq!(oauth.token.facts.len(), 3);
        // Every part of a URL has a default.
        for key in ["accounts_server", "api_domain"] {
            let found = description.settings.iter().find(|setting| setting.key == key).unwrap();
            assert!(found.default.as_ref().is_some_and(|url| url.starts_with("https://")));
        }
    }
}
