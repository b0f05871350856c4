//! Refresh tokens: rotation in its two forms, reuse, quotas, expiry, revocation.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;
mod oauth;

use http::send;
use moulin_vendors::oauth::{GrantType, OAuth, Outcome, Profile, Quota, Refresh, Reuse, Revoked};
use oauth::{changed, error, pair, post, refreshing, refused, start, whoami};

/// A new grant's pair.
fn granted(server: &OAuth, scope: &str) -> (String, String) {
    pair(&server.authority().grant_now([scope]))
}

async fn refreshed(server: &OAuth, token: &str) -> (String, String) {
    let answer = post(server, &refreshing(token)).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    pair(&answer.json())
}

#[tokio::test]
async fn a_strictly_rotated_token_dies_at_once_and_its_reuse_ends_the_grant() {
    let server = start(Profile::strict()).await;
    let (_, first) = granted(&server, "read");
    let (access, second) = refreshed(&server, &first).await;
    assert_ne!(first, second);
    assert_eq!(whoami(&server, &access).await, 200);
    assert_eq!(error(&post(&server, &refreshing(&first)).await), refused("invalid_grant"));
    assert_eq!(error(&post(&server, &refreshing(&second)).await), refused("invalid_grant"));
    assert_eq!(whoami(&server, &access).await, 401);
    assert!(!server.authority().is_alive(1));
    assert_eq!(server.authority().grants()[0].revoked, Some(Revoked::RefreshTokenReused));
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_loses_the_grant() {
    let server = start(Profile::strict()).await;
    let (_, token) = granted(&server, "read");
    let parameters = refreshing(&token);
    let (a, b) = tokio::join!(post(&server, &parameters), post(&server, &parameters));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!((statuses, server.authority().revoked()), ([200, 400], 1));
}

#[tokio::test]
async fn fifty_grants_are_refreshed_at_once_without_mixing_them_up() {
    let server = start(Profile::strict()).await;
    let tokens: Vec<_> = (0..50).map(|_| granted(&server, "read").1).collect();
    let pairs = futures::future::join_all(tokens.iter().map(|token| refreshed(&server, token))).await;
    let distinct: std::collections::BTreeSet<_> = pairs.iter().collect();
    assert_eq!((distinct.len(), server.authority().count(GrantType::RefreshToken)), (50, 50));
    assert_eq!(server.authority().revoked(), 0);
    let mut grants: Vec<_> = server.authority().token_requests().into_iter().map(|request| request.outcome).collect();
    grants.sort_by_key(|outcome| match outcome {
        Outcome::Issued(grant) => *grant,
        other => panic!("{other:?}"),
    });
    assert_eq!(grants, (1..=50).map(Outcome::Issued).collect::<Vec<_>>());
}

#[tokio::test]
async fn where_rotation_waits_for_the_first_use_the_old_token_lives_until_then() {
    let server = start(Profile::lightspeed()).await;
    let (old_access, first) = granted(&server, "employee:all");
    // An answer that got lost: the old token is still good.
    refreshed(&server, &first).await;
    let (access, second) = refreshed(&server, &first).await;
    assert_eq!(whoami(&server, &old_access).await, 200);
    refreshed(&server, &first).await;
    assert_eq!(whoami(&server, &access).await, 200);
    // Used: the old one is dead now, and presenting it ends everything.
    assert_eq!(error(&post(&server, &refreshing(&first)).await), refused("invalid_grant"));
    assert_eq!(error(&post(&server, &refreshing(&second)).await), refused("invalid_grant"));
    assert_eq!(whoami(&server, &access).await, 401);
    assert_eq!(server.authority().grants()[0].revoked, Some(Revoked::RefreshTokenReused));
}

#[tokio::test]
async fn a_use_ends_all_earlier_tokens_of_the_chain() {
    let server = start(Profile { reuse: Reuse::Refused, ..Profile::lightspeed() }).await;
    let (_, first) = granted(&server, "employee:all");
    let (_, second) = refreshed(&server, &first).await;
    let (access, third) = refreshed(&server, &second).await;
    assert_eq!(whoami(&server, &access).await, 200);
    for dead in [&first, &second] {
        assert_eq!(error(&post(&server, &refreshing(dead)).await), refused("invalid_grant"));
    }
    // Refused alone leaves the grant alive.
    refreshed(&server, &third).await;
    assert!(server.authority().is_alive(1));
}

#[tokio::test]
async fn a_stable_token_comes_back_or_not() {
    let square = start(Profile { formats: vec![moulin_vendors::oauth::Format::Form], ..Profile::square() }).await;
    let (_, token) = granted(&square, "ITEMS_READ");
    assert_eq!(refreshed(&square, &token).await.1, token);
    let zoho = start(Profile::zoho()).await;
    let (_, token) = granted(&zoho, "ZohoCRM.modules.ALL");
    for _ in 0..2 {
        let answer = post(&zoho, &refreshing(&token)).await.json();
        assert!(answer["access_token"].is_string() && answer.get("refresh_token").is_none(), "{answer}");
    }
    let none = start(Profile { refresh: Refresh::None, ..Profile::strict() }).await;
    assert!(none.authority().grant_now(["read"]).get("refresh_token").is_none());
}

#[tokio::test]
async fn the_eleventh_token_in_ten_minutes_is_refused() {
    let server = start(Profile::zoho()).await;
    let (_, token) = granted(&server, "ZohoCRM.modules.ALL");
    // The grant's own access token was the first.
    for _ in 0..9 {
        assert!(post(&server, &refreshing(&token)).await.json()["access_token"].is_string());
    }
    let answer = post(&server, &refreshing(&token)).await;
    let body = answer.json();
    assert_eq!((answer.status, &body["error"], &body["status"]), (200, &"access_denied".into(), &"failure".into()));
    assert!(body["error_description"].as_str().unwrap().starts_with("You have made too many requests"));
    server.authority().shift_clock(600);
    assert!(post(&server, &refreshing(&token)).await.json()["access_token"].is_string());
}

#[tokio::test]
async fn a_quota_of_one_is_a_minimum_interval_and_spends_nothing() {
    let quota = Quota { events: 1, per: std::time::Duration::from_secs(300) };
    let server = start(Profile { quotas: vec![quota], ..Profile::strict() }).await;
    let (_, token) = granted(&server, "read");
    assert_eq!(error(&post(&server, &refreshing(&token)).await), refused("access_denied"));
    server.authority().shift_clock(300);
    refreshed(&server, &token).await;
}

#[tokio::test]
async fn the_twenty_first_grant_ends_the_oldest() {
    let server = start(Profile::zoho()).await;
    for _ in 0..21 {
        granted(&server, "ZohoCRM.modules.ALL");
    }
    assert!(!server.authority().is_alive(1) && server.authority().is_alive(2));
    assert_eq!(server.authority().grants()[0].revoked, Some(Revoked::Crowded));
}

#[tokio::test]
async fn scopes_can_be_narrowed_and_never_widened() {
    let server = start(Profile { refresh: Refresh::Stable { repeated: true }, ..Profile::strict() }).await;
    let (_, token) = pair(&server.authority().grant_now(["read"]));
    let right = refreshing(&token);
    for scope in ["read write", "write", "none"] {
        assert_eq!(
            error(&post(&server, &changed(&right, &[("scope", scope)])).await),
            refused("invalid_scope"),
            "{scope}"
        );
    }
    assert_eq!(post(&server, &changed(&right, &[("scope", "read")])).await.status, 200);
}

#[tokio::test]
async fn tokens_die_with_their_time() {
    let server = start(Profile::lightspeed()).await;
    let (access, refresh) = granted(&server, "employee:all");
    server.authority().shift_clock(3_590);
    assert_eq!(whoami(&server, &access).await, 200);
    server.authority().shift_clock(11);
    assert_eq!(whoami(&server, &access).await, 401);
    // One from a refresh lives half as long.
    let (access, refresh) = refreshed(&server, &refresh).await;
    assert_eq!(whoami(&server, &access).await, 200);
    server.authority().shift_clock(1_801);
    assert_eq!(whoami(&server, &access).await, 401);
    // Thirty idle days.
    server.authority().shift_clock(30 * 86_400);
    assert_eq!(error(&post(&server, &refreshing(&refresh)).await), refused("invalid_grant"));
    assert_eq!(server.authority().revoked(), 0);
}

#[tokio::test]
async fn what_the_owner_takes_back_is_gone() {
    let server = start(Profile::strict()).await;
    let (access, refresh) = granted(&server, "read");
    assert!(server.authority().revoke_access_token(&access));
    assert_eq!(whoami(&server, &access).await, 401);
    let (access, refresh) = refreshed(&server, &refresh).await;
    assert!(server.authority().revoke_grant_of(&refresh) && !server.authority().revoke_grant(1));
    assert_eq!(whoami(&server, &access).await, 401);
    assert_eq!(error(&post(&server, &refreshing(&refresh)).await), refused("invalid_grant"));
}

#[tokio::test]
async fn a_resource_wants_the_vendors_word_before_the_token() {
    let server = start(Profile::zoho()).await;
    let (access, _) = granted(&server, "ZohoCRM.modules.ALL");
    let url = format!("{}/whoami", server.url());
    let none = send("GET", &url, &[], None).await;
    assert_eq!((none.status, none.header("www-authenticate")), (401, "Zoho-oauthtoken realm=\"OAuth\""));
    for (word, wanted) in [("Bearer", 401), ("Zoho-oauthtoken", 200)] {
        let answer = send("GET", &url, &[("authorization", &format!("{word} {access}"))], None).await;
        assert_eq!(answer.status, wanted, "{word}");
    }
    let wrong = send("GET", &url, &[("authorization", "Zoho-oauthtoken nothing")], None).await;
    assert!(wrong.header("www-authenticate").contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn a_changed_client_secret_is_wanted_at_once() {
    let server = start(Profile::strict()).await;
    let (_, token) = granted(&server, "read");
    server.authority().change(|profile| profile.client_secret = "new".to_owned());
    assert_eq!(error(&post(&server, &refreshing(&token)).await), (401, "invalid_client".to_owned()));
    assert_eq!(post(&server, &changed(&refreshing(&token), &[("client_secret", "new")])).await.status, 200);
}
