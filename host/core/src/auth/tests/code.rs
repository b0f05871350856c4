//! Connecting an account: PKCE, state, redirect URI, sender, and what a person is told.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use super::super::*;
use super::kit::{Account, BACK, Reply, Vendor, access, back, parameter, state};

fn pair() -> Reply {
    Reply::pair("access", "refresh")
}

#[tokio::test(start_paused = true)]
async fn pkce_s256_with_a_fresh_verifier_of_43_to_128_characters() {
    let account = Account::at(&Vendor::script([pair()]));
    let process = account.process();
    let mut challenges = Vec::new();
    for _ in 0..2 {
        let link = process.begin(&back(), None).await.unwrap();
        assert_eq!(parameter(&link, "code_challenge_method").unwrap(), "S256");
        challenges.push(parameter(&link, "code_challenge").unwrap());
        account.come_back(&process, &state(&link), &[("code", "c")]).await.unwrap();
    }
    let verifiers: Vec<_> = account.vendor.seen().iter().map(|form| form["code_verifier"].clone()).collect();
    assert_ne!(verifiers[0], verifiers[1]);
    for (verifier, challenge) in verifiers.iter().zip(&challenges) {
        assert!((43..=128).contains(&verifier.len()), "{verifier}");
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        assert!(verifier.bytes().all(unreserved), "{verifier}");
        assert_eq!(URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())), *challenge);
    }
}

#[tokio::test(start_paused = true)]
async fn vendors_that_refuse_pkce_can_have_it_off() {
    let mut account = Account::at(&Vendor::script([pair()]));
    account.consent.pkce = false;
    let process = account.process();
    let link = process.begin(&back(), None).await.unwrap();
    assert!(!link.url.query().unwrap().contains("code_challenge"), "{}", link.url);
    account.come_back(&process, &state(&link), &[("code", "c")]).await.unwrap();
    assert!(!account.vendor.seen()[0].contains_key("code_verifier"));
}

