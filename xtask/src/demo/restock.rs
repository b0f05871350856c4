//! What ran low at the till, and what to order of it at the supplier.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::decimal::Decimal;
use crate::failure::{Failure, Result};

/// A stock level as `moulin call pos.get-stock --json` prints it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StockLevel {
    pub(crate) product_id: String,
    pub(crate) quantity: Decimal,
    pub(crate) reorder_point: Option<Decimal>,
    pub(crate) reorder_level: Option<Decimal>,
}

/// A product of the till, as `pos.list-products` gives it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) barcode: Option<String>,
}

/// A product of the supplier, as `suppliers.list-catalog` gives it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CatalogProduct {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) barcode: Option<String>,
    pub(crate) unit: String,
    pub(crate) currency: String,
    pub(crate) price: Option<Decimal>,
    pub(crate) pack_size: Option<Decimal>,
    pub(crate) available: bool,
}

/// A supplier's order, as `suppliers.create-order` and `suppliers.get-order` give it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) currency: String,
    pub(crate) total: Option<Decimal>,
    pub(crate) delivery_date: Option<String>,
    #[serde(default)]
    pub(crate) items: Vec<OrderLine>,
}

/// A line of a supplier's order.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct OrderLine {
    pub(crate) product_id: String,
    pub(crate) quantity: Decimal,
}

/// A product of the till that is at or below its reorder point.
#[derive(Debug, Clone)]
pub(crate) struct Low {
    pub(crate) name: String,
    pub(crate) barcode: Option<String>,
    pub(crate) quantity: Decimal,
    pub(crate) reorder_point: Decimal,
    /// What is missing to the level to order up to; to the reorder point where the till knows no such level.
    pub(crate) needed: Decimal,
}

