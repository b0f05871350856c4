//! How each vendor wants to be asked for tokens.

use moulin_adapter::describe::{
    AuthKind, AuthorizationCodeScheme, ClientAuthentication, Pkce, TokenEndpoint, TokenRequestFormat,
    authorization_code, jwt_bearer, token_endpoint, told_in_redirect, told_with_token,
};

const DAY: u32 = 24 * 3_600;

/// A flavour's way to tokens.
pub(crate) struct Shape {
    pub(crate) flavor: &'static str,
    pub(crate) base_url: &'static str,
    pub(crate) auth: AuthKind,
}

fn code(flavor: &'static str, base_url: &'static str, scheme: AuthorizationCodeScheme) -> Shape {
    Shape { flavor, base_url, auth: AuthKind::Oauth2AuthorizationCode(scheme) }
}

fn machine(flavor: &'static str, base_url: &'static str, token: TokenEndpoint) -> Shape {
    Shape { flavor, base_url, auth: AuthKind::Oauth2ClientCredentials(token) }
}

fn pair(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

/// Every flavour.
pub(crate) fn all() -> Vec<Shape> {
    const SQUARE: &str = "https://connect.squareup.com";
    vec![
        code("zoho", "{api_domain}", zoho()),
        code("square", SQUARE, square(Pkce::Refused)),
        code("square-pkce", SQUARE, square(Pkce::Required)),
        code("hubspot", "https://api.hubapi.com", hubspot()),
        code("lightspeed", "https://api.lightspeedapp.com", lightspeed()),
        machine("thefork", "https://api.thefork.io", thefork()),
        machine("thefork-seed", "https://api.thefork.com", thefork_seed()),
        machine("opentable", "https://platform.opentable.com", opentable()),
        machine("transgourmet", "https://api.transgourmet.fr", transgourmet()),
        code("strict", "https://api.strict.example", strict()),
        Shape { flavor: "jwt", base_url: "https://api.strict.example", auth: assertion() },
    ]
}

/// Without `access_type=offline` no refresh token comes; the redirect names the server to ask for tokens, the answer the
/// API's. A refresh answers without a refresh token.
fn zoho() -> AuthorizationCodeScheme {
    let token = TokenEndpoint {
        scope_separator: ",".to_owned(),
        prefix: "Zoho-oauthtoken".to_owned(),
        default_lifetime_s: Some(3_600),
        facts: vec![
            told_in_redirect("accounts_server", "accounts-server"),
            told_in_redirect("location", "location"),
            told_with_token("api_domain", "api_domain"),
        ],
        ..token_endpoint("{accounts_server}/oauth/v2/token", &["ZohoCRM.modules.ALL", "ZohoSearch.securesearch.READ"])
    };
    let mut parameters = pair("access_type", "offline");
    parameters.extend(pair("prompt", "consent"));
    AuthorizationCodeScheme {
        parameters,
        pkce: Pkce::Refused,
        ..authorization_code("{accounts_server}/oauth/v2/auth", token)
    }
}

/// Scopes in capitals, the end of a token as a moment. With PKCE the client is public, and a refresh token is good for
/// one use within 90 days.
fn square(pkce: Pkce) -> AuthorizationCodeScheme {
    let public = pkce == Pkce::Required;
    let scopes = ["PAYMENTS_READ", "ORDERS_READ", "ITEMS_READ", "INVENTORY_READ", "INVENTORY_WRITE"];
    let token = TokenEndpoint {
        format: TokenRequestFormat::Json,
        default_lifetime_s: Some(DAY),
        ..token_endpoint("https://connect.squareup.com/oauth2/token", &scopes)
    };
    AuthorizationCodeScheme {
        parameters: pair("session", "false"),
        send_redirect_uri: false,
        pkce,
        rotating: public,
        refresh_idle_lifetime_s: public.then_some(90 * DAY),
        ..authorization_code("https://connect.squareup.com/oauth2/authorize", token)
    }
}

/// Half an hour of life; the refresh token comes back unchanged.
fn hubspot() -> AuthorizationCodeScheme {
    let token = TokenEndpoint {
        default_lifetime_s: Some(1_800),
        ..token_endpoint(
            "https://api.hubapi.com/oauth/v1/token",
            &["crm.objects.contacts.read", "crm.objects.contacts.write"],
        )
    };
    AuthorizationCodeScheme {
        pkce: Pkce::Refused,
        ..authorization_code("https://app.hubspot.com/oauth/authorize", token)
    }
}

/// The redirect URI is the registered one; the old refresh token dies when the new access token is first used.
fn lightspeed() -> AuthorizationCodeScheme {
    let token = TokenEndpoint {
        format: TokenRequestFormat::Json,
        default_lifetime_s: Some(1_800),
        ..token_endpoint(
            "https://cloud.lightspeedapp.com/auth/oauth/token",
            &["employee:register_read", "employee:inventory"],
        )
    };
    AuthorizationCodeScheme {
        send_redirect_uri: false,
        rotating: true,
        refresh_idle_lifetime_s: Some(30 * DAY),
        ..authorization_code("https://cloud.lightspeedapp.com/auth/oauth/authorize", token)
    }
}

fn thefork() -> TokenEndpoint {
    TokenEndpoint {
        parameters: pair("audience", "https://api.thefork.io"),
        default_lifetime_s: Some(8_600),
        ..token_endpoint("https://auth.thefork.io/oauth/token", &[])
    }
}

fn thefork_seed() -> TokenEndpoint {
    token_endpoint("https://api.thefork.com/oauth/token", &["public_api", "reservations"])
}

fn opentable() -> TokenEndpoint {
    TokenEndpoint {
        format: TokenRequestFormat::Query,
        client_authentication: ClientAuthentication::Basic,
        prefix: "bearer".to_owned(),
        ..token_endpoint("https://oauth.opentable.com/api/v2/oauth/token", &[])
    }
}

fn transgourmet() -> TokenEndpoint {
    token_endpoint("https://api.transgourmet.fr/api/oauth/token", &[])
}

/// PKCE required, refresh tokens that die at their use.
fn strict() -> AuthorizationCodeScheme {
    let token = token_endpoint("https://login.strict.example/token", &["read", "write"]);
    AuthorizationCodeScheme {
        pkce: Pkce::Required,
        rotating: true,
        refresh_idle_lifetime_s: Some(30 * DAY),
        ..authorization_code("https://login.strict.example/authorize", token)
    }
}

fn assertion() -> AuthKind {
    jwt_bearer(
        token_endpoint("https://login.strict.example/token", &["read", "write"]),
        "https://login.strict.example/token",
        "EdDSA",
    )
}
