//! Stock levels: `POST /v2/inventory/counts/batch-retrieve`. Counts name variations; the items are looked up.

use moulin_adapter::http::Response;
use moulin_adapter::pos::{StockLevel, StockPage, StockQuery, StockState};
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;
use serde::{Deserialize, Serialize};

use crate::api;
use crate::page::{self, Place};
use crate::variations::{self, Known};

/// The vendor's largest page.
const MAX_LIMIT: u32 = 1_000;
/// The page asked for when nobody says how large.
const LIMIT: u32 = 100;
/// Products looked up at once, each of which may have several variations.
const MAX_PRODUCTS: usize = 100;

#[derive(Serialize)]
struct Wanted<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog_object_ids: Option<&'a [String]>,
    location_ids: [&'a str; 1],
    states: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
    limit: u32,
}

/// Reads one page. With products, the cursor begins with the place of the group of them that is asked for: `3!`.
pub(crate) fn list(query: &StockQuery) -> Result<StockPage> {
    let location = match &query.location_id {
        Some(location) => location.clone(),
        None => api::location()?,
    };
    if query.product_ids.is_empty() {
        let place = Place::of(query.cursor.as_deref())?;
        let answer = counts(None, &location, &place, query.limit)?;
        let found = read(&answer, query.include_raw)?;
        let known = variations::look_up(found.rows.iter().filter_map(|row| row.record.object()), false)?;
        let levels = found.rows.iter().map(|row| level(row, &known)).collect::<Result<_>>()?;
        let (items, next) = place.cut(levels, query.limit, found.next)?;
        return Ok(StockPage { items, next });
    }
    let foreign = || Error::invalid("cursor", "is not one that this adapter gave for these products");
    let (group, inner) = match query.cursor.as_deref() {
        None => (0, None),
        Some(cursor) => {
            let (group, inner) = cursor.split_once('!').ok_or_else(foreign)?;
            (group.parse::<usize>().map_err(|_| foreign())?, Some(inner).filter(|inner| !inner.is_empty()))
        }
    };
    let place = Place::of(inner)?;
    let mut groups = query.product_ids.chunks(MAX_PRODUCTS).skip(group);
    let products = groups.next().ok_or_else(foreign)?;
    let known = variations::look_up(products.iter().map(String::as_str), false)?;
    let ids: Vec<String> = known.variations.keys().cloned().collect();
    let (items, next) = if ids.is_empty() {
        // Nothing of the kind at Square; an empty list of ids would ask for everything.
        (Vec::new(), None)
    } else {
        let answer = counts(Some(&ids), &location, &place, query.limit)?;
        let found = read(&answer, query.include_raw)?;
        let levels = found.rows.iter().map(|row| level(row, &known)).collect::<Result<_>>()?;
        place.cut(levels, query.limit, found.next)?
    };
    let next = match next {
        Some(next) => Some(format!("{group}!{next}")),
        None => groups.next().map(|_| format!("{}!", group + 1)),
    };
    Ok(StockPage { items, next })
}

fn counts(ids: Option<&[String]>, location: &str, place: &Place<'_>, limit: Option<u32>) -> Result<Response> {
    let wanted = Wanted {
        catalog_object_ids: ids,
        location_ids: [location],
        states: ["IN_STOCK"],
        cursor: place.cursor,
        limit: limit.unwrap_or(LIMIT).clamp(1, MAX_LIMIT),
    };
    api::send(api::search("/v2/inventory/counts/batch-retrieve", &wanted)?)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Count<'a> {
    #[serde(borrow)]
    catalog_object_id: Scalar<'a>,
    state: Scalar<'a>,
    location_id: Scalar<'a>,
    quantity: Scalar<'a>,
    calculated_at: Scalar<'a>,
}

impl<'a> Count<'a> {
    /// The variation, as it stands in the answer: Square's ids have no escapes.
    fn object(&self) -> Option<&'a str> {
        match self.catalog_object_id.str() {
            Some(std::borrow::Cow::Borrowed(id)) => Some(id),
            _ => None,
        }
    }
}

/// The counts of an answer.
pub(crate) fn read(answer: &Response, include_raw: bool) -> Result<page::Page<'_, Count<'_>>> {
    page::read(answer, "counts", include_raw)
}

