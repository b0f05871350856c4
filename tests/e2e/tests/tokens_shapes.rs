//! Every vendor's way to tokens, through the adapter's own description: what is sent, byte for byte as far as it does not
//! change from run to run, at first, when a token has expired, and when the API rejects it.

mod accounts;

use std::collections::BTreeMap;
use std::time::Duration;

use accounts::{
    Account, BACK, CLIENT, check, check_succeeds, expired, link, members, parameters, status, vendors_urls,
};
use moulin_host::auth::{AccountState, Callback};
use moulin_vendors::oauth::{Algorithm, AssertionKey, Decision, OAuthOptions, Profile, consent};
use moulin_vendors::recording::Recorded;

/// How long a vendor's first token lives here. Long enough for a slow machine to use it once.
const LIFE: Duration = Duration::from_secs(4);

/// The end of the registered Basic header: `demo-client:demo-secret`.
const BASIC: &str = "Basic ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ=";

/// RFC 8410 section 10.3: a private key, and its public one.
const PRIVATE_KEY: &str = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
const PUBLIC_KEY: [u8; 32] = [
    0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1, 0x67, 0xdc, 0x3b, 0x96, 0xc8, 0x50, 0x86,
    0xaa, 0x30, 0xb6, 0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad, 0x70, 0x31, 0x66, 0xe1,
];

type Pairs = &'static [(&'static str, &'static str)];

/// How the parameters travel.
#[derive(Clone, Copy, PartialEq)]
enum Format {
    Form,
    Json,
    Query,
}

/// What a vendor must see.
struct Shape {
    /// The link that a person opens; empty where nobody is needed.
    link: Pairs,
    /// The first token request.
    first: Pairs,
    /// The ones after.
    next: Pairs,
    format: Format,
    path: &'static str,
    basic: bool,
    /// The word in `authorization` of a request to the API.
    word: &'static str,
}

const SHAPE: Shape =
    Shape { link: &[], first: &[], next: &[], format: Format::Form, path: "/token", basic: false, word: "Bearer" };

fn map(pairs: Pairs) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Shape {
    fn assert_token_request(&self, request: &Recorded, expected: Pairs) {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", self.path));
        assert_eq!(request.status, Some(200), "{request:?}");
        let (kind, sent) = match self.format {
            Format::Form => (Some("application/x-www-form-urlencoded"), parameters(&request.body)),
            Format::Json => (Some("application/json"), members(&request.body)),
            Format::Query => (None, parameters(request.query.as_deref().unwrap())),
        };
        assert_eq!(request.header("content-type"), kind);
        assert_eq!(sent, map(expected));
        assert_eq!(request.query.is_some(), self.format == Format::Query, "{request:?}");
        assert_eq!(request.body.is_empty(), self.format == Format::Query, "{request:?}");
        assert_eq!(request.header("authorization"), self.basic.then_some(BASIC));
        assert_eq!(request.header("accept"), Some("application/json"));
    }

    /// A use of the API, and its access token.
    fn assert_use(&self, request: &Recorded, status: u16) -> String {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/whoami"));
        assert_eq!(request.status, Some(status));
        let (word, token) = request.header("authorization").unwrap().split_once(' ').unwrap();
        assert_eq!(word, self.word);
        token.to_owned()
    }

    /// Connects where a person is needed, uses the account, lets the token expire, lets the API reject it.
    async fn holds_at(&self, account: &Account) {
        let host = account.host().await;
        if !self.link.is_empty() {
            assert_eq!(status(&host).state, AccountState::NeedsAuthorisation);
            let link = account.connect(&host).await.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(parameters(link.url.query().unwrap()), map(self.link));
        }
        check_succeeds(&host).await;
        let [first, api] = &account.requests()[..] else { panic!("{:#?}", account.requests()) };
        self.assert_token_request(first, self.first);
        let one = self.assert_use(api, 200);

        account.server.forget_requests();
        expired(&host).await;
        check_succeeds(&host).await;
        let [refresh, api] = &account.requests()[..] else { panic!("{:#?}", account.requests()) };
        self.assert_token_request(refresh, self.next);
        let two = self.assert_use(api, 200);
        assert_ne!(one, two);

        account.server.forget_requests();
        assert!(account.server.authority().revoke_access_token(&two));
        check_succeeds(&host).await;
        let [rejected, refresh, api] = &account.requests()[..] else { panic!("{:#?}", account.requests()) };
        assert_eq!(self.assert_use(rejected, 401), two);
        self.assert_token_request(refresh, self.next);
        assert_ne!(self.assert_use(api, 200), two);
    }
}

