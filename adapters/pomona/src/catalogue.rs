//! Products: `GET catalog/products`, with `search` for words, and `GET catalog/products/{code}`.

use moulin_adapter::http::{Response, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use moulin_adapter::suppliers::{CatalogPage, CatalogProduct, CatalogQuery, PriceBasis, ProductLookup, ProductSearch};
use serde::Deserialize;

use crate::envelope::{self, Page};

pub(crate) fn list(query: &CatalogQuery) -> Result<CatalogPage> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    catalog(page, query.category.as_deref(), None, query.include_raw)
}

pub(crate) fn search(query: &ProductSearch) -> Result<CatalogPage> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    catalog(page, query.category.as_deref(), Some(&query.text), query.include_raw)
}

fn catalog(page: Page, category: Option<&str>, words: Option<&str>, include_raw: bool) -> Result<CatalogPage> {
    let answer = crate::send(
        crate::get("catalog/products")?
            .query("limit", page.limit)
            .query("offset", page.offset)
            .query_opt("category", category)
            .query_opt("search", words),
    )?;
    let listing = envelope::list(&answer, "items", page, include_raw)?;
    let currency = connection::currency();
    let items = listing.rows.iter().map(|row| product(row, &currency)).collect::<Result<_>>()?;
    Ok(CatalogPage { items, next: listing.next })
}

pub(crate) fn get(query: &ProductLookup) -> Result<CatalogProduct> {
    let answer = crate::send(crate::get(&format!("catalog/products/{}", path_segment(&query.id)))?)?;
    one(&answer, query.include_raw)
}

/// The one product of an answer.
pub(crate) fn one(answer: &Response, include_raw: bool) -> Result<CatalogProduct> {
    product(&read::row(envelope::single(answer, "product")?, include_raw)?, &connection::currency())
}

/// A product as Pomona sends it. `price` is net, for one `unit`; numbers come as texts.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Product<'a> {
    #[serde(borrow)]
    product_code: Scalar<'a>,
    product_id: Scalar<'a>,
    id: Scalar<'a>,
    code: Scalar<'a>,
    label: Scalar<'a>,
    name: Scalar<'a>,
    category: Scalar<'a>,
    unit: Scalar<'a>,
    packaging: Scalar<'a>,
    pack_size: Scalar<'a>,
    price: Scalar<'a>,
    currency: Scalar<'a>,
    vat_rate: Scalar<'a>,
    available: Scalar<'a>,
    stock_quantity: Scalar<'a>,
    ean: Scalar<'a>,
    brand: Scalar<'a>,
    origin: Scalar<'a>,
    updated_at: Scalar<'a>,
}

