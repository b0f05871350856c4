//! Every vendor's exchange in the exact shape of its documentation: request as it wants it, answer as it gives it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;
mod oauth;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Answer, send};
use moulin_vendors::oauth::{OAuth, Profile, Redirect};
use oauth::{ASKED, CALLBACK, CLIENT, VERIFIER, allowed, changed, error, form, post, post_with, refused, start};
use serde_json::{Value, json};

const NO_PKCE: [(&str, &str); 2] = [("code_challenge", ""), ("code_challenge_method", "")];

/// The redirect for a right request with this scope and these changes.
async fn agreed(server: &OAuth, scope: &str, changes: &[(&str, &str)]) -> Redirect {
    let with = changed(&ASKED, &[("scope", scope)]);
    let redirect = allowed(server, &changed(&with, changes)).await;
    assert!(redirect.get("code").is_some(), "{redirect:?}");
    redirect
}

/// The members of an answer, in alphabetical order, tokens taken out.
fn shape(answer: &Answer, prefixes: (&str, &str)) -> Value {
    let mut body = answer.json();
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{body}");
    let fields = body.as_object_mut().unwrap();
    let access = fields.remove("access_token").unwrap();
    assert!(access.as_str().unwrap().starts_with(prefixes.0), "{access}");
    if let Some(refresh) = fields.remove("refresh_token") {
        assert!(refresh.as_str().unwrap().starts_with(prefixes.1), "{refresh}");
        fields.insert("refresh_token".to_owned(), json!("…"));
    }
    body
}

fn machine<'p>(more: &[(&'p str, &'p str)]) -> Vec<(&'p str, &'p str)> {
    let mut parameters = CLIENT.to_vec();
    parameters.push(("grant_type", "client_credentials"));
    parameters.extend(more);
    parameters
}

