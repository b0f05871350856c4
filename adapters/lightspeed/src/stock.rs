//! Stock levels: `GET ItemShop`, or the specification's `ItemCount`. Either key is read.

use moulin_adapter::pos::{StockLevel, StockPage, StockQuery, StockState};
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;
use serde::Deserialize;

use crate::{api, page};

/// Values the vendor takes in one `IN,[…]`.
const MAX_IDS: usize = 100;

/// Reads one page. More products than one request may name are asked for in turn: the cursor then begins with the place
/// of the next group, `3!`, and goes on with the cursor of the page in it.
pub(crate) fn list(query: &StockQuery) -> Result<StockPage> {
    let cursor = query.cursor.as_deref();
    let (group, inner) = match cursor.and_then(|cursor| cursor.split_once('!')) {
        Some((group, inner)) => (group.parse::<usize>().ok(), Some(inner).filter(|inner| !inner.is_empty())),
        None => (Some(0), cursor),
    };
    let foreign = || Error::invalid("cursor", "is not one that this adapter gave for these products");
    let mut groups = query.product_ids.chunks(MAX_IDS).skip(group.ok_or_else(foreign)?);
    let ids = groups.next();
    if ids.is_none() && (!query.product_ids.is_empty() || group != Some(0)) {
        return Err(foreign());
    }
    let resource = api::stock_resource();
    let request = page::request(&resource, query.limit, inner, |request| {
        request.query_opt("itemID", ids.map(id_filter)).query_opt("shopID", query.location_id.as_deref())
    })?;
    let answer = api::send(request)?;
    let found = page::read::<Level<'_>>(answer.text()?, &["ItemShop", "ItemCount"], query.include_raw)?;
    let next = match page::forward(inner, found.next)? {
        Some(next) if query.product_ids.len() > MAX_IDS => Some(format!("{}!{next}", group.unwrap_or(0))),
        Some(next) => Some(next),
        None => groups.next().map(|_| format!("{}!", group.unwrap_or(0) + 1)),
    };
    let mut items = Vec::with_capacity(found.rows.len());
    for row in &found.rows {
        items.extend(level(row)?);
    }
    Ok(StockPage { items, next })
}

