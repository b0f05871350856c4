//! Products: `GET products`, `GET products/search`, `GET products/{id}`.

use moulin_adapter::http::{Response, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use moulin_adapter::suppliers::{CatalogPage, CatalogProduct, CatalogQuery, PriceBasis, ProductLookup, ProductSearch};
use serde::Deserialize;

use crate::envelope::{self, Page};

pub(crate) fn list(query: CatalogQuery) -> Result<CatalogPage> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let answer = crate::send(
        crate::get("products")
            .query("limit", page.limit)
            .query("page", page.number)
            // A fixed order, or pages would overlap while the catalogue changes.
            .query("sort", "name:asc")
            .query_opt("category", query.category),
    )?;
    catalog_page(&answer, page, query.include_raw)
}

pub(crate) fn search(query: ProductSearch) -> Result<CatalogPage> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let answer = crate::send(
        crate::get("products/search")
            .query("q", query.text)
            .query_opt("category", query.category)
            .query("limit", page.limit)
            .query("page", page.number),
    )?;
    catalog_page(&answer, page, query.include_raw)
}

pub(crate) fn get(query: &ProductLookup) -> Result<CatalogProduct> {
    let answer = crate::send(crate::get(&format!("products/{}", path_segment(&query.id))))?;
    one(&answer, query.include_raw)
}

/// The one product of an answer.
pub(crate) fn one(answer: &Response, include_raw: bool) -> Result<CatalogProduct> {
    product(&read::row(envelope::single(answer, "product")?, include_raw)?, &connection::currency())
}

fn catalog_page(answer: &Response, page: Page, include_raw: bool) -> Result<CatalogPage> {
    let listing = envelope::list(answer, "data", page, include_raw)?;
    let currency = connection::currency();
    let items = listing.rows.iter().map(|row| product(row, &currency)).collect::<Result<_>>()?;
    Ok(CatalogPage { items, next: listing.next })
}

/// A product as Metro sends it. `price` is net, for one `unit`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Product<'a> {
    #[serde(borrow, alias = "id")]
    product_id: Scalar<'a>,
    name: Scalar<'a>,
    category: Scalar<'a>,
    unit: Scalar<'a>,
    packaging: Scalar<'a>,
    pack_size: Scalar<'a>,
    price: Scalar<'a>,
    currency: Scalar<'a>,
    vat_rate: Scalar<'a>,
    in_stock: Scalar<'a>,
    stock_quantity: Scalar<'a>,
    ean: Scalar<'a>,
    brand: Scalar<'a>,
    origin: Scalar<'a>,
    updated_at: Scalar<'a>,
}