/// The products at or below their reorder point, in order of name. One that is at it exactly needs nothing where no
/// higher level is known, and is left out then; so is one whose reorder point is zero, which tills use for "none".
///
/// # Errors
/// A level names a product the till's list does not have, or a difference does not fit.
pub(crate) fn low(stock: &[StockLevel], products: &[Product]) -> Result<Vec<Low>> {
    let products: HashMap<_, _> = products.iter().map(|product| (product.id.as_str(), product)).collect();
    let mut found = Vec::new();
    for level in stock {
        let Some(point) = level.reorder_point.filter(|point| point.is_positive()) else {
            continue;
        };
        if level.quantity > point {
            continue;
        }
        let product = products.get(level.product_id.as_str()).ok_or_else(|| {
            Failure::new(format!("the till counts stock of product {}, which is not in its list", level.product_id))
        })?;
        let wanted = level.reorder_level.filter(|wanted| *wanted > point).unwrap_or(point);
        let needed = wanted.minus(level.quantity).ok_or_else(|| Failure::new("a quantity is too large"))?;
        if needed.is_positive() {
            found.push(Low {
                name: product.name.clone(),
                barcode: product.barcode.clone(),
                quantity: level.quantity,
                reorder_point: point,
                needed,
            });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// What becomes of a product that ran low.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    /// It is ordered: so much of that product of the catalogue.
    Order(Box<CatalogProduct>, Decimal),
    /// It is not, for that reason.
    Leave(&'static str),
}

/// Finds each product that ran low in the catalogue by its barcode, and rounds what is needed up to whole packages.
///
/// # Errors
/// A quantity does not fit.
pub(crate) fn plan(low: &[Low], catalog: &[CatalogProduct]) -> Result<Vec<Plan>> {
    let by_barcode: HashMap<_, _> =
        catalog.iter().filter_map(|product| Some((product.barcode.as_deref()?, product))).collect();
    low.iter()
        .map(|low| {
            let Some(barcode) = low.barcode.as_deref() else {
                return Ok(Plan::Leave("has no barcode at the till"));
            };
            let Some(product) = by_barcode.get(barcode) else {
                return Ok(Plan::Leave("not in the catalogue"));
            };
            if !product.available {
                return Ok(Plan::Leave("not available now"));
            }
            let quantity = match product.pack_size.filter(|size| size.is_positive()) {
                Some(size) => {
                    low.needed.up_to_multiple_of(size).ok_or_else(|| Failure::new("a quantity is too large"))?
                }
                None => low.needed,
            };
            Ok(Plan::Order(Box::new((*product).clone()), quantity.trimmed()))
        })
        .collect()
}

/// An order as `moulin call suppliers.create-order --body -` takes it.
#[derive(Debug, Serialize)]
pub(crate) struct OrderRequest<'a> {
    items: Vec<OrderItem<'a>>,
    notes: &'a str,
}

#[derive(Debug, Serialize)]
struct OrderItem<'a> {
    product_id: &'a str,
    quantity: String,
    unit: &'a str,
}

/// The order of everything planned; none when nothing is to be ordered.
pub(crate) fn order<'a>(plans: &'a [Plan], notes: &'a str) -> Option<OrderRequest<'a>> {
    let items: Vec<_> = plans
        .iter()
        .filter_map(|plan| match plan {
            Plan::Order(product, quantity) => {
                Some(OrderItem { product_id: &product.id, quantity: quantity.to_string(), unit: &product.unit })
            }
            Plan::Leave(_) => None,
        })
        .collect();
    (!items.is_empty()).then_some(OrderRequest { items, notes })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;

    fn read<T: DeserializeOwned>(value: Value) -> Vec<T> {
        serde_json::from_value(value).unwrap()
    }

    fn products() -> Vec<Product> {
        read(json!([
            {"id": "1", "name": "Tomate", "barcode": "376"}, {"id": "2", "name": "Beurre", "barcode": "377"},
            {"id": "3", "name": "Sel", "barcode": null}, {"id": "4", "name": "Eau", "barcode": "378"}]))
    }

    #[test]
    fn low_is_at_or_below_the_reorder_point() {
        let stock = read(json!([
            {"product_id": "1", "location_id": "1", "quantity": "4", "reorder_point": "4.0", "reorder_level": "20"},
            {"product_id": "2", "location_id": "1", "quantity": "4.5", "reorder_point": "4", "reorder_level": "20"},
            {"product_id": "3", "location_id": "1", "quantity": "-2", "reorder_point": "6"},
            {"product_id": "4", "location_id": "1", "quantity": "0", "reorder_point": "0", "reorder_level": "0"}]));
        let low = low(&stock, &products()).unwrap();
        let found: Vec<_> = low.iter().map(|low| (low.name.as_str(), low.needed.trimmed().to_string())).collect();
        assert_eq!(found, [("Sel", "8".to_owned()), ("Tomate", "16".to_owned())]);
    }

    #[test]
    fn stock_of_an_unknown_product_is_an_error_that_names_it() {
        let stock = read(json!([{"product_id": "99", "quantity": "1", "reorder_point": "2"}]));
        assert!(low(&stock, &products()).unwrap_err().to_string().contains("99"));
    }

    #[test]
    fn what_is_needed_becomes_whole_packages_of_what_the_supplier_has() {
        let stock = read(json!([
            {"product_id": "1", "quantity": "1", "reorder_point": "4", "reorder_level": "13"},
            {"product_id": "2", "quantity": "1", "reorder_point": "4", "reorder_level": "5"},
            {"product_id": "3", "quantity": "1", "reorder_point": "4"},
            {"product_id": "4", "quantity": "1", "reorder_point": "4"}]));
        let low = low(&stock, &products()).unwrap();
        let catalog: Vec<CatalogProduct> = read(json!([
            {"id": "418207", "name": "Tomate 5 kg", "barcode": "376", "unit": "KG", "currency": "EUR", "price": "4.95", "pack_size": "5.0", "available": true},
            {"id": "418300", "name": "Beurre", "barcode": "377", "unit": "PC", "currency": "EUR", "price": null, "available": false}]));
        let plans = plan(&low, &catalog).unwrap();
        let reasons: Vec<_> =
            low.iter().zip(&plans).map(|(low, plan)| (low.name.as_str(), matches!(plan, Plan::Order(..)))).collect();
        assert_eq!(reasons, [("Beurre", false), ("Eau", false), ("Sel", false), ("Tomate", true)]);
        let request = serde_json::to_value(order(&plans, "Avant 10 h").unwrap()).unwrap();
        assert_eq!(
            request,
            json!({"items": [{"product_id": "418207", "quantity": "15", "unit": "KG"}], "notes": "Avant 10 h"})
        );
        assert!(order(&plans[..3], "").is_none(), "an order of nothing is none");
    }
}