/// The profile with a first token that dies soon and further ones that do not.
fn short(mut profile: Profile) -> Profile {
    profile.refreshed_life = profile.refreshed_life.or(Some(profile.access_life));
    profile.access_life = LIFE;
    profile
}

async fn machine(flavor: &str, profile: Profile) -> Account {
    Account::new(flavor, OAuthOptions::new(short(profile)), |server| {
        let (url, token) = (server.url(), server.token_url());
        format!(
            "base_url = \"{url}\"\ntoken_url = \"{token}\"\nauth = {{ method = \"oauth2_client_credentials\", {CLIENT} }}"
        )
    })
    .await
}

/// Neither API nor token URL is configured: the vendor tells both, and what it told stays.
async fn zoho_account() -> Account {
    Account::new("zoho", OAuthOptions::new(short(Profile::zoho())), |server| {
        format!(
            "authorization_url = \"{}\"\nauth = {{ method = \"oauth2_authorization_code\", {CLIENT} }}",
            server.authorize_url()
        )
    })
    .await
}

#[tokio::test]
async fn zoho() {
    let account = zoho_account().await;
    let shape = Shape {
        link: &[
            ("response_type", "code"),
            ("client_id", "demo-client"),
            ("redirect_uri", BACK),
            ("scope", "ZohoCRM.modules.ALL,ZohoSearch.securesearch.READ"),
            ("state", "*"),
            ("access_type", "offline"),
            ("prompt", "consent"),
        ],
        first: &[
            ("grant_type", "authorization_code"),
            ("code", "*"),
            ("redirect_uri", BACK),
            ("client_id", "demo-client"),
            ("client_secret", "demo-secret"),
        ],
        next: REFRESH,
        path: "/oauth/v2/token",
        word: "Zoho-oauthtoken",
        ..SHAPE
    };
    shape.holds_at(&account).await;
    // A host that starts later knows the data centre too.
    assert_eq!(check(&account.host().await).await.unwrap().as_deref(), Some("eu"));
}

const REFRESH: Pairs = &[
    ("grant_type", "refresh_token"),
    ("refresh_token", "*"),
    ("client_id", "demo-client"),
    ("client_secret", "demo-secret"),
];

const SQUARE_LINK: Pairs = &[
    ("response_type", "code"),
    ("client_id", "demo-client"),
    ("scope", "PAYMENTS_READ ORDERS_READ ITEMS_READ INVENTORY_READ INVENTORY_WRITE"),
    ("state", "*"),
    ("session", "false"),
];

#[tokio::test]
async fn square() {
    let account = Account::with_consent("square", short(Profile::square())).await;
    let shape = Shape {
        link: SQUARE_LINK,
        first: &[
            ("grant_type", "authorization_code"),
            ("code", "*"),
            ("client_id", "demo-client"),
            ("client_secret", "demo-secret"),
        ],
        next: REFRESH,
        format: Format::Json,
        path: "/oauth2/token",
        ..SHAPE
    };
    shape.holds_at(&account).await;
}

#[tokio::test]
async fn square_with_pkce_has_no_client_secret() {
    let options = OAuthOptions::new(short(Profile::square_pkce()));
    let account = Account::new("square-pkce", options, |server| {
        format!(
            "{}\nauth = {{ method = \"oauth2_authorization_code\", client_id = \"demo-client\" }}",
            vendors_urls(server, &server.authorize_url())
        )
    })
    .await;
    let shape = Shape {
        link: &[
            ("response_type", "code"),
            ("client_id", "demo-client"),
            ("scope", "PAYMENTS_READ ORDERS_READ ITEMS_READ INVENTORY_READ INVENTORY_WRITE"),
            ("state", "*"),
            ("code_challenge", "*"),
            ("code_challenge_method", "S256"),
            ("session", "false"),
        ],
        first: &[
            ("grant_type", "authorization_code"),
            ("code", "*"),
            ("code_verifier", "*"),
            ("client_id", "demo-client"),
        ],
        next: &[("grant_type", "refresh_token"), ("refresh_token", "*"), ("client_id", "demo-client")],
        format: Format::Json,
        path: "/oauth2/token",
        ..SHAPE
    };
    shape.holds_at(&account).await;
    assert_eq!(account.server.authority().revoked(), 0);
}

