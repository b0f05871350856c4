//! The authorization server: authorization code with PKCE (RFC 7636) and rotating refresh tokens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::LightspeedOptions;
use super::error::OAuthError;
use crate::common::query::Query;
use crate::world::Dice;

/// An authorization code lives so long.
const CODE_LIFE: Duration = Duration::from_secs(60);
/// An access token from a code, and from a refresh token, lives so many seconds.
const LIFE_FROM_CODE: u64 = 3_600;
const LIFE_FROM_REFRESH: u64 = 1_800;

/// The scopes the vendor knows.
const SCOPES: [&str; 12] = [
    "employee:all",
    "employee:register",
    "employee:register_read",
    "employee:inventory",
    "employee:inventory_read",
    "employee:inventory_base",
    "employee:product_edit",
    "employee:product_cost",
    "employee:reports",
    "employee:customers",
    "employee:customers_read",
    "employee:admin",
];

type Scopes = BTreeSet<String>;

#[derive(Debug)]
struct Code {
    scopes: Scopes,
    challenge: Option<String>,
    issued: Instant,
}

#[derive(Debug)]
struct Access {
    scopes: Scopes,
    dies: Option<Instant>,
    /// The refresh token this one came from: it dies when this one is first used.
    replaces: Option<String>,
}

/// Codes and tokens that are alive.
#[derive(Debug)]
pub(super) struct Tokens {
    dice: Dice,
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Scopes>,
}

/// A pair as the token endpoint answers it.
#[derive(Debug, serde::Serialize)]
pub(super) struct Pair {
    token_type: &'static str,
    expires_in: u64,
    access_token: String,
    refresh_token: String,
}

impl Tokens {
    /// Only the token given at start, which does not expire and may do everything.
    pub(super) fn new(seed: u64, options: &LightspeedOptions) -> Self {
        let everything = Access { scopes: Scopes::from(["employee:all".to_owned()]), dies: None, replaces: None };
        let access = BTreeMap::from([(options.bearer_token.clone(), everything)]);
        Self { dice: Dice::new(seed, 5), codes: BTreeMap::new(), access, refresh: BTreeMap::new() }
    }

    /// The scopes of a live access token. Its first use ends the refresh token it came from.
    pub(super) fn scopes(&mut self, token: &str) -> Option<Scopes> {
        let access = self.access.get_mut(token)?;
        if access.dies.is_some_and(|dies| dies <= Instant::now()) {
            return None;
        }
        if let Some(old) = access.replaces.take() {
            self.refresh.remove(&old);
        }
        Some(access.scopes.clone())
    }

