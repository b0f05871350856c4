//! Many operations at once on an expired token, at a vendor that rotates refresh tokens and ends the grant when a dead
//! one is used again.

mod accounts;

use std::time::Duration;

use accounts::{Account, NAME, Process, check_succeeds, expired};
use moulin_host::Host;
use moulin_vendors::oauth::{GrantType, Mode, Order, Profile};
use serde_json::json;

/// A connected account with an expired token; the token endpoint takes its time.
async fn tired() -> (Account, Host) {
    let account = Account::with_consent("strict", Profile::strict()).await;
    let authority = account.server.authority();
    authority.order(Order::times(Mode::ExpiresIn { value: json!(4) }, 1)).unwrap();
    let host = account.connected().await;
    check_succeeds(&host).await;
    (account, host)
}

async fn fifty(hosts: &[&Host]) {
    let checks = (0..50).map(|n| {
        let host = hosts[n % hosts.len()].clone();
        tokio::spawn(async move { host.check(NAME).await.map_err(|error| error.to_string()) })
    });
    for outcome in futures::future::join_all(checks).await {
        outcome.unwrap().unwrap_or_else(|error| panic!("{error}"));
    }
}

/// One refresh since the account was connected, and the grant lives.
fn assert_one_refresh(account: &Account) {
    let authority = account.server.authority();
    assert_eq!(authority.count(GrantType::RefreshToken), 1, "{:#?}", authority.token_requests());
    assert_eq!(authority.token_requests().len(), 2);
    assert!(authority.is_alive(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_operations_on_an_expired_token_make_one_token_request_and_all_succeed() {
    for slow in [0, 1_000] {
        let (account, host) = tired().await;
        let authority = account.server.authority();
        authority.order(Order::always(Mode::SlowAfter { ms: slow })).unwrap();
        expired(&host).await;
        fifty(&[&host]).await;
        assert_one_refresh(&account);
        let used = account.requests().iter().filter(|request| request.path == "/whoami").count();
        assert_eq!(used, 51);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hosts_on_one_data_folder_make_one_token_request() {
    let (account, one) = tired().await;
    let two = account.host().await;
    account.server.authority().order(Order::always(Mode::SlowAfter { ms: 300 })).unwrap();
    expired(&one).await;
    fifty(&[&one, &two]).await;
    assert_one_refresh(&account);
    // Both go on with what the other did.
    let authority = account.server.authority();
    assert!(authority.revoke_access_token(&account.last_used()));
    for host in [&two, &one] {
        check_succeeds(host).await;
        assert_eq!(authority.count(GrantType::RefreshToken), 2);
    }
    assert!(authority.revoke_access_token(&account.last_used()));
    for host in [&one, &two] {
        check_succeeds(host).await;
        assert_eq!(authority.count(GrantType::RefreshToken), 3);
    }
    assert!(account.server.authority().is_alive(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run as a process by other tests"]
async fn process_that_checks() {
    let Some(host) = Process::host().await else { return };
    println!("ready");
    // Both begin when the token has expired.
    expired(&host).await;
    let checks = (0..25).map(|_| {
        let host = host.clone();
        tokio::spawn(async move { host.check(NAME).await.map_err(|error| error.to_string()) })
    });
    let outcomes = futures::future::join_all(checks).await;
    let failed: Vec<_> = outcomes.into_iter().filter_map(|outcome| outcome.unwrap().err()).collect();
    println!("done: {} failed {failed:?}", failed.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_data_folder_make_one_token_request() {
    let account = Account::with_consent("strict", Profile::strict()).await;
    let authority = account.server.authority();
    // Time for both processes to start.
    authority.order(Order::times(Mode::ExpiresIn { value: json!(5) }, 1)).unwrap();
    drop(account.connected().await);
    authority.order(Order::always(Mode::SlowAfter { ms: 300 })).unwrap();
    let path = account.path().to_owned();
    let outcomes = tokio::task::spawn_blocking(move || {
        let mut processes = [(); 2].map(|()| Process::start("process_that_checks", &path));
        for process in &mut processes {
            process.line("ready").expect("it starts");
        }
        processes.map(|mut process| {
            let line = process.line("done").expect("it ends");
            assert!(process.child.wait().unwrap().success());
            line
        })
    });
    let outcomes = tokio::time::timeout(Duration::from_secs(60), outcomes).await.unwrap().unwrap();
    for outcome in outcomes {
        assert!(outcome.contains("0 failed"), "{outcome}");
    }
    assert_one_refresh(&account);
    assert_eq!(account.requests().iter().filter(|request| request.path == "/whoami").count(), 50);
}
