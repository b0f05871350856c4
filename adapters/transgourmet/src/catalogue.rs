//! Products: `GET catalog`, with `search` for words, and `GET catalog/products/{id}`.

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
        crate::get("catalog")?
            .query("limit", page.limit)
            .query("page", page.number)
            .query_opt("category", category)
            .query_opt("search", words),
    )?;
    let listing = envelope::list(&answer, "products", page, include_raw)?;
    let currency = connection::currency();
    let items = listing.rows.iter().map(|row| product(row, &currency)).collect::<Result<_>>()?;
    Ok(CatalogPage { items, next: listing.next })
}

pub(crate) fn get(query: &ProductLookup) -> Result<CatalogProduct> {
    let answer = crate::send(crate::get(&format!("catalog/products/{}", path_segment(&query.id)))?)?;
    one(&answer, query.include_raw)
}

/// The one product of an answer.
fn one(answer: &Response, include_raw: bool) -> Result<CatalogProduct> {
    product(&read::row(envelope::single(answer, "product")?, include_raw)?, &connection::currency())
}

/// A product as Transgourmet sends it. `price` is net, for one package.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Product<'a> {
    #[serde(borrow, alias = "productId")]
    id: Scalar<'a>,
    name: Scalar<'a>,
    category: Scalar<'a>,
    unit: Scalar<'a>,
    packaging: Scalar<'a>,
    pack_size: Scalar<'a>,
    price: Scalar<'a>,
    currency: Scalar<'a>,
    vat_rate: Scalar<'a>,
    available: Scalar<'a>,
    ean: Scalar<'a>,
    brand: Scalar<'a>,
    origin: Scalar<'a>,
    updated_at: Scalar<'a>,
}

fn product(row: &Row<'_, Product<'_>>, currency: &str) -> Result<CatalogProduct> {
    let record = &row.record;
    let id = record.id.required_id("id")?;
    Ok(CatalogProduct {
        name: record.name.text().unwrap_or_else(|| id.clone()),
        id,
        category: record.category.text(),
        unit: record.unit.text().unwrap_or_else(|| "PC".to_owned()),
        packaging: record.packaging.text(),
        pack_size: record.pack_size.decimal("packSize")?,
        currency: record.currency.text().unwrap_or_else(|| currency.to_owned()),
        price: record.price.decimal("price")?,
        price_basis: PriceBasis::Package,
        vat_rate: record.vat_rate.decimal("vatRate")?,
        // What is listed can be ordered unless Transgourmet says otherwise.
        available: record.available.bool().unwrap_or(true),
        // The catalogue does not count; availability does.
        stock: None,
        barcode: record.ean.text(),
        brand: record.brand.text(),
        origin: record.origin.text(),
        updated_at: record.updated_at.parse_with("updatedAt", calendar::parse_instant_or_date)?,
        raw: row.raw(),
    })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    const PAGE: &str = r#"{"products":[{"id":"TG-001","name":"Riz carnaroli","category":"INGREDIENTS","unit":"KG","packaging":"Sac 25 kg","packSize":25.0,"price":21.50,"currency":"EUR","vatRate":5.5,"available":true,"ean":"3250391234567"},
 {"id":"TG-002","name":"Vinaigre de cidre","category":"OILS","unit":"L","packaging":"Bidon 5 l","packSize":5.0,"price":29.95,"currency":"EUR","vatRate":5.5,"available":false}],
 "meta":{"total":2,"page":1,"per_page":100}}"#;

    fn host(body: &'static str) -> Host {
        Host::new("v1").setting("customer_id", "C-42").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_catalogue_is_mapped_field_by_field() {
        let host = host(PAGE);
        let query = CatalogQuery { category: None, limit: None, cursor: None, include_raw: false };
        let page = host.run(|| list(&query)).unwrap();
        assert_eq!((page.items.len(), page.next), (2, None));
        assert_eq!(
            page.items[0],
            CatalogProduct {
                id: "TG-001".into(),
                name: "Riz carnaroli".into(),
                category: Some("INGREDIENTS".into()),
                unit: "KG".into(),
                packaging: Some("Sac 25 kg".into()),
                pack_size: Some(decimal("25")),
                currency: "EUR".into(),
                price: Some(decimal("21.5")),
                price_basis: PriceBasis::Package,
                vat_rate: Some(decimal("5.5")),
                available: true,
                stock: None,
                barcode: Some("3250391234567".into()),
                brand: None,
                origin: None,
                updated_at: None,
                raw: None,
            }
        );
        assert!(!page.items[1].available && page.items[1].barcode.is_none());
        let request = &host.requests()[0];
        assert_eq!(request.target(), "/api/catalog");
        assert_eq!(
            request.query_pairs().collect::<Vec<_>>(),
            [("customerId", "C-42"), ("limit", "100"), ("page", "1")]
        );
    }

    #[test]
    fn words_category_and_page_go_into_the_query() {
        let host = host(r#"{"products":[],"meta":{"page":3,"total":0}}"#);
        let search = ProductSearch {
            text: "crème & œufs".into(),
            category: Some("DAIRY".into()),
            limit: Some(20),
            cursor: Some("3".into()),
            include_raw: false,
        };
        let page = host.run(|| super::search(&search)).unwrap();
        assert_eq!((page.items.len(), page.next), (0, None));
        assert_eq!(
            host.requests()[0].query_pairs().skip(1).collect::<Vec<_>>(),
            [("limit", "20"), ("page", "3"), ("category", "DAIRY"), ("search", "crème & œufs")]
        );
    }

    #[test]
    fn absent_fields_and_text_numbers_are_taken() {
        let json = r#"{"productId":7,"price":"1234.5600","packSize":"","available":"false","updatedAt":"2025-04-12"}"#;
        let product = Host::new("v1").run(|| product(&read::row(json, true).unwrap(), "EUR")).unwrap();
        assert_eq!((product.id.as_str(), product.name.as_str(), product.unit.as_str()), ("7", "7", "PC"));
        assert_eq!((product.price, product.pack_size, product.available), (Some(decimal("1234.56")), None, false));
        assert_eq!(product.updated_at, Some(time::parse_instant("2025-04-11T22:00:00Z").unwrap()));
        assert_eq!(product.raw.as_deref(), Some(json));
        let long = r#"{"id":"1","price":123456789012.123456}"#;
        let exact = super::product(&read::row(long, false).unwrap(), "EUR").unwrap();
        assert_eq!(exact.price.unwrap().to_string(), "123456789012.123456");
    }

    #[test]
    fn a_product_without_an_identifier_or_with_a_bad_price_is_an_error() {
        for json in [r#"{"name":"x"}"#, r#"{"id":"1","price":"cheap"}"#, r#"{"id":"1","price":{}}"#] {
            assert!(product(&read::row(json, false).unwrap(), "EUR").is_err(), "{json}");
        }
    }

    #[test]
    fn an_identifier_cannot_leave_its_place_in_the_path() {
        let host = host(r#"{"product":{"id":"a/b"}}"#);
        let query = ProductLookup { id: "../orders?x".into(), include_raw: true };
        assert_eq!(host.run(|| get(&query)).unwrap().raw.as_deref(), Some(r#"{"id":"a/b"}"#));
        assert_eq!(host.requests()[0].target(), "/api/catalog/products/..%2Forders%3Fx");
    }

    #[test]
    fn without_a_customer_number_nothing_is_sent() {
        let host = Host::new("v1");
        let query = CatalogQuery { category: None, limit: None, cursor: None, include_raw: false };
        assert!(matches!(host.run(|| list(&query)), Err(Error::Validation(_))));
        assert!(host.requests().is_empty());
    }
}
