//! Changing the till: products, discounts; and getting in: OAuth.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;

use http::{Answer, encode, send};
use moulin_vendors::{Lightspeed, LightspeedOptions, Options, World};

const TOKEN: (&str, &str) = ("authorization", "Bearer demo-till-token");

async fn till(options: LightspeedOptions) -> Lightspeed {
    Lightspeed::start(World::new(Options::default()), options).await.unwrap()
}

async fn put(till: &Lightspeed, target: &str, body: &str) -> Answer {
    send("PUT", &format!("{}{target}", till.url()), &[TOKEN], Some(body)).await
}

#[tokio::test]
async fn a_product_is_changed_by_the_bare_object_and_reset_brings_it_back() {
    let till = till(LightspeedOptions::default()).await;
    let (v3, seed) = ("/API/V3/Account/240117/Item/16.json", "/api/v1/Account/240117/Item/16");
    let body = r#"{"description":"Magret de canard fumé","Prices":{"ItemPrice":[{"amount":"16.50","useTypeID":"1","useType":"Default"}]}}"#;
    let answer = put(&till, seed, body).await;
    assert_eq!(answer.status, 200);
    let item = &answer.json()["Item"];
    assert_eq!(
        (&item["description"], &item["Prices"]["ItemPrice"][0]["amount"]),
        (&"Magret de canard fumé".into(), &"16.5".into())
    );
    let read = || async { send("GET", &format!("{}{v3}", till.url()), &[TOKEN], None).await.json()["Item"].clone() };
    assert_eq!(read().await["Prices"]["ItemPrice"][0]["amount"], "16.5");
    till.reset();
    assert_eq!(read().await["Prices"]["ItemPrice"][0]["amount"], "23.5");
}

