//! A grant that the vendor no longer honours, a client it refuses: what is asked again, when, and what is said.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::client::Fresh;
use super::super::*;
use super::kit::{Account, Reply, Vendor, access, logged};

const HOUR: Duration = Duration::from_secs(3600);

/// What another process writes after it rotated the pair.
async fn rotated_elsewhere(vault: &Vault, made_for: String, lifetime: Duration) {
    let record = vault.get(Space::Grants, "till").await.unwrap().unwrap();
    let before = Grant::from_bytes(record.value()).unwrap();
    let fresh = Fresh { access: "theirs".into(), refresh: Some("r-theirs".into()), lifetime, facts: BTreeMap::new() };
    let grant = Grant::new(made_for, fresh, Some(&before));
    vault.put(Space::Grants, "till", &grant.to_bytes()).await.unwrap();
}

/// A vendor that refuses the first refresh; before its answer arrives another process has rotated the pair.
fn beaten(lifetime: Duration) -> Account {
    let late: Arc<Mutex<Option<(Vault, String)>>> = Arc::default();
    let other = late.clone();
    let vendor = Vendor::new(Duration::ZERO, move |n, form| match n {
        0 => Reply::pair("one", "r1"),
        1 => {
            let (vault, made_for) = other.lock().unwrap().take().unwrap();
            // The store in memory is ready at once.
            futures::executor::block_on(rotated_elsewhere(&vault, made_for, lifetime));
            Reply::error("invalid_grant")
        }
        _ if form["refresh_token"] == "r-theirs" => Reply::pair("three", "r3"),
        _ => Reply::error("invalid_grant"),
    });
    let account = Account::at(&vendor);
    *late.lock().unwrap() = Some((account.vault(), account.consent.made_for()));
    account
}

#[tokio::test(start_paused = true)]
async fn after_invalid_grant_the_store_is_read_once_more_and_a_pair_that_is_there_now_is_used() {
    let account = beaten(HOUR);
    let process = account.connected().await;
    tokio::time::advance(HOUR).await;
    assert_eq!(access(&process).await.unwrap(), "theirs");
    assert_eq!(account.vendor.requests(), 2);
    assert_eq!(process.status().state, AccountState::Connected);
}