fn id_filter(ids: &[String]) -> String {
    match ids {
        [one] => one.clone(),
        many => format!("IN,[{}]", many.join(",")),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Level<'a> {
    #[serde(borrow, rename = "itemID")]
    item: Scalar<'a>,
    #[serde(rename = "shopID")]
    shop: Scalar<'a>,
    #[serde(alias = "quantity", alias = "qty")]
    qoh: Scalar<'a>,
    #[serde(rename = "reorderPoint")]
    reorder_point: Scalar<'a>,
    #[serde(rename = "reorderLevel")]
    reorder_level: Scalar<'a>,
    #[serde(rename = "timeStamp")]
    time_stamp: Scalar<'a>,
}

/// A level; none for the row of shop 0, which is the total over all shops and would be counted twice.
fn level(row: &Row<'_, Level<'_>>) -> Result<Option<StockLevel>> {
    let record = &row.record;
    let Some(location_id) = record.shop.id() else { return Ok(None) };
    Ok(Some(StockLevel {
        product_id: record.item.required_id("ItemShop.itemID")?,
        variation_id: None,
        location_id,
        quantity: record.qoh.required_decimal("ItemShop.qoh")?,
        state: StockState::InStock,
        // 0 means that none was set.
        reorder_point: record.reorder_point.nonzero_decimal("ItemShop.reorderPoint")?,
        reorder_level: record.reorder_level.nonzero_decimal("ItemShop.reorderLevel")?,
        counted_at: record.time_stamp.instant("ItemShop.timeStamp")?,
        raw: row.raw(),
    }))
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;

    const SHOPS: &str = r#"{"@attributes":{"next":"","previous":""},
 "ItemShop":[{"itemShopID":"166","itemID":"48","shopID":"0","qoh":"12","reorderPoint":"0","timeStamp":"2025-04-01T13:30:00+00:00"},
   {"itemShopID":"167","itemID":"48","shopID":"1","qoh":"12","sellable":"12","backorder":"0","componentQoh":"0","componentBackorder":"0",
   "reorderPoint":"5","reorderLevel":"20","onLayaway":"0","onSpecialOrder":"0","averageCost":"6.2","timeStamp":"2025-04-01T13:30:00+00:00"}]}"#;

    fn host(flavor: &str, body: &'static str) -> Host {
        Host::new(flavor).setting("account_id", "240117").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    fn query(ids: &[&str]) -> StockQuery {
        StockQuery {
            product_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            location_id: None,
            limit: None,
            cursor: None,
            include_raw: false,
        }
    }

    #[test]
    fn shops_are_levels_and_the_total_is_none() {
        let till = host("r-series-v3", SHOPS);
        let page = till.run(|| list(&query(&[]))).unwrap();
        assert_eq!(
            page.items,
            [StockLevel {
                product_id: "48".into(),
                variation_id: None,
                location_id: "1".into(),
                quantity: 12.into(),
                state: StockState::InStock,
                reorder_point: Some(5.into()),
                reorder_level: Some(20.into()),
                counted_at: Some(time::parse_instant("2025-04-01T13:30:00Z").unwrap()),
                raw: None,
            }]
        );
        assert_eq!(till.requests()[0].target(), "/API/V3/Account/240117/ItemShop.json");
    }

    #[test]
    fn the_specifications_counts_are_read_under_either_key_and_name() {
        for body in [
            r#"{"@attributes":{},"ItemCount":[{"itemCountID":"1","itemID":"48","shopID":"1","qoh":"-2.5","timeStamp":"2025-04-01T13:30:00+00:00"}]}"#,
            r#"{"ItemCount":{"itemID":48,"shopID":1,"quantity":-2.5}}"#,
            r#"{"ItemShop":{"itemID":"48","shopID":"1","qty":"-2.50"}}"#,
        ] {
            let till = host("seed", body);
            let level = till.run(|| list(&query(&["48"]))).unwrap().items.remove(0);
            assert_eq!((level.quantity, level.reorder_point), ("-2.5".parse().unwrap(), None), "{body}");
            let request = &till.requests()[0];
            assert_eq!(
                (request.target(), request.query_value("itemID")),
                ("/api/v1/Account/240117/ItemCount", Some("48"))
            );
        }
    }

    #[test]
    fn filters_are_the_vendors() {
        let till = host("r-series-v3", SHOPS);
        till.run(|| list(&StockQuery { location_id: Some("1".into()), ..query(&["1", "2"]) })).unwrap();
        let request = &till.requests()[0];
        assert_eq!((request.query_value("itemID"), request.query_value("shopID")), (Some("IN,[1,2]"), Some("1")));
    }

    #[test]
    fn more_products_than_one_request_takes_are_asked_for_in_groups() {
        let ids: Vec<String> = (1..=250).map(|id| id.to_string()).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let till = Host::new("seed").setting("account_id", "240117").vendor(|request| {
            // Two pages in the second group.
            let second = request.query_value("itemID").is_some_and(|ids| ids.starts_with("IN,[101,"));
            let offset = request.query_value("offset").unwrap_or("0");
            let count = if second { "150" } else { "100" };
            let body = format!(
                r#"{{"@attributes":{{"count":"{count}","offset":"{offset}","limit":"100"}},"ItemCount":[{{"itemID":"1","shopID":"1","qoh":"1"}}]}}"#
            );
            Ok(Response::new(200, &[], body))
        });
        let mut cursors = Vec::new();
        let mut cursor = None;
        loop {
            let page = till.run(|| list(&StockQuery { cursor, ..query(&ids) })).unwrap();
            let Some(next) = page.next else { break };
            cursors.push(next.clone());
            cursor = Some(next);
        }
        assert_eq!(cursors, ["1!", "1!offset:100", "2!"]);
        assert!(till.requests()[3].query_value("itemID").unwrap().starts_with("IN,[201,"));
        let beyond = StockQuery { cursor: Some("9!".into()), ..query(&ids) };
        assert!(matches!(till.run(|| list(&beyond)), Err(Error::Validation(_))));
        let odd = StockQuery { cursor: Some("x!".into()), ..query(&[]) };
        assert!(matches!(till.run(|| list(&odd)), Err(Error::Validation(_))));
    }
}
