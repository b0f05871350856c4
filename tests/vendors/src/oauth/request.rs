//! A token request as it is read: one set of parameters, and who sent them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, header};
use serde_json::Value;

use super::error::Refusal;
use super::profile::{ClientAuth, Format, Profile};
use crate::common::query::Query;

/// Parameters by name. One sent without a value counts as not sent (RFC 6749, 3.1).
pub(super) type Parameters = BTreeMap<String, String>;

/// The parameters of a token request.
///
/// # Errors
/// `invalid_request` when they are written in a way the profile does not take, in two places at once, or malformed.
pub(super) fn parameters(profile: &Profile, parts: &Parts, body: &Bytes) -> Result<Parameters, Refusal> {
    let query = parts.uri.query().filter(|query| !query.is_empty());
    let format = match (query, body.is_empty()) {
        (Some(_), true) => Format::Query,
        (Some(_), false) => return Err(Refusal::request("Parameters stand in the query and in the body")),
        (None, true) => return Err(Refusal::request("The request has no parameters")),
        (None, false) => match content_type(parts) {
            "application/x-www-form-urlencoded" => Format::Form,
            "application/json" => Format::Json,
            other => return Err(Refusal::request(format!("Content-Type '{other}' is not accepted"))),
        },
    };
    if parts.method == Method::GET && format != Format::Query {
        return Err(Refusal::request("A GET has its parameters in the query"));
    }
    if !profile.formats.contains(&format) {
        return Err(Refusal::request(format!("Parameters written as {format:?} are not accepted")));
    }
    let mut parameters = match format {
        Format::Query => pairs(query.unwrap_or_default())?,
        Format::Form => pairs(std::str::from_utf8(body).map_err(|_| Refusal::request("The body is not UTF-8"))?)?,
        Format::Json => members(body)?,
    };
    parameters.retain(|_, value| !value.is_empty());
    Ok(parameters)
}

fn content_type(parts: &Parts) -> &str {
    let value = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// Form-encoded pairs.
pub(super) fn pairs(text: &str) -> Result<Parameters, Refusal> {
    let query = Query::parse(Some(text)).map_err(|error| Refusal::request(error.0))?;
    Ok(query.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// The members of a JSON object; `true` and `false` as text, for Square's `short_lived`.
fn members(body: &Bytes) -> Result<Parameters, Refusal> {
    let wrong = |why: String| Refusal::request(format!("The body is not a JSON object of texts: {why}"));
    let members: BTreeMap<String, Value> = serde_json::from_slice(body).map_err(|error| wrong(error.to_string()))?;
    let text = |(name, value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Bool(flag) => Ok((name, flag.to_string())),
        _ => Err(wrong(format!("'{name}' is no text"))),
    };
    members.into_iter().map(text).collect()
}

/// Checks who sent the request. `needed` is false for a JWT assertion, which says so itself (RFC 7521, 4.1); credentials
/// that come with one have to be right all the same.
///
/// # Errors
/// `invalid_client` when the client is unknown or proves itself in another way than the profile wants; `invalid_request`
/// when it does so twice.
pub(super) fn authenticate(
    profile: &Profile,
    parts: &Parts,
    parameters: &Parameters,
    needed: bool,
) -> Result<(), Refusal> {
    let (id, secret) = (parameters.get("client_id"), parameters.get("client_secret"));
    if let Some(value) = parts.headers.get(header::AUTHORIZATION) {
        if secret.is_some() {
            return Err(Refusal::request("The client authenticates twice, in the header and in the body"));
        }
        let (have, proof) = basic(value.to_str().unwrap_or_default())?;
        if !matches!(profile.client_auth, ClientAuth::Basic | ClientAuth::Either) {
            return Err(Refusal::client("This server takes no Basic authentication", true));
        }
        if id.is_some_and(|id| *id != have) {
            return Err(Refusal::request("client_id differs between header and body"));
        }
        if have != profile.client_id || proof != profile.client_secret {
            return Err(Refusal::client("Check client_id and client_secret", true));
        }
        return Ok(());
    }
    match (profile.client_auth, id, secret) {
        (_, None, None) if !needed => Ok(()),
        (ClientAuth::Basic, ..) => Err(Refusal::client("Client authentication must be Basic", true)),
        (ClientAuth::Public, Some(id), None) if *id == profile.client_id => Ok(()),
        (ClientAuth::Public, Some(_), Some(_)) => Err(Refusal::client("A public client has no secret", false)),
        (ClientAuth::Body | ClientAuth::Either, Some(id), Some(secret))
            if *id == profile.client_id && *secret == profile.client_secret =>
        {
            Ok(())
        }
        _ => Err(Refusal::client("Check client_id and client_secret", false)),
    }
}

/// The client secret as it was sent, right or wrong.
pub(super) fn secret(parts: &Parts, parameters: &Parameters) -> Option<String> {
    let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let by_header = || header.and_then(|value| basic(value).ok()).map(|(_, secret)| secret);
    parameters.get("client_secret").cloned().or_else(by_header)
}

/// Both parts of a Basic header, each form-decoded (RFC 6749, 2.3.1).
fn basic(value: &str) -> Result<(String, String), Refusal> {
    let wrong = |why: &str| Refusal::client(why, true);
    let (scheme, encoded) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(wrong("The authorization header must be Basic"));
    }
    let text = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(|| wrong("The Basic header is not Base64 of UTF-8"))?;
    let (id, secret) = text.split_once(':').ok_or_else(|| wrong("The Basic header has no colon"))?;
    Ok((form_decoded(id)?, form_decoded(secret)?))
}

/// Decodes what was form-encoded, and refuses what visibly was not: an encoded text has no other characters than these.
fn form_decoded(text: &str) -> Result<String, Refusal> {
    let wrong = || Refusal::client("client_id and client_secret must be form-encoded before Base64", true);
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~*+%".contains(&byte)) {
        return Err(wrong());
    }
    let decoded = Query::parse(Some(&format!("x={text}"))).map_err(|_| wrong())?;
    Ok(decoded.get("x").unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests;
