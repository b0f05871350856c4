//! `POST /v2/catalog/object`: changing an item, creating a discount.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::catalog::{deleted, find, text, time, variations};
use super::error::ApiError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Upsert {
    #[allow(dead_code, reason = "looked at before")]
    idempotency_key: String,
    object: Map<String, Value>,
}

const OBJECT: [&str; 10] = [
    "type",
    "id",
    "updated_at",
    "created_at",
    "version",
    "is_deleted",
    "present_at_all_locations",
    "present_at_location_ids",
    "absent_at_location_ids",
    "custom_attribute_values",
];
const ITEM: [&str; 15] = [
    "name",
    "description",
    "description_html",
    "description_plaintext",
    "abbreviation",
    "label_color",
    "is_taxable",
    "category_id",
    "categories",
    "reporting_category",
    "tax_ids",
    "variations",
    "product_type",
    "is_archived",
    "image_ids",
];
const VARIATION: [&str; 12] = [
    "item_id",
    "name",
    "sku",
    "upc",
    "ordinal",
    "pricing_type",
    "price_money",
    "location_overrides",
    "track_inventory",
    "inventory_alert_type",
    "inventory_alert_threshold",
    "sellable",
];
const DISCOUNT: [&str; 7] =
    ["name", "discount_type", "percentage", "amount_money", "pin_required", "label_color", "modify_tax_basis"];

/// Refuses members the vendor does not know.
fn known(of: &Map<String, Value>, known: &[&str], own: &str, at: &str) -> Result<(), ApiError> {
    match of.keys().find(|name| !known.contains(&name.as_str()) && *name != own) {
        Some(name) => {
            let field = format!("{at}{name}");
            Err(ApiError::field("UNKNOWN_BODY_PARAMETER", field, format!("The field `{name}` is not known.")))
        }
        None => Ok(()),
    }
}

fn data<'a>(object: &'a Map<String, Value>, name: &str, at: &str) -> Result<&'a Map<String, Value>, ApiError> {
    let missing = || ApiError::field("MISSING_REQUIRED_PARAMETER", format!("{at}{name}"), "Field must be set.");
    object.get(name).and_then(Value::as_object).ok_or_else(missing)
}

fn name(data: &Map<String, Value>, longest: usize, at: &str) -> Result<(), ApiError> {
    let given = data.get("name").and_then(Value::as_str).unwrap_or_default();
    match given.chars().count() {
        0 => Err(ApiError::field("VALUE_EMPTY", format!("{at}name"), "The name must not be empty.")),
        length if length > longest => {
            Err(ApiError::field("VALUE_TOO_LONG", format!("{at}name"), format!("At most {longest} characters.")))
        }
        _ => Ok(()),
    }
}

fn money(value: Option<&Value>, field: &str) -> Result<(), ApiError> {
    let amount = value.and_then(|money| money.get("amount")).and_then(Value::as_i64);
    let euros = value.and_then(|money| money.get("currency")).and_then(Value::as_str) == Some("EUR");
    match amount {
        Some(amount) if amount >= 0 && euros => Ok(()),
        _ => Err(ApiError::field("INVALID_VALUE", field, "A whole number of cents and the currency EUR are expected.")),
    }
}

/// Creates or changes an object and answers as the vendor does.
pub(super) fn upsert(objects: &mut Vec<Value>, upsert: Upsert, now: Timestamp) -> Result<Value, ApiError> {
    let object = upsert.object;
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = object.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    match (kind.as_str(), id.strip_prefix('#')) {
        (_, None) if id.is_empty() => {
            Err(ApiError::field("MISSING_REQUIRED_PARAMETER", "object.id", "Field must be set."))
        }
        ("ITEM", None) => change_item(objects, &id, object, now),
        ("DISCOUNT", Some(_)) => create_discount(objects, &id, object, now),
        ("ITEM" | "DISCOUNT" | "CATEGORY" | "ITEM_VARIATION", _) => {
            Err(ApiError::not_simulated("A write other than changing an item and creating a discount"))
        }
        _ => Err(ApiError::field("INVALID_ENUM_VALUE", "object.type", format!("`{kind}` is not a valid enum value."))),
    }
}

