//! Failures about accounts.

use moulin_host::auth::{AccountState, AuthError, ConnectError};
use moulin_host::{Error, Host};

use super::Problem;

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Self {
        let class = match &error {
            ConnectError::NoConsentNeeded { .. } => "no_consent_needed",
            ConnectError::Unavailable(_) => "unavailable",
            ConnectError::Vault { .. } => "internal",
            ConnectError::Exchange { error: AuthError::Unreachable { .. } | AuthError::Busy, .. } => "connection",
            ConnectError::Exchange { error: AuthError::Vault { .. }, .. } => "internal",
            _ => "authentication",
        };
        let mut problem = Self::new(class, error.to_string());
        problem.connection = error.connection().map(str::to_owned);
        problem
    }
}

impl Problem {
    /// The failure of an operation, with the way out where its account has to be connected first.
    pub(crate) fn of(error: Error, host: &Host) -> Self {
        let mut problem = Self::from(error);
        let connection = problem.connection.as_deref().filter(|_| problem.class == "authentication");
        let account = connection.and_then(|name| host.connection(name).ok()?.status().account);
        if let (Some(name), Some(account)) = (connection, account)
            && account.state == AccountState::NeedsAuthorisation
        {
            problem.hint = Some(format!("connect the account: `moulin connect {name}`"));
        }
        problem
    }
}
