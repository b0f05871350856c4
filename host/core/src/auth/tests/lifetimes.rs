//! How long tokens are taken to be good: every form of `expires_in`, clocks that differ, refresh tokens that die of
//! idleness.

use std::time::Duration;

use super::super::*;
use super::kit::{Account, Reply, Vendor, access, logged};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A moment as ISO 8601, so many seconds from now.
fn iso(seconds: i64) -> String {
    let now = jiff::Timestamp::try_from(clock::now()).unwrap();
    (now + jiff::SignedDuration::from_secs(seconds)).to_string()
}

/// The vendor's clock, so many seconds off ours.
fn vendors_clock(seconds: i64) -> std::time::SystemTime {
    let span = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { clock::now() - span } else { clock::now() + span }
}

fn answer(members: &str) -> String {
    format!(r#"{{"access_token":"one","refresh_token":"r1"{members}}}"#)
}

/// For how many seconds a token of this answer is taken to be good.
async fn life(account: &Account) -> i64 {
    let process = account.connected().await;
    let end = process.status().token_expires_at.unwrap();
    let millis = end.as_millis() - clock::to_millis(clock::now());
    (millis + 500).div_euclid(1000)
}

#[tokio::test(start_paused = true)]
async fn expires_in_may_be_missing_a_text_zero_or_an_iso_expires_at() {
    let cases = [
        (r#","expires_in":3600"#.to_owned(), 3600),
        (r#","expires_in":"3600""#.to_owned(), 3600),
        (r#","expires_in":" 3600 ""#.to_owned(), 3600),
        (String::new(), 900),
        (r#","expires_in":0"#.to_owned(), 900),
        (r#","expires_in":"0""#.to_owned(), 900),
        (r#","expires_in":-1"#.to_owned(), 900),
        (r#","expires_in":"soon""#.to_owned(), 900),
        (format!(r#","expires_at":"{}""#, iso(7200)), 7200),
        (format!(r#","expires_in":0,"expires_at":"{}""#, iso(7200)), 7200),
        (format!(r#","expires_at":"{}""#, iso(-7200)), 900),
    ];
    for (members, expected) in cases {
        let account = Account::at(&Vendor::script([Reply::new(200, answer(&members))]));
        let life = life(&account).await;
        assert!((expected - 2..=expected).contains(&life), "{members}: {life}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendors_usual_life_counts_where_the_answer_tells_none() {
    let mut account = Account::at(&Vendor::script([Reply::new(200, answer(""))]));
    account.consent.client.endpoint.default_lifetime = Some(30 * DAY);
    assert_eq!(life(&account).await, 30 * 24 * 3600);
}

#[tokio::test(start_paused = true)]
async fn a_vendors_clock_that_is_sixty_seconds_off_changes_no_life() {
    for off in [-60, 60] {
        // Written by the vendor's clock, which `date` tells.
        let members = format!(r#","expires_at":"{}""#, iso(3600 + off));
        let account = Account::at(&Vendor::script([Reply::new(200, answer(&members)).at(vendors_clock(off))]));
        let life = life(&account).await;
        assert!((3597..=3601).contains(&life), "{off}: {life}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_sixty_seconds_off_and_not_known_to_be_wastes_no_request() {
    for off in [-60, 60] {
        let members = format!(r#","expires_at":"{}""#, iso(3600 + off));
        let account = Account::at(&Vendor::script([Reply::new(200, answer(&members)), Reply::pair("two", "r2")]));
        let process = account.connected().await;
        // Really good for an hour: used for most of it, and no longer used in its last minute.
        tokio::time::advance(HOUR - Duration::from_secs(480)).await;
        assert_eq!(access(&process).await.unwrap(), "one", "{off}");
        tokio::time::advance(Duration::from_secs(420)).await;
        assert_eq!(access(&process).await.unwrap(), "two", "{off}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_sixty_seconds_off_says_to_set_it() {
    for (off, word) in [(-60, "ahead of"), (60, "behind")] {
        let refusal = Reply::error("invalid_request").at(vendors_clock(off));
        let account = Account::at(&Vendor::script([refusal]));
        let text = account.connect(&account.process()).await.unwrap_err().to_string();
        let (clock, remedy) = (format!("s {word} the vendor's"), "set it (`timedatectl set-ntp true`)");
        assert!(text.contains("this machine's clock is ") && text.contains(&clock) && text.contains(remedy), "{text}");

        // A vendor that does not mind is no error, and is said all the same.
        logged();
        let account = Account::at(&Vendor::script([Reply::pair("one", "r1").at(vendors_clock(off))]));
        account.connected().await;
        let lines = logged();
        assert!(
            lines.iter().any(|line| line.starts_with("WARN") && line.contains(&clock) && line.contains(remedy)),
            "{lines:?}"
        );
    }
    logged();
    let account = Account::at(&Vendor::script([Reply::pair("one", "r1").at(vendors_clock(30))]));
    account.connected().await;
    assert_eq!(logged(), [""; 0]);
}

/// A vendor whose refresh tokens die when they are not used for so long.
fn forgetful(idle: Duration) -> std::sync::Arc<Vendor> {
    let used = std::sync::Mutex::new(None);
    Vendor::new(Duration::ZERO, move |n, _| {
        let mut used = used.lock().unwrap();
        let now = tokio::time::Instant::now();
        let before = used.replace(now).unwrap_or(now);
        if now - before > idle {
            return Reply::error("invalid_grant");
        }
        Reply::pair(&format!("access-{n}"), &format!("refresh-{n}"))
    })
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_dies_of_idleness_is_kept_alive_for_thirty_days() {
    // Idle life, and how often at most it has to be used in thirty days: at a third of it, and every seventh day.
    for (idle, most) in [(3 * DAY, 31), (30 * DAY, 5), (90 * DAY, 5)] {
        let mut account = Account::at(&forgetful(idle));
        account.consent.idle_lifetime = Some(idle);
        let process = account.connected().await;
        for _ in 0..30 * 24 {
            tokio::time::advance(HOUR).await;
            process.keep_alive().await.unwrap();
        }
        let used = account.vendor.requests() - 1;
        assert!((4..=most).contains(&used), "{used} for {idle:?}");
        tokio::time::advance(idle / 2).await;
        access(&process).await.unwrap();
        assert_eq!(process.status().state, AccountState::Connected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_without_an_idle_life_is_left_alone() {
    let account = Account::at(&forgetful(1000 * DAY));
    let process = account.connected().await;
    for _ in 0..30 * 24 {
        tokio::time::advance(HOUR).await;
        process.keep_alive().await.unwrap();
    }
    assert_eq!(account.vendor.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_is_kept_alive_by_one_of_two_processes_and_after_an_outage() {
    let idle = 3 * DAY;
    let replies = [Reply::pair("one", "r1"), Reply::new(0, ""), Reply::pair("two", "r2"), Reply::pair("three", "r3")];
    let mut account = Account::at(&Vendor::script(replies));
    account.consent.idle_lifetime = Some(idle);
    let one = account.connected().await;
    let two = account.process();
    two.load().await;
    tokio::time::advance(DAY + HOUR).await;
    one.keep_alive().await.unwrap_err();
    tokio::time::advance(HOUR).await;
    one.keep_alive().await.unwrap();
    // Its own token is a day old, the one on the disk is not.
    two.keep_alive().await.unwrap();
    assert_eq!(account.vendor.requests(), 3);
    assert_eq!(access(&two).await.unwrap(), "two");
}
