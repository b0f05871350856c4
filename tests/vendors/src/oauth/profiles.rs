//! The ready profiles: one for each vendor with OAuth, and the strictest one.
//!
//! Where a vendor's documentation is silent the RFC's rule holds: a code lives 60 s, and a parameter nobody documents
//! (PKCE at HubSpot and Zoho) is refused.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::profile::{
    ClientAuth, Consent, Endpoint, ErrorStyle, Expiry, Format, GrantType, Missing, Parameter, Pkce, Presence, Profile,
    Quota, Refresh, Reuse, Rotation, ScopeAnswer, Scopes, Shape,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// The scopes Lightspeed knows.
const LIGHTSPEED_SCOPES: [&str; 12] = [
    "employee:all",
    "employee:register",
    "employee:register_read",
    "employee:inventory",
    "employee:inventory_read",
    "employee:inventory_base",
    "employee:product_edit",
    "employee:product_cost",
    "employee:reports",
    "employee:customers",
    "employee:customers_read",
    "employee:admin",
];

impl Profile {
    /// Everything current advice asks for (RFC 9700): PKCE required, `state` required, refresh tokens that die at their
    /// use and take the grant with them when used again, `iss` in the redirect (RFC 9207). All four grants; form only;
    /// client authentication either way.
    #[must_use]
    pub fn strict() -> Self {
        Self {
            name: "strict".to_owned(),
            client_id: "demo-client".to_owned(),
            client_secret: "demo-secret".to_owned(),
            redirect_uris: texts(&["http://127.0.0.1:8080/oauth/callback"]),
            loopback_port_free: true,
            redirect_uri: Presence::Required,
            state: Presence::Required,
            pkce: Pkce::Required,
            client_auth: ClientAuth::Either,
            formats: vec![Format::Form],
            token_by_get: false,
            grants: vec![
                GrantType::AuthorizationCode,
                GrantType::RefreshToken,
                GrantType::ClientCredentials,
                GrantType::JwtBearer,
            ],
            parameters: Vec::new(),
            scopes: scopes(&["read", "write"], ' ', Presence::Required),
            code_life: MINUTE,
            access_life: HOUR,
            refreshed_life: None,
            refresh_idle: None,
            refresh: Refresh::Rotating(Rotation::Immediate),
            reuse: Reuse::RevokesGrant,
            quotas: Vec::new(),
            grants_kept: None,
            shape: Shape {
                token_type: "Bearer".to_owned(),
                expiry: Expiry::Number,
                scope: ScopeAnswer::Text,
                extra: BTreeMap::new(),
                access_prefix: String::new(),
                refresh_prefix: String::new(),
                token_bytes: 32,
            },
            errors: ErrorStyle::Rfc,
            consent: Consent::Ask,
            redirect_extra: Vec::new(),
            issuer_in_redirect: true,
            assertion_audience: None,
            scheme: "Bearer".to_owned(),
            authorize_paths: texts(&["/authorize"]),
            token_paths: texts(&["/token"]),
        }
    }

