//! Stock: counts, and the changes that make them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::catalog::{LOCATION, find, instant, text, time, variation_id};
use super::directory::known_location;
use super::error::ApiError;
use super::page::{Cursors, Listing};
use crate::amount::Decimal;
use crate::world::World;

/// A quantity in stock, and since when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shelf {
    quantity: Decimal,
    at: Timestamp,
}

/// What is in stock, by variation and place.
pub(super) type Shelves = BTreeMap<(String, String), Shelf>;

/// The stock of the seed.
pub(super) fn seed(world: &World, at: Timestamp) -> Shelves {
    let shelf = |on_hand: i64| Shelf { quantity: Decimal::new(i128::from(on_hand), 0), at };
    world.stock().iter().map(|stock| ((variation_id(stock.item), LOCATION.to_owned()), shelf(stock.on_hand))).collect()
}

fn count(key: &(String, String), shelf: &Shelf) -> Value {
    json!({
        "catalog_object_id": key.0, "catalog_object_type": "ITEM_VARIATION", "state": "IN_STOCK", "location_id": key.1,
        "quantity": shelf.quantity.to_string(), "calculated_at": time(shelf.at),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[serde(default)]
    catalog_object_ids: Option<Vec<String>>,
    #[serde(default)]
    location_ids: Option<Vec<String>>,
    #[serde(default)]
    updated_after: Option<String>,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    states: Option<Vec<String>>,
    #[serde(default)]
    limit: Option<i64>,
}

const STATES: [&str; 16] = [
    "CUSTOM",
    "IN_STOCK",
    "SOLD",
    "RETURNED_BY_CUSTOMER",
    "RESERVED_FOR_SALE",
    "SOLD_ONLINE",
    "ORDERED_FROM_VENDOR",
    "RECEIVED_FROM_VENDOR",
    "IN_TRANSIT_TO",
    "NONE",
    "WASTE",
    "UNLINKED_RETURN",
    "COMPOSED",
    "DECOMPOSED",
    "SUPPORTED_BY_NEWER_VERSION",
    "IN_TRANSIT",
];

/// `POST /v2/inventory/counts/batch-retrieve`: newest first.
pub(super) fn counts(shelves: &Shelves, wanted: &Wanted, cursors: Cursors) -> Result<Value, ApiError> {
    let Wanted { catalog_object_ids, location_ids, updated_after, cursor, states, limit } = wanted;
    let limit = match limit {
        None => 100,
        Some(limit @ 1..=1_000) => usize::try_from(*limit).unwrap_or(100),
        Some(_) => return Err(ApiError::field("INVALID_VALUE", "limit", "The limit must be 1 to 1000.")),
    };
    if catalog_object_ids.as_ref().is_some_and(|ids| ids.len() > 1_000) {
        return Err(ApiError::field("ARRAY_LENGTH_TOO_LONG", "catalog_object_ids", "At most 1000 ids."));
    }
    if let Some(state) = states.iter().flatten().find(|state| !STATES.contains(&state.as_str())) {
        return Err(ApiError::field("INVALID_ENUM_VALUE", "states", format!("`{state}` is not a valid enum value.")));
    }
    let in_stock = states.as_ref().is_none_or(|states| states.iter().any(|state| state == "IN_STOCK"));
    let after = updated_after.as_deref().map(|text| instant("updated_after", text)).transpose()?;
    // An empty list filters nothing.
    let has =
        |list: &Option<Vec<String>>, id: &String| list.as_ref().is_none_or(|ids| ids.is_empty() || ids.contains(id));
    let mut rows: Vec<_> = shelves
        .iter()
        .filter(|((object, place), shelf)| {
            in_stock
                && has(catalog_object_ids, object)
                && has(location_ids, place)
                && after.is_none_or(|after| shelf.at > after)
        })
        .collect();
    rows.sort_by_key(|(_, shelf)| std::cmp::Reverse(shelf.at));
    let rows = rows.into_iter().map(|(key, shelf)| count(key, shelf)).collect();
    let request = format!("{catalog_object_ids:?} {location_ids:?} {states:?} {after:?} {limit}");
    Listing { name: "counts", limit, cursor: cursor.as_deref(), request: &request, uneven: false }.cut(cursors, rows)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    #[allow(dead_code, reason = "looked at before")]
    idempotency_key: String,
    #[serde(default)]
    changes: Vec<Change>,
    #[serde(default = "yes")]
    ignore_unchanged_counts: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    physical_count: Option<Moved>,
    #[serde(default)]
    adjustment: Option<Moved>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moved {
    #[serde(default)]
    reference_id: Option<String>,
    catalog_object_id: String,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    from_state: Option<String>,
    #[serde(default)]
    to_state: Option<String>,
    location_id: String,
    quantity: String,
    occurred_at: String,
}

/// What a change does to the shelf.
#[derive(Clone, Copy)]
enum Effect {
    Set(Decimal),
    Add(Decimal),
    Take(Decimal),
}

/// `POST /v2/inventory/changes/batch-create`. `clock` is the time by which `occurred_at` is judged, `now` that of the books.
pub(super) fn change(
    shelves: &mut Shelves,
    objects: &[Value],
    wanted: &Changes,
    clock: Timestamp,
    now: Timestamp,
) -> Result<Value, ApiError> {
    if wanted.changes.is_empty() || wanted.changes.len() > 100 {
        let code = if wanted.changes.is_empty() { "ARRAY_EMPTY" } else { "ARRAY_LENGTH_TOO_LONG" };
        return Err(ApiError::field(code, "changes", "1 to 100 changes can be made."));
    }
    let mut work = Vec::new();
    for (index, change) in wanted.changes.iter().enumerate() {
        let (name, moved) = match (change.kind.as_str(), &change.physical_count, &change.adjustment) {
            ("PHYSICAL_COUNT", Some(count), None) => ("physical_count", count),
            ("ADJUSTMENT", None, Some(adjustment)) => ("adjustment", adjustment),
            ("TRANSFER", ..) => return Err(ApiError::not_simulated("A transfer")),
            _ => {
                let field = format!("changes[{index}].type");
                return Err(ApiError::field("INVALID_VALUE", field, "The type and the object must go together."));
            }
        };
        let at = format!("changes[{index}].{name}");
        let effect = effect(objects, moved, name, &at)?;
        let occurred = instant(&format!("{at}.occurred_at"), &moved.occurred_at)?;
        if occurred > clock || clock.duration_since(occurred) > SignedDuration::from_hours(24) {
            let why = "The time must be within the last 24 hours and not in the future.";
            return Err(ApiError::field("INVALID_TIME", format!("{at}.occurred_at"), why));
        }
        work.push((occurred, name, moved, effect));
    }
    // Applied by the time they name, not by their place.
    work.sort_by_key(|(occurred, ..)| *occurred);
    let mut made = Vec::new();
    for (number, (_, name, moved, effect)) in work.iter().enumerate() {
        let key = (moved.catalog_object_id.clone(), moved.location_id.clone());
        let before = shelves.get(&key).map(|shelf| shelf.quantity);
        let nothing = Decimal::new(0, 0);
        let quantity = match effect {
            Effect::Set(quantity) => *quantity,
            Effect::Add(more) => before.unwrap_or(nothing).minus(nothing.minus(*more)),
            Effect::Take(less) => before.unwrap_or(nothing).minus(*less),
        };
        let unchanged = matches!(effect, Effect::Set(_)) && before == Some(quantity);
        if unchanged && wanted.ignore_unchanged_counts {
            continue;
        }
        shelves.insert(key, Shelf { quantity, at: now });
        made.push(written(name, moved, number, now));
    }
    let mut keys: Vec<_> = wanted_keys(wanted);
    keys.dedup();
    let counts: Vec<Value> = keys.iter().filter_map(|key| shelves.get(key).map(|shelf| count(key, shelf))).collect();
    let mut answer = json!({ "counts": counts });
    if let (false, Some(members)) = (made.is_empty(), answer.as_object_mut()) {
        members.insert("changes".to_owned(), made.into());
    }
    Ok(answer)
}

fn wanted_keys(wanted: &Changes) -> Vec<(String, String)> {
    let moved =
        wanted.changes.iter().filter_map(|change| change.physical_count.as_ref().or(change.adjustment.as_ref()));
    let mut keys: Vec<_> = moved.map(|moved| (moved.catalog_object_id.clone(), moved.location_id.clone())).collect();
    keys.sort();
    keys
}

fn effect(objects: &[Value], moved: &Moved, name: &str, at: &str) -> Result<Effect, ApiError> {
    let wrong = |field: &str, why: String| ApiError::field("INVALID_VALUE", format!("{at}.{field}"), why);
    let object = find(objects, &moved.catalog_object_id);
    if object.is_none_or(|object| text(object, "type") != "ITEM_VARIATION") {
        return Err(wrong("catalog_object_id", format!("`{}` is not an item variation.", moved.catalog_object_id)));
    }
    if !known_location(&moved.location_id) {
        return Err(wrong("location_id", format!("Location `{}` is not known.", moved.location_id)));
    }
    if moved.reference_id.as_ref().is_some_and(|text| text.chars().count() > 255) {
        return Err(wrong("reference_id", "At most 255 characters.".to_owned()));
    }
    let quantity = Decimal::parse(&moved.quantity)
        .filter(|quantity| !quantity.is_negative() && quantity.decimals() <= 5 && moved.quantity.len() <= 26)
        .ok_or_else(|| {
            wrong("quantity", "A decimal number, not negative, with up to 5 decimals is expected.".to_owned())
        })?;
    let states = (moved.state.as_deref(), moved.from_state.as_deref(), moved.to_state.as_deref());
    match (name, states) {
        ("physical_count", (Some("IN_STOCK"), None, None)) => Ok(Effect::Set(quantity)),
        ("adjustment", (None, Some("NONE"), Some("IN_STOCK"))) => Ok(Effect::Add(quantity)),
        ("adjustment", (None, Some("IN_STOCK"), Some("SOLD" | "WASTE" | "NONE"))) => Ok(Effect::Take(quantity)),
        _ => Err(wrong("state", "This change of state is not possible.".to_owned())),
    }
}

fn written(name: &str, moved: &Moved, number: usize, now: Timestamp) -> Value {
    let mut record = json!({
        "id": format!("CNTLVM{}{number:04}", now.as_second()), "catalog_object_id": moved.catalog_object_id,
        "catalog_object_type": "ITEM_VARIATION", "location_id": moved.location_id, "quantity": moved.quantity,
        "occurred_at": moved.occurred_at, "created_at": time(now),
    });
    if let Some(members) = record.as_object_mut() {
        let states = [("state", &moved.state), ("from_state", &moved.from_state), ("to_state", &moved.to_state)];
        for (name, value) in states.into_iter().chain([("reference_id", &moved.reference_id)]) {
            if let Some(value) = value {
                members.insert(name.to_owned(), value.as_str().into());
            }
        }
    }
    let kind = if name == "adjustment" { "ADJUSTMENT" } else { "PHYSICAL_COUNT" };
    json!({ "type": kind, name: record })
}