    /// `GET authorize`: grants at once, as if the owner had agreed, and gives the URL to go back to.
    pub(super) fn authorize(&mut self, query: &Query, options: &LightspeedOptions) -> Result<String, OAuthError> {
        let known =
            ["response_type", "client_id", "scope", "state", "code_challenge", "code_challenge_method", "redirect_uri"];
        if let Some(name) = query.unknown(&known) {
            return Err(OAuthError::new("invalid_request", format!("Unknown parameter '{name}'")));
        }
        if query.get("client_id") != Some(options.client_id.as_str()) {
            return Err(OAuthError::new("invalid_client", "Unknown client_id"));
        }
        if query.get("response_type") != Some("code") {
            return Err(OAuthError::new("invalid_request", "response_type must be 'code'"));
        }
        // The vendor takes the URI registered on the client; a parameter must at least not contradict it.
        if query.get("redirect_uri").is_some_and(|uri| uri != options.redirect_uri) {
            return Err(OAuthError::new("invalid_request", "redirect_uri is not the registered one"));
        }
        let scopes: Scopes = query.get("scope").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        if scopes.is_empty() || scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
            return Err(OAuthError::new("invalid_scope", "Check the `scope` parameter"));
        }
        let challenge = match (query.get("code_challenge"), query.get("code_challenge_method")) {
            (Some(challenge), Some("S256")) if challenge.len() == 43 => Some(challenge.to_owned()),
            (None, None) if !options.require_pkce => None,
            (None, None) => return Err(OAuthError::new("invalid_request", "code_challenge is required")),
            _ => return Err(OAuthError::new("invalid_request", "code_challenge must be 43 characters of method S256")),
        };
        let code = self.dice.token(20);
        self.codes.insert(code.clone(), Code { scopes, challenge, issued: Instant::now() });
        let state = query.get("state").map(|state| format!("&state={}", encode(state))).unwrap_or_default();
        let joint = if options.redirect_uri.contains('?') { '&' } else { '?' };
        Ok(format!("{}{joint}code={code}{state}", options.redirect_uri))
    }

    /// `POST token` with its parameters, however they were written.
    pub(super) fn grant(
        &mut self,
        form: &BTreeMap<String, String>,
        options: &LightspeedOptions,
    ) -> Result<Pair, OAuthError> {
        let get = |name: &str| form.get(name).map(String::as_str);
        let known =
            ["client_id", "client_secret", "grant_type", "code", "code_verifier", "refresh_token", "redirect_uri"];
        if let Some(name) = form.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(OAuthError::new("invalid_request", format!("Unknown parameter '{name}'")));
        }
        if get("client_id") != Some(options.client_id.as_str())
            || get("client_secret") != Some(options.client_secret.as_str())
        {
            return Err(OAuthError::new("invalid_client", "Check client_id and client_secret"));
        }
        match get("grant_type") {
            Some("authorization_code") => self.redeem(get("code"), get("code_verifier"), options),
            Some("refresh_token") => self.renew(get("refresh_token"), options),
            Some(_) => {
                Err(OAuthError::new("unsupported_grant_type", "Check that all required parameters have been provided"))
            }
            None => Err(OAuthError::new("invalid_request", "grant_type is missing")),
        }
    }

    fn redeem(
        &mut self,
        code: Option<&str>,
        verifier: Option<&str>,
        options: &LightspeedOptions,
    ) -> Result<Pair, OAuthError> {
        let code = code.ok_or_else(|| OAuthError::new("invalid_request", "code is missing"))?;
        // Taken out whatever follows: a code is good for one try.
        let code = self
            .codes
            .remove(code)
            .ok_or_else(|| OAuthError::new("invalid_grant", "Authorization code is unknown or was used"))?;
        if code.issued.elapsed() > CODE_LIFE {
            return Err(OAuthError::new("invalid_grant", "Authorization code has expired"));
        }
        match (&code.challenge, verifier) {
            (None, None) => {}
            (Some(challenge), Some(verifier)) if is_verifier(verifier) && *challenge == s256(verifier) => {}
            (Some(_), None) => return Err(OAuthError::new("invalid_request", "code_verifier is missing")),
            _ => return Err(OAuthError::new("invalid_grant", "Failed to verify `code_verifier`")),
        }
        Ok(self.issue(code.scopes, None, options.token_life.unwrap_or(LIFE_FROM_CODE)))
    }

    fn renew(&mut self, token: Option<&str>, options: &LightspeedOptions) -> Result<Pair, OAuthError> {
        let token = token.ok_or_else(|| OAuthError::new("invalid_request", "refresh_token is missing"))?;
        let scopes = self
            .refresh
            .get(token)
            .cloned()
            .ok_or_else(|| OAuthError::new("invalid_grant", "Token has been revoked"))?;
        Ok(self.issue(scopes, Some(token.to_owned()), options.token_life.unwrap_or(LIFE_FROM_REFRESH)))
    }

    fn issue(&mut self, scopes: Scopes, replaces: Option<String>, life: u64) -> Pair {
        let (access_token, refresh_token) = (self.dice.token(32), self.dice.token(32));
        let dies = Some(Instant::now() + Duration::from_secs(life));
        self.access.insert(access_token.clone(), Access { scopes: scopes.clone(), dies, replaces });
        self.refresh.insert(refresh_token.clone(), scopes);
        Pair { token_type: "Bearer", expires_in: life, access_token, refresh_token }
    }
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// RFC 7636, 4.1: 43 to 128 unreserved characters.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// RFC 7636, 4.2.
fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        assert_eq!(s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
