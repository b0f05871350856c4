//! Items as products: `GET Item`, `PUT Item/{itemID}`.

use moulin_adapter::http;
use moulin_adapter::pos::{Product, ProductPage, ProductPatch, ProductQuery};
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;
use serde::Deserialize;

use crate::item_patch::ItemPatch;
use crate::{api, page};

pub(crate) fn list(query: &ProductQuery) -> Result<ProductPage> {
    let cursor = query.cursor.as_deref();
    let request = page::request("Item", query.limit, cursor, |request| {
        request
            .query_opt("categoryID", query.category_id.as_deref())
            .query_opt("timeStamp", query.updated_since.map(|at| format!(">=,{}", whole_second(at))))
            // `true` is archived ones as well, `only` would be these alone.
            .query_opt("archived", query.include_archived.then_some("true"))
            .query("sort", "itemID")
    })?;
    let answer = api::send(request)?;
    let found = page::read::<Item<'_>>(answer.text()?, &["Item"], query.include_raw)?;
    let currency = connection::currency();
    let items = found.rows.iter().map(|row| product(row, &currency)).collect::<Result<_>>()?;
    Ok(ProductPage { items, next: page::forward(cursor, found.next)? })
}

/// The vendor's times are whole seconds; rather a record too many than one too few.
fn whole_second(at: Instant) -> String {
    time::format_with_offset(at.div_euclid(1_000) * 1_000, 0)
}

/// Changes an item. The body is the bare object: the wrapper of the original connector is not what the vendor documents.
pub(crate) fn update(patch: &ProductPatch) -> Result<Product> {
    let path = api::record_path("Item", &patch.id)?;
    let answer = api::send(http::put(path.as_str()).json(&ItemPatch::of(patch)?)?)?;
    let read = |body: &str| -> Result<Product> {
        product(&page::read_one(body, "Item", patch.include_raw)?, &connection::currency())
    };
    if answer.body().is_empty() {
        return read(api::send(http::get(path))?.text()?);
    }
    read(answer.text()?)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Item<'a> {
    #[serde(borrow, rename = "itemID")]
    id: Scalar<'a>,
    // The one text of an item: its name.
    description: Scalar<'a>,
    #[serde(rename = "customSku")]
    custom_sku: Scalar<'a>,
    #[serde(rename = "systemSku")]
    system_sku: Scalar<'a>,
    upc: Scalar<'a>,
    ean: Scalar<'a>,
    #[serde(rename = "categoryID")]
    category: Scalar<'a>,
    #[serde(rename = "defaultCost")]
    cost: Scalar<'a>,
    tax: Scalar<'a>,
    archived: Scalar<'a>,
    #[serde(rename = "itemType")]
    kind: Scalar<'a>,
    #[serde(rename = "timeStamp")]
    time_stamp: Scalar<'a>,
    #[serde(rename = "Prices")]
    prices: OneOrMany<Prices<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Prices<'a> {
    #[serde(borrow, rename = "ItemPrice")]
    levels: OneOrMany<ItemPrice<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ItemPrice<'a> {
    #[serde(borrow)]
    amount: Scalar<'a>,
    #[serde(rename = "useTypeID")]
    level_id: Scalar<'a>,
    #[serde(rename = "useType")]
    level: Scalar<'a>,
}

