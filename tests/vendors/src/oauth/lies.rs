//! From the true answer to the one a mode shows.

use axum::Json;
use axum::body::Body;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};

use super::modes::Mode;
use crate::common::wire;

/// Changes members of an answer with tokens.
pub(super) fn in_members(modes: &[Mode], body: &mut Map<String, Value>) {
    for mode in modes {
        match mode {
            Mode::ExpiresIn { value } => {
                body.insert("expires_in".to_owned(), value.clone());
            }
            Mode::LineBreakInToken => {
                if let Some(Value::String(token)) = body.get_mut("access_token") {
                    token.insert_str(token.len() / 2, "\r\nx-injected: 1");
                }
            }
            _ => {}
        }
    }
}

/// Changes the answer as a whole, or puts another in its place.
pub(super) async fn told(modes: &[Mode], mut answer: Response) -> Response {
    for mode in modes {
        answer = match mode {
            Mode::Fail { status } => status_of(*status).into_response(),
            Mode::Hang => std::future::pending().await,
            Mode::Html { status } => {
                let page = "<!doctype html><html><title>Error</title><h1>We will be back soon</h1></html>";
                (status_of(*status), Html(page)).into_response()
            }
            Mode::ErrorIn200 { code } => {
                Json(json!({ "error": code, "error_description": "on order" })).into_response()
            }
            Mode::EmptyObject => Json(json!({})).into_response(),
            Mode::NoJsonType => {
                let text = HeaderValue::from_static("text/plain; charset=utf-8");
                answer.headers_mut().insert(header::CONTENT_TYPE, text);
                answer
            }
            Mode::Truncate { keep } => truncated(answer, *keep).await,
            Mode::SlowBefore { .. }
            | Mode::SlowAfter { .. }
            | Mode::ExpiresIn { .. }
            | Mode::LineBreakInToken
            | Mode::EchoSecret => answer,
        };
    }
    answer
}

async fn truncated(answer: Response, keep: usize) -> Response {
    let (mut parts, body): (_, Body) = answer.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    Response::from_parts(parts, wire::truncated(&bytes, keep))
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
