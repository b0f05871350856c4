//! A process that dies at any moment around a refresh loses no grant.
//!
//! The vendor rotates refresh tokens as Lightspeed does: the old one dies when the new access token is first used, and
//! the use of a dead one ends the grant. A process is killed a hundred times with SIGKILL. Each time the vendor's own
//! books say where in the exchange it is, and a random delay of 0–20 ms comes on top:
//!
//! | round | the delay begins when |
//! |---|---|
//! | first of four | the token request has arrived; it is answered up to 20 ms later |
//! | second | new tokens are issued; their answer leaves up to 20 ms later |
//! | third | new tokens are issued and on their way |
//! | fourth | the new access token has been used at the API |
//!
//! In four rounds of eight the refresh is due because the token ends, in four because the API rejects it. The process
//! started next must make a successful call with what is on the disk, before it is killed in its turn.

mod accounts;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use accounts::{Account, NAME, Process, check_succeeds};
use moulin_vendors::oauth::{Mode, Order, Profile};
use serde_json::json;
use tokio::time::{Instant, sleep};

/// Accounts that are worked on side by side, and kills on each: most of a round is the start of a process.
const LANES: usize = 4;
const ROUNDS: usize = 25;

/// Longest delay and longest wait of the vendor, in milliseconds.
const LONGEST: u64 = 20;

/// 0 to [`LONGEST`] milliseconds.
fn a_moment() -> u64 {
    RandomState::new().build_hasher().finish() % (LONGEST + 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run as a process by other tests"]
async fn process_that_never_rests() {
    let Some(host) = Process::host().await else { return };
    loop {
        match host.check(NAME).await {
            Ok(_) => println!("call: good"),
            Err(error) => println!("call: {error}"),
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// Where kills struck, by the vendor's books.
#[derive(Clone, Copy, Default, Debug)]
struct Struck {
    before_new_tokens: usize,
    before_their_first_use: usize,
    after: usize,
}

/// Waits until it is so. Another process does it: there is nothing to be woken by.
async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !so() {
        assert!(Instant::now() < deadline, "{what} never came");
        sleep(Duration::from_millis(1)).await;
    }
}

/// What was sent since the requests were forgotten: whether a token was asked for, and whether the API was used after.
fn exchange(account: &Account) -> (bool, bool) {
    let requests = account.requests();
    let asked = requests.iter().rposition(|request| request.path != "/whoami");
    (asked.is_some(), asked.is_some_and(|at| at + 1 < requests.len()))
}

/// Kills processes on one account.
async fn kills() -> Struck {
    let mut profile = Profile::lightspeed();
    profile.refreshed_life = None;
    let account = Account::with_consent("lightspeed", profile).await;
    let authority = account.server.authority();
    // As short as a life can be told: a refresh is due every half second.
    authority.order(Order::always(Mode::ExpiresIn { value: json!(1) })).unwrap();
    drop(account.connected().await);

    let mut struck = Struck::default();
    for round in 0..ROUNDS {
        let path = account.path().to_owned();
        let start = tokio::task::spawn_blocking(move || {
            let mut process = Process::start("process_that_never_rests", &path);
            let line = process.line("call: ").expect("it calls");
            (process, line)
        });
        let (process, line) = start.await.unwrap();
        assert!(line.contains("call: good"), "after {round} kills, {struck:?}: {line}\n{:#?}", authority.grants());

        let (phase, rejected) = (round % 4, round % 8 >= 4);
        match phase {
            0 => authority.order(Order::times(Mode::SlowBefore { ms: a_moment() }, 1)).unwrap(),
            1 => authority.order(Order::times(Mode::SlowAfter { ms: a_moment() }, 1)).unwrap(),
            _ => {}
        }
        let current = account.last_used();
        account.server.forget_requests();
        let before = authority.token_requests().len();
        if rejected {
            assert!(authority.revoke_access_token(&current));
        }
        until("the refresh", || match phase {
            0 => exchange(&account).0,
            1 | 2 => authority.token_requests().len() > before,
            _ => exchange(&account).1,
        })
        .await;
        sleep(Duration::from_millis(a_moment())).await;
        tokio::task::spawn_blocking(|| process.kill()).await.unwrap();

        match (authority.token_requests().len() > before, exchange(&account).1) {
            (false, _) => struck.before_new_tokens += 1,
            (true, false) => struck.before_their_first_use += 1,
            (true, true) => struck.after += 1,
        }
    }
    check_succeeds(&account.host().await).await;
    assert!(authority.is_alive(1) && authority.revoked() == 0, "{:#?}", authority.grants());
    struck
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_a_hundred_moments_around_a_refresh_loses_no_grant() {
    let lanes = (0..LANES).map(|_| tokio::spawn(kills()));
    let struck: Vec<_> = futures::future::join_all(lanes).await.into_iter().map(Result::unwrap).collect();
    let sum = |of: fn(&Struck) -> usize| struck.iter().map(of).sum::<usize>();
    let sums = [sum(|lane| lane.before_new_tokens), sum(|lane| lane.before_their_first_use), sum(|lane| lane.after)];
    println!("before new tokens, before their first use, after: {sums:?}");
    assert_eq!(sums.iter().sum::<usize>(), LANES * ROUNDS);
    // The moments were spread over the whole exchange.
    assert!(sums.iter().all(|kills| *kills > 0) && sums[1] >= 5, "{sums:?}");
}
