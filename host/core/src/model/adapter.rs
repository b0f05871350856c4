//! How an adapter describes itself.
//!
//! The Rust face of `wit/adapter/adapter.wit`: wasmtime compares the two when an adapter is loaded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::Decimal;

/// Setting kind.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// Text.
    #[component(name = "text")]
    Text,
    /// Integer.
    #[component(name = "integer")]
    Integer,
    /// Boolean.
    #[component(name = "boolean")]
    Boolean,
    /// Url.
    #[component(name = "url")]
    Url,
    /// One of these texts.
    #[component(name = "choice")]
    Choice(Vec<String>),
}

/// A setting that the operator fills in.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Setting {
    /// In lower case with underscores, such as `account_id`.
    pub key: String,
    /// Title.
    pub title: String,
    /// Where to find the value and what it does.
    pub help: String,
    /// Kind.
    pub kind: SettingKind,
    /// Required.
    pub required: bool,
    /// Kept in the vault and never given to the adapter; usable by name in `signing`.
    pub secret: bool,
    /// Default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Flavours that use it; empty: all.
    #[serde(default)]
    pub flavors: Vec<String>,
}

/// A header that carries a key as it is.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct ApiKeyScheme {
    /// Header.
    pub header: String,
    /// Text before the key, such as `Token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

/// Bearer scheme.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct BearerScheme {
    /// The word before the token in `authorization`; `Bearer` nearly everywhere.
    pub prefix: String,
}

/// Pkce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// Used unless the operator turns it off.
    #[component(name = "supported")]
    Supported,
    /// Required.
    #[component(name = "required")]
    Required,
    /// The vendor refuses it.
    #[component(name = "refused")]
    Refused,
}

/// Client authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// `client_id` and `client_secret` among the parameters.
    #[component(name = "body")]
    Body,
    /// HTTP Basic (RFC 6749 section 2.3.1).
    #[component(name = "basic")]
    Basic,
}

/// Token request format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum TokenRequestFormat {
    /// Form.
    #[component(name = "form")]
    Form,
    /// Json.
    #[component(name = "json")]
    Json,
    /// Query.
    #[component(name = "query")]
    Query,
}

/// Fact source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum FactSource {
    /// A parameter of the redirect after consent.
    #[component(name = "redirect")]
    Redirect,
    /// A member of the token endpoint's answer.
    #[component(name = "token-answer")]
    TokenAnswer,
}

/// Something the vendor tells when the account is connected, kept and offered as a setting.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Fact {
    /// The setting it becomes.
    pub key: String,
    /// Source.
    pub source: FactSource,
    /// Name of the parameter or member.
    pub name: String,
}

/// Where tokens come from, and what the vendor does differently.
/// `{key}` in a URL stands for a setting or a fact.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct TokenEndpoint {
    /// Url.
    pub url: String,
    /// Format.
    pub format: TokenRequestFormat,
    /// Client authentication.
    #[component(name = "client-authentication")]
    pub client_authentication: ClientAuthentication,
    /// Further parameters, such as `audience`.
    #[serde(default)]
    pub parameters: Vec<(String, String)>,
    /// Scopes.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Scope separator.
    #[component(name = "scope-separator")]
    pub scope_separator: String,
    /// The word before the access token in `authorization`: `Bearer`, or `Zoho-oauthtoken`.
    pub prefix: String,
    /// Assumed life of an access token in seconds when the answer does not say.
    #[component(name = "default-lifetime-s")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_lifetime_s: Option<u32>,
    /// Facts.
    #[serde(default)]
    pub facts: Vec<Fact>,
}

/// Authorization code scheme.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct AuthorizationCodeScheme {
    /// Authorization url.
    #[component(name = "authorization-url")]
    pub authorization_url: String,
    /// Further parameters of the authorization request, such as `access_type`.
    #[serde(default)]
    pub parameters: Vec<(String, String)>,
    /// False: the vendor takes the redirect URI from its registration and refuses the parameter.
    #[component(name = "send-redirect-uri")]
    pub send_redirect_uri: bool,
    /// Pkce.
    pub pkce: Pkce,
    /// Token.
    pub token: TokenEndpoint,
    /// True: a refresh answers with a new refresh token, and the old one dies.
    pub rotating: bool,
    /// A refresh token unused for this long dies, in seconds.
    #[component(name = "refresh-idle-lifetime-s")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_idle_lifetime_s: Option<u32>,
    /// Revocation url.
    #[component(name = "revocation-url")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_url: Option<String>,
}

/// Jwt bearer scheme.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct JwtBearerScheme {
    /// Token.
    pub token: TokenEndpoint,
    /// Audience.
    pub audience: String,
    /// `RS256`, `ES256` or `EdDSA`.
    pub algorithm: String,
}

