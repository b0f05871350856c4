//! The token endpoint: from checked parameters to tokens, and from tokens to the vendor's answer.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::assertion::{self, AssertionKey};
use super::authorize::{own_parameters, scopes};
use super::error::Refusal;
use super::ledger::{Issued, Ledger};
use super::pkce;
use super::profile::{Endpoint, Expiry, GrantType, Presence, Profile, ScopeAnswer};
use super::request::Parameters;

/// What a grant is looked up in and written to.
pub(super) struct Books<'s> {
    pub(super) profile: &'s Profile,
    pub(super) ledger: &'s mut Ledger,
    pub(super) keys: &'s [AssertionKey],
    pub(super) seen: &'s mut BTreeSet<String>,
    /// The server's own address.
    pub(super) url: &'s str,
    pub(super) now: Timestamp,
}

/// The grant a request names.
///
/// # Errors
/// `invalid_request` without one, `unsupported_grant_type` for one that does not exist, `unauthorized_client` for one this
/// client may not use.
pub(super) fn grant_type(profile: &Profile, parameters: &Parameters) -> Result<GrantType, Refusal> {
    let named = parameters.get("grant_type").ok_or_else(|| Refusal::request("grant_type is missing"))?;
    let all =
        [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::ClientCredentials, GrantType::JwtBearer];
    let known = all.into_iter().find(|grant| grant.name() == named);
    match known {
        Some(grant) if profile.allows(grant) => Ok(grant),
        Some(_) => Err(Refusal::new("unauthorized_client", "This client may not use this grant")),
        None => Err(Refusal::new("unsupported_grant_type", format!("'{named}' is not supported"))),
    }
}

/// Carries out a request of an authenticated client.
///
/// # Errors
/// The code of RFC 6749, 5.2.
pub(super) fn grant(books: &mut Books<'_>, grant: GrantType, parameters: &Parameters) -> Result<Issued, Refusal> {
    known_only(books.profile, grant, parameters)?;
    own_parameters(books.profile, Endpoint::Token, parameters)?;
    match grant {
        GrantType::AuthorizationCode => redeem(books, parameters),
        GrantType::RefreshToken => {
            let token = needed(parameters, "refresh_token")?;
            let narrowed = match parameters.get("scope") {
                Some(text) => Some(scopes(&books.profile.scopes, Some(text))?),
                None => None,
            };
            books.ledger.renew(token, narrowed, books.profile, books.now)
        }
        GrantType::ClientCredentials => {
            let scopes = scopes(&books.profile.scopes, parameters.get("scope").map(String::as_str))?;
            Ok(books.ledger.grant_directly(scopes, None, books.profile, books.now))
        }
        GrantType::JwtBearer => {
            let first = books.profile.token_paths.first().map_or("", String::as_str);
            let audience = books.profile.assertion_audience.clone();
            let audience = audience.unwrap_or_else(|| format!("{}{first}", books.url));
            let scopes = scopes(&books.profile.scopes, parameters.get("scope").map(String::as_str))?;
            let assertion = needed(parameters, "assertion")?;
            let subject = assertion::subject(assertion, books.keys, &audience, books.now, books.seen)?;
            Ok(books.ledger.grant_directly(scopes, Some(subject), books.profile, books.now))
        }
    }
}

/// Refuses what does not belong to a grant: a parameter that is not understood was meant for something.
fn known_only(profile: &Profile, grant: GrantType, parameters: &Parameters) -> Result<(), Refusal> {
    let of_grant: &[&str] = match grant {
        GrantType::AuthorizationCode => &["code", "code_verifier", "redirect_uri"],
        GrantType::RefreshToken => &["refresh_token", "scope"],
        GrantType::ClientCredentials => &["scope"],
        GrantType::JwtBearer => &["assertion", "scope"],
    };
    let own: Vec<_> = profile.parameters_at(Endpoint::Token).map(|known| known.name.as_str()).collect();
    let all = ["client_id", "client_secret", "grant_type"];
    let known = |name: &str| all.contains(&name) || of_grant.contains(&name) || own.contains(&name);
    match parameters.keys().find(|name| !known(name)) {
        Some(name) => Err(Refusal::request(format!("Unknown parameter '{name}'"))),
        None => Ok(()),
    }
}

fn redeem(books: &mut Books<'_>, parameters: &Parameters) -> Result<Issued, Refusal> {
    let (profile, now) = (books.profile, books.now);
    let text = needed(parameters, "code")?;
    let sent = parameters.get("redirect_uri");
    match (profile.redirect_uri, sent) {
        (Presence::Forbidden, Some(_)) => return Err(Refusal::request("redirect_uri is not a parameter")),
        (Presence::Required, None) => return Err(Refusal::request("redirect_uri is missing")),
        _ => {}
    }
    let code = books.ledger.spend_code(text, profile, now)?;
    // Byte for byte what the authorize endpoint got, port included.
    if code.redirect_uri.as_ref() != sent {
        return Err(Refusal::grant("redirect_uri is not that of the authorization request"));
    }
    pkce::verify(profile.pkce, code.challenge.as_deref(), parameters.get("code_verifier").map(String::as_str))?;
    Ok(books.ledger.grant_code(text, code, profile, now))
}

fn needed<'p>(parameters: &'p Parameters, name: &str) -> Result<&'p str, Refusal> {
    parameters.get(name).map(String::as_str).ok_or_else(|| Refusal::request(format!("{name} is missing")))
}

/// The answer as the vendor shapes it.
pub(super) fn answer(profile: &Profile, issued: &Issued, url: &str) -> Map<String, Value> {
    let shape = &profile.shape;
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("access_token", issued.access_token.clone().into());
    put("token_type", shape.token_type.clone().into());
    let seconds = issued.life.as_secs();
    match shape.expiry {
        Expiry::Number => put("expires_in", seconds.into()),
        Expiry::Text => put("expires_in", seconds.to_string().into()),
        Expiry::Zero => put("expires_in", 0.into()),
        // Whole seconds, as the vendor writes them.
        Expiry::At => {
            let dies = Timestamp::from_second(issued.dies.as_second()).unwrap_or(issued.dies);
            put("expires_at", dies.to_string().into())
        }
        Expiry::Absent => None,
    };
    if let Some(token) = &issued.refresh_token {
        put("refresh_token", token.clone().into());
    }
    let names = || issued.scopes.iter().cloned().collect::<Vec<_>>();
    match &shape.scope {
        ScopeAnswer::Absent => None,
        ScopeAnswer::Text => put("scope", names().join(&profile.scopes.separator.to_string()).into()),
        ScopeAnswer::List => put("scopes", names().into()),
        ScopeAnswer::Fixed(text) => put("scope", text.clone().into()),
    };
    for (name, value) in &shape.extra {
        let value = match value {
            Value::String(text) => text.replace("{url}", url).into(),
            other => other.clone(),
        };
        put(name, value);
    }
    body
}
