//! What one authorization server insists on, and the shape of its answers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

/// Whether a parameter has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Its absence is an error.
    Required,
    /// It may be there.
    Optional,
    /// Its presence is an error.
    Forbidden,
}

/// Proof keys (RFC 7636). Only the method `S256` exists here; `plain` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkce {
    /// A code without a challenge is not given out.
    Required,
    /// With a challenge or without.
    Allowed,
    /// The parameters are unknown to the vendor.
    Refused,
}

/// How a client proves who it is at the token endpoint (RFC 6749, 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// `client_id` and `client_secret` among the parameters.
    Body,
    /// `Authorization: Basic`, both parts form-encoded before Base64.
    Basic,
    /// One of the two, never both.
    Either,
    /// A public client: `client_id` alone.
    Public,
}

/// How the parameters of a token request are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// A JSON object.
    Json,
    /// The query of the URL, with an empty body.
    Query,
}

/// A way to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// RFC 6749, 4.1.
    AuthorizationCode,
    /// RFC 6749, 6.
    RefreshToken,
    /// RFC 6749, 4.4.
    ClientCredentials,
    /// RFC 7523, 2.1.
    JwtBearer,
}

impl GrantType {
    /// The value of `grant_type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }
}

/// At which endpoint a vendor's own parameter belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Where the person agrees.
    Authorize,
    /// Where tokens come from.
    Token,
}

/// What the absence of a vendor's own parameter means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nothing.
    Fine,
    /// The request is refused with `invalid_request`.
    Refused,
    /// No refresh token is given (Zoho without `access_type=offline`).
    NoRefreshToken,
}

/// A parameter beyond those of the RFCs.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Where it belongs.
    pub endpoint: Endpoint,
    /// Its name.
    pub name: String,
    /// The values it may have; empty for any.
    pub values: Vec<String>,
    /// What its absence means.
    pub missing: Missing,
}

/// The scopes of a vendor.
#[derive(Clone, Debug)]
pub struct Scopes {
    /// Those it knows; empty for any.
    pub known: Vec<String>,
    /// What stands between two.
    pub separator: char,
    /// Whether a request names them. For the authorize endpoint and the client credentials and JWT grants.
    pub presence: Presence,
}

/// What becomes of a refresh token that was redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// There are none.
    None,
    /// It stays good for ever; whether refreshing repeats it in the answer.
    Stable {
        /// Square and HubSpot repeat it, Zoho does not.
        repeated: bool,
    },
    /// A new one takes its place.
    Rotating(Rotation),
}

/// When a replaced refresh token dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// At once.
    Immediate,
    /// When the access token that came with its successor is first used (Lightspeed).
    OnFirstUse,
}

/// What happens when a dead refresh token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// It is refused.
    Refused,
    /// It is refused and its whole grant revoked (RFC 9700, 4.14.2).
    RevokesGrant,
}

/// How an answer tells when the access token expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// `"expires_in": 3600`.
    Number,
    /// `"expires_in": "3600"`.
    Text,
    /// `"expires_in": 0`, whatever the life.
    Zero,
    /// `"expires_at": "2025-05-01T10:00:00Z"` and no `expires_in`.
    At,
    /// Not at all.
    Absent,
}

/// How an answer tells the scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeAnswer {
    /// Not at all.
    Absent,
    /// `"scope": "a b"`.
    Text,
    /// `"scopes": ["a", "b"]`.
    List,
    /// `"scope"` with always this text.
    Fixed(String),
}

/// The shape of a token answer.
#[derive(Clone, Debug)]
pub struct Shape {
    /// `token_type`.
    pub token_type: String,
    /// How it tells the expiry.
    pub expiry: Expiry,
    /// How it tells the scopes.
    pub scope: ScopeAnswer,
    /// Further members. `{url}` in a text stands for the server's own address.
    pub extra: BTreeMap<String, Value>,
    /// What access tokens begin with.
    pub access_prefix: String,
    /// What refresh tokens begin with.
    pub refresh_prefix: String,
    /// Random bytes in a token; it has twice as many hexadecimal digits.
    pub token_bytes: usize,
}