#[tokio::test]
async fn hubspot() {
    let account = Account::with_consent("hubspot", short(Profile::hubspot())).await;
    let shape = Shape {
        link: &[
            ("response_type", "code"),
            ("client_id", "demo-client"),
            ("redirect_uri", BACK),
            ("scope", "crm.objects.contacts.read crm.objects.contacts.write"),
            ("state", "*"),
        ],
        first: &[
            ("grant_type", "authorization_code"),
            ("code", "*"),
            ("redirect_uri", BACK),
            ("client_id", "demo-client"),
            ("client_secret", "demo-secret"),
        ],
        next: REFRESH,
        path: "/oauth/v1/token",
        ..SHAPE
    };
    shape.holds_at(&account).await;
}

#[tokio::test]
async fn lightspeed() {
    let account = Account::with_consent("lightspeed", short(Profile::lightspeed())).await;
    let shape = Shape {
        link: &[
            ("response_type", "code"),
            ("client_id", "demo-client"),
            ("scope", "employee:register_read employee:inventory"),
            ("state", "*"),
            ("code_challenge", "*"),
            ("code_challenge_method", "S256"),
        ],
        first: &[
            ("grant_type", "authorization_code"),
            ("code", "*"),
            ("code_verifier", "*"),
            ("client_id", "demo-client"),
            ("client_secret", "demo-secret"),
        ],
        next: REFRESH,
        format: Format::Json,
        path: "/auth/oauth/token",
        ..SHAPE
    };
    shape.holds_at(&account).await;
    assert_eq!(account.server.authority().revoked(), 0);
}

#[tokio::test]
async fn strict() {
    let account = Account::with_consent("strict", short(Profile::strict())).await;
    let shape = Shape {
        link: &[
            ("response_type", "code"),
            ("client_id", "demo-client"),
            ("redirect_uri", BACK),
            ("scope", "read write"),
            ("state", "*"),
            ("code_challenge", "*"),
            ("code_challenge_method", "S256"),
        ],
        first: &[
            ("grant_type", "authorization_code"),
            ("code", "*"),
            ("code_verifier", "*"),
            ("redirect_uri", BACK),
            ("client_id", "demo-client"),
            ("client_secret", "demo-secret"),
        ],
        next: REFRESH,
        ..SHAPE
    };
    shape.holds_at(&account).await;
    assert_eq!(account.server.authority().revoked(), 0);
}

#[tokio::test]
async fn thefork() {
    const PARAMETERS: Pairs = &[
        ("grant_type", "client_credentials"),
        ("audience", "https://api.thefork.io"),
        ("client_id", "demo-client"),
        ("client_secret", "demo-secret"),
    ];
    let account = machine("thefork", Profile::thefork()).await;
    Shape { first: PARAMETERS, next: PARAMETERS, path: "/oauth/token", ..SHAPE }.holds_at(&account).await;
}

#[tokio::test]
async fn thefork_as_the_specification_has_it() {
    const PARAMETERS: Pairs = &[
        ("grant_type", "client_credentials"),
        ("scope", "public_api reservations"),
        ("client_id", "demo-client"),
        ("client_secret", "demo-secret"),
    ];
    let account = machine("thefork-seed", Profile::thefork_seed()).await;
    Shape { first: PARAMETERS, next: PARAMETERS, path: "/oauth/token", ..SHAPE }.holds_at(&account).await;
}

#[tokio::test]
async fn opentable() {
    const PARAMETERS: Pairs = &[("grant_type", "client_credentials")];
    let account = machine("opentable", Profile::opentable()).await;
    let shape = Shape {
        first: PARAMETERS,
        next: PARAMETERS,
        format: Format::Query,
        path: "/api/v2/oauth/token",
        basic: true,
        word: "bearer",
        ..SHAPE
    };
    shape.holds_at(&account).await;
}

