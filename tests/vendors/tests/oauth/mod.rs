//! A client of the simulated authorization servers, made of requests by hand so that each can be wrong in one place.

#![allow(dead_code, reason = "each test file uses a part of this one")]

use moulin_vendors::oauth::{Decision, OAuth, OAuthOptions, Profile, Redirect, consent};
use serde_json::Value;

use crate::http::{Answer, encode, send};

/// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const CALLBACK: &str = "http://127.0.0.1:8080/oauth/callback";
pub(crate) const CLIENT: [(&str, &str); 2] = [("client_id", "demo-client"), ("client_secret", "demo-secret")];

pub(crate) async fn start(profile: Profile) -> OAuth {
    OAuth::start(OAuthOptions::new(profile)).await.unwrap()
}

/// What a right authorization request at the strict server says.
pub(crate) const ASKED: [(&str, &str); 7] = [
    ("response_type", "code"),
    ("client_id", "demo-client"),
    ("redirect_uri", CALLBACK),
    ("scope", "read write"),
    ("state", "s+t"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

/// The same with `changes`; an empty value takes a parameter out.
pub(crate) fn changed<'p>(right: &[(&'p str, &'p str)], changes: &[(&'p str, &'p str)]) -> Vec<(&'p str, &'p str)> {
    let kept = right.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    kept.chain(changes).filter(|(_, value)| !value.is_empty()).copied().collect()
}

pub(crate) fn form(parameters: &[(&str, &str)]) -> String {
    parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}

pub(crate) fn asking(server: &OAuth, parameters: &[(&str, &str)]) -> String {
    format!("{}?{}", server.authorize_url(), form(parameters))
}

pub(crate) async fn allowed(server: &OAuth, parameters: &[(&str, &str)]) -> Redirect {
    consent(&asking(server, parameters), Decision::Allow).await.unwrap()
}

/// A code for a right request.
pub(crate) async fn code(server: &OAuth, parameters: &[(&str, &str)]) -> String {
    let redirect = allowed(server, parameters).await;
    redirect.get("code").unwrap_or_else(|| panic!("{redirect:?}")).to_owned()
}

pub(crate) async fn post(server: &OAuth, parameters: &[(&str, &str)]) -> Answer {
    post_with(server, &[], parameters).await
}

pub(crate) async fn post_with(server: &OAuth, headers: &[(&str, &str)], parameters: &[(&str, &str)]) -> Answer {
    let mut headers = headers.to_vec();
    headers.push(("content-type", "application/x-www-form-urlencoded"));
    send("POST", &server.token_url(), &headers, Some(&form(parameters))).await
}

/// A token request for a code, as the strict server wants it.
pub(crate) fn redeeming(code: &str) -> Vec<(&str, &str)> {
    let mut parameters = CLIENT.to_vec();
    parameters.extend([
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]);
    parameters
}

pub(crate) fn refreshing(token: &str) -> Vec<(&str, &str)> {
    let mut parameters = CLIENT.to_vec();
    parameters.extend([("grant_type", "refresh_token"), ("refresh_token", token)]);
    parameters
}

/// Status and error code.
pub(crate) fn error(answer: &Answer) -> (u16, String) {
    (answer.status, text(&answer.json(), "error"))
}

pub(crate) fn refused(code: &str) -> (u16, String) {
    (400, code.to_owned())
}

pub(crate) fn text(body: &Value, name: &str) -> String {
    body[name].as_str().unwrap_or_else(|| panic!("no {name}: {body}")).to_owned()
}

/// A new grant's pair: access token, refresh token.
pub(crate) fn pair(body: &Value) -> (String, String) {
    (text(body, "access_token"), text(body, "refresh_token"))
}

/// The status of a use of an access token.
pub(crate) async fn whoami(server: &OAuth, access_token: &str) -> u16 {
    let value = format!("{} {access_token}", server.authority().profile().scheme);
    send("GET", &format!("{}/whoami", server.url()), &[("authorization", &value)], None).await.status
}