fn product(row: &Row<'_, Item<'_>>, currency: &str) -> Result<Product> {
    let item = &row.record;
    let id = item.id.required_id("Item.itemID")?;
    let levels = || item.prices.iter().flat_map(|prices| &prices.levels);
    let default = levels()
        .find(|price| price.level.str().as_deref() == Some("Default"))
        .or_else(|| levels().find(|price| price.level_id.str().as_deref() == Some("1")));
    Ok(Product {
        name: item.description.text().unwrap_or_else(|| id.clone()),
        id,
        variation_id: None,
        description: None,
        sku: item.custom_sku.text().or_else(|| item.system_sku.text()),
        barcode: item.upc.text().or_else(|| item.ean.text()),
        category_ids: item.category.id().into_iter().collect(),
        currency: currency.to_owned(),
        price: match default {
            Some(price) => price.amount.decimal("ItemPrice.amount")?,
            None => None,
        },
        cost: item.cost.decimal("Item.defaultCost")?,
        taxable: item.tax.bool(),
        tracked: item.kind.str().map(|kind| kind != "non_inventory"),
        archived: item.archived.is_true(),
        version: None,
        updated_at: item.time_stamp.instant("Item.timeStamp")?,
        raw: row.raw(),
    })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::{Method, Response};
    use moulin_adapter::testing::Host;

    use super::*;

    const ITEM: &str = r#"{"@attributes":{"count":"1"},"Item":{"itemID":"48","systemSku":"210000000048","description":"Magret de canard fumé","defaultCost":"6.2","tax":"true","archived":"false","itemType":"default","upc":"","ean":"3760123456789","customSku":"PLAT-12","categoryID":"4","taxClassID":"1","timeStamp":"2025-04-01T12:30:05+00:00","ItemShops":{"ItemShop":[]},"Prices":{"ItemPrice":[{"amount":"9","useTypeID":"2","useType":"MSRP"},{"amount":"16.5","useTypeID":"1","useType":"Default"}]}}}"#;

    fn host(body: &'static str) -> Host {
        Host::new("r-series-v3").setting("account_id", "240117").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    fn query() -> ProductQuery {
        ProductQuery {
            category_id: None,
            updated_since: None,
            include_archived: false,
            limit: None,
            cursor: None,
            include_raw: false,
        }
    }

    #[test]
    fn an_item_is_mapped_field_by_field() {
        let page = host(ITEM).run(|| list(&query())).unwrap();
        assert_eq!(
            page.items,
            [Product {
                id: "48".into(),
                variation_id: None,
                name: "Magret de canard fumé".into(),
                description: None,
                sku: Some("PLAT-12".into()),
                barcode: Some("3760123456789".into()),
                category_ids: vec!["4".into()],
                currency: "EUR".into(),
                price: Some("16.50".parse().unwrap()),
                cost: Some("6.2".parse().unwrap()),
                taxable: Some(true),
                tracked: Some(true),
                archived: false,
                version: None,
                updated_at: Some(time::parse_instant("2025-04-01T12:30:05Z").unwrap()),
                raw: None,
            }]
        );
    }

    #[test]
    fn gaps_are_gaps() {
        let body = r#"{"Item":{"itemID":7,"systemSku":"21","customSku":"","itemType":"non_inventory","categoryID":"0","archived":true,"Prices":""}}"#;
        let item = host(body).run(|| list(&ProductQuery { include_raw: true, ..query() })).unwrap().items.remove(0);
        assert_eq!((item.name.as_str(), item.sku.as_deref(), item.price), ("7", Some("21"), None));
        assert_eq!((item.tracked, item.archived, item.category_ids.len()), (Some(false), true, 0));
        assert!(item.raw.unwrap().contains("non_inventory"));
    }

    #[test]
    fn filters_are_the_vendors() {
        let till = host(r#"{"@attributes":{"next":""}}"#);
        let wanted = ProductQuery {
            category_id: Some("4".into()),
            updated_since: Some(time::parse_instant("2025-04-01T00:00:00.750Z").unwrap()),
            include_archived: true,
            ..query()
        };
        till.run(|| list(&wanted)).unwrap();
        let request = &till.requests()[0];
        assert_eq!(request.target(), "/API/V3/Account/240117/Item.json");
        assert_eq!(request.query_value("categoryID"), Some("4"));
        assert_eq!(request.query_value("timeStamp"), Some(">=,2025-04-01T00:00:00+00:00"));
        assert_eq!(request.query_value("archived"), Some("true"));
    }

    #[test]
    fn a_change_is_sent_bare_and_answered_with_the_item() {
        let till = host(ITEM);
        let patch = ProductPatch {
            name: Some("Magret de canard fumé".into()),
            price: Some("16.50".parse().unwrap()),
            ..crate::item_patch::nothing("48")
        };
        assert_eq!(till.run(|| update(&patch)).unwrap().price, Some("16.5".parse().unwrap()));
        let request = &till.requests()[0];
        assert_eq!((request.method(), request.target()), (Method::Put, "/API/V3/Account/240117/Item/48.json"));
        assert_eq!(
            core::str::from_utf8(request.body_bytes().unwrap()).unwrap(),
            r#"{"description":"Magret de canard fumé","Prices":{"ItemPrice":[{"amount":"16.50","useTypeID":"1","useType":"Default"}]}}"#
        );
    }
}
