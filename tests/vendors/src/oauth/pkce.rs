//! Proof keys for codes (RFC 7636), method `S256` alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::error::Refusal;
use super::profile::Pkce;

/// The challenge of an authorization request, if it has one.
///
/// # Errors
/// `invalid_request` when it is missing, not welcome, malformed, or not of method `S256`.
pub(super) fn challenge(rule: Pkce, challenge: Option<&str>, method: Option<&str>) -> Result<Option<String>, Refusal> {
    match (rule, challenge, method) {
        (Pkce::Refused, None, None) | (Pkce::Allowed, None, None) => Ok(None),
        (Pkce::Refused, ..) => Err(Refusal::request("code_challenge is not a parameter of this server")),
        (Pkce::Required, None, _) => Err(Refusal::request("code_challenge is required")),
        (Pkce::Allowed, None, Some(_)) => Err(Refusal::request("code_challenge_method without code_challenge")),
        // Without a method it is `plain` (RFC 7636, 4.3), which is refused as well.
        (_, Some(_), None | Some("plain")) => Err(Refusal::request("code_challenge_method must be S256, not plain")),
        (_, Some(challenge), Some("S256")) => {
            let alphabet = challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
            if challenge.len() == 43 && alphabet {
                Ok(Some(challenge.to_owned()))
            } else {
                Err(Refusal::request("code_challenge must be 43 characters of unpadded base64url"))
            }
        }
        (_, Some(_), Some(_)) => Err(Refusal::request("code_challenge_method must be S256")),
    }
}

/// Compares a verifier with the challenge its code was asked for with.
///
/// # Errors
/// `invalid_request` when it is missing, not welcome or malformed; `invalid_grant` when it does not fit, or was sent for
/// a code without challenge (RFC 9700, 4.8.2).
pub(super) fn verify(rule: Pkce, challenge: Option<&str>, verifier: Option<&str>) -> Result<(), Refusal> {
    match (challenge, verifier) {
        (_, Some(_)) if rule == Pkce::Refused => {
            Err(Refusal::request("code_verifier is not a parameter of this server"))
        }
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Refusal::grant("code_verifier for a code without code_challenge")),
        (Some(_), None) => Err(Refusal::request("code_verifier is missing")),
        (Some(_), Some(verifier)) if !is_verifier(verifier) => {
            Err(Refusal::request("code_verifier must be 43 to 128 unreserved characters"))
        }
        (Some(challenge), Some(verifier)) if challenge == s256(verifier) => Ok(()),
        (Some(_), Some(_)) => Err(Refusal::grant("Failed to verify `code_verifier`")),
    }
}

/// RFC 7636, 4.1: 43 to 128 unreserved characters.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// RFC 7636, 4.2.
pub(super) fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        assert_eq!(s256(VERIFIER), CHALLENGE);
    }

    #[test]
    fn only_s256_challenges_of_the_right_form_pass() {
        fn code(rule: Pkce, text: Option<&str>, method: Option<&str>) -> Result<Option<String>, &'static str> {
            challenge(rule, text, method).map_err(|refusal| refusal.code)
        }
        let refused = Err("invalid_request");
        assert_eq!(code(Pkce::Required, Some(CHALLENGE), Some("S256")), Ok(Some(CHALLENGE.to_owned())));
        assert_eq!(code(Pkce::Allowed, None, None), Ok(None));
        assert_eq!(code(Pkce::Refused, None, None), Ok(None));
        assert_eq!(code(Pkce::Required, None, None), refused);
        assert_eq!(code(Pkce::Refused, Some(CHALLENGE), Some("S256")), refused);
        assert_eq!(code(Pkce::Allowed, None, Some("S256")), refused);
        for method in [None, Some("plain"), Some("s256"), Some("S512")] {
            assert_eq!(code(Pkce::Allowed, Some(CHALLENGE), method), refused, "{method:?}");
        }
        for wrong in [&CHALLENGE[1..], &format!("{CHALLENGE}="), &CHALLENGE.replace('-', "+")] {
            assert_eq!(code(Pkce::Required, Some(wrong), Some("S256")), refused, "{wrong}");
        }
    }

    #[test]
    fn a_verifier_has_to_have_the_form_and_to_fit() {
        fn code(rule: Pkce, with: Option<&str>, text: Option<&str>) -> Result<(), &'static str> {
            verify(rule, with, text).map_err(|refusal| refusal.code)
        }
        assert_eq!(code(Pkce::Required, Some(CHALLENGE), Some(VERIFIER)), Ok(()));
        assert_eq!(code(Pkce::Allowed, None, None), Ok(()));
        assert_eq!(code(Pkce::Allowed, None, Some(VERIFIER)), Err("invalid_grant"));
        assert_eq!(code(Pkce::Refused, None, Some(VERIFIER)), Err("invalid_request"));
        assert_eq!(code(Pkce::Required, Some(CHALLENGE), None), Err("invalid_request"));
        assert_eq!(code(Pkce::Required, Some(CHALLENGE), Some(&"x".repeat(43))), Err("invalid_grant"));
        for wrong in [VERIFIER[..42].to_owned(), "x".repeat(129), format!("{}+", &VERIFIER[..42])] {
            // Even when its own hash was the challenge.
            assert_eq!(code(Pkce::Required, Some(&s256(&wrong)), Some(&wrong)), Err("invalid_request"), "{wrong}");
        }
    }
}