pub(crate) fn level(row: &Row<'_, Count<'_>>, known: &Known) -> Result<StockLevel> {
    let count = &row.record;
    let variation = count.catalog_object_id.required_id("counts.catalog_object_id")?;
    let state = match count.state.str().as_deref() {
        Some("IN_STOCK") => StockState::InStock,
        Some("SOLD" | "SOLD_ONLINE") => StockState::Sold,
        Some("WASTE") => StockState::Waste,
        Some("RESERVED_FOR_SALE") => StockState::Reserved,
        Some("IN_TRANSIT" | "IN_TRANSIT_TO") => StockState::InTransit,
        _ => StockState::Unknown,
    };
    Ok(StockLevel {
        product_id: known.item_of(&variation),
        location_id: count.location_id.required_id("counts.location_id")?,
        quantity: count.quantity.required_decimal("counts.quantity")?,
        state,
        reorder_point: known.variations.get(&variation).and_then(|known| known.alert),
        // Square alerts; how much to order it leaves to the restaurant.
        reorder_level: None,
        counted_at: count.calculated_at.instant("counts.calculated_at")?,
        raw: row.raw(),
        variation_id: Some(variation),
    })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    const COUNTS: &str = r#"{"counts":[
        {"catalog_object_id":"V1","catalog_object_type":"ITEM_VARIATION","state":"IN_STOCK","location_id":"L1","quantity":"32.5","calculated_at":"2025-04-01T22:05:01.200Z"},
        {"catalog_object_id":"V2","state":"IN_STOCK","location_id":"L1","quantity":"-1","calculated_at":"2025-04-01T22:05:01Z"}],"cursor":"c2"}"#;
    const OBJECTS: &str = r#"{"objects":[{"id":"V1","item_variation_data":{"item_id":"I1","inventory_alert_type":"LOW_QUANTITY","inventory_alert_threshold":6}},{"id":"V2","item_variation_data":{"item_id":"I2"}}]}"#;

    fn till(counts: &'static str, objects: &'static str) -> Host {
        Host::new("v2").setting("location_id", "L1").vendor(move |request| {
            let body = if request.target() == "/v2/catalog/batch-retrieve" { objects } else { counts };
            Ok(Response::new(200, &[], body))
        })
    }

    fn query(ids: &[&str], cursor: Option<&str>) -> StockQuery {
        StockQuery {
            product_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            location_id: None,
            limit: None,
            cursor: cursor.map(str::to_owned),
            include_raw: false,
        }
    }

    fn body(host: &Host, index: usize) -> String {
        String::from_utf8(host.requests()[index].body_bytes().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn counts_are_levels_of_items_with_their_alert() {
        let till = till(COUNTS, OBJECTS);
        let page = till.run(|| list(&query(&[], None))).unwrap();
        assert_eq!(
            page.items[0],
            StockLevel {
                product_id: "I1".into(),
                variation_id: Some("V1".into()),
                location_id: "L1".into(),
                quantity: "32.5".parse().unwrap(),
                state: StockState::InStock,
                reorder_point: Some(6.into()),
                reorder_level: None,
                counted_at: Some(time::parse_instant("2025-04-01T22:05:01.200Z").unwrap()),
                raw: None,
            }
        );
        assert_eq!((page.items[1].quantity, page.items[1].reorder_point), ((-1).into(), None));
        assert_eq!(page.next.as_deref(), Some("0:c2"));
        assert_eq!(body(&till, 0), r#"{"location_ids":["L1"],"states":["IN_STOCK"],"limit":100}"#);
        assert_eq!(body(&till, 1), r#"{"object_ids":["V1","V2"]}"#);
        till.run(|| {
            list(&StockQuery { location_id: Some("L2".into()), limit: Some(5_000), ..query(&[], Some("0:c1")) })
        })
        .unwrap();
        assert_eq!(body(&till, 2), r#"{"location_ids":["L2"],"states":["IN_STOCK"],"cursor":"c1","limit":1000}"#);
    }

    #[test]
    fn products_are_asked_for_by_their_variations_group_by_group() {
        let till = till(r#"{"counts":[]}"#, OBJECTS);
        let ids: Vec<String> = (0..101).map(|id| format!("I{id}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let page = till.run(|| list(&query(&ids, None))).unwrap();
        assert_eq!(page.next.as_deref(), Some("1!"));
        assert_eq!(
            body(&till, 1),
            r#"{"catalog_object_ids":["V1","V2"],"location_ids":["L1"],"states":["IN_STOCK"],"limit":100}"#
        );
        assert_eq!(till.run(|| list(&query(&ids, Some("1!")))).unwrap().next, None);
        assert_eq!(body(&till, 2), r#"{"object_ids":["I100"]}"#);
        for foreign in ["2!", "x!", "1", "1!c"] {
            assert!(matches!(till.run(|| list(&query(&ids, Some(foreign)))), Err(Error::Validation(_))), "{foreign}");
        }
    }

    #[test]
    fn unknown_products_do_not_ask_for_everything() {
        let till = till(COUNTS, "{}");
        assert!(till.run(|| list(&query(&["I9"], None))).unwrap().items.is_empty());
        assert_eq!(till.requests().len(), 1);
    }

    #[test]
    fn other_states_keep_their_meaning() {
        let of = |state: &str| {
            let json = format!(r#"{{"catalog_object_id":"V","state":"{state}","location_id":"L","quantity":"1"}}"#);
            level(&moulin_adapter::read::row(&json, false).unwrap(), &Known::default()).unwrap().state
        };
        assert_eq!((of("SOLD"), of("WASTE")), (StockState::Sold, StockState::Waste));
        assert_eq!((of("RESERVED_FOR_SALE"), of("IN_TRANSIT")), (StockState::Reserved, StockState::InTransit));
        assert_eq!(of("COMPOSED"), StockState::Unknown);
    }
}