fn product(row: &Row<'_, Product<'_>>, currency: &str) -> Result<CatalogProduct> {
    let record = &row.record;
    let ids = [record.product_code, record.product_id, record.id, record.code];
    let id = ids.iter().find_map(|id| id.id());
    let id = id.ok_or_else(|| Error::unexpected("the vendor's answer lacks `product_code`"))?;
    let stock = record.stock_quantity.decimal("stock_quantity")?;
    Ok(CatalogProduct {
        name: record.label.text().or_else(|| record.name.text()).unwrap_or_else(|| id.clone()),
        id,
        category: record.category.text(),
        unit: record.unit.text().unwrap_or_else(|| "PC".to_owned()),
        packaging: record.packaging.text(),
        pack_size: record.pack_size.decimal("pack_size")?,
        currency: record.currency.text().unwrap_or_else(|| currency.to_owned()),
        price: record.price.decimal("price")?,
        price_basis: PriceBasis::Unit,
        vat_rate: record.vat_rate.decimal("vat_rate")?,
        // What is listed can be ordered unless Pomona says otherwise.
        available: record.available.bool().unwrap_or_else(|| stock.is_none_or(|stock| stock > Decimal::ZERO)),
        stock,
        barcode: record.ean.text(),
        brand: record.brand.text(),
        origin: record.origin.text(),
        updated_at: record.updated_at.parse_with("updated_at", calendar::parse_instant_or_date)?,
        raw: row.raw(),
    })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    const PAGE: &str = r#"{"items":[{"product_code":"POM-123","label":"Filet de cabillaud MSC 1kg","category":"SEAFOOD","unit":"KG","packaging":"Carton 5 x 1kg","price":"14.90","currency":"EUR","vat_rate":"5.5","available":true,"brand":"PassionFroid","storage":"FROZEN"}],
 "total":1,"limit":100,"offset":0}"#;

    const ALL: CatalogQuery = CatalogQuery { category: None, limit: None, cursor: None, include_raw: false };

    fn host(body: &'static str) -> Host {
        Host::new("v1").setting("establishment_code", "PAR-07").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_catalogue_is_mapped_field_by_field() {
        let host = host(PAGE);
        let page = host.run(|| list(&ALL)).unwrap();
        assert_eq!(page.next, None);
        assert_eq!(
            page.items,
            [CatalogProduct {
                id: "POM-123".into(),
                name: "Filet de cabillaud MSC 1kg".into(),
                category: Some("SEAFOOD".into()),
                unit: "KG".into(),
                packaging: Some("Carton 5 x 1kg".into()),
                pack_size: None,
                currency: "EUR".into(),
                price: Some(decimal("14.90")),
                price_basis: PriceBasis::Unit,
                vat_rate: Some(decimal("5.5")),
                available: true,
                stock: None,
                barcode: None,
                brand: Some("PassionFroid".into()),
                origin: None,
                updated_at: None,
                raw: None,
            }]
        );
        let request = &host.requests()[0];
        assert_eq!(request.target(), "/api/catalog/products");
        assert_eq!(
            request.query_pairs().collect::<Vec<_>>(),
            [("establishment", "PAR-07"), ("limit", "100"), ("offset", "0")]
        );
    }

    #[test]
    fn words_category_and_offset_go_into_the_query() {
        let host = host(r#"{"items":[],"offset":40,"total":0}"#);
        let search = ProductSearch {
            text: "crème & œufs".into(),
            category: Some("DAIRY".into()),
            limit: Some(20),
            cursor: Some("40".into()),
            include_raw: false,
        };
        let page = host.run(|| super::search(&search)).unwrap();
        assert_eq!((page.items.len(), page.next), (0, None));
        assert_eq!(
            host.requests()[0].query_pairs().skip(1).collect::<Vec<_>>(),
            [("limit", "20"), ("offset", "40"), ("category", "DAIRY"), ("search", "crème & œufs")]
        );
    }

    #[test]
    fn every_name_of_the_identifier_and_numbers_as_numbers_are_taken() {
        let read = |json: &str| product(&read::row(json, false).unwrap(), "EUR").unwrap();
        for json in [
            r#"{"product_code":"7","id":1}"#,
            r#"{"product_id":7}"#,
            r#"{"id":"7","product_code":null}"#,
            r#"{"code":7,"product_code":""}"#,
        ] {
            let product = read(json);
            assert_eq!((product.id.as_str(), product.name.as_str(), product.unit.as_str()), ("7", "7", "PC"), "{json}");
        }
        let product = read(r#"{"code":"7","name":"Cabillaud","price":14.90,"vat_rate":5.5,"stock_quantity":"0.000"}"#);
        assert_eq!(
            (product.name.as_str(), product.price, product.available),
            ("Cabillaud", Some(decimal("14.9")), false)
        );
        let long = read(r#"{"code":"1","price":"123456789012.123456"}"#);
        assert_eq!(long.price.unwrap().to_string(), "123456789012.123456");
        let json = r#"{"code":"7","updated_at":"2025-04-12"}"#;
        let product = Host::new("v1").run(|| super::product(&read::row(json, true).unwrap(), "EUR")).unwrap();
        assert_eq!(product.updated_at, Some(time::parse_instant("2025-04-11T22:00:00Z").unwrap()));
        assert_eq!(product.raw.as_deref(), Some(json));
    }

    #[test]
    fn a_product_without_an_identifier_or_with_a_bad_price_is_an_error() {
        for json in [r#"{"label":"x"}"#, r#"{"code":"1","price":"14,90"}"#, r#"{"code":"1","price":{}}"#] {
            assert!(product(&read::row(json, false).unwrap(), "EUR").is_err(), "{json}");
        }
    }

    #[test]
    fn an_identifier_cannot_leave_its_place_in_the_path() {
        let host = host(r#"{"product":{"product_code":"a/b"}}"#);
        let query = ProductLookup { id: "../orders?x".into(), include_raw: true };
        assert_eq!(host.run(|| get(&query)).unwrap().raw.as_deref(), Some(r#"{"product_code":"a/b"}"#));
        assert_eq!(host.requests()[0].target(), "/api/catalog/products/..%2Forders%3Fx");
    }

    #[test]
    fn without_an_establishment_nothing_is_sent() {
        let host = Host::new("v1");
        assert!(matches!(host.run(|| list(&ALL)), Err(Error::Validation(_))));
        assert!(host.requests().is_empty());
    }
}
