//! A change to an item, made on Square's own JSON: what is not changed has to be sent back as it came.

use moulin_adapter::pos::ProductPatch;
use moulin_adapter::prelude::*;
use serde_json::{Map, Value, json};

use crate::money::Sent;

type Object = Map<String, Value>;

/// Checks what can be checked before anything is read.
pub(crate) fn check(patch: &ProductPatch) -> Result<()> {
    if patch.cost.is_some() {
        return Err(Error::invalid("cost", "Square's catalogue has no purchase prices"));
    }
    if patch.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Error::invalid("name", "must not be empty"));
    }
    if patch.price.is_some_and(Decimal::is_negative) {
        return Err(Error::invalid("price", "must not be negative"));
    }
    let ProductPatch { name, description, sku, barcode, category_id, .. } = patch;
    let texts = [name, description, sku, barcode, category_id].iter().any(|text| text.is_some());
    if !texts && patch.price.is_none() && patch.taxable.is_none() {
        return Err(Error::validation("nothing to change: set at least one field"));
    }
    Ok(())
}

/// Whether the change is about a variation, not only about the item above it.
pub(crate) fn of_variation(patch: &ProductPatch) -> bool {
    patch.price.is_some() || patch.sku.is_some() || patch.barcode.is_some()
}

/// Applies the change to an item, and to that of its variations.
pub(crate) fn apply(
    object: &mut Object,
    variation: Option<&str>,
    patch: &ProductPatch,
    location: &str,
    currency: &str,
) -> Result<()> {
    let missing = |name: &str| Error::unexpected(format!("the vendor's answer lacks `{name}`"));
    let item = object.get_mut("item_data").and_then(Value::as_object_mut).ok_or_else(|| missing("item_data"))?;
    if let Some(name) = &patch.name {
        item.insert("name".to_owned(), name.as_str().into());
    }
    if let Some(text) = &patch.description {
        // Square keeps three forms of one text and the one in HTML wins.
        item.shift_remove("description_html");
        item.shift_remove("description_plaintext");
        set(item, "description", text);
    }
    if let Some(taxable) = patch.taxable {
        item.insert("is_taxable".to_owned(), taxable.into());
    }
    if let Some(id) = &patch.category_id {
        categorise(item, id);
    }
    let Some(id) = variation.filter(|_| of_variation(patch)) else { return Ok(()) };
    let list = item.get_mut("variations").and_then(Value::as_array_mut).ok_or_else(|| missing("variations"))?;
    let found = list.iter_mut().find(|variation| text(variation, "id") == Some(id));
    let data = found.and_then(|variation| variation.get_mut("item_variation_data")).and_then(Value::as_object_mut);
    let data = data.ok_or_else(|| missing("item_variation_data"))?;
    if let Some(sku) = &patch.sku {
        set(data, "sku", sku);
    }
    if let Some(code) = &patch.barcode {
        set(data, "upc", code);
    }
    match patch.price {
        Some(amount) => reprice(data, amount, location, currency),
        None => Ok(()),
    }
}

pub(crate) fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

/// An empty text clears.
fn set(object: &mut Object, name: &str, text: &str) {
    if text.is_empty() {
        object.shift_remove(name);
    } else {
        object.insert(name.to_owned(), text.into());
    }
}

/// The product is in this category alone then; in none, if it is empty.
fn categorise(item: &mut Object, id: &str) {
    item.shift_remove("category_id");
    let reported = item.shift_remove("reporting_category").is_some();
    if id.is_empty() {
        item.shift_remove("categories");
        return;
    }
    let same = item
        .get("categories")
        .and_then(Value::as_array)
        .is_some_and(|list| matches!(list.as_slice(), [one] if text(one, "id") == Some(id)));
    if !same {
        item.insert("categories".to_owned(), json!([{ "id": id }]));
    }
    if reported {
        item.insert("reporting_category".to_owned(), json!({ "id": id }));
    }
}

/// Sets the price: where this place has one of its own, that one, or else everybody's.
fn reprice(data: &mut Object, amount: Decimal, location: &str, currency: &str) -> Result<()> {
    let own = |over: &&mut Value| text(over, "location_id") == Some(location) && over.get("price_money").is_some();
    let overrides = data.get_mut("location_overrides").and_then(Value::as_array_mut);
    let here = overrides.into_iter().flatten().find(own).and_then(Value::as_object_mut);
    let place = match here {
        Some(own) => own,
        None => data,
    };
    let theirs = place.get("price_money").and_then(|money| text(money, "currency")).unwrap_or(currency).to_owned();
    let price = serde_json::to_value(Sent::of(amount, &theirs, "price")?)
        .map_err(|error| Error::validation(format!("not writable as JSON: {error}")))?;
    place.insert("price_money".to_owned(), price);
    place.insert("pricing_type".to_owned(), "FIXED_PRICING".into());
    Ok(())
}