/// Auth kind.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum AuthKind {
    /// Api key.
    #[component(name = "api-key")]
    ApiKey(ApiKeyScheme),
    /// Bearer token.
    #[component(name = "bearer-token")]
    BearerToken(BearerScheme),
    /// Basic.
    #[component(name = "basic")]
    Basic,
    /// Oauth2 authorization code.
    #[component(name = "oauth2-authorization-code")]
    Oauth2AuthorizationCode(AuthorizationCodeScheme),
    /// Oauth2 client credentials.
    #[component(name = "oauth2-client-credentials")]
    Oauth2ClientCredentials(TokenEndpoint),
    /// Jwt bearer.
    #[component(name = "jwt-bearer")]
    JwtBearer(JwtBearerScheme),
}

/// Auth scheme.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct AuthScheme {
    /// Kind.
    pub kind: AuthKind,
    /// Flavours that take it; empty: all.
    #[serde(default)]
    pub flavors: Vec<String>,
}

/// So many requests in any such span of time.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Window {
    /// Requests.
    pub requests: u32,
    /// Span ms.
    #[component(name = "span-ms")]
    pub span_ms: u32,
}

/// A bucket that fills by a request's cost and leaks steadily.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct LeakyBucket {
    /// Size.
    pub size: Decimal,
    /// Leak per second.
    #[component(name = "leak-per-second")]
    pub leak_per_second: Decimal,
}

/// Limit kind.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Window.
    #[component(name = "window")]
    Window(Window),
    /// Leaky bucket.
    #[component(name = "leaky-bucket")]
    LeakyBucket(LeakyBucket),
    /// So many requests under way at once.
    #[component(name = "concurrency")]
    Concurrency(u32),
}

/// A limit the vendor is known to apply. Live headers tighten it.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct RateLimit {
    /// Short and in lower case; a request names it in `request-options.rate-limit`.
    pub name: String,
    /// Kind.
    pub kind: LimitKind,
    /// False: only requests that name it count.
    #[component(name = "all-requests")]
    pub all_requests: bool,
    /// Flavours it holds for; empty: all.
    #[serde(default)]
    pub flavors: Vec<String>,
}

/// Headers `level/size`, such as `x-ls-api-bucket-level: 42.57/90`.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct BucketHeaders {
    /// Level.
    pub level: String,
    /// Drip rate.
    #[component(name = "drip-rate")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drip_rate: Option<String>,
    /// Cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
}

/// Headers that count what is left in a window.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct RemainingHeaders {
    /// At most this many records in the page; the vendor's own maximum holds besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// Remaining.
    pub remaining: String,
    /// When the window ends: epoch seconds, epoch milliseconds or an ISO 8601 time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<String>,
    /// Length of the window in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
}

/// How the vendor's answers tell the state of a limit. `Retry-After` needs no mention.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum LimitSignal {
    /// Bucket.
    #[component(name = "bucket")]
    Bucket(BucketHeaders),
    /// Remaining.
    #[component(name = "remaining")]
    Remaining(RemainingHeaders),
}

/// Support.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// Supported.
    #[component(name = "supported")]
    Supported,
    /// The reason, for the person who asks.
    #[component(name = "unsupported")]
    Unsupported(String),
}

/// Operation support.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct OperationSupport {
    /// Domain and operation, such as `pos.list-transactions`.
    pub operation: String,
    /// Support.
    pub support: Support,
}

/// One of the API versions or products the adapter speaks.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Flavor {
    /// The vendor's identifier.
    pub id: String,
    /// Title.
    pub title: String,
    /// Where this flavour's API is; `{key}` stands for a setting or a fact.
    #[component(name = "base-url")]
    pub base_url: String,
    /// Operations.
    #[serde(default)]
    pub operations: Vec<OperationSupport>,
}

/// Description.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Description {
    /// Lower case letters, digits and hyphens; what a connection's configuration names.
    pub id: String,
    /// Semantic version of the adapter.
    pub version: String,
    /// Name of the vendor for people.
    pub vendor: String,
    /// Summary.
    pub summary: String,
    /// Where the vendor documents the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documentation: Option<String>,
    /// Settings.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// Auth.
    #[serde(default)]
    pub auth: Vec<AuthScheme>,
    /// Further origins (`https://host[:port]`) the adapter asks for, besides base and token URLs.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Limits.
    #[serde(default)]
    pub limits: Vec<RateLimit>,
    /// Signals.
    #[serde(default)]
    pub signals: Vec<LimitSignal>,
    /// The first is the default.
    #[serde(default)]
    pub flavors: Vec<Flavor>,
}

/// Proof that a connection works.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Health {
    /// Whose account it is, as the vendor names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
