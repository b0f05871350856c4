//! Authorisations begun and not yet ended, sealed in the vault: the person may come back to another process.

use std::time::Duration;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::connect::ConnectError;
use super::{Secret, clock};
use crate::vault::{Space, Vault, VaultError};

/// How long a person has between opening the link and consenting.
pub const LINK_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How long a link is remembered after its end, so that a late one is told from a forged one.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// What the redirect is checked against.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) connection: String,
    pub(super) made_for: String,
    #[serde(default, with = "super::secret::optional", skip_serializing_if = "Option::is_none")]
    pub(super) verifier: Option<Secret>,
    /// Exactly as it was sent; none where it is not.
    pub(super) redirect_uri: Option<String>,
    begun_at_ms: i64,
    /// Digest of what only the person's own browser knows.
    browser: Option<String>,
    #[serde(default)]
    used: bool,
}

impl Pending {
    pub(super) fn new(
        connection: String,
        made_for: String,
        verifier: Option<Secret>,
        redirect_uri: Option<String>,
        browser: Option<&str>,
    ) -> Self {
        let begun_at_ms = clock::to_millis(clock::now());
        let browser = browser.map(digest_of);
        Self { connection, made_for, verifier, redirect_uri, begun_at_ms, browser, used: false }
    }

    pub(super) fn expires_at_ms(&self) -> i64 {
        self.begun_at_ms.saturating_add(LINK_LIFETIME.as_millis() as i64)
    }

    /// Keeps it under the digest of its state: whoever reads the store learns no state to come back with.
    pub(super) async fn keep(&self, vault: &Vault, state: &Secret) -> Result<(), VaultError> {
        forget_old(vault).await?;
        vault.put(Space::Pending, &digest_of(state.expose()), &self.to_bytes()).await
    }

    /// Finds the one a redirect belongs to and uses it up: of several redirects with one state the first wins.
    pub(super) async fn claim(vault: &Vault, state: &str, browser: Option<&str>) -> Result<Self, ConnectError> {
        let failed = |error: VaultError| ConnectError::Vault { reason: error.to_string() };
        let name = digest_of(state);
        let record = vault.get(Space::Pending, &name).await.map_err(failed)?.ok_or(ConnectError::UnknownState)?;
        let pending: Self = serde_json::from_slice(record.value()).map_err(|_| ConnectError::UnknownState)?;
        let connection = pending.connection.clone();
        if pending.used {
            return Err(ConnectError::UsedState { connection });
        }
        if clock::to_millis(clock::now()) >= pending.expires_at_ms() {
            return Err(ConnectError::ExpiredState { connection });
        }
        if let Some(expected) = &pending.browser
            && browser.map(digest_of).as_ref() != Some(expected)
        {
            return Err(ConnectError::OtherBrowser { connection });
        }
        // What was secret of it goes now.
        let spent = pending.spent();
        match vault.swap(Space::Pending, &name, Some(&record), &spent.to_bytes()).await.map_err(failed)? {
            Some(_) => Ok(pending),
            None => Err(ConnectError::UsedState { connection }),
        }
    }

    /// What is remembered of it once it is used.
    fn spent(&self) -> Self {
        Self {
            connection: self.connection.clone(),
            made_for: self.made_for.clone(),
            begun_at_ms: self.begun_at_ms,
            verifier: None,
            redirect_uri: None,
            browser: None,
            used: true,
        }
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// Deletes what ended long ago.
async fn forget_old(vault: &Vault) -> Result<(), VaultError> {
    let before = clock::to_millis(clock::now()).saturating_sub(REMEMBERED.as_millis() as i64);
    for name in vault.list(Space::Pending).await? {
        let Some(record) = vault.get(Space::Pending, &name).await? else { continue };
        let old = serde_json::from_slice::<Pending>(record.value()).is_ok_and(|pending| pending.begun_at_ms < before);
        if old {
            vault.take(Space::Pending, &name, &record).await?;
        }
    }
    Ok(())
}

fn digest_of(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
