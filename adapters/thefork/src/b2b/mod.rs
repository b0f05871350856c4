//! The vendor's B2B API below `/manager/v1`.

pub(crate) mod availability;
pub(crate) mod changes;
pub(crate) mod people;
pub(crate) mod reservations;

use moulin_adapter::http::path_segment;
use moulin_adapter::prelude::*;

use crate::api;

/// So many requests of one list are under way at once.
const PARALLEL: u8 = 4;

/// Path of something that belongs to the restaurant.
fn of_restaurant(rest: &str) -> Result<String> {
    Ok(format!("/manager/v1/restaurants/{}/{rest}", path_segment(&api::restaurant()?)))
}
