//! The authorization-code flow (RFC 6749 section 4.1) with PKCE (RFC 7636): from a link that a person opens to a grant
//! in the vault.

use std::collections::BTreeMap;
use std::time::Duration;

use oauth2::{CsrfToken, PkceCodeChallenge};
use serde::{Deserialize, Serialize};
use url::Url;

use super::client::{Client, Fresh, Request, TokenClient};
use super::connect::ConnectError;
use super::pending::Pending;
use super::template::Template;
use super::{AuthError, Secret};

/// How an account's owner consents, and what the vendor wants to see then.
#[derive(Clone, Debug)]
pub struct Consent {
    /// Who asks.
    pub client: Client,
    /// Where the owner is sent.
    pub authorization_url: Url,
    /// Further parameters of that URL, such as `access_type`.
    pub parameters: Vec<(String, String)>,
    /// Whether the redirect URI is sent; some vendors know only the registered one and refuse the parameter.
    pub send_redirect_uri: bool,
    /// Whether PKCE is used.
    pub pkce: bool,
    /// The vendor's identifier in `iss` (RFC 9207); its authorization URL's origin where nothing is known.
    pub issuer: Option<String>,
    /// The token endpoint, where the redirect says which one it is.
    pub token_url: Option<Template>,
    /// A refresh token that is not used for this long dies.
    pub idle_lifetime: Option<Duration>,
}

/// What the vendor sent the owner back with.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Callback(BTreeMap<String, String>);

impl Callback {
    /// The parameters of a redirect. Of a parameter that comes twice the first counts.
    pub fn new(parameters: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut first = BTreeMap::new();
        for (name, value) in parameters {
            first.entry(name).or_insert(value);
        }
        Self(first)
    }

    /// The parameters of a whole redirect, as a person copies it from the browser's address line.
    ///
    /// # Errors
    /// It is no URL.
    pub fn from_url(url: &str) -> Result<Self, url::ParseError> {
        let url = Url::parse(url.trim())?;
        Ok(Self::new(url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned()))))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// An authorisation begun: what the person opens, and what is kept until the vendor sends them back.
pub(super) struct Begun {
    pub(super) url: Url,
    pub(super) state: Secret,
    pub(super) pending: Pending,
}

impl Consent {
    /// For whom a grant is good: see [`super::grant::Grant::made_for`].
    pub(super) fn made_for(&self) -> String {
        format!("{} at {}", self.client.client_id, self.authorization_url)
    }

    /// A link to consent by, with a fresh state and verifier.
    pub(super) fn begin(&self, connection: &str, redirect_uri: &Url, browser: Option<&str>) -> Begun {
        let state = CsrfToken::new_random_len(32);
        let mut url = self.authorization_url.clone();
        // By hand, because the library joins scopes with a space and sets `redirect_uri` for the token request too.
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code").append_pair("client_id", &self.client.client_id);
        if self.send_redirect_uri {
            query.append_pair("redirect_uri", redirect_uri.as_str());
        }
        if let Some(scope) = self.client.endpoint.scope() {
            query.append_pair("scope", &scope);
        }
        query.append_pair("state", state.secret());
        let verifier = self.pkce.then(|| {
            // 32 random bytes: 43 characters (RFC 7636 section 4.1), challenge by SHA-256.
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            query.append_pair("code_challenge", challenge.as_str());
            query.append_pair("code_challenge_method", challenge.method().as_str());
            Secret::from(verifier.into_secret())
        });
        for (name, value) in &self.parameters {
            query.append_pair(name, value);
        }
        drop(query);
        let uri = self.send_redirect_uri.then(|| redirect_uri.to_string());
        let pending = Pending::new(connection.to_owned(), self.made_for(), verifier, uri, browser);
        Begun { url, state: Secret::from(state.into_secret()), pending }
    }

    /// Exchanges the code of a redirect whose state was found good.
    pub(super) async fn exchange(
        &self,
        client: &TokenClient,
        pending: &Pending,
        callback: &Callback,
    ) -> Result<Fresh, ConnectError> {
        let connection = pending.connection.clone();
        self.check_issuer(&connection, callback)?;
        if let Some(code) = callback.get("error") {
            let clean = |text: &str| client.scrubber().clean_and_cut(text, 300);
            return Err(match code {
                "access_denied" => ConnectError::Declined { connection },
                code => ConnectError::Refused {
                    connection,
                    code: clean(code),
                    description: callback.get("error_description").map(clean),
                },
            });
        }
        let Some(code) = callback.get("code") else { return Err(ConnectError::NoCode { connection }) };
        client.scrubber().add_passing(code);
        let endpoint = &self.client.endpoint;
        let facts = endpoint.facts.iter().filter(|fact| fact.in_redirect);
        let mut facts: BTreeMap<_, _> =
            facts.filter_map(|fact| Some((fact.key.clone(), callback.get(&fact.name)?.to_owned()))).collect();
        let failed = |error| ConnectError::Exchange { connection: connection.clone(), error };
        let client = match &self.token_url {
            // Whether the origin is granted is checked where every request is.
            Some(template) => {
                client.at(template.url(&facts).map_err(|error| failed(super::unusable("the token URL", error)))?)
            }
            None => client.clone(),
        };
        let (verifier, redirect_uri) = (pending.verifier.as_ref(), pending.redirect_uri.as_deref());
        let fresh = client.request(Request::Code { code, verifier, redirect_uri }).await;
        let mut fresh = fresh.map_err(|error| failed(explain(error)))?;
        facts.append(&mut fresh.facts);
        fresh.facts = facts;
        Ok(fresh)
    }

    /// RFC 9207: a redirect that names its sender must name the one we sent the person to.
    fn check_issuer(&self, connection: &str, callback: &Callback) -> Result<(), ConnectError> {
        let Some(issuer) = callback.get("iss") else { return Ok(()) };
        let good = match &self.issuer {
            Some(expected) => expected == issuer,
            None => Url::parse(issuer).is_ok_and(|url| url.origin() == self.authorization_url.origin()),
        };
        if good {
            return Ok(());
        }
        Err(ConnectError::WrongIssuer {
            connection: connection.to_owned(),
            issuer: issuer.chars().take(200).collect(),
            expected: self.issuer.clone().unwrap_or_else(|| self.authorization_url.origin().ascii_serialization()),
        })
    }
}

/// A refused code has another remedy than a refused refresh token.
fn explain(error: AuthError) -> AuthError {
    match error {
        AuthError::Refused { code, description, remedy: None }
            if matches!(&*code, "invalid_grant" | "invalid_code") =>
        {
            let remedy = "the vendor's code was expired or used already (they live about a minute): begin again and \
                          consent without waiting";
            AuthError::Refused { code, description, remedy: Some(remedy.to_owned()) }
        }
        error => error,
    }
}
