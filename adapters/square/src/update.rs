//! Changing a product: `GET /v2/catalog/object/{id}`, then `POST /v2/catalog/object` with the whole item.
//!
//! Square wants the version that was read and refuses the write when someone else was faster. A change that is there
//! already is not written: so the same change may be sent again after an answer was lost.

use moulin_adapter::http::{self, path_segment};
use moulin_adapter::pos::{Product, ProductPatch};
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{api, patch, product};

#[derive(Serialize)]
struct Upsert<'a> {
    idempotency_key: &'a str,
    object: &'a Map<String, Value>,
}

pub(crate) fn update(change: &ProductPatch) -> Result<Product> {
    patch::check(change)?;
    let key = api::required_key(change.idempotency_key.as_deref())?;
    let (mut object, asked) = read_item(&change.id, change.variation_id.as_deref())?;
    let ids = variation_ids(&object);
    let variation = match (asked, ids.as_slice()) {
        (Some(id), _) if ids.contains(&id) => id,
        (Some(_), _) => return Err(Error::invalid("variation_id", "is no variation of this product")),
        (None, [only]) => only.clone(),
        (None, [first, ..]) if !patch::of_variation(change) => first.clone(),
        (None, []) => return Err(Error::unexpected("the vendor's answer lacks `item_data.variations`")),
        (None, several) => {
            let message = format!("must name one of the {} variations of this product", several.len());
            return Err(Error::invalid("variation_id", message));
        }
    };
    let before = object.clone();
    patch::apply(&mut object, Some(&variation), change, &api::location()?, &connection::currency())?;
    if object == before {
        let json = serde_json::to_string(&before).map_err(|_| Error::unexpected("not writable as JSON"))?;
        return pick(&json, &variation, change.include_raw);
    }
    let answer = api::send(api::write("/v2/catalog/object", &Upsert { idempotency_key: key, object: &object })?)?;
    pick(api::one(&answer, "catalog_object")?, &variation, change.include_raw)
}

/// Reads an item, without what Square alone writes, and which of its variations is meant.
fn read_item(id: &str, variation: Option<&str>) -> Result<(Map<String, Value>, Option<String>)> {
    let found = read_object(id)?;
    let parent = found.get("item_variation_data").and_then(|data| patch::text(data, "item_id"));
    let (mut object, variation) = match parent {
        // The id is that of a variation.
        Some(parent) => (read_object(parent)?, Some(variation.unwrap_or(id))),
        None => (found, variation),
    };
    if !object.contains_key("item_data") {
        return Err(Error::invalid("id", "is not a product of Square's catalogue"));
    }
    for member in ["updated_at", "created_at"] {
        object.shift_remove(member);
    }
    let list = object.get_mut("item_data").and_then(|data| data.get_mut("variations")).and_then(Value::as_array_mut);
    for own in list.into_iter().flatten().filter_map(Value::as_object_mut) {
        own.shift_remove("updated_at");
        own.shift_remove("created_at");
    }
    Ok((object, variation.map(str::to_owned)))
}

fn read_object(id: &str) -> Result<Map<String, Value>> {
    let answer = api::send(http::get(format!("/v2/catalog/object/{}", path_segment(id))))?;
    Ok(serde_json::from_str(api::one(&answer, "object")?)?)
}

fn variation_ids(object: &Map<String, Value>) -> Vec<String> {
    let list = object.get("item_data").and_then(|data| data.get("variations")).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|own| patch::text(own, "id")).map(str::to_owned).collect()
}

