//! The configured method of authentication, with what the adapter describes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use super::{Connection, check};
use crate::auth::{
    Assertion, Client, ClientAuthentication, Consent, Fact, Scheme, Secret, Template, TokenEndpoint, TokenRequestFormat,
};
use crate::config::{AuthConfig, ConnectionConfig, SecretSource};
use crate::model::adapter::{self, AuthKind, Description, Flavor};

/// What a connection knows of itself: its settings, and among them what the vendor told.
pub(super) struct Known {
    /// Configured settings and the defaults of the rest.
    pub(super) settings: BTreeMap<String, String>,
    /// As `settings`, a vendor's facts going before defaults.
    pub(super) all: BTreeMap<String, String>,
}

impl Known {
    /// A URL of the description. Facts may fill its path; another origin than without them only if the operator granted
    /// it, because credentials go there.
    pub(super) fn url(&self, what: &str, text: &str, config: &ConnectionConfig) -> Result<Url, String> {
        let wrong = |error: String| format!("the adapter's {what}: {error}");
        let url = Template::new(text, self.all.clone()).url(&BTreeMap::new()).map_err(wrong)?;
        let plain = Template::new(text, self.settings.clone()).url(&BTreeMap::new());
        let origin = url.origin();
        if plain.is_ok_and(|plain| plain.origin() == origin)
            || config.grants.iter().any(|grant| grant.origin() == origin)
        {
            return Ok(url);
        }
        let origin = origin.ascii_serialization();
        Err(format!("the vendor says that its {what} is at {origin}; if that is right, add it to grants"))
    }
}

/// The configured scheme. The error says in a sentence what does not fit.
pub(super) fn scheme(
    connection: &Connection,
    adapter: &Description,
    flavor: &Flavor,
    known: &Known,
) -> Result<Scheme, String> {
    let config = &connection.0.config;
    let method = config.auth.method();
    let used = |flavors: &[String]| flavors.is_empty() || flavors.contains(&flavor.id);
    let offered = adapter.auth.iter().filter(|scheme| used(&scheme.flavors)).map(|scheme| &scheme.kind);
    let described = offered.into_iter().find(|kind| check::method(kind) == method);
    let secret = |key: &str, source: &SecretSource| -> Result<Secret, String> {
        let secret = source.resolve(&connection.0.shared.secrets).map_err(|error| format!("auth.{key}: {error}"))?;
        connection.0.shared.scrubber.add(secret.expose());
        Ok(secret)
    };
    match (&config.auth, described) {
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
            Some(AuthKind::Oauth2ClientCredentials(described)),
        ) => Ok(Scheme::ClientCredentials(Client {
            endpoint: endpoint(described, scopes.as_deref(), known, config)?,
            client_id: client_id.clone(),
            client_secret: Some(secret("client_secret", client_secret)?),
        })),
        (
            AuthConfig::Oauth2AuthorizationCode { client_id, client_secret, scopes, pkce, issuer, .. },
            Some(AuthKind::Oauth2AuthorizationCode(described)),
        ) => {
            let endpoint = endpoint(&described.token, scopes.as_deref(), known, config)?;
            let client_secret = client_secret.as_ref().map(|source| secret("client_secret", source)).transpose()?;
            let in_redirect = endpoint.facts.iter().any(|fact| fact.in_redirect);
            let consent = Consent {
                authorization_url: match &config.authorization_url {
                    Some(url) => url.clone(),
                    // Without facts: a person begins where the operator says, whatever the vendor told the last one, and
                    // what was granted there stays good.
                    None => Template::new(&described.authorization_url, known.settings.clone())
                        .url(&BTreeMap::new())
                        .map_err(|error| format!("the adapter's authorization URL: {error}"))?,
                },
                parameters: described.parameters.clone(),
                send_redirect_uri: described.send_redirect_uri,
                pkce: pkce_used(described.pkce, *pkce)?,
                issuer: issuer.clone(),
                token_url: (in_redirect && config.token_url.is_none())
                    .then(|| Template::new(&described.token.url, known.all.clone())),
                idle_lifetime: described.refresh_idle_lifetime_s.map(|seconds| Duration::from_secs(seconds.into())),
                client: Client { endpoint, client_id: client_id.clone(), client_secret },
            };
            Ok(Scheme::AuthorizationCode(Box::new(consent)))
        }
        (
            AuthConfig::JwtBearer { client_id, private_key, subject, key_id, audience, scopes },
            Some(AuthKind::JwtBearer(described)),
        ) => Ok(Scheme::JwtBearer {
            client: Client {
                endpoint: endpoint(&described.token, scopes.as_deref(), known, config)?,
                client_id: client_id.clone(),
                client_secret: None,
            },
            assertion: Assertion {
                issuer: client_id.clone(),
                subject: subject.clone().unwrap_or_else(|| client_id.clone()),
                audience: audience.clone().unwrap_or_else(|| described.audience.clone()),
                key_id: key_id.clone(),
                algorithm: described.algorithm.clone(),
                key: secret("private_key", private_key)?,
            },
        }),
        _ => Err(format!("auth.method: the adapter {} does not offer {method}", adapter.id)),
    }
}

/// PKCE is used wherever the vendor does not refuse it, unless the operator turns it off.
fn pkce_used(vendor: adapter::Pkce, configured: Option<bool>) -> Result<bool, String> {
    match (vendor, configured) {
        (adapter::Pkce::Required, Some(false)) => {
            Err("auth.pkce: the vendor requires PKCE; remove pkce = false".to_owned())
        }
        (adapter::Pkce::Required, _) => Ok(true),
        (adapter::Pkce::Supported, configured) => Ok(configured.unwrap_or(true)),
        (adapter::Pkce::Refused, configured) => Ok(configured.unwrap_or(false)),
    }
}

fn endpoint(
    described: &adapter::TokenEndpoint,
    scopes: Option<&[String]>,
    known: &Known,
    config: &ConnectionConfig,
) -> Result<TokenEndpoint, String> {
    Ok(TokenEndpoint {
        url: match &config.token_url {
            Some(url) => url.clone(),
            None => known.url("token URL", &described.url, config)?,
        },
        format: match described.format {
            adapter::TokenRequestFormat::Form => TokenRequestFormat::Form,
            adapter::TokenRequestFormat::Json => TokenRequestFormat::Json,
            adapter::TokenRequestFormat::Query => TokenRequestFormat::Query,
        },
        client_authentication: match described.client_authentication {
            adapter::ClientAuthentication::Body => ClientAuthentication::Body,
            adapter::ClientAuthentication::Basic => ClientAuthentication::Basic,
        },
        parameters: described.parameters.clone(),
        scopes: scopes.map_or_else(|| described.scopes.clone(), <[String]>::to_vec),
        scope_separator: described.scope_separator.clone(),
        prefix: described.prefix.clone(),
        default_lifetime: described.default_lifetime_s.map(|seconds| Duration::from_secs(seconds.into())),
        facts: described
            .facts
            .iter()
            .map(|fact| Fact {
                key: fact.key.clone(),
                name: fact.name.clone(),
                in_redirect: matches!(fact.source, adapter::FactSource::Redirect),
            })
            .collect(),
    })
}