fn change_item(
    objects: &mut [Value],
    id: &str,
    mut object: Map<String, Value>,
    now: Timestamp,
) -> Result<Value, ApiError> {
    let place = objects.iter().position(|have| text(have, "id") == id && !deleted(have));
    let missing = || ApiError::not_found("Catalog object", id);
    let place = place.ok_or_else(missing)?;
    let before = objects.get(place).cloned().ok_or_else(missing)?;
    if text(&before, "type") != "ITEM" {
        return Err(ApiError::field("INVALID_VALUE", "object.type", "The type of an object cannot change."));
    }
    known(&object, &OBJECT, "item_data", "object.")?;
    if object.get("version") != before.get("version") {
        let why = "Object version does not match latest database version.";
        return Err(ApiError::field("VERSION_MISMATCH", "object.version", why));
    }
    let item = data(&object, "item_data", "object.")?;
    known(item, &ITEM, "", "object.item_data.")?;
    name(item, 512, "object.item_data.")?;
    for category in item.get("categories").and_then(Value::as_array).into_iter().flatten() {
        let id = text(category, "id");
        if find(objects, id).is_none_or(|found| text(found, "type") != "CATEGORY") {
            let why = format!("Category `{id}` does not exist.");
            return Err(ApiError::field("INVALID_VALUE", "object.item_data.categories", why));
        }
    }
    let list = item.get("variations").and_then(Value::as_array).cloned().unwrap_or_default();
    if list.is_empty() {
        return Err(ApiError::field("ARRAY_EMPTY", "object.item_data.variations", "At least one variation is needed."));
    }
    for (index, variation) in list.iter().enumerate() {
        change_variation(&before, id, variation, &format!("object.item_data.variations[{index}]."))?;
    }
    let version = before.get("version").and_then(Value::as_i64).unwrap_or_default() + 1;
    stamp(&mut object, version, now);
    let list = object.get_mut("item_data").and_then(|data| data.get_mut("variations")).and_then(Value::as_array_mut);
    for variation in list.into_iter().flatten() {
        if let Some(members) = variation.as_object_mut() {
            members.insert("version".to_owned(), version.into());
        }
    }
    let object = Value::Object(object);
    if let Some(slot) = objects.get_mut(place) {
        *slot = object.clone();
    }
    Ok(json!({ "catalog_object": object }))
}

fn change_variation(item: &Value, item_id: &str, variation: &Value, at: &str) -> Result<(), ApiError> {
    let wrong = |name: &str, why: &str| ApiError::field("INVALID_VALUE", format!("{at}{name}"), why);
    let object = variation.as_object().ok_or_else(|| wrong("", "An object is expected."))?;
    known(object, &OBJECT, "item_variation_data", at)?;
    if text(variation, "type") != "ITEM_VARIATION" {
        return Err(wrong("type", "The type must be ITEM_VARIATION."));
    }
    let before = variations(item).find(|have| text(have, "id") == text(variation, "id"));
    let Some(before) = before else { return Err(ApiError::not_found("Catalog object", text(variation, "id"))) };
    if variation.get("version").is_some_and(|version| Some(version) != before.get("version")) {
        let why = "Object version does not match latest database version.";
        return Err(ApiError::field("VERSION_MISMATCH", format!("{at}version"), why));
    }
    let data = data(object, "item_variation_data", at)?;
    known(data, &VARIATION, "", &format!("{at}item_variation_data."))?;
    if data.get("item_id").and_then(Value::as_str) != Some(item_id) {
        return Err(wrong("item_variation_data.item_id", "The variation belongs to another item."));
    }
    match data.get("pricing_type").and_then(Value::as_str) {
        Some("FIXED_PRICING") => money(data.get("price_money"), &format!("{at}item_variation_data.price_money"))?,
        Some("VARIABLE_PRICING") if data.contains_key("price_money") => {
            return Err(wrong("item_variation_data.price_money", "A variable price has no amount."));
        }
        Some("VARIABLE_PRICING") => {}
        _ => return Err(wrong("item_variation_data.pricing_type", "FIXED_PRICING or VARIABLE_PRICING is expected.")),
    }
    Ok(())
}

fn create_discount(
    objects: &mut Vec<Value>,
    client_id: &str,
    mut object: Map<String, Value>,
    now: Timestamp,
) -> Result<Value, ApiError> {
    known(&object, &OBJECT, "discount_data", "object.")?;
    let discount = data(&object, "discount_data", "object.")?;
    known(discount, &DISCOUNT, "", "object.discount_data.")?;
    name(discount, 255, "object.discount_data.")?;
    let percentage = discount.get("percentage").and_then(Value::as_str);
    let amount = discount.get("amount_money");
    match discount.get("discount_type").and_then(Value::as_str) {
        Some("FIXED_PERCENTAGE") if amount.is_none() => {
            let value = percentage.and_then(crate::amount::Decimal::parse);
            if !value.is_some_and(|value| value.is_positive() && value <= crate::amount::Decimal::new(100, 0)) {
                let why = "A decimal number above 0 and up to 100 is expected.";
                return Err(ApiError::field("INVALID_VALUE", "object.discount_data.percentage", why));
            }
        }
        Some("FIXED_AMOUNT") if percentage.is_none() => money(amount, "object.discount_data.amount_money")?,
        _ => {
            let why = "FIXED_PERCENTAGE with percentage or FIXED_AMOUNT with amount_money is expected.";
            return Err(ApiError::field("INVALID_VALUE", "object.discount_data.discount_type", why));
        }
    }
    let id = format!("DISLVM{:04}EXAMPLE42TBZYXA", objects.len() + 1);
    object.insert("id".to_owned(), id.clone().into());
    stamp(&mut object, now.as_millisecond(), now);
    let object = Value::Object(object);
    objects.push(object.clone());
    Ok(json!({
        "catalog_object": object,
        "id_mappings": [{ "client_object_id": client_id, "object_id": id }],
    }))
}

fn stamp(object: &mut Map<String, Value>, version: i64, now: Timestamp) {
    object.insert("version".to_owned(), version.into());
    object.insert("updated_at".to_owned(), time(now).into());
    object.insert("is_deleted".to_owned(), false.into());
    object.entry("present_at_all_locations").or_insert(Value::Bool(true));
}