#[tokio::test]
async fn transgourmet() {
    const PARAMETERS: Pairs =
        &[("grant_type", "client_credentials"), ("client_id", "demo-client"), ("client_secret", "demo-secret")];
    let account = machine("transgourmet", Profile::transgourmet()).await;
    Shape { first: PARAMETERS, next: PARAMETERS, path: "/api/oauth/token", ..SHAPE }.holds_at(&account).await;
}

async fn signed() -> Account {
    let mut options = OAuthOptions::new(short(Profile::strict()));
    let issuer = "demo-client".to_owned();
    let key =
        AssertionKey { issuer, kid: Some("k1".to_owned()), algorithm: Algorithm::EdDsa, key: PUBLIC_KEY.to_vec() };
    options.keys.push(key);
    Account::new("jwt", options, |server| {
        let (url, token) = (server.url(), server.token_url());
        format!(
            "base_url = \"{url}\"\ntoken_url = \"{token}\"\nauth = {{ method = \"jwt_bearer\", \
             client_id = \"demo-client\", private_key = \"{PRIVATE_KEY}\", subject = \"chef@restaurant.example\", \
             key_id = \"k1\", audience = \"{token}\" }}"
        )
    })
    .await
}

#[tokio::test]
async fn a_signed_assertion() {
    const PARAMETERS: Pairs =
        &[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", "*"), ("scope", "read write")];
    Shape { first: PARAMETERS, next: PARAMETERS, ..SHAPE }.holds_at(&signed().await).await;
}

#[tokio::test]
async fn a_signed_assertion_bears_a_clock_that_is_sixty_seconds_off() {
    for off in [-60, 60] {
        let account = signed().await;
        account.server.authority().shift_clock(off);
        check(&account.host().await).await.unwrap_or_else(|error| panic!("{off}: {error}"));
    }
}

#[tokio::test]
async fn a_second_401_is_an_error_of_authentication() {
    let account = Account::with_consent("strict", Profile::strict()).await;
    let host = account.connected().await;
    check_succeeds(&host).await;
    account.server.forget_requests();
    account.server.authority().change(|profile| profile.scheme = "Another".to_owned());
    let error = host.check(accounts::NAME).await.unwrap_err();
    assert_eq!(error.class(), "authentication", "{error}");
    let paths: Vec<_> = account.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/whoami", "/token", "/whoami"]);
}

/// What a person is told, through host and adapter.
#[tokio::test]
async fn whoever_looks_is_told_in_one_sentence_what_to_do() {
    let account = Account::with_consent("strict", short(Profile::strict())).await;
    let authority = account.server.authority();
    let host = account.host().await;
    let complete = async |url: &str| {
        let callback = Callback::from_url(url).unwrap();
        host.complete_authorisation(&callback, None).await.unwrap_err().to_string()
    };

    let text = check(&host).await.unwrap_err();
    assert!(text.contains("nobody has connected this account yet; connect the account: run `moulin connect account`"));

    let redirect = consent(link(&host).await.url.as_str(), Decision::Deny).await.unwrap();
    let text = complete(&redirect.url).await;
    assert!(text.contains("begin again for account and choose to allow it"), "{text}");

    // The person fetched a coffee between consenting and coming back.
    let redirect = consent(link(&host).await.url.as_str(), Decision::Allow).await.unwrap();
    authority.shift_clock(61);
    let text = complete(&redirect.url).await;
    assert!(text.contains("begin again and consent without waiting"), "{text}");
    let text = complete(&redirect.url).await;
    assert!(text.contains("this link was used already"), "{text}");

    account.connect(&host).await.unwrap();
    authority.change(|profile| profile.client_secret = "another".to_owned());
    expired(&host).await;
    let text = check(&host).await.unwrap_err();
    assert!(text.contains("correct client_id and client_secret in the connection's auth"), "{text}");
    assert_eq!(status(&host).state, AccountState::Misconfigured);

    authority.change(|profile| profile.client_secret = "demo-secret".to_owned());
    assert!(authority.revoke_grant(1));
    let text = check(&account.host().await).await.unwrap_err();
    assert!(text.contains("no longer accepts the refresh token"), "{text}");
    assert!(text.contains("run `moulin connect account`, or open /connect/account"), "{text}");
}