#[tokio::test]
async fn a_wrong_change_is_refused_whole() {
    let till = till(LightspeedOptions::default()).await;
    let item = "/API/V3/Account/240117/Item/101.json";
    for (body, status) in [
        (r#"{"Item":{"description":"x"}}"#, 400),
        (r#"{"description":"x","systemSku":"1"}"#, 400),
        (r#"{"description":""}"#, 400),
        (r#"{"ean":"123"}"#, 400),
        (r#"{"defaultCost":"1.234"}"#, 400),
        (r#"{"Prices":{"ItemPrice":{"amount":"1","useType":"Happy hour"}}}"#, 400),
        ("{}", 400),
        ("[]", 400),
        (r#"{"description":"x","categoryID":"999"}"#, 422),
        (r#"{"archived":"true"}"#, 422),
        (r#"{"customSku":"STK-0002"}"#, 409),
    ] {
        assert_eq!(put(&till, item, body).await.status, status, "{body}");
    }
    let read = send("GET", &format!("{}{item}", till.url()), &[TOKEN], None).await.json();
    assert_eq!(read["Item"]["description"], "Tomate grappe");
    assert_eq!(put(&till, "/API/V3/Account/240117/Item/9999.json", r#"{"tax":"true"}"#).await.status, 404);
}

#[tokio::test]
async fn a_discount_is_a_fraction_or_an_amount() {
    let till = till(LightspeedOptions::default()).await;
    let url = format!("{}/API/V3/Account/240117/Discount.json", till.url());
    let create = |body: &'static str| send("POST", &url, &[TOKEN], Some(body));
    let made = create(r#"{"name":"Midi","discountPercent":"0.15"}"#).await;
    assert_eq!((made.status, &made.json()["Discount"]["discountPercent"]), (200, &"0.15".into()));
    assert_eq!(create(r#"{"name":"Midi","discountPercent":"15"}"#).await.status, 400);
    assert_eq!(create(r#"{"name":"Midi","discountPercent":"0.1","discountAmount":"5"}"#).await.status, 422);
    let listed = send("GET", &url, &[TOKEN], None).await.json();
    assert_eq!(listed["Discount"].as_array().unwrap().len(), 4);
}

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn code(till: &Lightspeed, scope: &str) -> String {
    let target = format!(
        "{}/auth/oauth/authorize?response_type=code&client_id=demo-client&scope={}&state=s%2Bt&code_challenge={CHALLENGE}&code_challenge_method=S256",
        till.url(),
        encode(scope)
    );
    let answer = send("GET", &target, &[], None).await;
    assert_eq!(answer.status, 302);
    let location = answer.header("location");
    let query = location.strip_prefix("http://127.0.0.1:8080/oauth/callback?code=").unwrap();
    let (code, state) = query.split_once('&').unwrap();
    assert_eq!(state, "state=s%2Bt");
    code.to_owned()
}

async fn token(till: &Lightspeed, body: &str) -> Answer {
    let url = format!("{}/auth/oauth/token", till.url());
    send("POST", &url, &[("content-type", "application/x-www-form-urlencoded")], Some(body)).await
}

async fn sales(till: &Lightspeed, token: &str) -> u16 {
    let url = format!("{}/API/V3/Account/240117/Sale.json?limit=1", till.url());
    send("GET", &url, &[("authorization", &format!("Bearer {token}"))], None).await.status
}

const CLIENT: &str = "client_id=demo-client&client_secret=demo-secret";

#[tokio::test]
async fn a_code_is_exchanged_once_with_its_verifier_and_opens_only_its_scopes() {
    let till = till(LightspeedOptions::default()).await;
    let first = code(&till, "employee:register_read").await;
    let wrong =
        token(&till, &format!("{CLIENT}&grant_type=authorization_code&code={first}&code_verifier={}", "x".repeat(43)))
            .await;
    assert_eq!((wrong.status, &wrong.json()["error"]), (400, &"invalid_grant".into()));
    let right = format!("{CLIENT}&grant_type=authorization_code&code={{}}&code_verifier={VERIFIER}");
    assert_eq!(token(&till, &right.replace("{}", &first)).await.status, 400);
    let second = code(&till, "employee:register_read").await;
    let pair = token(&till, &right.replace("{}", &second)).await.json();
    assert_eq!((&pair["token_type"], &pair["expires_in"]), (&"Bearer".into(), &3_600.into()));
    let access = pair["access_token"].as_str().unwrap();
    assert_eq!(sales(&till, access).await, 200);
    let stock = format!("{}/API/V3/Account/240117/ItemShop.json", till.url());
    assert_eq!(send("GET", &stock, &[("authorization", &format!("Bearer {access}"))], None).await.status, 403);
    let stranger =
        token(&till, "client_id=demo-client&client_secret=no&grant_type=refresh_token&refresh_token=x").await;
    assert_eq!((stranger.status, &stranger.json()["error"]), (401, &"invalid_client".into()));
}

#[tokio::test]
async fn a_refresh_token_dies_when_the_new_access_token_is_first_used() {
    let till = till(LightspeedOptions::default()).await;
    let code = code(&till, "employee:register").await;
    let pair = token(&till, &format!("{CLIENT}&grant_type=authorization_code&code={code}&code_verifier={VERIFIER}"))
        .await
        .json();
    let refresh = |token_text: &str| format!("{CLIENT}&grant_type=refresh_token&refresh_token={token_text}");
    let old = pair["refresh_token"].as_str().unwrap().to_owned();
    let unused = token(&till, &refresh(&old)).await;
    assert_eq!(unused.status, 200);
    let second = token(&till, &refresh(&old)).await.json();
    assert_ne!(second["refresh_token"], pair["refresh_token"]);
    assert_eq!(sales(&till, second["access_token"].as_str().unwrap()).await, 200);
    let dead = token(&till, &refresh(&old)).await;
    assert_eq!((dead.status, &dead.json()["error"]), (400, &"invalid_grant".into()));
    assert_eq!(token(&till, &refresh(second["refresh_token"].as_str().unwrap())).await.status, 200);
}

#[tokio::test]
async fn an_access_token_expires() {
    let till = till(LightspeedOptions { token_life: Some(0), ..LightspeedOptions::default() }).await;
    let code = code(&till, "employee:all").await;
    let pair = token(&till, &format!("{CLIENT}&grant_type=authorization_code&code={code}&code_verifier={VERIFIER}"))
        .await
        .json();
    assert_eq!(sales(&till, pair["access_token"].as_str().unwrap()).await, 401);
}
