//! The catalogue: the world's products as items with variations, its categories, discounts; lists and searches.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::page::{Cursors, Listing};
use crate::common::query::Query;
use crate::world::{CATEGORIES, Item, Shelf, World};

pub(super) const LOCATION: &str = "LLVMPARIS0001";

pub(super) fn item_id(number: u32) -> String {
    format!("ITEMLVM{number:04}EXAMPLE42TBZYX")
}

/// The variation that carries price and stock.
pub(super) fn variation_id(number: u32) -> String {
    format!("VARLVM{number:04}REGULAR42TBZYXA")
}

/// The second variation of a wine.
pub(super) fn glass_id(number: u32) -> String {
    format!("VARLVM{number:04}GLASS0042TBZYXA")
}

fn category_id(number: u32) -> String {
    format!("CATLVM{number:04}EXAMPLE42TBZYXA")
}

pub(super) fn money(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

/// With milliseconds, as the vendor writes times.
pub(super) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// Every object of the seed: items, categories, discounts, and an item that was deleted.
pub(super) fn seed(world: &World, at: Timestamp) -> Vec<Value> {
    let version = at.as_millisecond();
    let stamp = |mut object: Value| {
        if let Some(members) = object.as_object_mut() {
            members.entry("is_deleted").or_insert(Value::Bool(false));
            members.insert("updated_at".to_owned(), time(at).into());
            members.insert("version".to_owned(), version.into());
            members.insert("present_at_all_locations".to_owned(), true.into());
        }
        object
    };
    let items = world.items().iter().map(|product| item(product, world, version));
    let categories = CATEGORIES.iter().map(|category| {
        let mut data = json!({ "name": category.name, "is_top_level": category.parent == 0 });
        if let (true, Some(members)) = (category.parent > 0, data.as_object_mut()) {
            members.insert("parent_category".to_owned(), json!({ "id": category_id(category.parent), "ordinal": 0 }));
        }
        json!({ "type": "CATEGORY", "id": category_id(category.id), "category_data": data })
    });
    let discount = |number: u32, data: Value| json!({ "type": "DISCOUNT", "id": format!("DISLVM{number:04}EXAMPLE42TBZYXA"), "discount_data": data });
    let discounts = [
        discount(1, json!({ "name": "Fidélité 10 %", "discount_type": "FIXED_PERCENTAGE", "percentage": "10.0" })),
        discount(
            2,
            json!({ "name": "Personnel 50 %", "discount_type": "FIXED_PERCENTAGE", "percentage": "50", "pin_required": true }),
        ),
        discount(3, json!({ "name": "Café offert", "discount_type": "FIXED_AMOUNT", "amount_money": money(260) })),
        discount(
            4,
            json!({ "name": "Geste commercial", "discount_type": "VARIABLE_AMOUNT", "amount_money": money(0) }),
        ),
    ];
    let gone = json!({
        "type": "ITEM", "id": item_id(9001), "is_deleted": true,
        "item_data": { "name": "Potage de la veille", "product_type": "FOOD_AND_BEV", "variations": [{
            "type": "ITEM_VARIATION", "id": variation_id(9001), "is_deleted": true, "version": version,
            "item_variation_data": { "item_id": item_id(9001), "name": "Regular", "pricing_type": "FIXED_PRICING", "price_money": money(600) },
        }] },
    });
    items.chain(categories).chain(discounts).chain([gone]).map(stamp).collect()
}

fn item(product: &Item, world: &World, version: i64) -> Value {
    let id = item_id(product.id);
    let mut regular = json!({ "item_id": id, "name": "Regular", "sku": product.sku, "ordinal": 0 });
    if let Some(data) = regular.as_object_mut() {
        if product.sold {
            data.insert("pricing_type".to_owned(), "FIXED_PRICING".into());
            data.insert("price_money".to_owned(), money(product.price));
        } else {
            // What is only cooked with has no price of its own.
            data.insert("pricing_type".to_owned(), "VARIABLE_PRICING".into());
        }
        if let Some(ean) = &product.ean {
            data.insert("upc".to_owned(), ean.as_str().into());
        }
        data.insert("track_inventory".to_owned(), product.stocked.into());
        if let Some(stock) = world.stock().iter().find(|stock| stock.item == product.id) {
            data.insert("inventory_alert_type".to_owned(), "LOW_QUANTITY".into());
            data.insert("inventory_alert_threshold".to_owned(), stock.reorder_point.into());
        }
    }
    let variation = |id: String, data: Value| json!({ "type": "ITEM_VARIATION", "id": id, "version": version, "item_variation_data": data });
    let mut variations = vec![variation(variation_id(product.id), regular)];
    if product.shelf == Some(Shelf::Wine) {
        let glass = json!({
            "item_id": id, "name": "Verre 12 cl", "sku": format!("{}-V", product.sku), "ordinal": 1,
            "pricing_type": "FIXED_PRICING", "price_money": money(product.price / 5), "track_inventory": false,
        });
        variations.push(variation(glass_id(product.id), glass));
    }
    let mut data = json!({
        "name": product.name, "is_taxable": true, "product_type": "FOOD_AND_BEV",
        "is_archived": product.id.is_multiple_of(50) && !product.stocked, "variations": variations,
    });
    if let Some(members) = data.as_object_mut() {
        let category = category_id(product.category);
        // Old items still have the member that was replaced.
        if product.id.is_multiple_of(9) {
            members.insert("category_id".to_owned(), category.into());
        } else {
            members.insert("categories".to_owned(), json!([{ "id": category, "ordinal": 0 }]));
        }
        if product.course.is_some() {
            members.insert("description".to_owned(), format!("{}, fait maison", product.name).into());
        }
    }
    json!({ "type": "ITEM", "id": id, "item_data": data })
}

pub(super) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn deleted(object: &Value) -> bool {
    object.get("is_deleted") == Some(&Value::Bool(true))
}

/// The variations inside an item.
pub(super) fn variations(item: &Value) -> impl Iterator<Item = &Value> {
    let list = item.get("item_data").and_then(|data| data.get("variations")).and_then(Value::as_array);
    list.into_iter().flatten()
}

/// The live object of this id: a top-level one, or a variation inside an item.
pub(super) fn find<'a>(objects: &'a [Value], id: &str) -> Option<&'a Value> {
    lookup(objects, id, false)
}

