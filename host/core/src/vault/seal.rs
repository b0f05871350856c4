//! The form of a sealed record: AES-256-GCM (NIST SP 800-38D) with a random nonce.
//!
//! ```text
//! form (1) | key identifier (8) | nonce (12) | sealed: version (16), value | tag (16)
//! ```
//!
//! Form, key identifier, space and name are authenticated with it: a record cannot be put in another's place. The
//! version is drawn at random for each write and kept when the record is sealed anew with another key, so that a record
//! can be told from a later one with the same value, and is known again after a rotation.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::key::{KeyId, VaultKey, random};
use super::{Space, VaultError};

/// The only form there is yet.
const FORM: u8 = 1;

/// What stands before the sealed part.
const HEADER: usize = 1 + KeyId::LENGTH + NONCE_LEN;

/// Length of a version.
const VERSION: usize = 16;

/// Tells one write of a record from every other.
pub(super) type Version = [u8; VERSION];

/// A new version.
pub(super) fn version() -> Result<Version, VaultError> {
    let mut version = [0; VERSION];
    random(&mut version)?;
    Ok(version)
}

/// Which key a record says it was sealed with.
pub(super) fn key_id(sealed: &[u8]) -> Option<KeyId> {
    let (form, rest) = sealed.split_first()?;
    if *form == FORM && sealed.len() >= HEADER + VERSION { KeyId::from_slice(rest.get(..KeyId::LENGTH)?) } else { None }
}

/// What the record of the key in use looks like.
pub(super) fn key_record(id: KeyId) -> Vec<u8> {
    [&[FORM][..], &id.0].concat()
}

/// The key in use, from its record.
pub(super) fn read_key_record(record: &[u8]) -> Option<KeyId> {
    let (form, id) = record.split_first()?;
    if *form == FORM { KeyId::from_slice(id) } else { None }
}

/// Seals a value.
pub(super) fn seal(
    key: &VaultKey,
    space: Space,
    name: &str,
    version: &Version,
    value: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let failed = || VaultError::Internal("the cryptography library refused to seal a record".to_owned());
    let mut nonce = [0; NONCE_LEN];
    random(&mut nonce)?;
    // With all its room from the start: growing would leave a copy behind that nobody overwrites.
    let mut sealed = Zeroizing::new(Vec::with_capacity(VERSION + value.len() + AES_256_GCM.tag_len()));
    sealed.extend_from_slice(version);
    sealed.extend_from_slice(value);
    let nonce_used = Nonce::assume_unique_for_key(nonce);
    let aad = Aad::from(associated(key.id(), space, name));
    cipher(key).ok_or_else(failed)?.seal_in_place_append_tag(nonce_used, aad, &mut *sealed).map_err(|_| failed())?;
    Ok([&[FORM][..], &key.id().0, &nonce, &sealed].concat())
}

/// Opens a record; `None` if it is not what was sealed with this key under this name.
pub(super) fn open(key: &VaultKey, space: Space, name: &str, sealed: &[u8]) -> Option<(Version, Zeroizing<Vec<u8>>)> {
    if key_id(sealed)? != key.id() {
        return None;
    }
    let (header, rest) = sealed.split_at_checked(HEADER)?;
    let nonce = Nonce::try_assume_unique_for_key(header.get(1 + KeyId::LENGTH..)?).ok()?;
    let mut rest = Zeroizing::new(rest.to_vec());
    let opened = cipher(key)?.open_in_place(nonce, Aad::from(associated(key.id(), space, name)), &mut rest).ok()?;
    let (version, value) = opened.split_at_checked(VERSION)?;
    Some((version.try_into().ok()?, Zeroizing::new(value.to_vec())))
}

fn cipher(key: &VaultKey) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key.bytes()).ok().map(LessSafeKey::new)
}

/// What a record is bound to. The space's name has no zero byte, so that no two records are bound to the same bytes.
fn associated(id: KeyId, space: Space, name: &str) -> Vec<u8> {
    [b"moulin vault record\0", &[FORM][..], &id.0, space.name().as_bytes(), b"\0", name.as_bytes()].concat()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_record_opens_only_whole_with_its_key_and_under_its_name() {
        let (key, other) = (VaultKey::generate().unwrap(), VaultKey::generate().unwrap());
        let version = version().unwrap();
        let sealed = seal(&key, Space::Secrets, "metro", &version, b"correct horse").unwrap();
        let (opened, value) = open(&key, Space::Secrets, "metro", &sealed).unwrap();
        assert_eq!((opened, &value[..]), (version, &b"correct horse"[..]));
        assert!(open(&other, Space::Secrets, "metro", &sealed).is_none());
        assert!(open(&key, Space::Secrets, "metro2", &sealed).is_none());
        assert!(open(&key, Space::Grants, "metro", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(open(&key, Space::Secrets, "metro", &damaged).is_none(), "byte {at}");
            assert!(open(&key, Space::Secrets, "metro", &sealed[..at]).is_none(), "cut at {at}");
        }
    }

    #[test]
    fn the_same_value_is_never_sealed_into_the_same_bytes() {
        let key = VaultKey::generate().unwrap();
        let seal = || seal(&key, Space::Grants, "till", &[7; VERSION], b"token").unwrap();
        let (one, other) = (seal(), seal());
        assert_eq!(key_id(&one), Some(key.id()));
        assert_ne!(one[1 + KeyId::LENGTH..HEADER], other[1 + KeyId::LENGTH..HEADER], "the nonces");
        assert_ne!(one[HEADER..], other[HEADER..]);
    }

    #[test]
    fn an_empty_value_is_a_value() {
        let key = VaultKey::generate().unwrap();
        let sealed = seal(&key, Space::Pending, "", &[0; VERSION], b"").unwrap();
        assert!(open(&key, Space::Pending, "", &sealed).unwrap().1.is_empty());
    }
}