#[tokio::test(start_paused = true)]
async fn the_redirect_uri_is_exactly_the_same_in_both_requests_or_in_none() {
    let mut account = Account::at(&Vendor::script([pair()]));
    for sent in [true, false] {
        account.consent.send_redirect_uri = sent;
        let process = account.process();
        let link = process.begin(&back(), None).await.unwrap();
        let expected = sent.then(|| BACK.to_owned());
        assert_eq!(parameter(&link, "redirect_uri"), expected);
        account.come_back(&process, &state(&link), &[("code", "c")]).await.unwrap();
        assert_eq!(account.vendor.seen().last().unwrap().get("redirect_uri"), expected.as_ref());
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_is_good_once() {
    let account = Account::at(&Vendor::script([pair()]));
    let process = account.process();
    let link = process.begin(&back(), None).await.unwrap();
    let state = state(&link);
    // Twice at the very same time, as a person who clicks twice does.
    let twice = futures::future::join_all([
        account.come_back(&process, &state, &[("code", "c")]),
        account.come_back(&process, &state, &[("code", "c")]),
    ])
    .await;
    assert_eq!(twice.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{twice:?}");
    let late = account.come_back(&process, &state, &[("code", "c")]).await.unwrap_err();
    assert!(matches!(late, ConnectError::UsedState { .. }));
    assert!(late.to_string().contains("this link was used already"), "{late}");
    assert_eq!(account.vendor.requests(), 1);
    assert_eq!(access(&process).await.unwrap(), "access");
}

#[tokio::test(start_paused = true)]
async fn a_state_is_good_for_ten_minutes() {
    let account = Account::at(&Vendor::script([pair()]));
    let process = account.process();
    let in_time = process.begin(&back(), None).await.unwrap();
    let late = process.begin(&back(), None).await.unwrap();
    tokio::time::advance(Duration::from_secs(599)).await;
    account.come_back(&process, &state(&in_time), &[("code", "c")]).await.unwrap();
    tokio::time::advance(Duration::from_secs(2)).await;
    let error = account.come_back(&process, &state(&late), &[("code", "c")]).await.unwrap_err();
    assert!(error.to_string().contains("has expired") && error.to_string().contains("begin again"), "{error}");
    assert_eq!(account.vendor.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_or_missing_state_is_refused_before_anything_is_sent() {
    let account = Account::at(&Vendor::script([pair()]));
    let process = account.process();
    process.begin(&back(), None).await.unwrap();
    let error = account.come_back(&process, "forged", &[("code", "c")]).await.unwrap_err();
    assert!(error.to_string().contains("this link was not made here"), "{error}");
    let error = account.come_back(&process, "", &[("code", "c")]).await.unwrap_err();
    assert!(error.to_string().contains("it has no `state`"), "{error}");
    assert_eq!(account.vendor.requests(), 0);
    assert!(account.grant().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_state_is_bound_to_the_browser_that_began() {
    let account = Account::at(&Vendor::script([pair()]));
    let process = account.process();
    let link = process.begin(&back(), Some("cookie")).await.unwrap();
    let parameters = [("state".to_owned(), state(&link)), ("code".to_owned(), "c".to_owned())];
    let callback = Callback::new(parameters);
    for browser in [None, Some("another")] {
        let error = complete(&account.vault(), &callback, browser, |_| Ok(process.clone())).await.unwrap_err();
        assert!(matches!(error, ConnectError::OtherBrowser { .. }), "{error}");
    }
    // A stranger's try does not use up the owner's link.
    complete(&account.vault(), &callback, Some("cookie"), |_| Ok(process.clone())).await.unwrap();
    assert_eq!(account.vendor.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_link_ends_in_another_process_than_it_began() {
    let account = Account::at(&Vendor::script([pair()]));
    let link = account.process().begin(&back(), None).await.unwrap();
    let other = account.process();
    assert_eq!(account.come_back(&other, &state(&link), &[("code", "c")]).await.unwrap(), "till");
    assert!(account.vendor.seen()[0].contains_key("code_verifier"));
    assert_eq!(access(&other).await.unwrap(), "access");
}

#[tokio::test(start_paused = true)]
async fn iss_is_checked_where_it_is_given() {
    // Configured, sent, good.
    let cases = [
        (None, "https://login.example", true),
        (None, "https://evil.example", false),
        (Some("https://issuer.example/eu"), "https://issuer.example/eu", true),
        (Some("https://issuer.example/eu"), "https://issuer.example/us", false),
        (Some("https://issuer.example/eu"), "https://login.example", false),
    ];
    for (configured, sent, good) in cases {
        let mut account = Account::at(&Vendor::script([pair()]));
        account.consent.issuer = configured.map(str::to_owned);
        let process = account.process();
        let link = process.begin(&back(), None).await.unwrap();
        let outcome = account.come_back(&process, &state(&link), &[("code", "c"), ("iss", sent)]).await;
        assert_eq!(account.vendor.requests(), usize::from(good), "{sent}");
        match outcome {
            Ok(_) => assert!(good, "{sent}"),
            Err(error) => {
                assert!(!good, "{error}");
                assert!(error.to_string().contains(&format!("comes from {sent} and not from")), "{error}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_consent_says_to_begin_again_and_allow_it() {
    let account = Account::at(&Vendor::script([pair()]));
    let process = account.connected().await;
    let link = process.begin(&back(), None).await.unwrap();
    let error = account.come_back(&process, &state(&link), &[("error", "access_denied")]).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("begin again for till and choose to allow it"), "{text}");
    assert_eq!(account.vendor.requests(), 1);
    // What was connected before stays so.
    assert_eq!(access(&process).await.unwrap(), "access");
}

#[tokio::test(start_paused = true)]
async fn any_other_error_in_the_redirect_says_what_to_look_at() {
    let account = Account::at(&Vendor::script([pair()]));
    let process = account.process();
    let link = process.begin(&back(), None).await.unwrap();
    let answer = [("error", "invalid_scope"), ("error_description", "no such scope"), ("code", "c")];
    let text = account.come_back(&process, &state(&link), &answer).await.unwrap_err().to_string();
    assert!(text.contains("invalid_scope (no such scope); check client id, scopes and redirect URI"), "{text}");
    assert_eq!(account.vendor.requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_expired_code_says_to_begin_again_without_waiting() {
    let account = Account::at(&Vendor::script([Reply::error("invalid_grant")]));
    let process = account.process();
    let text = account.connect(&process).await.unwrap_err().to_string();
    assert!(text.contains("till is not connected"), "{text}");
    assert!(text.contains("begin again and consent without waiting"), "{text}");
    assert!(account.grant().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_client_secret_says_to_correct_it() {
    let account = Account::at(&Vendor::script([Reply::new(401, r#"{"error":"invalid_client"}"#)]));
    let process = account.process();
    let text = account.connect(&process).await.unwrap_err().to_string();
    assert!(text.contains("correct client_id and client_secret in the connection's auth"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_to_connect_leaves_the_old_grant() {
    let account = Account::at(&Vendor::script([pair(), Reply::error("invalid_grant")]));
    let process = account.connected().await;
    account.connect(&process).await.unwrap_err();
    assert_eq!(account.grant().await.unwrap().refresh.unwrap().expose(), "refresh");
    assert_eq!(access(&process).await.unwrap(), "access");
}

#[tokio::test(start_paused = true)]
async fn a_link_of_another_configuration_is_refused() {
    let mut account = Account::at(&Vendor::script([pair()]));
    let link = account.process().begin(&back(), None).await.unwrap();
    account.consent.client.client_id = "another".to_owned();
    let process = account.process();
    let error = account.come_back(&process, &state(&link), &[("code", "c")]).await.unwrap_err();
    assert!(error.to_string().contains("changed since this link was made; begin again"), "{error}");
    assert_eq!(account.vendor.requests(), 0);
}
