//! The code flow: what the authorize endpoint refuses and how, and what a code is good for.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;
mod oauth;

use http::send;
use moulin_vendors::oauth::{Decision, GrantType, Outcome, Profile, Revoked, consent};
use oauth::{
    ASKED, CALLBACK, CHALLENGE, CLIENT, VERIFIER, allowed, asking, changed, code, error, pair, post, redeeming,
    refreshing, refused, start, text, whoami,
};

#[tokio::test]
async fn a_person_is_asked_and_decides() {
    let server = start(Profile::strict()).await;
    let url = asking(&server, &ASKED);
    let page = send("GET", &url, &[], None).await;
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(html.contains("<form method=\"post\">") && html.contains("demo-client") && html.contains("<li>read</li>"));

    let yes = consent(&url, Decision::Allow).await.unwrap();
    assert!(yes.url.starts_with(&format!("{CALLBACK}?code=")), "{yes:?}");
    assert_eq!((yes.get("state"), yes.get("iss")), (Some("s+t"), Some(server.url())));
    let no = consent(&url, Decision::Deny).await.unwrap();
    assert_eq!((no.get("error"), no.get("state"), no.get("code")), (Some("access_denied"), Some("s+t"), None));
    assert_eq!(no.get("iss"), Some(server.url()));

    let by_query = send("GET", &format!("{url}&consent=allow"), &[], None).await;
    assert!(by_query.status == 302 && by_query.header("location").contains("code="));
    assert_eq!(send("GET", &format!("{url}&consent=maybe"), &[], None).await.status, 400);
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let server = start(Profile { loopback_port_free: false, ..Profile::strict() }).await;
    for (change, wanted) in [
        (("client_id", "other"), (401, "invalid_client")),
        (("redirect_uri", ""), (400, "invalid_request")),
        (("redirect_uri", "http://127.0.0.1:8080/oauth/callback/"), (400, "invalid_request")),
        (("redirect_uri", "http://127.0.0.1:8081/oauth/callback"), (400, "invalid_request")),
        (("redirect_uri", "https://evil.example/oauth/callback"), (400, "invalid_request")),
    ] {
        let answer = send("GET", &asking(&server, &changed(&ASKED, &[change])), &[], None).await;
        assert_eq!(error(&answer), (wanted.0, wanted.1.to_owned()), "{change:?}");
        assert_eq!(answer.header("location"), "", "{change:?}");
    }
}

#[tokio::test]
async fn every_other_mistake_is_told_by_redirect() {
    let server = start(Profile::strict()).await;
    for (change, wanted) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", ""), "invalid_request"),
        (("state", ""), "invalid_request"),
        (("scope", ""), "invalid_scope"),
        (("scope", "read admin"), "invalid_scope"),
        (("scope", "read,write"), "invalid_scope"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("colour", "red"), "invalid_request"),
    ] {
        let redirect = allowed(&server, &changed(&ASKED, &[change])).await;
        assert_eq!((redirect.get("error"), redirect.get("code")), (Some(wanted), None), "{change:?}");
        let state = if change.0 == "state" { None } else { Some("s+t") };
        assert_eq!(redirect.get("state"), state, "{change:?}");
    }
    let twice = format!("{}&state=again", asking(&server, &ASKED));
    assert_eq!(error(&send("GET", &twice, &[], None).await), refused("invalid_request"));
}

#[tokio::test]
async fn the_port_of_a_loopback_address_is_free_only_where_the_profile_says_so() {
    let other = ("redirect_uri", "http://127.0.0.1:53211/oauth/callback");
    let server = start(Profile::strict()).await;
    let redirect = allowed(&server, &changed(&ASKED, &[other])).await;
    assert!(redirect.url.starts_with(other.1), "{redirect:?}");
    // The token request repeats the port that was asked with, not the registered one.
    let code = redirect.get("code").unwrap();
    assert_eq!(error(&post(&server, &redeeming(code)).await), refused("invalid_grant"));
    let redirect = allowed(&server, &changed(&ASKED, &[other])).await;
    let right = redeeming(redirect.get("code").unwrap());
    assert_eq!(post(&server, &changed(&right, &[other])).await.status, 200);
}

#[tokio::test]
async fn a_code_gives_a_pair_whose_access_token_opens_the_scopes() {
    let server = start(Profile::strict()).await;
    let code = code(&server, &ASKED).await;
    let answer = post(&server, &redeeming(&code)).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    let body = answer.json();
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&"Bearer".into(), &3_600.into(), &"read write".into())
    );
    let (access, _) = pair(&body);
    let seen =
        send("GET", &format!("{}/whoami", server.url()), &[("authorization", &format!("bearer {access}"))], None).await;
    assert_eq!((seen.status, &seen.json()["scopes"]), (200, &serde_json::json!(["read", "write"])));
    let log = server.authority().token_requests();
    assert_eq!(
        (log.len(), log[0].grant_type.as_str(), &log[0].outcome),
        (1, "authorization_code", &Outcome::Issued(1))
    );
    assert!(server.authority().is_alive(1));
}

#[tokio::test]
async fn a_code_used_twice_is_refused_and_ends_what_it_began() {
    let server = start(Profile::strict()).await;
    let code = code(&server, &ASKED).await;
    let (access, refresh) = pair(&post(&server, &redeeming(&code)).await.json());
    assert_eq!(whoami(&server, &access).await, 200);
    assert_eq!(error(&post(&server, &redeeming(&code)).await), refused("invalid_grant"));
    assert_eq!(whoami(&server, &access).await, 401);
    assert_eq!(error(&post(&server, &refreshing(&refresh)).await), refused("invalid_grant"));
    assert_eq!(server.authority().grants()[0].revoked, Some(Revoked::CodeReused));
    assert_eq!(server.authority().revoked(), 1);
}