fn lookup<'a>(objects: &'a [Value], id: &str, with_deleted: bool) -> Option<&'a Value> {
    let live = || objects.iter().filter(|object| with_deleted || !deleted(object));
    live()
        .find(|object| text(object, "id") == id)
        .or_else(|| live().flat_map(variations).find(|it| text(it, "id") == id))
}

const TYPES: [&str; 12] = [
    "ITEM",
    "ITEM_VARIATION",
    "CATEGORY",
    "DISCOUNT",
    "TAX",
    "MODIFIER",
    "MODIFIER_LIST",
    "IMAGE",
    "PRICING_RULE",
    "PRODUCT_SET",
    "TIME_PERIOD",
    "MEASUREMENT_UNIT",
];

fn known_types<'a>(types: impl IntoIterator<Item = &'a str>, field: &str) -> Result<(), ApiError> {
    match types.into_iter().find(|name| !TYPES.contains(name)) {
        Some(name) => Err(ApiError::field("INVALID_ENUM_VALUE", field, format!("`{name}` is not a valid enum value."))),
        None => Ok(()),
    }
}

fn of_types<'a>(objects: &'a [Value], types: &[String]) -> impl Iterator<Item = &'a Value> {
    let wanted = |object: &&Value| types.is_empty() || types.iter().any(|name| name == text(object, "type"));
    objects.iter().filter(wanted).collect::<Vec<_>>().into_iter()
}

/// `GET /v2/catalog/list`: a hundred objects a page, without those that were deleted.
pub(super) fn list(objects: &[Value], query: &Query, cursors: Cursors) -> Result<Value, ApiError> {
    let types: Vec<String> =
        query.get("types").unwrap_or_default().split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    known_types(types.iter().map(String::as_str), "types")?;
    let rows = of_types(objects, &types).filter(|object| !deleted(object)).collect::<Vec<_>>();
    let request = query.get("types").unwrap_or_default();
    let listing = Listing { name: "objects", limit: 100, cursor: query.get("cursor"), request, uneven: false };
    listing.cut(cursors, rows)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    object_types: Vec<String>,
    #[serde(default)]
    include_deleted_objects: bool,
    #[serde(default)]
    include_related_objects: bool,
    #[serde(default)]
    begin_time: Option<String>,
    #[serde(default)]
    query: Option<Value>,
    #[serde(default)]
    limit: Option<i64>,
}

/// `POST /v2/catalog/search`, without its queries. The limit is advisory: one that is too large is ignored.
pub(super) fn search(objects: &[Value], search: &Search, cursors: Cursors) -> Result<Value, ApiError> {
    known_types(search.object_types.iter().map(String::as_str), "object_types")?;
    if search.query.is_some() || search.include_related_objects {
        return Err(ApiError::not_simulated("A search with query or related objects"));
    }
    let since = search.begin_time.as_deref().map(|text| instant("begin_time", text)).transpose()?;
    let rows = of_types(objects, &search.object_types)
        .filter(|object| search.include_deleted_objects || !deleted(object))
        .filter(|object| {
            let updated = text(object, "updated_at").parse::<Timestamp>().ok();
            since.is_none_or(|since| updated.is_some_and(|updated| updated > since))
        })
        .collect::<Vec<_>>();
    let limit = search.limit.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| (1..=1_000).contains(limit));
    let request = format!("{:?} {} {:?} {limit:?}", search.object_types, search.include_deleted_objects, since);
    let limit = limit.unwrap_or(100);
    Listing { name: "objects", limit, cursor: search.cursor.as_deref(), request: &request, uneven: false }
        .cut(cursors, rows)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchRetrieve {
    object_ids: Vec<String>,
    #[serde(default)]
    include_related_objects: bool,
    #[serde(default)]
    include_deleted_objects: bool,
}

/// `POST /v2/catalog/batch-retrieve`: those that exist; the others are left out.
pub(super) fn batch(objects: &[Value], wanted: &BatchRetrieve) -> Result<Value, ApiError> {
    if wanted.object_ids.is_empty() {
        return Err(ApiError::field("ARRAY_EMPTY", "object_ids", "The list must not be empty."));
    }
    if wanted.object_ids.len() > 1_000 {
        return Err(ApiError::field("ARRAY_LENGTH_TOO_LONG", "object_ids", "At most 1000 objects can be retrieved."));
    }
    if wanted.include_related_objects {
        return Err(ApiError::not_simulated("Retrieving related objects"));
    }
    let with_deleted = wanted.include_deleted_objects;
    let found: Vec<&Value> = wanted.object_ids.iter().filter_map(|id| lookup(objects, id, with_deleted)).collect();
    Ok(if found.is_empty() { json!({}) } else { json!({ "objects": found }) })
}

/// A moment in RFC 3339, with its offset.
pub(super) fn instant(field: &str, text: &str) -> Result<Timestamp, ApiError> {
    text.parse().map_err(|_| ApiError::field("INVALID_TIME", field, format!("`{text}` is not an RFC 3339 time.")))
}
