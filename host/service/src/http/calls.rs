//! Calls of operations, and checks of connections.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use moulin_host::operations::{self, Answer, Kind, Operation};
use moulin_host::{Error, Host};
use serde_json::{Map, Value};
use tracing::Instrument;

use super::Service;
use super::views::method;
use crate::problem::Problem;

/// Largest body that is read, in bytes. An order of a thousand lines is a tenth of it.
const LARGEST_BODY: usize = 1 << 20;

/// Calls an operation.
pub(super) async fn operation(
    State(service): State<Arc<Service>>,
    given_method: Method,
    path: Result<Path<(String, String, String)>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (connection, domain, function) = match path {
        Ok(Path(segments)) => segments,
        Err(error) => return Problem::new("malformed", error.body_text()).into_response(),
    };
    let operation = match operations::find(&format!("{domain}.{function}")) {
        Ok(operation) => operation,
        Err(error) => return Problem::from(error).into_response(),
    };
    let allowed = method(operation);
    if given_method.as_str() != allowed {
        let problem =
            Problem::new("method_not_allowed", format!("{} takes {allowed}, not {given_method}", operation.name))
                .of_call(&connection, operation.name);
        return ([(ALLOW, HeaderValue::from_static(allowed))], problem).into_response();
    }
    let query = query.unwrap_or_default();
    match call(&service.host, &connection, operation, &query, &headers, body).await {
        Ok(answer) => Json(answer).into_response(),
        Err(problem) => problem.of_call(&connection, operation.name).into_response(),
    }
}

async fn call(
    host: &Host,
    connection: &str,
    operation: &'static Operation,
    query: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Answer, Problem> {
    // The connection first: whoever mistypes it should not be told about parameters.
    let zone = host.connection(connection)?.time_zone().clone();
    match operation.kind {
        Kind::Read => {
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let pairs = pairs.map(|(name, text)| (name.into_owned(), text.into_owned()));
            let params = operation.params_from_text(pairs, &zone)?;
            host.call(connection, operation, params).await.map_err(|error| Problem::of(error, host))
        }
        Kind::Write => {
            if let Some((name, _)) = url::form_urlencoded::parse(query.as_bytes()).next() {
                return Err(Problem::field(
                    &name,
                    "a write takes its parameters in the body, as JSON, not in the query",
                ));
            }
            let params = json_object(headers, body).await?;
            // In a task of its own: a caller that hangs up does not leave a write half done.
            let (calling, connection) = (host.clone(), connection.to_owned());
            let call = async move { calling.call(&connection, operation, params).await };
            match tokio::spawn(call.in_current_span()).await {
                Ok(answer) => answer.map_err(|error| Problem::of(error, host)),
                Err(error) => Err(Error::Internal(error.to_string()).into()),
            }
        }
    }
}

/// Proves that a connection works.
pub(super) async fn check(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(connection) = path.map_err(|error| Problem::new("malformed", error.body_text()))?;
    match service.host.check(&connection).await {
        Ok(health) => Ok(Json(health).into_response()),
        Err(error) => Err(Problem::of(error, &service.host).of_call(&connection, "check")),
    }
}

/// The JSON object of a body.
///
/// The media type is insisted on: a browser sends it across sites only after asking, and is told no.
async fn json_object(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>, Problem> {
    let media_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let media_type = String::from_utf8_lossy(media_type).to_ascii_lowercase();
    if media_type.split(';').next().map(str::trim) != Some("application/json") {
        return Err(Problem::new(
            "unsupported_media_type",
            "send the input as JSON, with content-type: application/json",
        ));
    }
    // What the body itself reports is either that it is too large or that the caller went away.
    let body = to_bytes(body, LARGEST_BODY).await.map_err(|_| {
        Problem::new("too_large", format!("the body has more than {LARGEST_BODY} bytes or ended early"))
    })?;
    match serde_json::from_slice(&body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Problem::new("validation", "the body is JSON but not an object; write {\"name\": value, …}")),
        Err(error) => Err(Problem::new("malformed", format!("the body is not JSON: {error}"))),
    }
}
