//! `/_control/oauth`: what tests steer an authorization server with from another process.
//!
//! | request | does |
//! |---|---|
//! | `GET /_control/oauth` | time, standing modes, token requests, grants |
//! | `POST /_control/oauth/modes` | adds an [`Order`]: `{"mode":"fail","status":503,"times":2}` |
//! | `DELETE /_control/oauth/modes` | takes all orders back |
//! | `POST /_control/oauth/clock` | `{"shift_seconds":3600}` |
//! | `POST /_control/oauth/grants` | `{"scopes":["read"]}`: a grant without consent; answers as the token endpoint |
//! | `POST /_control/oauth/revoke` | `{"grant":1}`, `{"grant_of":"token"}` or `{"access_token":"…"}` |
//! | `POST /_control/oauth/keys` | `{"issuer":"…","kid":null,"algorithm":"EdDSA","key":"base64url"}` |

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::assertion::{Algorithm, AssertionKey};
use super::authority::Authority;
use super::modes::Order;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shift {
    shift_seconds: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    scopes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Revoke {
    Grant(u64),
    GrantOf(String),
    AccessToken(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    issuer: String,
    #[serde(default)]
    kid: Option<String>,
    algorithm: Algorithm,
    key: String,
}

/// The routes, for a server's control router.
pub(crate) fn router(authority: Authority) -> Router {
    Router::new()
        .route("/_control/oauth", get(state))
        .route("/_control/oauth/modes", post(add_mode).delete(clear_modes))
        .route("/_control/oauth/clock", post(shift))
        .route("/_control/oauth/grants", post(grant))
        .route("/_control/oauth/revoke", post(revoke))
        .route("/_control/oauth/keys", post(add_key))
        .with_state(authority)
}

async fn state(State(authority): State<Authority>) -> Json<Value> {
    Json(json!({
        "now": authority.now().to_string(),
        "modes": authority.orders(),
        "requests": authority.token_requests(),
        "grants": authority.grants(),
        "revoked": authority.revoked(),
    }))
}

async fn add_mode(State(authority): State<Authority>, body: Bytes) -> Response {
    done(read::<Order>(&body).and_then(|order| authority.order(order).map_err(|error| error.to_string())))
}

async fn clear_modes(State(authority): State<Authority>) -> StatusCode {
    authority.clear_orders();
    StatusCode::NO_CONTENT
}

async fn shift(State(authority): State<Authority>, body: Bytes) -> Response {
    done(read::<Shift>(&body).map(|shift| authority.shift_clock(shift.shift_seconds)))
}

async fn grant(State(authority): State<Authority>, body: Bytes) -> Response {
    match read::<Wanted>(&body) {
        Ok(wanted) => Json(authority.grant_now(wanted.scopes.iter().map(String::as_str))).into_response(),
        Err(error) => done(Err(error)),
    }
}

async fn revoke(State(authority): State<Authority>, body: Bytes) -> Response {
    done(read::<Revoke>(&body).and_then(|revoke| {
        let revoked = match revoke {
            Revoke::Grant(grant) => authority.revoke_grant(grant),
            Revoke::GrantOf(token) => authority.revoke_grant_of(&token),
            Revoke::AccessToken(token) => authority.revoke_access_token(&token),
        };
        if revoked { Ok(()) } else { Err("nothing to revoke".to_owned()) }
    }))
}

async fn add_key(State(authority): State<Authority>, body: Bytes) -> Response {
    done(read::<Key>(&body).and_then(|key| {
        let Key { issuer, kid, algorithm, key } = key;
        let key = URL_SAFE_NO_PAD.decode(key).map_err(|error| error.to_string())?;
        authority.register_key(AssertionKey { issuer, kid, algorithm, key });
        Ok(())
    }))
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn done(result: Result<(), String>) -> Response {
    match result {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response(),
    }
}