#[tokio::test(start_paused = true)]
async fn after_invalid_grant_a_refresh_token_that_is_there_now_is_used() {
    // Their access token is of no use by now.
    let account = beaten(Duration::ZERO);
    let process = account.connected().await;
    tokio::time::advance(HOUR).await;
    assert_eq!(access(&process).await.unwrap(), "three");
    assert_eq!(account.vendor.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn after_invalid_grant_authorisation_is_needed_and_no_token_is_asked_for_until_someone_connects() {
    // Zoho's word for it, with status 200, and the RFC's.
    for refusal in [Reply::error("invalid_grant"), Reply::new(200, r#"{"error":"invalid_code"}"#)] {
        let replies = [Reply::pair("one", "r1"), refusal, Reply::pair("two", "r2"), Reply::pair("three", "r3")];
        let mut account = Account::at(&Vendor::script(replies));
        account.consent.idle_lifetime = Some(24 * HOUR);
        let process = account.connected().await;
        tokio::time::advance(HOUR).await;
        for _ in 0..3 {
            let answers = futures::future::join_all((0..50).map(|_| access(&process))).await;
            for answer in answers {
                let error = answer.unwrap_err();
                assert!(matches!(error, AuthError::NeedsAuthorisation { .. }), "{error}");
                assert!(error.to_string().contains("no longer accepts the refresh token"), "{error}");
                assert!(error.to_string().contains("run `moulin connect till`, or open /connect/till"), "{error}");
            }
            tokio::time::advance(24 * HOUR).await;
        }
        let status = process.status();
        assert_eq!(status.state, AccountState::NeedsAuthorisation);
        assert!(status.reason.unwrap().contains("moulin connect till"));
        // Nor does a process that starts later, nor one that is asked to replace a rejected token or to keep it alive.
        let next = account.process();
        next.load().await;
        assert_eq!(next.status().state, AccountState::NeedsAuthorisation);
        access(&next).await.unwrap_err();
        next.keep_alive().await.unwrap();
        process.keep_alive().await.unwrap_err();
        assert_eq!(account.vendor.requests(), 2);

        account.connect(&next).await.unwrap();
        assert_eq!(access(&next).await.unwrap(), "two");
        // The other process learns of it.
        process.load().await;
        assert_eq!(process.status().state, AccountState::Connected);
        assert_eq!(access(&process).await.unwrap(), "two");
        tokio::time::advance(HOUR).await;
        assert_eq!(access(&process).await.unwrap(), "three");
        assert_eq!(account.vendor.requests(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_still_good_is_used_to_its_end_after_the_grant_was_lost() {
    let account = Account::at(&Vendor::script([Reply::pair("one", "r1"), Reply::error("invalid_grant")]));
    let process = account.connected().await;
    tokio::time::advance(HOUR - Duration::from_secs(300)).await;
    assert_eq!(access(&process).await.unwrap(), "one");
    assert_eq!(process.status().state, AccountState::NeedsAuthorisation);
    tokio::time::advance(Duration::from_secs(290)).await;
    assert_eq!(access(&process).await.unwrap(), "one");
    tokio::time::advance(Duration::from_secs(20)).await;
    assert!(matches!(access(&process).await, Err(AuthError::NeedsAuthorisation { .. })));
    assert_eq!(account.vendor.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_nobody_connected_asks_for_no_token() {
    let account = Account::at(&Vendor::script([Reply::pair("one", "r1")]));
    let process = account.process();
    let error = access(&process).await.unwrap_err();
    assert!(error.to_string().contains("nobody has connected this account yet"), "{error}");
    assert!(error.to_string().contains("moulin connect till"), "{error}");
    assert_eq!(process.status().state, AccountState::NeedsAuthorisation);
    assert_eq!(account.vendor.requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_without_refresh_tokens_needs_authorisation_when_the_access_ends() {
    let account = Account::at(&Vendor::script([Reply::new(200, r#"{"access_token":"one","expires_in":3600}"#)]));
    let process = account.connected().await;
    assert_eq!(access(&process).await.unwrap(), "one");
    tokio::time::advance(HOUR).await;
    let error = access(&process).await.unwrap_err();
    assert!(error.to_string().contains("it gave no refresh token"), "{error}");
    assert_eq!(account.vendor.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_grant_for_another_client_is_not_used() {
    let mut account = Account::at(&Vendor::script([Reply::pair("one", "r1")]));
    account.connected().await;
    account.consent.client.client_id = "another".to_owned();
    let error = access(&account.process()).await.unwrap_err();
    assert!(error.to_string().contains("connected for another client"), "{error}");
    assert_eq!(account.vendor.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_provoked_again_for_half_a_minute() {
    let refusals = [Reply::error("invalid_client"), Reply::error("access_denied"), Reply::new(500, "oops")];
    for refusal in refusals {
        let replies = [Reply::pair("one", "r1"), refusal.clone(), Reply::pair("two", "r2")];
        let account = Account::at(&Vendor::script(replies));
        let process = account.connected().await;
        tokio::time::advance(HOUR).await;
        for _ in 0..29 {
            access(&process).await.unwrap_err();
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(account.vendor.requests(), 2, "{refusal:?}");
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(access(&process).await.unwrap(), "two", "{refusal:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_did_not_answer_is_asked_again_at_the_next_call() {
    let account = Account::at(&Vendor::script([Reply::pair("one", "r1"), Reply::new(0, ""), Reply::pair("two", "r2")]));
    let process = account.connected().await;
    tokio::time::advance(HOUR).await;
    let error = access(&process).await.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    // It says nothing about the account.
    assert_eq!(process.status().state, AccountState::Connected);
    assert_eq!(access(&process).await.unwrap(), "two");
}

#[tokio::test(start_paused = true)]
async fn a_loss_is_one_log_line_and_the_recovery_another() {
    let replies = [Reply::pair("one", "r1"), Reply::error("invalid_grant"), Reply::pair("two", "r2")];
    let account = Account::at(&Vendor::script(replies));
    logged();
    let process = account.connected().await;
    tokio::time::advance(HOUR).await;
    for _ in 0..10 {
        access(&process).await.unwrap_err();
        process.load().await;
        tokio::time::advance(HOUR).await;
    }
    account.connect(&process).await.unwrap();
    for _ in 0..10 {
        access(&process).await.unwrap();
    }
    let lines = logged();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].starts_with("ERROR"), "{}", lines[0]);
    for part in ["till", "needs authorisation", "no longer accepts the refresh token", "moulin connect till"] {
        assert!(lines[0].contains(part), "{}", lines[0]);
    }
    assert!(
        lines[1].starts_with("INFO") && lines[1].contains("till") && lines[1].contains("connected again"),
        "{}",
        lines[1]
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_is_one_log_line_and_the_recovery_another() {
    let replies = [
        Reply::pair("one", "r1"),
        Reply::error("invalid_client"),
        Reply::error("invalid_client"),
        Reply::pair("two", "r2"),
    ];
    let account = Account::at(&Vendor::script(replies));
    logged();
    let process = account.connected().await;
    tokio::time::advance(HOUR).await;
    for _ in 0..2 {
        access(&process).await.unwrap_err();
        assert_eq!(process.status().state, AccountState::Misconfigured);
        tokio::time::advance(Duration::from_secs(31)).await;
    }
    assert_eq!(access(&process).await.unwrap(), "two");
    assert_eq!(process.status().state, AccountState::Connected);
    let lines = logged();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(
        lines[0].contains("misconfigured") && lines[0].contains("correct client_id and client_secret"),
        "{}",
        lines[0]
    );
    assert!(lines[1].contains("connected again"), "{}", lines[1]);
}