fn product(row: &Row<'_, Product<'_>>, currency: &str) -> Result<CatalogProduct> {
    let record = &row.record;
    let id = record.product_id.required_id("product_id")?;
    let stock = record.stock_quantity.decimal("stock_quantity")?;
    Ok(CatalogProduct {
        name: record.name.text().unwrap_or_else(|| id.clone()),
        id,
        category: record.category.text(),
        unit: record.unit.text().unwrap_or_else(|| "PC".to_owned()),
        packaging: record.packaging.text(),
        pack_size: record.pack_size.decimal("pack_size")?,
        currency: record.currency.text().unwrap_or_else(|| currency.to_owned()),
        price: record.price.decimal("price")?,
        price_basis: PriceBasis::Unit,
        vat_rate: record.vat_rate.decimal("vat_rate")?,
        // What is listed can be ordered unless Metro says otherwise.
        available: record.in_stock.bool().unwrap_or_else(|| stock.is_none_or(|stock| stock > Decimal::ZERO)),
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

    const PAGE: &str = r#"{"data":[{"product_id":"418207","name":"Tomate cerise barquette 250g","category":"VEGETABLES","unit":"KG","packaging":"Colis 5 kg","pack_size":5.0,
  "price":4.95,"currency":"EUR","vat_rate":5.5,"in_stock":true,"stock_quantity":120.0,"ean":"3760123456789","origin":"FR","updated_at":"2025-04-12T06:00:00Z"}],
 "pagination":{"page":1,"per_page":100,"total":243,"has_more":true}}"#;

    fn query() -> CatalogQuery {
        CatalogQuery { category: None, limit: None, cursor: None, include_raw: false }
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_catalogue_is_mapped_field_by_field() {
        let host = Host::new("v1").vendor(|_| Ok(Response::new(200, &[], PAGE)));
        let page = host.run(|| list(query())).unwrap();
        assert_eq!(page.next.as_deref(), Some("2"));
        assert_eq!(
            page.items,
            [CatalogProduct {
                id: "418207".into(),
                name: "Tomate cerise barquette 250g".into(),
                category: Some("VEGETABLES".into()),
                unit: "KG".into(),
                packaging: Some("Colis 5 kg".into()),
                pack_size: Some(decimal("5")),
                currency: "EUR".into(),
                price: Some(decimal("4.95")),
                price_basis: PriceBasis::Unit,
                vat_rate: Some(decimal("5.5")),
                available: true,
                stock: Some(decimal("120")),
                barcode: Some("3760123456789".into()),
                brand: None,
                origin: Some("FR".into()),
                updated_at: Some(time::parse_instant("2025-04-12T06:00:00Z").unwrap()),
                raw: None,
            }]
        );
        let request = &host.requests()[0];
        assert_eq!(request.target(), "/api/v1/products");
        assert_eq!((request.query_value("limit"), request.query_value("page")), (Some("100"), Some("1")));
        assert_eq!((request.query_value("sort"), request.query_value("category")), (Some("name:asc"), None));
        assert_eq!(request.query_value("client_number"), None);
    }

    #[test]
    fn filters_and_the_customer_number_go_into_the_query() {
        let host = Host::new("v1")
            .setting("client_number", "FR-778812")
            .vendor(|_| Ok(Response::new(200, &[], r#"{"data":[],"pagination":{"page":3,"has_more":false}}"#)));
        let search = ProductSearch {
            text: "crème & œufs".into(),
            category: Some("DAIRY".into()),
            limit: Some(20),
            cursor: Some("3".into()),
            include_raw: false,
        };
        let page = host.run(|| super::search(search)).unwrap();
        assert_eq!((page.items.len(), page.next), (0, None));
        let request = &host.requests()[0];
        assert_eq!(request.target(), "/api/v1/products/search");
        for (name, value) in [
            ("q", "crème & œufs"),
            ("category", "DAIRY"),
            ("limit", "20"),
            ("page", "3"),
            ("client_number", "FR-778812"),
        ] {
            assert_eq!(request.query_value(name), Some(value), "{name}");
        }
    }

    #[test]
    fn absent_fields_and_text_numbers_are_taken() {
        let json =
            r#"{"product_id":7,"price":"1234.5600","stock_quantity":"0","vat_rate":null,"updated_at":"2025-04-12"}"#;
        let row = read::row(json, true).unwrap();
        let product = Host::new("v1").run(|| product(&row, "EUR")).unwrap();
        assert_eq!((product.id.as_str(), product.name.as_str(), product.unit.as_str()), ("7", "7", "PC"));
        assert_eq!(product.price, Some(decimal("1234.56")));
        assert!(!product.available);
        assert_eq!(product.updated_at, Some(time::parse_instant("2025-04-11T22:00:00Z").unwrap()));
        assert_eq!(product.raw.as_deref(), Some(json));
    }

    #[test]
    fn a_product_without_an_identifier_or_with_a_bad_price_is_an_error() {
        for json in [r#"{"name":"x"}"#, r#"{"product_id":"1","price":"cheap"}"#, r#"{"product_id":"1","price":{}}"#] {
            assert!(product(&read::row(json, false).unwrap(), "EUR").is_err(), "{json}");
        }
    }

    #[test]
    fn an_identifier_cannot_leave_its_place_in_the_path() {
        let host = Host::new("v1").vendor(|_| Ok(Response::new(200, &[], r#"{"data":{"product_id":"a/b"}}"#)));
        let query = ProductLookup { id: "../orders?x".into(), include_raw: false };
        host.run(|| get(&query)).unwrap();
        assert_eq!(host.requests()[0].target(), "/api/v1/products/..%2Forders%3Fx");
    }
}
