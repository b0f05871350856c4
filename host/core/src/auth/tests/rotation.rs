//! Refresh tokens that rotate: one request, one process at a time, kept before use, never lost.

use std::time::Duration;

use super::super::*;
use super::kit::{Account, Reply, Vendor, access};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn fifty_callers_with_an_expired_token_make_one_token_request_and_all_succeed() {
    for delay in [Duration::ZERO, Duration::from_secs(5)] {
        let account = Account::at(&Vendor::strict(delay));
        let process = account.connected().await;
        for round in 1..=2 {
            tokio::time::advance(HOUR).await;
            let callers = (0..50).map(|_| {
                let process = process.clone();
                tokio::spawn(async move { access(&process).await.unwrap() })
            });
            for answer in futures::future::join_all(callers).await {
                assert_eq!(answer.unwrap(), format!("access-{round}"));
            }
            assert_eq!(account.vendor.requests(), 1 + round);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn fifty_callers_in_two_processes_make_one_token_request() {
    for delay in [Duration::ZERO, Duration::from_secs(5)] {
        let account = Account::at(&Vendor::strict(delay));
        let one = account.connected().await;
        let two = account.process();
        two.load().await;
        tokio::time::advance(HOUR).await;
        let callers = (0..50).map(|n| {
            let process = if n % 2 == 0 { one.clone() } else { two.clone() };
            tokio::spawn(async move { access(&process).await.unwrap() })
        });
        for answer in futures::future::join_all(callers).await {
            assert_eq!(answer.unwrap(), "access-1");
        }
        assert_eq!(account.vendor.requests(), 2);
        // And the grant lives on in both.
        tokio::time::advance(HOUR).await;
        assert_eq!(access(&two).await.unwrap(), "access-2");
        assert_eq!(access(&one).await.unwrap(), "access-2");
        assert_eq!(account.vendor.requests(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_gives_up_waiting_for_another_one_says_so_and_asks_no_vendor() {
    let account = Account::at(&Vendor::strict(Duration::ZERO));
    let process = account.connected().await;
    tokio::time::advance(HOUR).await;
    let lock = account.vault().lock("grant.till", Duration::ZERO).await.unwrap().unwrap();
    let error = access(&process).await.unwrap_err();
    assert!(matches!(error, AuthError::Busy), "{error}");
    assert_eq!(account.vendor.requests(), 1);
    drop(lock);
    assert_eq!(access(&process).await.unwrap(), "access-1");
}

#[tokio::test(start_paused = true)]
async fn a_process_killed_between_storing_and_using_the_new_pair_loses_nothing() {
    let account = Account::at(&Vendor::strict(Duration::ZERO));
    let process = account.connected().await;
    tokio::time::advance(HOUR).await;
    // Kept, and dead before anybody used it.
    assert_eq!(access(&process).await.unwrap(), "access-1");
    drop(process);
    let next = account.process();
    assert_eq!(access(&next).await.unwrap(), "access-1");
    assert_eq!(account.vendor.requests(), 2);
    tokio::time::advance(HOUR).await;
    assert_eq!(access(&next).await.unwrap(), "access-2");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_is_cancelled_loses_no_pair() {
    let account = Account::at(&Vendor::strict(Duration::from_secs(5)));
    let process = account.connected().await;
    tokio::time::advance(HOUR).await;
    // The only caller goes away while the vendor has rotated already.
    assert!(tokio::time::timeout(Duration::from_secs(1), access(&process)).await.is_err());
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(account.grant().await.unwrap().refresh.unwrap().expose(), "refresh-1");
    assert_eq!(access(&process).await.unwrap(), "access-1");
    assert_eq!(account.vendor.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_cannot_be_stored_is_neither_used_nor_lost() {
    let account = Account::at(&Vendor::strict(Duration::ZERO));
    let process = account.connected().await;
    tokio::time::advance(HOUR).await;
    account.disk.set_full(true);
    // However often it is tried: the pair waits for the disk, and no further one is asked for.
    for _ in 0..3 {
        let error = access(&process).await.unwrap_err();
        assert!(
            error.to_string().contains("tokens cannot be kept") && error.to_string().contains("disk full"),
            "{error}"
        );
        assert_eq!(process.status().state, AccountState::Misconfigured);
        tokio::time::advance(Duration::from_secs(40)).await;
    }
    assert_eq!(account.vendor.requests(), 2);
    account.disk.set_full(false);
    assert_eq!(access(&process).await.unwrap(), "access-1");
    assert_eq!(account.vendor.requests(), 2);
    assert_eq!(process.status().state, AccountState::Connected);
    tokio::time::advance(HOUR).await;
    assert_eq!(access(&process).await.unwrap(), "access-2");
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_could_not_be_stored_gives_way_to_a_newer_grant() {
    let account = Account::at(&Vendor::strict(Duration::ZERO));
    let process = account.connected().await;
    tokio::time::advance(HOUR).await;
    account.disk.set_full(true);
    access(&process).await.unwrap_err();
    account.disk.set_full(false);
    let other = account.connected().await;
    assert_eq!(access(&process).await.unwrap(), "access-2");
    assert_eq!(access(&other).await.unwrap(), "access-2");
}

#[tokio::test(start_paused = true)]
async fn no_new_refresh_token_in_the_answer_keeps_the_old_one() {
    let without = [
        r#"{"access_token":"two","expires_in":3600}"#,
        r#"{"access_token":"two","expires_in":3600,"refresh_token":""}"#,
        r#"{"access_token":"two","expires_in":3600,"refresh_token":null}"#,
    ];
    for body in without {
        let account = Account::at(&Vendor::script([Reply::pair("one", "the-first"), Reply::new(200, body)]));
        let process = account.connected().await;
        for _ in 0..2 {
            tokio::time::advance(HOUR).await;
            assert_eq!(access(&process).await.unwrap(), "two");
            assert_eq!(account.vendor.seen().last().unwrap()["refresh_token"], "the-first");
        }
        assert_eq!(account.grant().await.unwrap().refresh.unwrap().expose(), "the-first");
        assert_eq!(account.vendor.requests(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_answer_never_overwrites_good_tokens() {
    let errors = [
        Reply::error("invalid_client"),
        Reply::error("temporarily_unavailable"),
        Reply::new(200, r#"{"error":"server_error"}"#),
        Reply::new(200, r#"{"error":"access_denied","access_token":"poison","refresh_token":"poison"}"#),
        Reply::new(200, "{}"),
        Reply::new(200, r#"{"access_token":"","refresh_token":"poison"}"#),
        Reply::new(200, "<html>maintenance</html>"),
        Reply::new(302, ""),
        Reply::new(429, ""),
        Reply::new(500, "oops"),
        Reply::new(0, ""),
    ];
    for error in errors {
        let replies = [Reply::pair("one", "r1"), error.clone(), Reply::pair("two", "r2")];
        let account = Account::at(&Vendor::script(replies));
        let process = account.connected().await;
        // Due for renewal, and good for five more minutes.
        tokio::time::advance(HOUR - Duration::from_secs(300)).await;
        assert_eq!(access(&process).await.unwrap(), "one", "{error:?}");
        let kept = account.grant().await.unwrap();
        assert_eq!((kept.access.expose(), kept.refresh.as_ref().unwrap().expose()), ("one", "r1"), "{error:?}");
        assert!(kept.lost.is_none(), "{error:?}");
        tokio::time::advance(Duration::from_secs(31)).await;
        assert_eq!(access(&process).await.unwrap(), "two", "{error:?}");
        assert_eq!(account.vendor.seen()[2]["refresh_token"], "r1", "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_of_200_with_an_error_is_an_error() {
    let answer =
        Reply::new(200, r#"{"error":"invalid_client","error_description":"who are you","access_token":"poison"}"#);
    let account = Account::at(&Vendor::script([Reply::pair("one", "r1"), answer]));
    let process = account.connected().await;
    tokio::time::advance(HOUR).await;
    let text = access(&process).await.unwrap_err().to_string();
    assert!(text.contains("refused: invalid_client (who are you); correct client_id and client_secret"), "{text}");
}
