//! Counts and movements of stock: `POST /v2/inventory/changes/batch-create`.
//!
//! What was counted is a `PHYSICAL_COUNT`; what came or went is an `ADJUSTMENT` from one state to another, since Square
//! knows no negative quantity. A repetition must be the same to the byte to be recognised by its key, so the moment that
//! stands for "now" is kept with the key.

use std::collections::BTreeSet;

use moulin_adapter::pos::{StockChange, StockChangeKind, StockChangeReason, StockLevel, StockState, StockUpdate};
use moulin_adapter::prelude::*;
use moulin_adapter::storage::state;
use serde::Serialize;

use crate::variations::{self, Known};
use crate::{api, stock};

/// The vendor's most for one request.
const MAX_CHANGES: usize = 100;
/// How far back a change may lie.
const DAY: i64 = 24 * 3_600 * 1_000;
/// How far another clock may be ahead of ours.
const SKEW: i64 = 60_000;

#[derive(Serialize)]
struct Batch<'a> {
    idempotency_key: String,
    changes: Vec<Change<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Change<'a> {
    #[serde(rename = "PHYSICAL_COUNT")]
    Count { physical_count: Count<'a> },
    #[serde(rename = "ADJUSTMENT")]
    Adjustment { adjustment: Adjustment<'a> },
}

#[derive(Serialize)]
struct Count<'a> {
    state: &'static str,
    #[serde(flatten)]
    moved: Moved<'a>,
}

#[derive(Serialize)]
struct Adjustment<'a> {
    from_state: &'static str,
    to_state: &'static str,
    #[serde(flatten)]
    moved: Moved<'a>,
}

#[derive(Serialize)]
struct Moved<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_id: Option<&'a str>,
    catalog_object_id: &'a str,
    location_id: &'a str,
    quantity: String,
    occurred_at: String,
}

/// What of a change is worked out before it is written.
struct Worked {
    variation: String,
    location: String,
    occurred_at: Instant,
}

pub(crate) fn update(update: &StockUpdate) -> Result<Vec<StockLevel>> {
    let key = api::required_key(update.idempotency_key.as_deref())?;
    if update.changes.is_empty() {
        return Err(Error::invalid("changes", "must have at least one change"));
    }
    for (index, change) in update.changes.iter().enumerate() {
        check(change, index)?;
    }
    let products = update.changes.iter().map(|change| change.variation_id.as_ref().unwrap_or(&change.product_id));
    let known = variations::look_up(products.map(String::as_str), false)?;
    let here = api::location()?;
    let times = times(key, &update.changes)?;
    let mut worked = Vec::with_capacity(update.changes.len());
    for ((index, change), occurred_at) in update.changes.iter().enumerate().zip(times) {
        let location = change.location_id.clone().unwrap_or_else(|| here.clone());
        worked.push(Worked { variation: variation(change, &known, index)?, location, occurred_at });
    }
    let pairs: Vec<_> = update.changes.iter().zip(&worked).collect();
    let parts = pairs.chunks(MAX_CHANGES).count();
    let mut levels: Vec<StockLevel> = Vec::new();
    for (part, pairs) in pairs.chunks(MAX_CHANGES).enumerate() {
        // Each part is recognised by itself: a repetition goes on where the first attempt ended.
        let idempotency_key = if parts == 1 { key.to_owned() } else { format!("{key}-{}", part + 1) };
        let batch =
            Batch { idempotency_key, changes: pairs.iter().map(|(change, work)| written(change, work)).collect() };
        let answer = api::send(api::write("/v2/inventory/changes/batch-create", &batch)?)?;
        let wanted: BTreeSet<_> =
            pairs.iter().map(|(_, work)| (work.variation.as_str(), work.location.as_str())).collect();
        let mut booked = Vec::new();
        for row in stock::read(&answer, update.include_raw)?.rows {
            let level = stock::level(&row, &known)?;
            let ours =
                level.variation_id.as_deref().is_some_and(|id| wanted.contains(&(id, level.location_id.as_str())));
            if ours && level.state == StockState::InStock {
                booked.push(level);
            }
        }
        for (variation, location) in wanted {
            let is =
                |level: &StockLevel| level.variation_id.as_deref() == Some(variation) && level.location_id == location;
            if !booked.iter().any(is) {
                return Err(Error::unexpected(format!(
                    "Square does not give the stock of {variation} after the change"
                )));
            }
            levels.retain(|level| !is(level));
        }
        levels.append(&mut booked);
    }
    Ok(levels)
}

