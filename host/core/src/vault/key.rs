//! The vault's key.

use std::fmt;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{GeneralPurposeConfig, STANDARD};
use ring::digest::{Context, SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::VaultError;

/// Length of a key, for AES-256.
const LENGTH: usize = 32;

/// What is hashed before the key for its identifier, so that the identifier is good for nothing else.
const DOMAIN: &[u8] = b"moulin vault key identifier 1\0";

/// Base64 as people paste it: with or without padding.
const PASTED: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// Says which key something was sealed with, and nothing of the key itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId(pub(super) [u8; KeyId::LENGTH]);

impl KeyId {
    /// Its length in a record.
    pub(super) const LENGTH: usize = 8;

    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A key of the vault. Its memory is overwritten when it is dropped, and `Debug` shows its identifier only.
#[derive(Clone)]
pub struct VaultKey {
    bytes: Zeroizing<Vec<u8>>,
    id: KeyId,
}

impl VaultKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`VaultError::Internal`] if the system gives no random numbers.
    pub fn generate() -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new(vec![0; LENGTH]);
        random(&mut bytes)?;
        Ok(Self::new(bytes))
    }

    /// Reads a key of 32 bytes as Base64 (RFC 4648, either alphabet) or hex, with white space around it.
    ///
    /// # Errors
    /// [`VaultError::KeyMalformed`], naming `origin` and not what was found.
    pub fn parse(text: &str, origin: &str) -> Result<Self, VaultError> {
        let text = text.trim();
        let bytes = if text.len() == 2 * LENGTH { unhex(text) } else { unbase64(text) };
        let bytes = bytes.filter(|bytes| bytes.len() == LENGTH);
        bytes.map(Self::new).ok_or_else(|| VaultError::KeyMalformed { origin: origin.to_owned() })
    }

    fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(DOMAIN);
        context.update(&bytes);
        let mut id = [0; KeyId::LENGTH];
        for (to, from) in id.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        Self { bytes, id: KeyId(id) }
    }

    /// Its identifier.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The key as Base64, as it is kept in a file or a variable.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(&*self.bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VaultKey({})", self.id)
    }
}

/// Fills with random numbers of the system.
pub(super) fn random(bytes: &mut [u8]) -> Result<(), VaultError> {
    let filled = SystemRandom::new().fill(bytes);
    filled.map_err(|_| VaultError::Internal("the system gives no random numbers".to_owned()))
}

fn unhex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits = text.bytes().map(|byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
    let digits = Zeroizing::new(digits.collect::<Option<Vec<u8>>>()?);
    Some(Zeroizing::new(
        digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect(),
    ))
}

fn unbase64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let alphabet = if text.contains(['-', '_']) { base64::alphabet::URL_SAFE } else { base64::alphabet::STANDARD };
    GeneralPurpose::new(&alphabet, PASTED).decode(text).ok().map(Zeroizing::new)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_form_of_a_key_is_read_and_gives_the_same_identifier() {
        let key = VaultKey::parse(&"fb".repeat(32), "x").unwrap();
        assert_eq!(key.bytes(), [0xfb; 32]);
        let text = key.expose();
        let forms =
            [text.to_string(), format!(" {}\r\n", *text), text.trim_end_matches('=').to_owned(), "FB".repeat(32)];
        let url_safe = text.replace('+', "-").replace('/', "_");
        assert_ne!(url_safe, *text);
        for form in forms.iter().chain([&url_safe]) {
            assert_eq!(VaultKey::parse(form, "x").unwrap().id(), key.id(), "{form}");
        }
        assert_ne!(VaultKey::parse(&"fc".repeat(32), "x").unwrap().id(), key.id());
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for text in ["", "hunter2", &"ab".repeat(31), &"zz".repeat(32), &STANDARD.encode([1; 33])] {
            let error = VaultKey::parse(text, "MOULIN_VAULT_KEY").unwrap_err().to_string();
            assert!(error.starts_with("MOULIN_VAULT_KEY holds no key"), "{error}");
            assert!(text.is_empty() || !error.contains(text), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let key = VaultKey::generate().unwrap();
        let shown = format!("{key:?}");
        assert_eq!(shown, format!("VaultKey({})", key.id()));
        let hex: String = key.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!hex.contains(&key.id().to_string()));
    }
}
