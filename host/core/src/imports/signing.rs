//! `moulin:host/signing`: signatures with a secret the adapter does not see.

use ring::hmac;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::CallState;
use crate::auth::{Secret, keys};
use crate::contract::v1::moulin::host::signing::{Algorithm, Host};
use crate::model::{ApiError, VendorError};

impl Host for CallState {
    fn sign(
        &mut self,
        algorithm: Algorithm,
        secret: String,
        message: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, VendorError>> {
        Ok(self.key(algorithm, &secret).map(|key| key.sign(&message)))
    }

    fn verify(
        &mut self,
        algorithm: Algorithm,
        secret: String,
        message: Vec<u8>,
        signature: Vec<u8>,
    ) -> wasmtime::Result<Result<bool, VendorError>> {
        Ok(self.key(algorithm, &secret).map(|key| key.verify(&message, &signature)))
    }
}

impl CallState {
    fn key(&self, algorithm: Algorithm, name: &str) -> Result<Key, VendorError> {
        let secret = self
            .scope()
            .and_then(|scope| scope.secrets.get(name))
            .ok_or_else(|| unusable(format!("the connection has no secret {name:?}; add it under `secrets`")))?;
        Key::new(algorithm, secret).ok_or_else(|| {
            unusable(format!("the secret {name:?} is not an Ed25519 private key (PKCS #8, PEM or Base64)"))
        })
    }
}

fn unusable(message: String) -> VendorError {
    VendorError::Api(ApiError { status: None, code: Some("signing-key".to_owned()), message, retryable: false })
}

enum Key {
    Hmac(hmac::Key),
    Ed25519(Box<Ed25519KeyPair>),
}

impl Key {
    fn new(algorithm: Algorithm, secret: &Secret) -> Option<Self> {
        let hmac = |algorithm| Some(Self::Hmac(hmac::Key::new(algorithm, secret.expose().as_bytes())));
        match algorithm {
            Algorithm::HmacSha1 => hmac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            Algorithm::HmacSha256 => hmac(hmac::HMAC_SHA256),
            Algorithm::HmacSha512 => hmac(hmac::HMAC_SHA512),
            Algorithm::Ed25519 => {
                let der = keys::der(secret)?;
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok().map(|pair| Self::Ed25519(Box::new(pair)))
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Hmac(key) => hmac::sign(key, message).as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// In constant time.
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hmac(key) => hmac::verify(key, message, signature).is_ok(),
            Self::Ed25519(pair) => {
                UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref()).verify(message, signature).is_ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_sha256_is_that_of_rfc_4231() {
        // Test case 2.
        let key = Key::new(Algorithm::HmacSha256, &Secret::from("Jefe")).unwrap();
        let signature = key.sign(b"what do ya want for nothing?");
        let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(key.verify(b"what do ya want for nothing?", &signature));
        assert!(!key.verify(b"what do ya want for nothing!", &signature));
    }

    #[test]
    fn ed25519_is_that_of_rfc_8410() {
        // Section 10.3.
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----";
        let key = Key::new(Algorithm::Ed25519, &Secret::from(pem)).unwrap();
        let signature = key.sign(b"order 42");
        assert!(key.verify(b"order 42", &signature));
        assert!(!key.verify(b"order 43", &signature));
        assert!(Key::new(Algorithm::Ed25519, &Secret::from("not a key")).is_none());
    }
}
