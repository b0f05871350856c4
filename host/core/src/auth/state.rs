//! Whether a connection's credentials work, as people see it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Instant;

/// Whether a connection's credentials can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// There are credentials, and the vendor has not refused them.
    Connected,
    /// A token is being fetched.
    Refreshing,
    /// A person has to connect the account: nobody has yet, or the vendor no longer honours what was granted. No token
    /// is asked for until then.
    NeedsAuthorisation,
    /// The vendor refuses the client or its scopes, or a secret is missing: a person has to correct the configuration.
    Misconfigured,
}

impl AccountState {
    /// The word in tables and logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Refreshing => "refreshing",
            Self::NeedsAuthorisation => "needs authorisation",
            Self::Misconfigured => "misconfigured",
        }
    }
}

/// The state of a connection's credentials, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountStatus {
    /// The state.
    pub state: AccountState,
    /// Why it is not `connected`, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// End of the access token, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_expires_at: Option<Instant>,
    /// When a person connected the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<Instant>,
}

impl AccountStatus {
    /// Credentials that do not change.
    pub(crate) const fn connected() -> Self {
        Self { state: AccountState::Connected, reason: None, token_expires_at: None, connected_at: None }
    }
}
