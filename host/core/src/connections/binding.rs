//! A connection bound to one generation of its adapter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::check::flavor;
use super::{Connection, Inner};
use crate::auth::{
    ClientAuthentication, ClientCredentials, Scheme, Secret, TokenEndpoint as EgressTokenEndpoint, TokenRequestFormat,
};
use crate::config::{AuthConfig, SecretSource};
use crate::egress::{
    BucketHeaders, Egress, EgressSettings, Grants, LimitKind, LimitSignal, RateLimit, RemainingHeaders,
};
use crate::imports::Scope;
use crate::model::adapter::{self, AuthKind, Description, Flavor};
use crate::registry::Generation;

/// Says who we are to vendors.
const USER_AGENT: &str = concat!("moulin/", env!("CARGO_PKG_VERSION"));

/// What a connection may reach through one generation of its adapter.
#[derive(Debug)]
pub(super) struct Binding {
    /// The generation's number.
    pub(super) generation: u64,
    /// The epoch of the secrets it was made from.
    pub(super) secrets: u64,
    /// For the calls.
    pub(super) scope: Arc<Scope>,
    /// What egress was made from: the same again keeps its tokens and limits.
    made_from: MadeFrom,
}

/// The parts of a description that egress depends on.
#[derive(Clone, Debug, PartialEq)]
struct MadeFrom {
    secrets: u64,
    flavor: Flavor,
    auth: Vec<adapter::AuthScheme>,
    origins: Vec<String>,
    limits: Vec<adapter::RateLimit>,
    signals: Vec<adapter::LimitSignal>,
}

impl Binding {
    /// Binds a connection to a generation. The error says in a sentence what does not fit.
    pub(super) fn new(connection: &Connection, generation: &Generation, before: Option<&Self>) -> Result<Self, String> {
        let Inner { name, config, time_zone, cache, shared, .. } = &*connection.0;
        let adapter = &generation.description;
        // At the start this was checked already; a version swapped in since may ask for more.
        let misfits = super::check(config, adapter);
        if !misfits.is_empty() {
            let misfits: Vec<_> = misfits.iter().map(|(key, message)| format!("{key}: {message}")).collect();
            return Err(format!("its configuration does not fit {generation:?}: {}", misfits.join("; ")));
        }
        let flavor = flavor(config, adapter).ok_or("its flavour is not one of the adapter's")?;
        let settings = settings(connection, adapter, flavor);
        let secrets_epoch = connection.secrets_epoch();
        let made_from = MadeFrom {
            secrets: secrets_epoch,
            flavor: flavor.clone(),
            auth: adapter.auth.clone(),
            origins: adapter.origins.clone(),
            limits: adapter.limits.clone(),
            signals: adapter.signals.clone(),
        };
        let egress = match before.filter(|before| before.made_from == made_from) {
            Some(before) => before.scope.egress.clone(),
            None => Arc::new(egress(connection, adapter, flavor, &settings)?),
        };
        let mut secrets = BTreeMap::new();
        for (key, source) in &config.secrets {
            let secret = source.resolve(&shared.secrets).map_err(|error| format!("secrets.{key}: {error}"))?;
            shared.scrubber.add(secret.expose());
            secrets.insert(key.clone(), secret);
        }
        let scope = Arc::new(Scope {
            connection: name.clone(),
            flavor: flavor.id.clone(),
            currency: config.currency.clone(),
            time_zone: time_zone.clone(),
            settings,
            secrets,
            egress,
            cache: cache.clone(),
            store: shared.store.clone(),
        });
        Ok(Self { generation: generation.number, secrets: secrets_epoch, scope, made_from })
    }
}

/// The settings of this flavour: what is configured, and the defaults of the rest.
fn settings(connection: &Connection, adapter: &Description, flavor: &Flavor) -> BTreeMap<String, String> {
    let used = |flavors: &[String]| flavors.is_empty() || flavors.contains(&flavor.id);
    let configured = &connection.0.config.settings;
    let known = adapter.settings.iter().filter(|setting| !setting.secret && used(&setting.flavors));
    known
        .filter_map(|setting| {
            let value = configured.get(&setting.key).map(ToString::to_string).or_else(|| setting.default.clone())?;
            Some((setting.key.clone(), value))
        })
        .collect()
}