fn check(change: &StockChange, index: usize) -> Result<()> {
    let at = |field: &str| format!("changes[{index}].{field}");
    let quantity = change.quantity.normalized();
    if quantity.is_negative() {
        return Err(Error::invalid(at("quantity"), "must not be negative: the direction is in `kind`"));
    }
    if quantity.scale > 5 {
        return Err(Error::invalid(at("quantity"), "must have at most 5 decimals"));
    }
    if change.reference.as_ref().is_some_and(|text| text.chars().count() > 255) {
        return Err(Error::invalid(at("reference"), "must have at most 255 characters"));
    }
    let now = calendar::now();
    match change.occurred_at {
        Some(occurred) if occurred > now + SKEW => Err(Error::invalid(at("occurred_at"), "must not be in the future")),
        Some(occurred) if occurred < now - DAY => {
            Err(Error::invalid(at("occurred_at"), "must be within the last 24 hours"))
        }
        _ => Ok(()),
    }
}

/// The variation a change is about: named, or the only one of its product.
fn variation(change: &StockChange, known: &Known, index: usize) -> Result<String> {
    let id = change.variation_id.as_ref().unwrap_or(&change.product_id);
    let field = if change.variation_id.is_some() { "variation_id" } else { "product_id" };
    if let Some(found) = known.variations.get(id) {
        if change.variation_id.is_some() && found.item_id != change.product_id && *id != change.product_id {
            return Err(Error::invalid(format!("changes[{index}].variation_id"), "is no variation of this product"));
        }
        return Ok(id.clone());
    }
    match known.items.get(id).map(Vec::as_slice) {
        Some([only]) => Ok(only.clone()),
        Some(several) => {
            let message = format!("must name one of the {} variations of this product", several.len());
            Err(Error::invalid(format!("changes[{index}].variation_id"), message))
        }
        None => Err(Error::invalid(format!("changes[{index}].{field}"), "is not in Square's catalogue")),
    }
}

/// When each change happened. Square applies changes by their time, so those without one follow each other by a
/// millisecond, in their order.
fn times(key: &str, changes: &[StockChange]) -> Result<Vec<Instant>> {
    // A clock that is a little ahead must not bring a change into Square's future.
    let latest = calendar::now() - 1_000;
    let timely = |change: &StockChange| change.occurred_at.is_some_and(|occurred| occurred <= latest);
    let base = if changes.iter().all(timely) { latest } else { moment(key, latest) };
    let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    let one = |(back, change): (i64, &StockChange)| match change.occurred_at {
        Some(occurred) => occurred.min(base),
        None => base - back,
    };
    Ok((0..count).rev().zip(changes).map(one).collect())
}

/// The moment that was "now" when this key was first used. One of 256 places is taken by each key, so that what is kept
/// does not grow; a key whose place was taken by another since is refused by Square rather than booked twice.
fn moment(key: &str, now: Instant) -> Instant {
    let hash = key
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let place = format!("stock-change/{}", hash % 256);
    match state::get(&place) {
        Ok(kept) => {
            let kept = kept.and_then(|bytes| String::from_utf8(bytes).ok());
            let first = kept.as_deref().and_then(|text| text.split_once(' ')).filter(|(_, kept)| *kept == key);
            let first = first.and_then(|(at, _)| at.parse::<Instant>().ok());
            // Later than that Square takes it for no repetition any more, and refuses its time.
            if let Some(at) = first.filter(|at| *at <= now && now - at < DAY - 3_600_000) {
                return at;
            }
        }
        Err(error) => log::warn!("the moment of a stock change could not be looked up: {error}"),
    }
    if let Err(error) = state::put(&place, format!("{now} {key}").as_bytes()) {
        log::warn!("the moment of a stock change could not be kept: {error}");
    }
    now
}

fn written<'a>(change: &'a StockChange, work: &'a Worked) -> Change<'a> {
    let moved = Moved {
        reference_id: change.reference.as_deref(),
        catalog_object_id: &work.variation,
        location_id: &work.location,
        quantity: change.quantity.normalized().to_string(),
        occurred_at: time::format_instant(work.occurred_at),
    };
    let adjusted =
        |from_state, to_state, moved| Change::Adjustment { adjustment: Adjustment { from_state, to_state, moved } };
    match (change.kind, change.reason) {
        (StockChangeKind::Set, _) => Change::Count { physical_count: Count { state: "IN_STOCK", moved } },
        (StockChangeKind::Add, _) => adjusted("NONE", "IN_STOCK", moved),
        (StockChangeKind::Remove, StockChangeReason::Sold) => adjusted("IN_STOCK", "SOLD", moved),
        (StockChangeKind::Remove, StockChangeReason::Waste) => adjusted("IN_STOCK", "WASTE", moved),
        (StockChangeKind::Remove, StockChangeReason::Received | StockChangeReason::Correction) => {
            adjusted("IN_STOCK", "NONE", moved)
        }
    }
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