/// The product that is this variation.
fn pick(json: &str, variation: &str, include_raw: bool) -> Result<Product> {
    let row = read::row::<product::Object<'_>>(json, include_raw)?;
    let products = product::products(&row, &api::location()?, &connection::currency())?;
    let found = products.into_iter().find(|product| product.variation_id.as_deref() == Some(variation));
    found.ok_or_else(|| Error::unexpected(format!("the vendor's answer lacks variation {variation}")))
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::{Idempotency, Method, Request, Response};
    use moulin_adapter::testing::Host;
    use serde_json::json;

    use super::*;
    use crate::patch::nothing;

    const ITEM: &str = r#"{"type":"ITEM","id":"I","updated_at":"2025-04-01T00:00:00Z","version":7,"future":{"kept":[1]},"item_data":{"name":"A","variations":[
        {"type":"ITEM_VARIATION","id":"V1","updated_at":"2025-04-01T00:00:00Z","version":7,"item_variation_data":{"item_id":"I","name":"Regular","pricing_type":"FIXED_PRICING","price_money":{"amount":1550,"currency":"EUR"}}}]}}"#;

    fn object(request: &Request) -> Value {
        serde_json::from_slice::<Value>(request.body_bytes().unwrap()).unwrap()["object"].clone()
    }

    /// Gives `ITEM` and what is written.
    fn till(item: &'static str) -> Host {
        Host::new("v2").setting("location_id", "L1").vendor(move |request| {
            let body = match (request.method(), request.target()) {
                (Method::Get, "/v2/catalog/object/V1") => {
                    r#"{"object":{"type":"ITEM_VARIATION","id":"V1","item_variation_data":{"item_id":"I"}}}"#.to_owned()
                }
                (Method::Get, "/v2/catalog/object/C") => r#"{"object":{"type":"CATEGORY","id":"C"}}"#.to_owned(),
                (Method::Get, _) => format!(r#"{{"object":{item}}}"#),
                _ => json!({ "catalog_object": object(request) }).to_string(),
            };
            Ok(Response::new(200, &[], body))
        })
    }

    #[test]
    fn the_whole_item_goes_back_with_its_version_and_the_key() {
        let till = till(ITEM);
        let change = ProductPatch { price: Some("16.50".parse().unwrap()), ..nothing("I") };
        let product = till.run(|| update(&change)).unwrap();
        assert_eq!((product.variation_id.as_deref(), product.price), (Some("V1"), Some("16.5".parse().unwrap())));
        let requests = till.requests();
        assert_eq!((requests[1].method(), requests[1].target()), (Method::Post, "/v2/catalog/object"));
        assert_eq!(requests[1].idempotency_value(), Idempotency::Keyed);
        assert_eq!(
            core::str::from_utf8(requests[1].body_bytes().unwrap()).unwrap(),
            concat!(
                r#"{"idempotency_key":"key-1","object":{"type":"ITEM","id":"I","version":7,"future":{"kept":[1]},"item_data":{"name":"A","variations":["#,
                r#"{"type":"ITEM_VARIATION","id":"V1","version":7,"item_variation_data":{"item_id":"I","name":"Regular","pricing_type":"FIXED_PRICING","price_money":{"amount":1650,"currency":"EUR"}}}]}}}"#
            )
        );
    }

    #[test]
    fn a_change_that_is_there_already_is_not_written() {
        let till = till(ITEM);
        let change = ProductPatch { price: Some("15.5".parse().unwrap()), include_raw: true, ..nothing("I") };
        let product = till.run(|| update(&change)).unwrap();
        assert_eq!(product.price, Some("15.50".parse().unwrap()));
        assert!(product.raw.unwrap().contains("future"));
        assert_eq!(till.requests().len(), 1);
    }

    #[test]
    fn a_variation_may_be_named_in_place_of_its_item() {
        let till = till(ITEM);
        let change = ProductPatch { name: Some("B".into()), ..nothing("V1") };
        assert_eq!(till.run(|| update(&change)).unwrap().name, "B");
        assert_eq!(till.requests().len(), 3);
        let category = ProductPatch { name: Some("B".into()), ..nothing("C") };
        assert!(matches!(till.run(|| update(&category)), Err(Error::Validation(e)) if e.fields[0].field == "id"));
    }

    #[test]
    fn of_several_variations_one_must_be_meant() {
        let two = r#"{"type":"ITEM","id":"I","version":7,"item_data":{"name":"A","variations":[{"id":"V1","item_variation_data":{}},{"id":"V2","item_variation_data":{}}]}}"#;
        let till = till(two);
        let price = |variation: Option<&str>| ProductPatch {
            variation_id: variation.map(str::to_owned),
            price: Some(1.into()),
            ..nothing("I")
        };
        for variation in [None, Some("V9")] {
            let refused = till.run(|| update(&price(variation)));
            assert!(matches!(refused, Err(Error::Validation(error)) if error.fields[0].field == "variation_id"));
        }
        assert_eq!(till.run(|| update(&price(Some("V2")))).unwrap().price, Some(1.into()));
        let name = ProductPatch { name: Some("B".into()), ..nothing("I") };
        assert_eq!(till.run(|| update(&name)).unwrap().variation_id.as_deref(), Some("V1"));
    }

    #[test]
    fn no_write_goes_without_a_key() {
        let till = till(ITEM);
        for key in [None, Some(String::new()), Some("k".repeat(121))] {
            let change = ProductPatch { name: Some("B".into()), idempotency_key: key, ..nothing("I") };
            let refused = till.run(|| update(&change));
            assert!(matches!(refused, Err(Error::Validation(error)) if error.fields[0].field == "idempotency_key"));
        }
        assert!(till.requests().is_empty());
    }
}