fn egress(
    connection: &Connection,
    adapter: &Description,
    flavor: &Flavor,
    settings: &BTreeMap<String, String>,
) -> Result<Egress, String> {
    let Inner { name, config, shared, .. } = &*connection.0;
    let base_url = match &config.base_url {
        Some(url) => url.clone(),
        None => parse_url("base URL", &flavor.base_url, settings)?,
    };
    let scheme = scheme(connection, adapter, flavor, settings)?;

    let mut grants = Grants::default();
    let reason = |error: &dyn std::fmt::Display| format!("its grants: {error}");
    // The base URL: the adapter's own must be https to a name; the operator's was checked with the configuration.
    match config.base_url {
        Some(ref url) => grants.grant_url(url).map(drop),
        None => grants.describe(&base_url.origin().ascii_serialization()).map(drop),
    }
    .map_err(|error| reason(&error))?;
    if let Scheme::ClientCredentials(credentials) = &scheme {
        match &config.token_url {
            Some(url) => grants.grant_url(url).map(drop),
            None => grants.describe(&credentials.endpoint.url.origin().ascii_serialization()).map(drop),
        }
        .map_err(|error| reason(&error))?;
    }
    for url in &config.grants {
        grants.grant_url(url).map_err(|error| reason(&error))?;
    }
    if config.private_addresses {
        grants.allow_private_addresses();
    }

    let used = |flavors: &[String]| flavors.is_empty() || flavors.contains(&flavor.id);
    let settings = EgressSettings {
        connection: name.clone(),
        base_url,
        grants,
        credentials: scheme,
        attempt_timeout: config.timeout,
        max_concurrency: usize::from(config.max_concurrency),
        limits: adapter
            .limits
            .iter()
            .filter(|limit| config.rate_limits && used(&limit.flavors))
            .map(rate_limit)
            .collect(),
        signals: adapter.signals.iter().filter(|_| config.rate_limits).map(limit_signal).collect(),
        // Without the adapter's version: a swap that changes nothing else keeps this egress.
        user_agent: format!("{USER_AGENT} {}", adapter.id),
        scrubber: shared.scrubber.clone(),
    };
    match &shared.transport {
        Some(transport) => Egress::with_transport(settings, transport.clone()),
        None => Egress::new(settings),
    }
    .map_err(|error| error.to_string())
}

/// The configured scheme, with what the adapter describes of it.
fn scheme(
    connection: &Connection,
    adapter: &Description,
    flavor: &Flavor,
    settings: &BTreeMap<String, String>,
) -> Result<Scheme, String> {
    let config = &connection.0.config;
    let method = config.auth.method();
    let used = |flavors: &[String]| flavors.is_empty() || flavors.contains(&flavor.id);
    let described = || {
        let offered = adapter.auth.iter().filter(|scheme| used(&scheme.flavors)).map(|scheme| &scheme.kind);
        offered.into_iter().find(|kind| super::check::method(kind) == method)
    };
    let secret = |key: &str, source: &SecretSource| -> Result<Secret, String> {
        let secret = source.resolve(&connection.0.shared.secrets).map_err(|error| format!("auth.{key}: {error}"))?;
        connection.0.shared.scrubber.add(secret.expose());
        Ok(secret)
    };
    let not_offered = || format!("auth.method: the adapter {} does not offer {method}", adapter.id);
    match (&config.auth, described()) {
        (AuthConfig::None, _) => Ok(Scheme::None),
        (AuthConfig::ApiKey { key, header }, Some(AuthKind::ApiKey(scheme))) => Ok(Scheme::ApiKey {
            header: header.clone().unwrap_or_else(|| scheme.header.clone()),
            prefix: scheme.prefix.clone(),
            key: secret("key", key)?,
        }),
        (AuthConfig::BearerToken { token }, Some(AuthKind::BearerToken(scheme))) => {
            Ok(Scheme::Bearer { prefix: scheme.prefix.clone(), token: secret("token", token)? })
        }
        (AuthConfig::Basic { username, password }, Some(AuthKind::Basic)) => {
            Ok(Scheme::Basic { user: username.clone(), password: secret("password", password)? })
        }
        (
            AuthConfig::Oauth2ClientCredentials { client_id, client_secret, scopes },
            Some(AuthKind::Oauth2ClientCredentials(endpoint)),
        ) => {
            let mut endpoint = token_endpoint(endpoint, config.token_url.as_ref(), settings)?;
            if let Some(scopes) = scopes {
                endpoint.scopes.clone_from(scopes);
            }
            let client_secret = secret("client_secret", client_secret)?;
            Ok(Scheme::ClientCredentials(ClientCredentials { endpoint, client_id: client_id.clone(), client_secret }))
        }
        _ => Err(not_offered()),
    }
}

