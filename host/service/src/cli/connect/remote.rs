//! Connecting with a running service: it makes the link and receives the vendor's answer.

use std::time::Duration;

use moulin_host::auth::{AccountState, AccountStatus};
use moulin_host::model::Instant;
use tokio::time::sleep;
use url::Url;

use super::{say, show};
use crate::cli::failure::Failure;
use crate::cli::output::note;
use crate::cli::remote::Remote;
use crate::problem::Problem;

/// How often the service is asked whether the account is connected.
const POLL: Duration = Duration::from_secs(1);

/// Shows a link of the service's and waits until the account is connected.
pub(super) async fn connect(remote: &Remote, name: &str, print: bool) -> Result<(), Failure> {
    let before = remote.connection(name).await?.status.account.and_then(|account| account.connected_at);
    let link = remote.authorise(name).await?;
    say(&link.url)?;
    let url =
        Url::parse(&link.url).map_err(|error| Failure::Other(format!("the service's link is no URL: {error}")))?;
    show(&url, print);
    note(
        "the service receives the vendor's answer and shows in the browser what became of it; Ctrl-C to give up waiting",
    );
    let connected = async {
        loop {
            sleep(POLL).await;
            match remote.connection(name).await {
                Ok(connection) if is_new(connection.status.account.as_ref(), before) => return Ok(()),
                Ok(_) => {}
                // It may be restarting.
                Err(problem) if problem.class == "connection" => {}
                Err(problem) => return Err(problem.into()),
            }
        }
    };
    tokio::select! {
        connected = connected => connected,
        () = until(link.expires_at) => Err(expired(name).into()),
    }
}

/// Whether somebody connected the account since.
fn is_new(account: Option<&AccountStatus>, before: Option<Instant>) -> bool {
    account.is_some_and(|account| {
        matches!(account.state, AccountState::Connected | AccountState::Refreshing) && account.connected_at > before
    })
}

/// Waits until this moment.
pub(super) async fn until(moment: Instant) {
    let left = moment.as_millis().saturating_sub(jiff::Timestamp::now().as_millisecond());
    sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
}

/// The link is of no use any more.
pub(super) fn expired(name: &str) -> Problem {
    let problem =
        Problem::new("authentication", format!("the link for {name} has expired and nobody allowed the access"));
    problem.hint(format!("begin again: `moulin connect {name}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_was_connected_before_is_not_taken_for_the_new_one() {
        let account = |state, at| AccountStatus {
            state,
            reason: None,
            token_expires_at: None,
            connected_at: Some(Instant::from_millis(at)),
        };
        let before = Some(Instant::from_millis(5));
        assert!(is_new(Some(&account(AccountState::Connected, 6)), before));
        assert!(is_new(Some(&account(AccountState::Connected, 6)), None));
        assert!(!is_new(Some(&account(AccountState::Connected, 5)), before));
        assert!(!is_new(Some(&account(AccountState::NeedsAuthorisation, 6)), before));
        assert!(!is_new(None, before));
    }
}
