//! Values nobody can guess.

use ring::rand::{SecureRandom, SystemRandom};

/// `N` random bytes in hexadecimal digits.
///
/// # Panics
/// If the system has no randomness to give: nothing here is safe to do without.
#[expect(clippy::expect_used, reason = "there is nothing to fall back on")]
pub(crate) fn hex<const N: usize>() -> String {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