/// How errors of the token endpoint are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorStyle {
    /// 400, or 401 for `invalid_client`, with `error` and `error_description` (RFC 6749, 5.2).
    Rfc,
    /// The same with a `hint` (Lightspeed).
    Hint,
    /// HTTP 200 with `error` and the vendor's own codes (Zoho).
    Zoho,
}

/// So many events in so long a time, counted over a sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many pass.
    pub events: usize,
    /// In which time.
    pub per: Duration,
}

/// Whether someone is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// GET shows a page; POST or `?consent=allow|deny` decides.
    Ask,
    /// GET grants at once, as if the person had agreed before.
    Granted,
}

/// Everything one authorization server insists on. Take one of the ready ones and change what the test is about.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The vendor's name, for logs.
    pub name: String,
    /// The one registered client.
    pub client_id: String,
    /// Its secret; not looked at for [`ClientAuth::Public`].
    pub client_secret: String,
    /// The redirect URIs registered on it, compared byte for byte.
    pub redirect_uris: Vec<String>,
    /// Whether the port of a registered `http://127.0.0.1` or `http://[::1]` is free (RFC 8252, 7.3).
    pub loopback_port_free: bool,
    /// `redirect_uri` at the authorize endpoint and, for a code, at the token endpoint. Optional means what RFC 6749, 4.1.3
    /// says: whoever sent it at the first sends the same at the second.
    pub redirect_uri: Presence,
    /// `state` at the authorize endpoint.
    pub state: Presence,
    /// Proof keys.
    pub pkce: Pkce,
    /// How the client proves who it is.
    pub client_auth: ClientAuth,
    /// How token requests may be written.
    pub formats: Vec<Format>,
    /// Whether the token endpoint takes GET too (OpenTable documents it).
    pub token_by_get: bool,
    /// The grants this client may use.
    pub grants: Vec<GrantType>,
    /// The vendor's own parameters.
    pub parameters: Vec<Parameter>,
    /// The scopes.
    pub scopes: Scopes,
    /// How long a code lives.
    pub code_life: Duration,
    /// How long an access token lives.
    pub access_life: Duration,
    /// How long one from a refresh lives, where that differs.
    pub refreshed_life: Option<Duration>,
    /// A refresh token unused for so long dies.
    pub refresh_idle: Option<Duration>,
    /// What becomes of refresh tokens.
    pub refresh: Refresh,
    /// What the use of a dead one does.
    pub reuse: Reuse,
    /// Limits on access tokens of one grant. `events: 1` makes a minimum interval.
    pub quotas: Vec<Quota>,
    /// At most so many grants with a refresh token live; a new one ends the oldest.
    pub grants_kept: Option<usize>,
    /// The shape of answers.
    pub shape: Shape,
    /// The shape of errors.
    pub errors: ErrorStyle,
    /// Whether someone is asked for consent.
    pub consent: Consent,
    /// Parameters added to the redirect after consent; `{url}` as in [`Shape::extra`].
    pub redirect_extra: Vec<(String, String)>,
    /// Whether the redirect carries `iss` (RFC 9207).
    pub issuer_in_redirect: bool,
    /// The `aud` a JWT assertion must have; none for the first token URL.
    pub assertion_audience: Option<String>,
    /// The word before the access token in `authorization`, compared without regard to case.
    pub scheme: String,
    /// Paths of the authorize endpoint.
    pub authorize_paths: Vec<String>,
    /// Paths of the token endpoint.
    pub token_paths: Vec<String>,
}

impl Profile {
    /// The ready profile of this name, as the program's flag writes it (`square-pkce`).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "strict" => Self::strict(),
            "lightspeed" => Self::lightspeed(),
            "square" => Self::square(),
            "square-pkce" => Self::square_pkce(),
            "hubspot" => Self::hubspot(),
            "zoho" => Self::zoho(),
            "thefork" => Self::thefork(),
            "thefork-seed" => Self::thefork_seed(),
            "opentable" => Self::opentable(),
            "transgourmet" => Self::transgourmet(),
            _ => return None,
        })
    }

    /// Whether this client may use a grant.
    pub(super) fn allows(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    /// The vendor's own parameters of an endpoint.
    pub(super) fn parameters_at(&self, endpoint: Endpoint) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.endpoint == endpoint)
    }
}
