//! Sending, reading the one record of an answer, and the check of a connection.

use moulin_adapter::http::{self, Idempotency, Request, Response, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use serde::{Deserialize, Serialize};

use crate::{describe, error};

/// The place that holds where a request names none: without one Square answers for the main place alone.
pub(crate) fn location() -> Result<String> {
    connection::required_setting("location_id")
}

/// Sends, and turns an answer that is not 2xx into its error.
pub(crate) fn send(request: Request) -> Result<Response> {
    versioned(request).send()?.success(error::from_answer)
}

/// Sends in parallel, and turns every answer that is not 2xx into its error.
pub(crate) fn send_all(requests: Vec<Request>) -> Result<Vec<Response>> {
    let requests = requests.into_iter().map(versioned).collect();
    http::send_all(requests, Some(4)).into_iter().map(|answer| answer?.success(error::from_answer)).collect()
}

fn versioned(request: Request) -> Request {
    let version = connection::setting("api_version").unwrap_or_else(|| describe::API_VERSION.to_owned());
    request.header("square-version", version)
}

/// A search by POST.
pub(crate) fn search<T: Serialize + ?Sized>(path: &str, body: &T) -> Result<Request> {
    Ok(http::post(path).json(body)?.idempotency(Idempotency::Repeatable))
}

/// A write whose body carries an idempotency key: Square answers a repetition as it did the first time.
pub(crate) fn write<T: Serialize + ?Sized>(path: &str, body: &T) -> Result<Request> {
    Ok(http::post(path).json(body)?.idempotency(Idempotency::Keyed))
}

/// The key Square demands of every write. The host fills it when the caller does not.
pub(crate) fn required_key(key: Option<&str>) -> Result<&str> {
    match key {
        Some(key) if !key.is_empty() && key.chars().count() <= MAX_KEY => Ok(key),
        Some(_) => Err(Error::invalid("idempotency_key", format!("must have 1 to {MAX_KEY} characters"))),
        None => Err(Error::invalid("idempotency_key", "must be given: Square takes no write without one")),
    }
}

/// Square takes 128 characters; the rest is for the number of a part.
const MAX_KEY: usize = 120;

/// The JSON of the one record of an answer.
pub(crate) fn one<'a>(answer: &'a Response, name: &str) -> Result<&'a str> {
    let [errors, record] = read::members(answer.text()?, ["errors", name])?;
    error::inside(answer, errors)?;
    record
        .filter(|json| json.starts_with('{'))
        .ok_or_else(|| Error::unexpected(format!("the vendor's answer lacks `{name}`")))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    name: Scalar<'a>,
    business_name: Scalar<'a>,
    currency: Scalar<'a>,
    status: Scalar<'a>,
}

/// Reads the place of sale, and says what about it will surprise.
pub(crate) fn check() -> Result<Health> {
    let id = location()?;
    let answer = send(http::get(format!("/v2/locations/{}", path_segment(&id)))).map_err(|error| match error {
        Error::NotFound(_) => Error::invalid("settings.location_id", "is no location of this Square account"),
        other => other,
    })?;
    let place: Location<'_> = serde_json::from_str(one(&answer, "location")?)?;
    let account = match (place.business_name.text(), place.name.text()) {
        (Some(business), Some(name)) if business != name => Some(format!("{business}, {name}")),
        (business, name) => business.or(name),
    };
    let (ours, theirs) = (connection::currency(), place.currency.text());
    let message = if place.status.str().is_some_and(|status| status != "ACTIVE") {
        Some("This location is not active at Square.".to_owned())
    } else {
        theirs
            .filter(|theirs| *theirs != ours)
            .map(|theirs| format!("This location sells in {theirs}, the connection accounts in {ours}."))
    };
    Ok(Health { account, message })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    fn host(status: u16, body: &'static str) -> Host {
        Host::new("v2").setting("location_id", "LLVMPARIS0001").vendor(move |_| Ok(Response::new(status, &[], body)))
    }

    #[test]
    fn the_check_reads_the_place_with_the_version() {
        let body = r#"{"location":{"id":"LLVMPARIS0001","name":"Le Vieux Moulin","business_name":"LVM SARL","currency":"EUR","status":"ACTIVE"}}"#;
        let till = host(200, body);
        let health = till.run(check).unwrap();
        assert_eq!((health.account.as_deref(), health.message), (Some("LVM SARL, Le Vieux Moulin"), None));
        let request = &till.requests()[0];
        assert_eq!(request.target(), "/v2/locations/LLVMPARIS0001");
        assert_eq!(request.header_value("Square-Version"), Some("2025-08-20"));
        let newer = till.setting("api_version", "2026-01-22");
        newer.run(check).unwrap();
        assert_eq!(newer.requests()[1].header_value("Square-Version"), Some("2026-01-22"));
    }

    #[test]
    fn the_check_says_what_is_odd_about_the_place() {
        let closed = host(200, r#"{"location":{"name":"X","status":"INACTIVE"}}"#).run(check).unwrap();
        assert!(closed.message.unwrap().contains("not active"));
        let foreign = host(200, r#"{"location":{"name":"X","currency":"CHF"}}"#).run(check).unwrap();
        assert!(foreign.message.unwrap().contains("CHF"));
        let missing = host(404, r#"{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"NOT_FOUND"}]}"#);
        assert!(matches!(missing.run(check), Err(Error::Validation(e)) if e.fields[0].field == "settings.location_id"));
        assert!(matches!(host(401, "").run(check), Err(Error::Authentication(_))));
        for odd in ["", "{}", "<html>", r#"{"location":null}"#, r#"{"location":[]}"#] {
            assert!(matches!(host(200, odd).run(check), Err(Error::Api(_))), "{odd}");
        }
        assert!(matches!(Host::new("v2").run(check), Err(Error::Validation(_))));
    }
}