#[tokio::test]
async fn a_code_dies_after_a_minute() {
    let server = start(Profile::strict()).await;
    let (early, late) = (code(&server, &ASKED).await, code(&server, &ASKED).await);
    server.authority().shift_clock(55);
    assert_eq!(post(&server, &redeeming(&early)).await.status, 200);
    server.authority().shift_clock(6);
    assert_eq!(error(&post(&server, &redeeming(&late)).await), refused("invalid_grant"));
}

#[tokio::test]
async fn a_wrong_redemption_spends_the_code() {
    let server = start(Profile::strict()).await;
    let long = "x".repeat(129);
    for (change, wanted) in [
        (("redirect_uri", "http://127.0.0.1:8081/oauth/callback"), "invalid_grant"),
        (("code_verifier", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), "invalid_grant"),
        (("code_verifier", CHALLENGE), "invalid_grant"),
        (("code_verifier", "tooshort"), "invalid_request"),
        (("code_verifier", long.as_str()), "invalid_request"),
        (("code_verifier", ""), "invalid_request"),
    ] {
        let code = code(&server, &ASKED).await;
        let right = redeeming(&code);
        assert_eq!(error(&post(&server, &changed(&right, &[change])).await), refused(wanted), "{change:?}");
        assert_eq!(error(&post(&server, &right).await), refused("invalid_grant"), "{change:?}");
    }
    assert!(server.authority().grants().is_empty());
}

#[tokio::test]
async fn a_malformed_redemption_leaves_the_code_alone() {
    let server = start(Profile::strict()).await;
    let code = code(&server, &ASKED).await;
    let right = redeeming(&code);
    for (change, wanted) in [
        (("client_secret", "no"), (401, "invalid_client")),
        (("client_secret", ""), (401, "invalid_client")),
        (("redirect_uri", ""), (400, "invalid_request")),
        (("grant_type", ""), (400, "invalid_request")),
        (("grant_type", "password"), (400, "unsupported_grant_type")),
        (("code", ""), (400, "invalid_request")),
        (("code", "unknown"), (400, "invalid_grant")),
        (("scope", "read"), (400, "invalid_request")),
    ] {
        let answer = post(&server, &changed(&right, &[change])).await;
        assert_eq!(error(&answer), (wanted.0, wanted.1.to_owned()), "{change:?}");
    }
    let url = server.token_url();
    assert_eq!(send("GET", &format!("{url}?{}", oauth::form(&right)), &[], None).await.status, 405);
    assert_eq!(error(&send("POST", &url, &[], Some("{}")).await), refused("invalid_request"));
    assert_eq!(post(&server, &right).await.status, 200);
    assert_eq!(server.authority().count(GrantType::AuthorizationCode), 7);
}

#[tokio::test]
async fn proof_keys_are_refused_where_the_vendor_knows_none() {
    let server = start(Profile::hubspot()).await;
    let asked = changed(&ASKED, &[("scope", "oauth")]);
    assert_eq!(allowed(&server, &asked).await.get("error"), Some("invalid_request"));
    let plain = changed(&asked, &[("code_challenge", ""), ("code_challenge_method", "")]);
    let (first, second) = (code(&server, &plain).await, code(&server, &plain).await);
    assert_eq!(error(&post(&server, &redeeming(&first)).await), refused("invalid_request"));
    assert_eq!(post(&server, &changed(&redeeming(&second), &[("code_verifier", "")])).await.status, 200);
}

#[tokio::test]
async fn a_verifier_for_a_code_without_challenge_is_refused() {
    let server = start(Profile { pkce: moulin_vendors::oauth::Pkce::Allowed, ..Profile::strict() }).await;
    let plain = changed(&ASKED, &[("code_challenge", ""), ("code_challenge_method", "")]);
    let code = code(&server, &plain).await;
    assert_eq!(error(&post(&server, &redeeming(&code)).await), refused("invalid_grant"));
}

#[tokio::test]
async fn a_redirect_uri_is_refused_where_it_must_not_be_sent() {
    let server = start(Profile::lightspeed()).await;
    let asked = changed(&ASKED, &[("scope", "employee:all")]);
    let answer = send("GET", &asking(&server, &asked), &[], None).await;
    assert_eq!((error(&answer), answer.header("location")), (refused("invalid_request"), ""));
    let silent = changed(&asked, &[("redirect_uri", "")]);
    let redirect = allowed(&server, &silent).await;
    assert!(redirect.url.starts_with(CALLBACK), "{redirect:?}");
    let code = redirect.get("code").unwrap();
    assert_eq!(error(&post(&server, &redeeming(code)).await), refused("invalid_request"));
    assert_eq!(post(&server, &changed(&redeeming(code), &[("redirect_uri", "")])).await.status, 200);
}

#[tokio::test]
async fn only_grants_of_the_client_are_carried_out() {
    let server = start(Profile::hubspot()).await;
    let mut machine = CLIENT.to_vec();
    machine.extend([("grant_type", "client_credentials"), ("scope", "oauth")]);
    assert_eq!(error(&post(&server, &machine).await), refused("unauthorized_client"));
    let machine = start(Profile::transgourmet()).await;
    let mut code = CLIENT.to_vec();
    code.extend([("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", VERIFIER)]);
    assert_eq!(error(&post(&machine, &code).await), refused("unauthorized_client"));
    let answer = post(&server, &refreshing("unknown")).await;
    assert_eq!(text(&answer.json(), "error"), "invalid_grant");
}
