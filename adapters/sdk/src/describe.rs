//! How an adapter says what it is and needs: builders that read like the vendor's fact sheet.

use crate::Decimal;
pub use crate::bindings::common::moulin::adapter::types::{
    ApiKeyScheme, AuthKind, AuthScheme, AuthorizationCodeScheme, BearerScheme, BucketHeaders, ClientAuthentication,
    Description, Fact, FactSource, Flavor, JwtBearerScheme, LeakyBucket, LimitKind, LimitSignal, OperationSupport,
    Pkce, RateLimit, RemainingHeaders, Setting, SettingKind, Support, TokenEndpoint, TokenRequestFormat, Window,
};

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A description under construction.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder(Description);

/// Begins a description. `version` is the semantic version of the adapter: `env!("CARGO_PKG_VERSION")`.
pub fn adapter(id: &str, version: &str, vendor: &str, summary: &str) -> Builder {
    Builder(Description {
        id: id.to_owned(),
        version: version.to_owned(),
        vendor: vendor.to_owned(),
        summary: summary.to_owned(),
        documentation: None,
        settings: Vec::new(),
        auth: Vec::new(),
        origins: Vec::new(),
        limits: Vec::new(),
        signals: Vec::new(),
        flavors: Vec::new(),
    })
}

impl Builder {
    /// Where the vendor documents the API.
    pub fn documentation(mut self, url: &str) -> Self {
        self.0.documentation = Some(url.to_owned());
        self
    }

    /// A setting the operator fills in.
    pub fn setting(mut self, setting: SettingBuilder) -> Self {
        self.0.settings.push(setting.0);
        self
    }

    /// A way to authenticate.
    pub fn auth(mut self, kind: AuthKind) -> Self {
        self.0.auth.push(AuthScheme { kind, flavors: Vec::new() });
        self
    }

    /// A way to authenticate that only these flavours take.
    pub fn auth_for(mut self, flavors: &[&str], kind: AuthKind) -> Self {
        self.0.auth.push(AuthScheme { kind, flavors: texts(flavors) });
        self
    }

    /// A further origin the adapter asks for.
    pub fn origin(mut self, origin: &str) -> Self {
        self.0.origins.push(origin.to_owned());
        self
    }

    /// A limit that counts all requests.
    pub fn limit(mut self, name: &str, kind: LimitKind) -> Self {
        self.0.limits.push(RateLimit { name: name.to_owned(), kind, all_requests: true, flavors: Vec::new() });
        self
    }

    /// A limit that counts only requests that name it.
    pub fn named_limit(mut self, name: &str, kind: LimitKind) -> Self {
        self.0.limits.push(RateLimit { name: name.to_owned(), kind, all_requests: false, flavors: Vec::new() });
        self
    }

    /// How answers tell the state of a limit.
    pub fn signal(mut self, signal: LimitSignal) -> Self {
        self.0.signals.push(signal);
        self
    }

    /// A flavour; the first is the default.
    pub fn flavor(mut self, flavor: FlavorBuilder) -> Self {
        self.0.flavors.push(flavor.0);
        self
    }

    /// The description.
    pub fn build(self) -> Description {
        self.0
    }
}

/// A setting under construction.
#[derive(Clone, Debug)]
#[must_use]
pub struct SettingBuilder(Setting);

/// A setting that may stay empty; text unless said otherwise.
pub fn setting(key: &str, title: &str, help: &str) -> SettingBuilder {
    SettingBuilder(Setting {
        key: key.to_owned(),
        title: title.to_owned(),
        help: help.to_owned(),
        kind: SettingKind::Text,
        required: false,
        secret: false,
        default: None,
        flavors: Vec::new(),
    })
}

impl SettingBuilder {
    /// It must be filled in.
    pub fn required(mut self) -> Self {
        self.0.required = true;
        self
    }

    /// It is kept in the vault and never given to the adapter.
    pub fn secret(mut self) -> Self {
        self.0.secret = true;
        self
    }

    /// Its value when nobody fills it in.
    pub fn default(mut self, value: &str) -> Self {
        self.0.default = Some(value.to_owned());
        self
    }

