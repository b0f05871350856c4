//! The specification's API below `/api/v3/restaurant/{id}`.

pub(crate) mod availability;
pub(crate) mod changes;
pub(crate) mod people;
pub(crate) mod reservations;

use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use moulin_adapter::read;

/// The JSON of the one record of a body: what stands under `name`, or the whole.
fn single<'a>(answer: &'a Response, name: &str) -> Result<&'a str> {
    let body = answer.text()?.trim();
    let [named] = read::members(body, [name])?;
    Ok(named.filter(|json| json.starts_with('{')).unwrap_or(body))
}