#[cfg(test)]
pub(crate) fn nothing(id: &str) -> ProductPatch {
    ProductPatch {
        id: id.to_owned(),
        variation_id: None,
        name: None,
        description: None,
        price: None,
        cost: None,
        sku: None,
        barcode: None,
        category_id: None,
        taxable: None,
        idempotency_key: Some("key-1".to_owned()),
        include_raw: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = r#"{"type":"ITEM","id":"I","version":7,"item_data":{"name":"A","description":"B","description_html":"<p>B</p>","category_id":"OLD","reporting_category":{"id":"OLD"},"categories":[{"id":"OLD","ordinal":3},{"id":"MORE"}],"variations":[
        {"type":"ITEM_VARIATION","id":"V1","item_variation_data":{"sku":"S","upc":"U","pricing_type":"VARIABLE_PRICING"}},
        {"type":"ITEM_VARIATION","id":"V2","item_variation_data":{"pricing_type":"FIXED_PRICING","price_money":{"amount":100,"currency":"TND"},"location_overrides":[{"location_id":"L2"},{"location_id":"L1","price_money":{"amount":90,"currency":"TND"}}]}}]}}"#;

    fn applied(variation: Option<&str>, patch: &ProductPatch, location: &str) -> Result<Value> {
        let mut object: Object = serde_json::from_str(ITEM).unwrap();
        apply(&mut object, variation, patch, location, "EUR")?;
        Ok(Value::Object(object))
    }

    #[test]
    fn fields_of_the_item_change_and_the_rest_stays() {
        let patch = ProductPatch {
            name: Some("C".into()),
            description: Some("D".into()),
            category_id: Some("NEW".into()),
            taxable: Some(false),
            ..nothing("I")
        };
        let item = &applied(None, &patch, "L1").unwrap()["item_data"];
        assert_eq!((item["name"].as_str(), item["description"].as_str()), (Some("C"), Some("D")));
        assert!(item.get("description_html").is_none() && item.get("category_id").is_none());
        assert_eq!(
            (&item["categories"], &item["reporting_category"]),
            (&json!([{ "id": "NEW" }]), &json!({ "id": "NEW" }))
        );
        assert_eq!(item["variations"].as_array().unwrap().len(), 2);
        let cleared =
            ProductPatch { description: Some(String::new()), category_id: Some(String::new()), ..nothing("I") };
        let item = &applied(None, &cleared, "L1").unwrap()["item_data"];
        assert!(["description", "categories", "reporting_category"].iter().all(|name| item.get(name).is_none()));
    }

    #[test]
    fn fields_of_a_variation_change_in_it_alone() {
        let patch = ProductPatch {
            price: Some("16.5".parse().unwrap()),
            sku: Some("T".into()),
            barcode: Some(String::new()),
            ..nothing("I")
        };
        let changed = applied(Some("V1"), &patch, "L1").unwrap();
        let data = &changed["item_data"]["variations"][0]["item_variation_data"];
        assert_eq!(
            data,
            &json!({ "sku": "T", "pricing_type": "FIXED_PRICING", "price_money": { "amount": 1650, "currency": "EUR" } })
        );
        let before: Value = serde_json::from_str(ITEM).unwrap();
        assert_eq!(changed["item_data"]["variations"][1], before["item_data"]["variations"][1]);
    }

    #[test]
    fn a_place_with_a_price_of_its_own_keeps_one() {
        let patch = ProductPatch { price: Some("0.095".parse().unwrap()), ..nothing("I") };
        let data = |location| {
            applied(Some("V2"), &patch, location).unwrap()["item_data"]["variations"][1]["item_variation_data"].clone()
        };
        let here = data("L1");
        assert_eq!(
            (&here["location_overrides"][1]["price_money"]["amount"], &here["price_money"]["amount"]),
            (&json!(95), &json!(100))
        );
        assert_eq!(data("L2")["price_money"], json!({ "amount": 95, "currency": "TND" }));
        let fine = ProductPatch { price: Some("0.0095".parse().unwrap()), ..nothing("I") };
        assert!(matches!(applied(Some("V2"), &fine, "L1"), Err(Error::Validation(_))));
    }

    #[test]
    fn what_square_cannot_keep_is_refused_by_its_field() {
        let price = Some("1".parse().unwrap());
        for (patch, field) in [
            (ProductPatch { cost: price, ..nothing("I") }, "cost"),
            (ProductPatch { name: Some(" ".into()), ..nothing("I") }, "name"),
            (ProductPatch { price: Some((-1).into()), ..nothing("I") }, "price"),
        ] {
            assert!(matches!(check(&patch), Err(Error::Validation(error)) if error.fields[0].field == field));
        }
        assert!(matches!(check(&nothing("I")), Err(Error::Validation(_))));
        assert!(check(&ProductPatch { price, ..nothing("I") }).is_ok());
    }
}