    /// What kind of value it is.
    pub fn kind(mut self, kind: SettingKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// One of these texts.
    pub fn choice(self, choices: &[&str]) -> Self {
        self.kind(SettingKind::Choice(texts(choices)))
    }

    /// Only these flavours use it.
    pub fn flavors(mut self, flavors: &[&str]) -> Self {
        self.0.flavors = texts(flavors);
        self
    }
}

/// A flavour under construction.
#[derive(Clone, Debug)]
#[must_use]
pub struct FlavorBuilder(Flavor);

/// One of the API versions or products the adapter speaks.
pub fn flavor(id: &str, title: &str, base_url: &str) -> FlavorBuilder {
    FlavorBuilder(Flavor {
        id: id.to_owned(),
        title: title.to_owned(),
        base_url: base_url.to_owned(),
        operations: Vec::new(),
    })
}

impl FlavorBuilder {
    /// Operations it supports, such as `pos.list-transactions`.
    pub fn supports(mut self, operations: &[&str]) -> Self {
        self.0.operations.extend(
            operations
                .iter()
                .map(|operation| OperationSupport { operation: (*operation).to_owned(), support: Support::Supported }),
        );
        self
    }

    /// An operation it cannot do, and why.
    pub fn lacks(mut self, operation: &str, reason: &str) -> Self {
        let support = Support::Unsupported(reason.to_owned());
        self.0.operations.push(OperationSupport { operation: operation.to_owned(), support });
        self
    }
}

/// A header that carries a key as it is.
pub fn api_key(header: &str) -> AuthKind {
    AuthKind::ApiKey(ApiKeyScheme { header: header.to_owned(), prefix: None })
}

/// `authorization: Bearer …` with a token the operator has.
pub fn bearer_token() -> AuthKind {
    AuthKind::BearerToken(BearerScheme { prefix: "Bearer".to_owned() })
}

/// HTTP Basic (RFC 7617).
pub fn basic() -> AuthKind {
    AuthKind::Basic
}

/// A token endpoint: form, client credentials in the body, `Bearer`, scopes apart by blanks. Change its fields where
/// the vendor differs.
pub fn token_endpoint(url: &str, scopes: &[&str]) -> TokenEndpoint {
    TokenEndpoint {
        url: url.to_owned(),
        format: TokenRequestFormat::Form,
        client_authentication: ClientAuthentication::Body,
        parameters: Vec::new(),
        scopes: texts(scopes),
        scope_separator: " ".to_owned(),
        prefix: "Bearer".to_owned(),
        default_lifetime_s: None,
        facts: Vec::new(),
    }
}

/// OAuth 2.0 authorization code with PKCE, a stable refresh token and the redirect URI sent. Change its fields where the
/// vendor differs.
pub fn authorization_code(authorization_url: &str, token: TokenEndpoint) -> AuthorizationCodeScheme {
    AuthorizationCodeScheme {
        authorization_url: authorization_url.to_owned(),
        parameters: pairs(&[]),
        send_redirect_uri: true,
        pkce: Pkce::Supported,
        token,
        rotating: false,
        refresh_idle_lifetime_s: None,
        revocation_url: None,
    }
}

/// A signed assertion for a token (RFC 7523). `audience` stands in its `aud`; `algorithm` is `RS256`, `ES256` or `EdDSA`.
pub fn jwt_bearer(token: TokenEndpoint, audience: &str, algorithm: &str) -> AuthKind {
    AuthKind::JwtBearer(JwtBearerScheme { token, audience: audience.to_owned(), algorithm: algorithm.to_owned() })
}

/// A parameter of the redirect after consent, kept and offered as the setting `key`.
pub fn told_in_redirect(key: &str, name: &str) -> Fact {
    Fact { key: key.to_owned(), source: FactSource::Redirect, name: name.to_owned() }
}

/// A member of the token endpoint's answer, kept and offered as the setting `key`.
pub fn told_with_token(key: &str, name: &str) -> Fact {
    Fact { key: key.to_owned(), source: FactSource::TokenAnswer, name: name.to_owned() }
}

/// So many requests in any span of that many milliseconds.
pub fn window(requests: u32, span_ms: u32) -> LimitKind {
    LimitKind::Window(Window { requests, span_ms })
}

/// A bucket that fills by a request's cost and leaks steadily.
pub fn leaky_bucket(size: impl Into<Decimal>, leak_per_second: impl Into<Decimal>) -> LimitKind {
    LimitKind::LeakyBucket(LeakyBucket { size: size.into(), leak_per_second: leak_per_second.into() })
}

/// Headers `level/size` of a leaky bucket.
pub fn bucket_signal(level: &str, drip_rate: Option<&str>, cost: Option<&str>) -> LimitSignal {
    LimitSignal::Bucket(BucketHeaders {
        level: level.to_owned(),
        drip_rate: drip_rate.map(str::to_owned),
        cost: cost.map(str::to_owned),
    })
}

/// Headers that count what is left in a window.
pub fn remaining_signal(limit: Option<&str>, remaining: &str, reset: Option<&str>) -> LimitSignal {
    LimitSignal::Remaining(RemainingHeaders {
        limit: limit.map(str::to_owned),
        remaining: remaining.to_owned(),
        reset: reset.map(str::to_owned),
        interval: None,
    })
}
