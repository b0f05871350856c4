//! JWT assertions as a grant (RFC 7523, 3).

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::Refusal;

/// An assertion may be good for at most so many seconds.
const LONGEST: i64 = 3_600;
/// `iat` and `nbf` may lie so many seconds in the future, for clocks that differ.
const LEEWAY: i64 = 60;

/// A signature algorithm (RFC 7518, 3.1; RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSA, PKCS #1 v1.5, SHA-256. The key is an `RSAPublicKey` in DER.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256, SHA-256. The key is an uncompressed point.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519. The key is its 32 bytes.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    fn verifies(self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &'static dyn ring::signature::VerificationAlgorithm = match self {
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Es256 => &ECDSA_P256_SHA256_FIXED,
            Self::EdDsa => &ED25519,
        };
        UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
    }
}

/// A public key registered for assertions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionKey {
    /// The `iss` it speaks for.
    pub issuer: String,
    /// The `kid` an assertion must name; none when it need not.
    pub kid: Option<String>,
    /// The algorithm it is for, and no other.
    pub algorithm: Algorithm,
    /// The key as the algorithm says.
    pub key: Vec<u8>,
}

/// Checks an assertion and gives its subject. `seen` holds the `jti` of earlier ones.
///
/// # Errors
/// `invalid_grant` (RFC 7523, 3.1) when anything about it is wrong.
pub(super) fn subject(
    assertion: &str,
    keys: &[AssertionKey],
    audience: &str,
    now: Timestamp,
    seen: &mut BTreeSet<String>,
) -> Result<String, Refusal> {
    let wrong = |why: &str| Refusal::grant(format!("Assertion: {why}"));
    let (message, signature) = assertion.rsplit_once('.').ok_or_else(|| wrong("not a JWT"))?;
    let (header, claims) = message.split_once('.').ok_or_else(|| wrong("not a JWT"))?;
    let header = object(header).ok_or_else(|| wrong("the header is no JSON object"))?;
    let claims = object(claims).ok_or_else(|| wrong("the claims are no JSON object"))?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| wrong("the signature is not base64url"))?;
    let text = |fields: &Map<String, Value>, name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let issuer = text(&claims, "iss").ok_or_else(|| wrong("iss is missing"))?;
    let subject = text(&claims, "sub").ok_or_else(|| wrong("sub is missing"))?;
    let (alg, kid) = (text(&header, "alg"), text(&header, "kid"));
    let trusted = keys.iter().any(|key| {
        key.issuer == issuer
            && alg.as_deref() == Some(key.algorithm.name())
            && (key.kid.is_none() || key.kid == kid)
            && key.algorithm.verifies(&key.key, message.as_bytes(), &signature)
    });
    if !trusted {
        return Err(wrong("no registered key of this iss, alg and kid verifies the signature"));
    }
    // One text, or a list of exactly one: an assertion for several servers could be replayed by any of them.
    let named = match claims.get("aud") {
        Some(Value::String(one)) => Some(one.as_str()),
        Some(Value::Array(list)) if list.len() == 1 => list.first().and_then(Value::as_str),
        _ => None,
    };
    if named != Some(audience) {
        return Err(wrong(&format!("aud must be '{audience}'")));
    }
    let moment = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| wrong(&format!("{name} is no whole number"))),
    };
    let now = now.as_second();
    let expires = moment("exp")?.ok_or_else(|| wrong("exp is missing"))?;
    if expires <= now {
        return Err(wrong("exp is in the past"));
    }
    if expires > now + LONGEST {
        return Err(wrong("exp is more than an hour away"));
    }
    for name in ["iat", "nbf"] {
        if moment(name)?.is_some_and(|moment| moment > now + LEEWAY) {
            return Err(wrong(&format!("{name} is in the future")));
        }
    }
    if claims.contains_key("jti") {
        let jti = text(&claims, "jti").ok_or_else(|| wrong("jti is no text"))?;
        // Ids are unique within their issuer.
        if !seen.insert(format!("{issuer}\n{jti}")) {
            return Err(wrong("jti was used before"));
        }
    }
    Ok(subject)
}

fn object(encoded: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()
}

#[cfg(test)]
mod tests;