fn token_endpoint(
    endpoint: &adapter::TokenEndpoint,
    configured: Option<&Url>,
    settings: &BTreeMap<String, String>,
) -> Result<EgressTokenEndpoint, String> {
    Ok(EgressTokenEndpoint {
        url: match configured {
            Some(url) => url.clone(),
            None => parse_url("token URL", &endpoint.url, settings)?,
        },
        format: match endpoint.format {
            adapter::TokenRequestFormat::Form => TokenRequestFormat::Form,
            adapter::TokenRequestFormat::Json => TokenRequestFormat::Json,
            adapter::TokenRequestFormat::Query => TokenRequestFormat::Query,
        },
        client_authentication: match endpoint.client_authentication {
            adapter::ClientAuthentication::Body => ClientAuthentication::Body,
            adapter::ClientAuthentication::Basic => ClientAuthentication::Basic,
        },
        parameters: endpoint.parameters.clone(),
        scopes: endpoint.scopes.clone(),
        scope_separator: endpoint.scope_separator.clone(),
        prefix: endpoint.prefix.clone(),
        default_lifetime: endpoint.default_lifetime_s.map(|seconds| Duration::from_secs(seconds.into())),
    })
}

/// A URL of the description, with settings in the place of `{key}`.
fn parse_url(what: &str, template: &str, settings: &BTreeMap<String, String>) -> Result<Url, String> {
    let filled = fill(template, settings);
    Url::parse(&filled).map_err(|error| format!("the adapter's {what} \"{filled}\" is not a URL: {error}"))
}

fn fill(template: &str, settings: &BTreeMap<String, String>) -> String {
    settings.iter().fold(template.to_owned(), |text, (key, value)| text.replace(&format!("{{{key}}}"), value))
}

fn rate_limit(limit: &adapter::RateLimit) -> RateLimit {
    RateLimit {
        name: limit.name.clone(),
        kind: match &limit.kind {
            adapter::LimitKind::Window(window) => {
                LimitKind::Window { requests: window.requests, span: Duration::from_millis(window.span_ms.into()) }
            }
            adapter::LimitKind::LeakyBucket(bucket) => LimitKind::LeakyBucket {
                size: approximate(bucket.size),
                leak_per_second: approximate(bucket.leak_per_second),
            },
            adapter::LimitKind::Concurrency(limit) => LimitKind::Concurrency(*limit),
        },
        all_requests: limit.all_requests,
    }
}

/// A bucket's level is no money: vendors count it in hundredths.
fn approximate(decimal: crate::model::Decimal) -> f64 {
    decimal.to_string().parse().unwrap_or(0.0)
}

fn limit_signal(signal: &adapter::LimitSignal) -> LimitSignal {
    match signal.clone() {
        adapter::LimitSignal::Bucket(adapter::BucketHeaders { level, drip_rate, cost }) => {
            LimitSignal::Bucket(BucketHeaders { level, drip_rate, cost })
        }
        adapter::LimitSignal::Remaining(adapter::RemainingHeaders { limit, remaining, reset, interval }) => {
            LimitSignal::Remaining(RemainingHeaders { limit, remaining, reset, interval })
        }
    }
}
