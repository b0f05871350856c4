//! What the operator configured for this connection.

use crate::Result;
use crate::error::missing_setting;

#[cfg(target_family = "wasm")]
use crate::bindings::common::moulin::host::connection as imports;
#[cfg(not(target_family = "wasm"))]
use crate::testing as imports;

/// The flavour of the vendor's API this connection speaks.
pub fn flavor() -> String {
    imports::flavor()
}

/// A setting of the description, its default applied, or a fact kept when the account was connected.
pub fn setting(key: &str) -> Option<String> {
    imports::setting(key).filter(|value| !value.is_empty())
}

/// A setting without which the operation makes no sense.
pub fn required_setting(key: &str) -> Result<String> {
    setting(key).ok_or_else(|| missing_setting(key))
}

/// ISO 4217 code of the currency the restaurant accounts in.
pub fn currency() -> String {
    imports::currency()
}
