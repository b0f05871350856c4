//! From products to the variations that carry price and stock, and back: `POST /v2/catalog/batch-retrieve`.
//!
//! Stock and the lines of an order name variations; the contract's products are the items above them.

use std::collections::{BTreeMap, BTreeSet};

use moulin_adapter::http::Request;
use moulin_adapter::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{api, page};

/// Objects asked for at once. The vendor names no maximum; it takes as many in its other lists.
const MAX_IDS: usize = 500;

/// What is known of a variation beside its id.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Variation {
    pub(crate) item_id: String,
    /// At or below it Square alerts the restaurant.
    pub(crate) alert: Option<Decimal>,
}

/// The objects found.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// By id.
    pub(crate) variations: BTreeMap<String, Variation>,
    /// The variations of the items asked for, by the item's id.
    pub(crate) items: BTreeMap<String, Vec<String>>,
}

impl Known {
    /// The item of a variation, or the variation itself when the catalogue has lost it.
    pub(crate) fn item_of(&self, variation: &str) -> String {
        self.variations.get(variation).map_or(variation, |known| known.item_id.as_str()).to_owned()
    }
}

#[derive(Serialize)]
struct Wanted<'a> {
    object_ids: &'a [&'a str],
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    include_deleted_objects: bool,
}

/// Looks up items and variations; those that do not exist are left out.
pub(crate) fn look_up<'a>(ids: impl IntoIterator<Item = &'a str>, with_deleted: bool) -> Result<Known> {
    let ids: Vec<&str> = ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let requests: Vec<Request> = ids
        .chunks(MAX_IDS)
        .map(|chunk| {
            let wanted = Wanted { object_ids: chunk, include_deleted_objects: with_deleted };
            api::search("/v2/catalog/batch-retrieve", &wanted)
        })
        .collect::<Result<_>>()?;
    let location = api::location()?;
    let mut known = Known::default();
    for answer in api::send_all(requests)? {
        for row in page::read::<Object<'_>>(&answer, "objects", false)?.rows {
            note(&mut known, &row.record, &location)?;
        }
    }
    Ok(known)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Object<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    item_data: Option<ItemData<'a>>,
    item_variation_data: Option<Data<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ItemData<'a> {
    #[serde(borrow)]
    variations: OneOrMany<Nested<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Nested<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    item_variation_data: Option<Data<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Data<'a> {
    #[serde(borrow)]
    item_id: Scalar<'a>,
    inventory_alert_type: Scalar<'a>,
    inventory_alert_threshold: Scalar<'a>,
    location_overrides: OneOrMany<Override<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Override<'a> {
    #[serde(borrow)]
    location_id: Scalar<'a>,
    inventory_alert_type: Scalar<'a>,
    inventory_alert_threshold: Scalar<'a>,
}

/// The threshold, if the alert is on.
fn alert(kind: Scalar<'_>, threshold: Scalar<'_>) -> Result<Option<Decimal>> {
    match kind.str().as_deref() {
        Some("LOW_QUANTITY") => threshold.decimal("inventory_alert_threshold"),
        _ => Ok(None),
    }
}

fn note(known: &mut Known, object: &Object<'_>, location: &str) -> Result<()> {
    let id = object.id.required_id("object.id")?;
    if let Some(data) = &object.item_variation_data {
        known.variations.insert(id, variation(data, None, location)?);
    } else if let Some(item) = &object.item_data {
        let mut ids = Vec::new();
        for nested in &item.variations {
            let variation_id = nested.id.required_id("item_data.variations.id")?;
            let data = nested.item_variation_data.as_ref();
            let entry = data.map_or_else(|| Ok(Variation::default()), |data| variation(data, Some(&id), location))?;
            known.variations.insert(variation_id.clone(), Variation { item_id: id.clone(), ..entry });
            ids.push(variation_id);
        }
        known.items.insert(id, ids);
    }
    Ok(())
}

