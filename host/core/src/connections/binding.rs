//! A connection bound to one generation of its adapter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::check::flavor;
use super::scheme::{Known, scheme};
use super::{Connection, Inner};
use crate::auth::Owner;
use crate::config::ConnectionConfig;
use crate::egress::{
    BucketHeaders, Egress, EgressSettings, GrantError, Grants, LimitKind, LimitSignal, RateLimit, RemainingHeaders,
};
use crate::imports::Scope;
use crate::model::adapter::{self, Description, Flavor};
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
    /// What the vendor had told when it was made.
    pub(super) facts: Arc<BTreeMap<String, String>>,
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
    /// What the vendor told; it may stand in URLs.
    facts: BTreeMap<String, String>,
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
        let facts = connection.0.facts.load_full();
        let known = known(connection, adapter, flavor, &facts);
        let secrets_epoch = connection.secrets_epoch();
        let made_from = MadeFrom {
            secrets: secrets_epoch,
            flavor: flavor.clone(),
            auth: adapter.auth.clone(),
            origins: adapter.origins.clone(),
            limits: adapter.limits.clone(),
            signals: adapter.signals.clone(),
            facts: BTreeMap::clone(&facts),
        };
        let egress = match before.filter(|before| before.made_from == made_from) {
            Some(before) => before.scope.egress.clone(),
            None => Arc::new(egress(connection, adapter, flavor, &known)?),
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
            settings: known.all,
            secrets,
            egress,
            cache: cache.clone(),
            store: shared.store.clone(),
        });
        Ok(Self { generation: generation.number, secrets: secrets_epoch, scope, facts, made_from })
    }
}

/// The settings of this flavour: what is configured, what the vendor told, and the defaults of the rest.
fn known(connection: &Connection, adapter: &Description, flavor: &Flavor, facts: &BTreeMap<String, String>) -> Known {
    let used = |flavors: &[String]| flavors.is_empty() || flavors.contains(&flavor.id);
    let (mut settings, mut configured) = (BTreeMap::new(), BTreeMap::new());
    for setting in adapter.settings.iter().filter(|setting| !setting.secret && used(&setting.flavors)) {
        settings.extend(setting.default.clone().map(|default| (setting.key.clone(), default)));
        let value = connection.0.config.settings.get(&setting.key);
        configured.extend(value.map(|value| (setting.key.clone(), value.to_string())));
    }
    let mut all = settings.clone();
    all.extend(facts.clone());
    all.extend(configured.clone());
    settings.extend(configured);
    Known { settings, all }
}

fn egress(connection: &Connection, adapter: &Description, flavor: &Flavor, known: &Known) -> Result<Egress, String> {
    let Inner { name, config, shared, .. } = &*connection.0;
    let base_url = match &config.base_url {
        Some(url) => url.clone(),
        None => known.url("base URL", &flavor.base_url, config)?,
    };
    let scheme = scheme(connection, adapter, flavor, known)?;

    let mut grants = Grants::default();
    let reason = |error: &dyn std::fmt::Display| format!("its grants: {error}");
    // The base URL: the adapter's own must be https to a name; the operator's was checked with the configuration.
    match config.base_url {
        Some(ref url) => grants.grant_url(url).map(drop),
        None => described(&mut grants, &base_url, config),
    }
    .map_err(|error| reason(&error))?;
    if let Some(endpoint) = scheme.token_endpoint() {
        match &config.token_url {
            Some(url) => grants.grant_url(url).map(drop),
            None => described(&mut grants, &endpoint.url, config),
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
        owner: Owner { connection: name.clone(), vault: shared.vault.clone() },
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

/// Grants the origin of a URL that the adapter describes or the vendor told. What the operator granted by name may be
/// what an adapter cannot ask for, such as plain `http`.
fn described(grants: &mut Grants, url: &Url, config: &ConnectionConfig) -> Result<(), GrantError> {
    if config.grants.iter().any(|grant| grant.origin() == url.origin()) {
        return Ok(());
    }
    grants.describe(&url.origin().ascii_serialization()).map(drop)
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