    /// A vendor's code flow without the extras of [`Profile::strict`].
    fn code_flow(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            loopback_port_free: false,
            state: Presence::Optional,
            client_auth: ClientAuth::Body,
            grants: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            reuse: Reuse::Refused,
            issuer_in_redirect: false,
            ..Self::strict()
        }
    }

    /// A vendor's client credentials: no person, no refresh token.
    fn machine(name: &str, token_paths: &[&str]) -> Self {
        Self {
            grants: vec![GrantType::ClientCredentials],
            redirect_uris: Vec::new(),
            refresh: Refresh::None,
            authorize_paths: Vec::new(),
            token_paths: texts(token_paths),
            ..Self::code_flow(name)
        }
    }

    /// Lightspeed Retail R-Series, with its current and its older pair of URLs. The redirect URI is the registered one and
    /// never sent; refresh tokens rotate on first use and die after 30 idle days; the answer has no scope.
    ///
    /// The vendor does not say what the use of a dead refresh token does; here it takes the grant with it, the worse case.
    #[must_use]
    pub fn lightspeed() -> Self {
        let base = Self::code_flow("lightspeed");
        Self {
            redirect_uri: Presence::Forbidden,
            formats: vec![Format::Json, Format::Form],
            scopes: scopes(&LIGHTSPEED_SCOPES, ' ', Presence::Required),
            refreshed_life: Some(HOUR / 2),
            refresh_idle: Some(30 * DAY),
            refresh: Refresh::Rotating(Rotation::OnFirstUse),
            reuse: Reuse::RevokesGrant,
            shape: Shape { scope: ScopeAnswer::Absent, ..base.shape.clone() },
            errors: ErrorStyle::Hint,
            authorize_paths: texts(&["/auth/oauth/authorize", "/oauth/authorize.php"]),
            token_paths: texts(&["/auth/oauth/token", "/oauth/access_token.php"]),
            ..base
        }
    }

    /// Square's code flow with a client secret: JSON, `expires_at`, a refresh token that stays the same.
    #[must_use]
    pub fn square() -> Self {
        let base = Self::code_flow("square");
        let known = [
            "MERCHANT_PROFILE_READ",
            "PAYMENTS_READ",
            "ORDERS_READ",
            "ITEMS_READ",
            "ITEMS_WRITE",
            "INVENTORY_READ",
            "INVENTORY_WRITE",
            "CUSTOMERS_READ",
        ];
        let extra = [("merchant_id", json!("ML0EXAMPLE01")), ("short_lived", json!(false))];
        Self {
            redirect_uri: Presence::Optional,
            pkce: Pkce::Refused,
            formats: vec![Format::Json],
            parameters: vec![parameter(Endpoint::Authorize, "session", &["false", "true"], Missing::Fine)],
            scopes: scopes(&known, ' ', Presence::Required),
            code_life: 5 * MINUTE,
            access_life: 30 * DAY,
            refresh: Refresh::Stable { repeated: true },
            shape: Shape {
                token_type: "bearer".to_owned(),
                expiry: Expiry::At,
                scope: ScopeAnswer::Absent,
                extra: members(extra),
                access_prefix: "EAAA".to_owned(),
                refresh_prefix: "EQAA".to_owned(),
                ..base.shape.clone()
            },
            authorize_paths: texts(&["/oauth2/authorize"]),
            token_paths: texts(&["/oauth2/token"]),
            ..base
        }
    }

    /// Square's code flow for a public client: PKCE in place of the secret, refresh tokens good for one use and 90 days.
    #[must_use]
    pub fn square_pkce() -> Self {
        Self {
            name: "square-pkce".to_owned(),
            pkce: Pkce::Required,
            client_auth: ClientAuth::Public,
            refresh: Refresh::Rotating(Rotation::Immediate),
            refresh_idle: Some(90 * DAY),
            reuse: Reuse::RevokesGrant,
            ..Self::square()
        }
    }

    /// HubSpot: long tokens, half an hour of life, scopes as a list, the refresh token repeated in every answer.
    #[must_use]
    pub fn hubspot() -> Self {
        let base = Self::code_flow("hubspot");
        let known = [
            "oauth",
            "crm.objects.contacts.read",
            "crm.objects.contacts.write",
            "crm.objects.deals.read",
            "crm.objects.deals.write",
            "crm.lists.read",
            "marketing.campaigns.read",
            "marketing.campaigns.write",
        ];
        Self {
            pkce: Pkce::Refused,
            scopes: scopes(&known, ' ', Presence::Required),
            access_life: HOUR / 2,
            refresh: Refresh::Stable { repeated: true },
            shape: Shape {
                token_type: "bearer".to_owned(),
                scope: ScopeAnswer::List,
                extra: members([("hub_id", json!(24_681_357))]),
                access_prefix: "CJ".to_owned(),
                refresh_prefix: "na1-".to_owned(),
                token_bytes: 160,
                ..base.shape.clone()
            },
            authorize_paths: texts(&["/oauth/authorize"]),
            token_paths: texts(&["/oauth/v1/token", "/oauth/v3/token", "/oauth/2026-03/token"]),
            ..base
        }
    }

    /// Zoho: errors with HTTP 200, the data centre in the redirect and in the answer, no refresh token without
    /// `access_type=offline` nor from a refresh, ten access tokens in ten minutes, the header word `Zoho-oauthtoken`.
    #[must_use]
    pub fn zoho() -> Self {
        let base = Self::code_flow("zoho");
        let known = [
            "ZohoCRM.modules.ALL",
            "ZohoCRM.modules.contacts.ALL",
            "ZohoCRM.modules.deals.ALL",
            "ZohoCRM.modules.custom.ALL",
            "ZohoCRM.settings.ALL",
            "ZohoCRM.settings.tags.READ",
            "ZohoSearch.securesearch.READ",
        ];
        Self {
            pkce: Pkce::Refused,
            formats: vec![Format::Form, Format::Query],
            parameters: vec![
                parameter(Endpoint::Authorize, "access_type", &["offline", "online"], Missing::NoRefreshToken),
                parameter(Endpoint::Authorize, "prompt", &["consent"], Missing::Fine),
            ],
            scopes: scopes(&known, ',', Presence::Required),
            refresh: Refresh::Stable { repeated: false },
            quotas: vec![Quota { events: 10, per: 10 * MINUTE }],
            grants_kept: Some(20),
            shape: Shape {
                scope: ScopeAnswer::Absent,
                extra: members([("api_domain", json!("{url}"))]),
                access_prefix: "1000.".to_owned(),
                refresh_prefix: "1000.".to_owned(),
                ..base.shape.clone()
            },
            errors: ErrorStyle::Zoho,
            redirect_extra: vec![
                ("location".to_owned(), "eu".to_owned()),
                ("accounts-server".to_owned(), "{url}".to_owned()),
            ],
            scheme: "Zoho-oauthtoken".to_owned(),
            authorize_paths: texts(&["/oauth/v2/auth"]),
            token_paths: texts(&["/oauth/v2/token"]),
            ..base
        }
    }

    /// TheFork's partner API: `audience` required, no scope, 8600 s.
    #[must_use]
    pub fn thefork() -> Self {
        let base = Self::machine("thefork", &["/oauth/token"]);
        let audience = parameter(Endpoint::Token, "audience", &["https://api.thefork.io"], Missing::Refused);
        Self {
            parameters: vec![audience],
            scopes: scopes(&[], ' ', Presence::Forbidden),
            access_life: Duration::from_secs(8_600),
            shape: Shape { scope: ScopeAnswer::Absent, ..base.shape.clone() },
            ..base
        }
    }

    /// TheFork as the specification has it: scopes, and no audience.
    #[must_use]
    pub fn thefork_seed() -> Self {
        Self {
            name: "thefork-seed".to_owned(),
            parameters: Vec::new(),
            scopes: scopes(&["public_api", "reservations"], ' ', Presence::Required),
            access_life: HOUR,
            ..Self::thefork()
        }
    }

    /// OpenTable: Basic, parameters in the query or the body, GET or POST, about fourteen days, `"scope": "DEFAULT"`.
    #[must_use]
    pub fn opentable() -> Self {
        let base = Self::machine("opentable", &["/api/v2/oauth/token", "/v3/token"]);
        let known = ["reservations.read", "reservations.write", "availability.read", "availability.write"];
        Self {
            client_auth: ClientAuth::Basic,
            formats: vec![Format::Query, Format::Form],
            token_by_get: true,
            scopes: scopes(&known, ' ', Presence::Optional),
            access_life: Duration::from_secs(1_219_199),
            shape: Shape {
                token_type: "bearer".to_owned(),
                scope: ScopeAnswer::Fixed("DEFAULT".to_owned()),
                ..base.shape.clone()
            },
            ..base
        }
    }

    /// Transgourmet: the plain form, an hour, any scope.
    #[must_use]
    pub fn transgourmet() -> Self {
        let base = Self::machine("transgourmet", &["/api/oauth/token"]);
        Self {
            scopes: scopes(&[], ' ', Presence::Optional),
            shape: Shape { scope: ScopeAnswer::Absent, access_prefix: "tg-".to_owned(), ..base.shape.clone() },
            ..base
        }
    }
}

fn texts(of: &[&str]) -> Vec<String> {
    of.iter().map(|&text| text.to_owned()).collect()
}

fn scopes(known: &[&str], separator: char, presence: Presence) -> Scopes {
    Scopes { known: texts(known), separator, presence }
}

fn parameter(endpoint: Endpoint, name: &str, values: &[&str], missing: Missing) -> Parameter {
    Parameter { endpoint, name: name.to_owned(), values: texts(values), missing }
}

fn members<const N: usize>(of: [(&str, Value); N]) -> BTreeMap<String, Value> {
    of.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