fn variation(data: &Data<'_>, item: Option<&str>, location: &str) -> Result<Variation> {
    let item_id = match (item, data.item_id.id()) {
        (_, Some(id)) => id,
        (Some(id), None) => id.to_owned(),
        (None, None) => return Err(Error::unexpected("the vendor's answer lacks `item_variation_data.item_id`")),
    };
    let here = data.location_overrides.iter().find(|own| own.location_id.str().as_deref() == Some(location));
    let alert = match here.filter(|own| own.inventory_alert_type.str().is_some()) {
        Some(own) => alert(own.inventory_alert_type, own.inventory_alert_threshold)?,
        None => alert(data.inventory_alert_type, data.inventory_alert_threshold)?,
    };
    Ok(Variation { item_id, alert })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::{Idempotency, Response};
    use moulin_adapter::testing::Host;

    use super::*;

    fn host(body: &'static str) -> Host {
        Host::new("v2").setting("location_id", "L1").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    #[test]
    fn items_bring_their_variations_and_variations_their_item() {
        let till = host(
            r#"{"objects":[
              {"type":"ITEM","id":"I1","item_data":{"variations":[{"type":"ITEM_VARIATION","id":"V1","item_variation_data":{"item_id":"I1"}},{"id":"V2"}]}},
              {"type":"ITEM_VARIATION","id":"V3","item_variation_data":{"item_id":"I2"}},{"type":"CATEGORY","id":"C"}]}"#,
        );
        let known = till.run(|| look_up(["I1", "V3", "gone", "I1"], false)).unwrap();
        assert_eq!(known.items["I1"], ["V1", "V2"]);
        assert_eq!(
            (known.item_of("V2"), known.item_of("V3"), known.item_of("lost")),
            ("I1".into(), "I2".into(), "lost".into())
        );
        let request = &till.requests()[0];
        assert_eq!(
            core::str::from_utf8(request.body_bytes().unwrap()).unwrap(),
            r#"{"object_ids":["I1","V3","gone"]}"#
        );
        assert_eq!(request.idempotency_value(), Idempotency::Repeatable);
        assert!(till.run(|| look_up([], false)).unwrap().items.is_empty());
        assert_eq!(till.requests().len(), 1);
    }

    #[test]
    fn the_place_decides_over_the_alert() {
        let of = |data: &'static str| {
            let json = format!(r#"{{"objects":{{"id":"V","item_variation_data":{{"item_id":"I",{data}}}}}}}"#);
            let till =
                Host::new("v2").setting("location_id", "L1").vendor(move |_| Ok(Response::new(200, &[], json.clone())));
            till.run(|| look_up(["V"], false)).unwrap().variations["V"].alert
        };
        let six = r#""inventory_alert_type":"LOW_QUANTITY","inventory_alert_threshold":6"#;
        assert_eq!(of(six), Some(6.into()));
        assert_eq!(of(r#""inventory_alert_type":"NONE","inventory_alert_threshold":6"#), None);
        assert_eq!(of(r#""location_overrides":[]"#), None);
        assert_eq!(
            of(
                r#""inventory_alert_type":"NONE","location_overrides":[{"location_id":"L2","inventory_alert_type":"LOW_QUANTITY","inventory_alert_threshold":9},{"location_id":"L1","inventory_alert_type":"LOW_QUANTITY","inventory_alert_threshold":"4"}]"#
            ),
            Some(4.into())
        );
        assert_eq!(
            of(
                r#""inventory_alert_type":"LOW_QUANTITY","inventory_alert_threshold":6,"location_overrides":[{"location_id":"L1","inventory_alert_type":"NONE"}]"#
            ),
            None
        );
    }

    #[test]
    fn many_objects_are_asked_for_in_groups() {
        let till = host("{}");
        let ids: Vec<String> = (0..1_001).map(|id| id.to_string()).collect();
        till.run(|| look_up(ids.iter().map(String::as_str), true)).unwrap();
        assert_eq!(till.requests().len(), 3);
    }
}
