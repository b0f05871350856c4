//! Private keys as people have them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Secret;

/// The DER of a private key in PEM (RFC 7468), or in Base64 without the lines around it.
pub(crate) fn der(secret: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let lines = secret.expose().lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    let base64: Zeroizing<String> = Zeroizing::new(lines.collect());
    STANDARD.decode(base64.as_bytes()).ok().map(Zeroizing::new)
}