#[tokio::test]
async fn zoho_names_its_data_centre_and_hides_errors_in_200() {
    let server = start(Profile::zoho()).await;
    let scope = "ZohoCRM.modules.ALL,ZohoSearch.securesearch.READ";
    let offline = [NO_PKCE[0], NO_PKCE[1], ("access_type", "offline"), ("prompt", "consent")];
    let redirect = agreed(&server, scope, &offline).await;
    assert_eq!((redirect.get("location"), redirect.get("accounts-server")), (Some("eu"), Some(server.url())));
    assert!(redirect.url.contains("&accounts-server=http%3A"), "{redirect:?}");
    let exchange = |code: &str| {
        let mut parameters = CLIENT.to_vec();
        parameters.extend([("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)]);
        form(&parameters)
    };
    // The parameters may stand in the query.
    let url = format!("{}?{}", server.token_url(), exchange(redirect.get("code").unwrap()));
    let answer = send("POST", &url, &[], None).await;
    let wanted =
        json!({ "api_domain": server.url(), "token_type": "Bearer", "expires_in": 3600, "refresh_token": "…" });
    assert_eq!(shape(&answer, ("1000.", "1000.")), wanted);
    let refresh = answer.json()["refresh_token"].as_str().unwrap().to_owned();
    let again = post(&server, &oauth::refreshing(&refresh)).await;
    assert_eq!(
        shape(&again, ("1000.", "")),
        json!({ "api_domain": server.url(), "token_type": "Bearer", "expires_in": 3600 })
    );
    let used = send("POST", &url, &[], None).await;
    assert_eq!((used.status, used.json()), (200, json!({ "error": "invalid_code" })));
    let stranger = post(&server, &changed(&oauth::refreshing(&refresh), &[("client_secret", "no")])).await;
    assert_eq!((stranger.status, stranger.json()), (200, json!({ "error": "invalid_client" })));
    // Without access_type=offline there is no refresh token.
    let online = agreed(&server, scope, &NO_PKCE).await;
    let url = format!("{}?{}", server.token_url(), exchange(online.get("code").unwrap()));
    assert!(send("POST", &url, &[], None).await.json().get("refresh_token").is_none());
}

#[tokio::test]
async fn square_tells_a_moment_and_repeats_its_refresh_token() {
    let server = start(Profile::square()).await;
    let redirect = agreed(&server, "PAYMENTS_READ ITEMS_READ", &[NO_PKCE[0], NO_PKCE[1], ("session", "false")]).await;
    let token = |body: Value| {
        let (url, body) = (server.token_url(), body.to_string());
        async move { send("POST", &url, &[], Some(&body)).await }
    };
    let mut body = json!({
        "client_id": "demo-client", "client_secret": "demo-secret", "grant_type": "authorization_code",
        "code": redirect.get("code").unwrap(), "redirect_uri": CALLBACK, "code_verifier": VERIFIER,
    });
    assert_eq!(error(&post(&server, &[("grant_type", "authorization_code")]).await), refused("invalid_request"));
    assert_eq!(error(&token(body.clone()).await), refused("invalid_request"));
    let redirect = agreed(&server, "PAYMENTS_READ ITEMS_READ", &NO_PKCE).await;
    body["code"] = redirect.get("code").unwrap().into();
    body.as_object_mut().unwrap().remove("code_verifier");
    let before = server.authority().now();
    let answer = token(body).await;
    let mut got = shape(&answer, ("EAAA", "EQAA"));
    let expires: jiff::Timestamp = got["expires_at"].as_str().unwrap().parse().unwrap();
    assert!(got["expires_at"].as_str().unwrap().len() == "2025-05-01T10:00:00Z".len(), "{got}");
    let days = (expires.as_second() - before.as_second()) / 60;
    assert!((30 * 1_440..=30 * 1_440 + 5).contains(&days), "{expires}");
    got["expires_at"] = json!("…");
    let wanted = json!({
        "token_type": "bearer", "expires_at": "…", "merchant_id": "ML0EXAMPLE01", "short_lived": false,
        "refresh_token": "…",
    });
    assert_eq!(got, wanted);
    let refresh = answer.json()["refresh_token"].clone();
    let again = token(json!({
        "client_id": "demo-client", "client_secret": "demo-secret", "grant_type": "refresh_token",
        "refresh_token": refresh,
    }))
    .await;
    assert_eq!(again.json()["refresh_token"], refresh);
    // A code of Square lives five minutes.
    let late = agreed(&server, "ITEMS_READ", &NO_PKCE).await;
    server.authority().shift_clock(290);
    let body = json!({
        "client_id": "demo-client", "client_secret": "demo-secret", "grant_type": "authorization_code",
        "code": late.get("code").unwrap(), "redirect_uri": CALLBACK,
    });
    assert_eq!(token(body).await.status, 200);
}

#[tokio::test]
async fn square_takes_a_proof_key_in_place_of_the_secret() {
    let server = start(Profile::square_pkce()).await;
    let redirect = agreed(&server, "ITEMS_READ", &[]).await;
    let body = json!({
        "client_id": "demo-client", "grant_type": "authorization_code", "code": redirect.get("code").unwrap(),
        "redirect_uri": CALLBACK, "code_verifier": VERIFIER,
    });
    let mut with_secret = body.clone();
    with_secret["client_secret"] = "demo-secret".into();
    let url = server.token_url();
    let token = async |body: Value| send("POST", &url, &[], Some(&body.to_string())).await;
    assert_eq!(error(&token(with_secret).await), (401, "invalid_client".to_owned()));
    let first = token(body).await.json()["refresh_token"].clone();
    let refresh =
        |token: &Value| json!({ "client_id": "demo-client", "grant_type": "refresh_token", "refresh_token": token });
    let second = token(refresh(&first)).await.json()["refresh_token"].clone();
    assert!(second.is_string() && first != second);
    server.authority().shift_clock(90 * 86_400);
    assert_eq!(error(&token(refresh(&second)).await), refused("invalid_grant"));
    assert_eq!(server.authority().revoked(), 0);
    assert_eq!(error(&token(refresh(&first)).await), refused("invalid_grant"));
    assert_eq!(server.authority().revoked(), 1);
}

#[tokio::test]
async fn hubspot_gives_long_tokens_for_half_an_hour() {
    let server = start(Profile::hubspot()).await;
    let redirect = agreed(&server, "oauth crm.objects.contacts.read", &NO_PKCE).await;
    let mut parameters = CLIENT.to_vec();
    let code = redirect.get("code").unwrap();
    parameters.extend([("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)]);
    let basic = format!("Basic {}", STANDARD.encode("demo-client:demo-secret"));
    let by_header = changed(&parameters, &[("client_id", ""), ("client_secret", "")]);
    let refused = post_with(&server, &[("authorization", &basic)], &by_header).await;
    assert_eq!(error(&refused), (401, "invalid_client".to_owned()));
    let answer = post(&server, &parameters).await;
    assert!(answer.json()["access_token"].as_str().unwrap().len() > 300);
    let wanted = json!({
        "token_type": "bearer", "expires_in": 1800, "hub_id": 24681357, "refresh_token": "…",
        "scopes": ["crm.objects.contacts.read", "oauth"],
    });
    assert_eq!(shape(&answer, ("CJ", "na1-")), wanted);
    let newer = format!("{}/oauth/2026-03/token", server.url());
    let refresh = answer.json()["refresh_token"].as_str().unwrap().to_owned();
    let body = form(&oauth::refreshing(&refresh));
    let again = send("POST", &newer, &[("content-type", "application/x-www-form-urlencoded")], Some(&body)).await;
    assert_eq!(again.json()["refresh_token"], refresh.as_str());
}

#[tokio::test]
async fn lightspeed_takes_json_and_hints_at_mistakes() {
    let server = start(Profile::lightspeed()).await;
    let redirect = agreed(&server, "employee:register_read employee:inventory", &[("redirect_uri", "")]).await;
    let body = json!({
        "client_id": "demo-client", "client_secret": "demo-secret", "grant_type": "authorization_code",
        "code": redirect.get("code").unwrap(), "code_verifier": VERIFIER,
    });
    // The older URL belongs to the same server.
    let url = format!("{}/oauth/access_token.php", server.url());
    let answer = send("POST", &url, &[], Some(&body.to_string())).await;
    assert_eq!(shape(&answer, ("", "")), json!({ "token_type": "Bearer", "expires_in": 3600, "refresh_token": "…" }));
    let refresh = answer.json()["refresh_token"].as_str().unwrap().to_owned();
    let again = post(&server, &oauth::refreshing(&refresh)).await;
    assert_eq!(again.json()["expires_in"], 1800);
    let used = send("POST", &url, &[], Some(&body.to_string())).await;
    assert_eq!((error(&used), used.json()["hint"].is_string()), (refused("invalid_grant"), true));
    let wrong = allowed(&server, &changed(&ASKED, &[("scope", "employee:sales"), ("redirect_uri", "")])).await;
    assert_eq!(wrong.get("error"), Some("invalid_scope"));
}

#[tokio::test]
async fn thefork_wants_an_audience_and_no_scope() {
    let server = start(Profile::thefork()).await;
    let audience = ("audience", "https://api.thefork.io");
    let answer = post(&server, &machine(&[audience])).await;
    assert_eq!(shape(&answer, ("", "")), json!({ "token_type": "Bearer", "expires_in": 8600 }));
    assert_eq!(error(&post(&server, &machine(&[])).await), refused("invalid_request"));
    assert_eq!(
        error(&post(&server, &machine(&[("audience", "https://api.thefork.com")])).await),
        refused("invalid_request")
    );
    assert_eq!(error(&post(&server, &machine(&[audience, ("scope", "public_api")])).await), refused("invalid_scope"));
}

#[tokio::test]
async fn thefork_of_the_specification_wants_scopes_and_no_audience() {
    let server = start(Profile::thefork_seed()).await;
    let scope = ("scope", "public_api reservations");
    assert_eq!(post(&server, &machine(&[scope])).await.json()["expires_in"], 3600);
    assert_eq!(error(&post(&server, &machine(&[])).await), refused("invalid_scope"));
    assert_eq!(
        error(&post(&server, &machine(&[scope, ("audience", "https://api.thefork.io")])).await),
        refused("invalid_request")
    );
}

#[tokio::test]
async fn opentable_takes_basic_and_a_query_by_get_or_post() {
    let server = start(Profile::opentable()).await;
    let basic = format!("Basic {}", STANDARD.encode("demo-client:demo-secret"));
    let headers = [("authorization", basic.as_str())];
    let url = format!("{}?grant_type=client_credentials", server.token_url());
    let wanted = json!({ "token_type": "bearer", "expires_in": 1_219_199, "scope": "DEFAULT" });
    for method in ["GET", "POST"] {
        assert_eq!(shape(&send(method, &url, &headers, None).await, ("", "")), wanted, "{method}");
    }
    let scope = [("grant_type", "client_credentials"), ("scope", "reservations.read availability.write")];
    assert_eq!(shape(&post_with(&server, &headers, &scope).await, ("", "")), wanted);
    let by_body = post(&server, &machine(&[])).await;
    assert_eq!(error(&by_body), (401, "invalid_client".to_owned()));
    assert!(by_body.header("www-authenticate").starts_with("Basic"));
    assert_eq!(send("DELETE", &url, &headers, None).await.status, 405);
}

#[tokio::test]
async fn transgourmet_takes_the_plain_form() {
    let server = start(Profile::transgourmet()).await;
    for more in [&[][..], &[("scope", "catalogue orders")]] {
        let answer = post(&server, &machine(more)).await;
        assert_eq!(shape(&answer, ("tg-", "")), json!({ "token_type": "Bearer", "expires_in": 3600 }));
    }
    assert_eq!(
        error(&post(&server, &changed(&machine(&[]), &[("client_id", "other")])).await),
        (401, "invalid_client".into())
    );
}

#[tokio::test]
async fn an_answer_tells_its_expiry_in_every_way() {
    use moulin_vendors::oauth::Expiry;
    for (expiry, wanted) in [
        (Expiry::Number, json!(3600)),
        (Expiry::Text, json!("3600")),
        (Expiry::Zero, json!(0)),
        (Expiry::Absent, Value::Null),
        (Expiry::At, Value::Null),
    ] {
        let mut profile = Profile::transgourmet();
        profile.shape.expiry = expiry;
        let server = start(profile).await;
        let body = post(&server, &machine(&[])).await.json();
        assert_eq!((&body["expires_in"], body["expires_at"].is_string()), (&wanted, expiry == Expiry::At), "{body}");
    }
}
