//! Signed assertions (RFC 7523 section 3) as compact JWS (RFC 7515 section 3.1).
//!
//! Three algorithms over `ring`, which the host has anyway: the JWT libraries bring a second implementation of RSA.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::json;

use super::{AuthError, Secret, clock, keys, unusable};

/// Life of an assertion; RFC 7523 leaves it open, vendors allow an hour at most.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Issued this long ago, so that a vendor whose clock is a little behind takes it.
const LEEWAY: Duration = Duration::from_secs(30);

/// What an assertion says, and the key it is signed with.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// `iss`: the client.
    pub issuer: String,
    /// `sub`: on whose behalf; the client itself where nobody is named.
    pub subject: String,
    /// `aud`, as the vendor documents it.
    pub audience: String,
    /// `kid` of the header, where the vendor knows several keys.
    pub key_id: Option<String>,
    /// `RS256`, `ES256` or `EdDSA` (RFC 7518 section 3.1, RFC 8037).
    pub algorithm: String,
    /// Private key in PKCS #8, PEM or Base64.
    pub key: Secret,
}

/// Makes assertions, each with an identifier of its own.
#[derive(Clone)]
pub(super) struct Signer {
    assertion: Assertion,
    key: Arc<Key>,
}

enum Key {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    pub(super) fn new(assertion: Assertion) -> Result<Self, AuthError> {
        let what = "the assertion's private key";
        let der = keys::der(&assertion.key).ok_or_else(|| unusable(what, "it is neither PEM nor Base64"))?;
        let no_key = |error: ring::error::KeyRejected| unusable(what, format!("{error}; it must be PKCS #8"));
        let key = match assertion.algorithm.as_str() {
            "RS256" => Key::Rsa(RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der)).map_err(no_key)?),
            "ES256" => Key::P256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &SystemRandom::new())
                    .map_err(no_key)?,
            ),
            "EdDSA" => Key::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(no_key)?),
            other => {
                return Err(unusable("the assertion's algorithm", format!("{other} is not RS256, ES256 or EdDSA")));
            }
        };
        Ok(Self { assertion, key: Arc::new(key) })
    }

    /// A new assertion.
    pub(super) fn assertion(&self) -> Result<Secret, AuthError> {
        let Assertion { issuer, subject, audience, key_id, algorithm, .. } = &self.assertion;
        let now = clock::to_millis(clock::now()) / 1000;
        let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        let mut header = json!({ "alg": algorithm, "typ": "JWT" });
        if let (Some(key_id), Some(header)) = (key_id, header.as_object_mut()) {
            header.insert("kid".to_owned(), key_id.as_str().into());
        }
        let claims = json!({
            "iss": issuer, "sub": subject, "aud": audience,
            "iat": now - seconds(LEEWAY), "exp": now + seconds(LIFETIME), "jti": uuid::Uuid::new_v4().to_string(),
        });
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = self.sign(signed.as_bytes())?;
        Ok(Secret::from(format!("{signed}.{}", encode(&signature))))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AuthError> {
        let failed = |_| unusable("the assertion's private key", "it does not sign");
        match &*self.key {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Key::P256(pair) => Ok(pair.sign(&SystemRandom::new(), message).map_err(failed)?.as_ref().to_vec()),
            Key::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, KeyPair, UnparsedPublicKey};

    use super::*;

    fn signer(algorithm: &str, pkcs8: &[u8]) -> Signer {
        Signer::new(Assertion {
            issuer: "moulin".into(),
            subject: "moulin".into(),
            audience: "https://vendor.example/token".into(),
            key_id: Some("k1".into()),
            algorithm: algorithm.into(),
            key: Secret::from(STANDARD.encode(pkcs8)),
        })
        .unwrap()
    }

    #[tokio::test]
    async fn the_signature_is_that_of_the_key() {
        let random = SystemRandom::new();
        let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let ed25519 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let p256_public = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, p256.as_ref(), &random)
            .unwrap()
            .public_key()
            .as_ref()
            .to_vec();
        let ed25519_public = Ed25519KeyPair::from_pkcs8(ed25519.as_ref()).unwrap().public_key().as_ref().to_vec();
        for (algorithm, pkcs8, public) in [
            (
                "ES256",
                p256.as_ref(),
                UnparsedPublicKey::new(
                    &ECDSA_P256_SHA256_FIXED as &dyn ring::signature::VerificationAlgorithm,
                    p256_public,
                ),
            ),
            (
                "EdDSA",
                ed25519.as_ref(),
                UnparsedPublicKey::new(&ED25519 as &dyn ring::signature::VerificationAlgorithm, ed25519_public),
            ),
        ] {
            let signer = signer(algorithm, pkcs8);
            let text = signer.assertion().unwrap();
            let (signed, signature) = text.expose().rsplit_once('.').unwrap();
            public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
            let (header, claims) = signed.split_once('.').unwrap();
            let read =
                |part| serde_json::from_slice::<serde_json::Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
            assert_eq!(read(header), json!({ "alg": algorithm, "typ": "JWT", "kid": "k1" }));
            let claims = read(claims);
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 330);
            assert_ne!(text.expose(), signer.assertion().unwrap().expose(), "each has its own identifier");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for (algorithm, key) in [("RS256", "not a key"), ("ES256", "AAAA"), ("HS256", "AAAA")] {
            let assertion = Assertion {
                issuer: "i".into(),
                subject: "s".into(),
                audience: "a".into(),
                key_id: None,
                algorithm: algorithm.into(),
                key: key.into(),
            };
            let error = Signer::new(assertion).err().unwrap().to_string();
            assert!(error.contains("cannot be used") && !error.contains(key), "{error}");
        }
    }
}
