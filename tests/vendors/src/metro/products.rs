//! The catalogue: listing, searching, availability.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::{ApiError, Detail};
use crate::amount::Decimal;
use crate::common::query::Query;
use crate::world::{Product, World, paris_instant};

/// Units left, by article number.
pub(super) type Stock = BTreeMap<String, Decimal>;

/// A page of anything.
#[derive(Debug, Serialize)]
pub(super) struct Page<T> {
    data: Vec<T>,
    pagination: Pagination,
}

#[derive(Debug, Serialize)]
struct Pagination {
    page: usize,
    per_page: usize,
    total: usize,
    has_more: bool,
}

/// The part of a list that `page` and `limit` ask for.
pub(super) fn paged<T, R>(query: &Query, rows: &[T], render: impl Fn(&T) -> R) -> Result<Page<R>, ApiError> {
    let page = number(query, "page", 1, 1, 1_000_000)?;
    let per_page = number(query, "limit", 100, 1, 100)?;
    let start = (page - 1).saturating_mul(per_page).min(rows.len());
    let end = (start + per_page).min(rows.len());
    let data = rows.get(start..end).unwrap_or_default().iter().map(render).collect();
    let pagination = Pagination { page, per_page, total: rows.len(), has_more: end < rows.len() };
    Ok(Page { data, pagination })
}

fn number(query: &Query, name: &str, default: usize, low: usize, high: usize) -> Result<usize, ApiError> {
    match query.get(name).map(str::parse) {
        None => Ok(default),
        Some(Ok(number)) if (low..=high).contains(&number) => Ok(number),
        Some(_) => {
            Err(ApiError::invalid_request(vec![Detail::new(name, format!("must be a number from {low} to {high}"))]))
        }
    }
}

/// A product as it is answered.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    product_id: &'a str,
    name: &'a str,
    category: &'static str,
    unit: &'static str,
    packaging: &'static str,
    pack_size: Decimal,
    price: Decimal,
    currency: &'static str,
    vat_rate: Decimal,
    in_stock: bool,
    stock_quantity: Decimal,
    ean: &'a str,
    origin: &'static str,
    updated_at: String,
}

pub(super) fn show<'a>(product: &'a Product, world: &World, stock: &Stock) -> Shown<'a> {
    let left = stock.get(&product.id).copied().unwrap_or(Decimal::milli(0));
    Shown {
        product_id: &product.id,
        name: &product.name,
        category: product.shelf.code(),
        unit: product.unit.code(),
        packaging: product.packaging,
        pack_size: Decimal::milli(product.pack_milli),
        price: Decimal::cents(product.price),
        currency: "EUR",
        // Per cent with one decimal: 55 per mille is 5.5.
        vat_rate: Decimal::new(product.shelf.purchase_vat().into(), 1),
        in_stock: left.is_positive(),
        stock_quantity: left,
        ean: &product.ean,
        origin: product.origin,
        updated_at: paris_instant(world.options().today.at(6, 0, 0, 0)).to_string(),
    }
}

/// The products a list or search asks for, in the order asked for.
pub(super) fn select<'w>(world: &'w World, query: &Query, words: Option<&str>) -> Result<Vec<&'w Product>, ApiError> {
    let category = query.get("category");
    let mut known = world.products().iter().map(|product| product.shelf.code());
    if let Some(category) = category
        && !known.any(|code| code == category)
    {
        return Err(ApiError::invalid_request(vec![Detail::new(
            "category",
            format!("'{category}' is not a category"),
        )]));
    }
    let wanted: Vec<String> = words.map(plain).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let fits = |product: &Product| {
        let name = plain(&product.name);
        wanted.iter().all(|word| name.contains(word.as_str()) || product.ean == *word || product.id == *word)
    };
    let mut rows: Vec<&Product> = world
        .products()
        .iter()
        .filter(|p| category.is_none_or(|code| p.shelf.code() == code))
        .filter(|p| fits(p))
        .collect();
    let sort = query.get("sort").unwrap_or("product_id:asc");
    match sort.split_once(':').map_or((sort, "asc"), |parts| parts) {
        ("product_id", "asc" | "desc") => {}
        ("name", "asc" | "desc") => rows.sort_by_cached_key(|product| plain(&product.name)),
        ("price", "asc" | "desc") => rows.sort_by_key(|product| product.price),
        _ => {
            return Err(ApiError::invalid_request(vec![Detail::new(
                "sort",
                "must be name, price or product_id with :asc or :desc",
            )]));
        }
    }
    if sort.ends_with(":desc") {
        rows.reverse();
    }
    Ok(rows)
}

/// Lower case without accents, for searching and sorting.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.to_lowercase().chars() {
        match letter {
            'à' | 'â' | 'ä' => out.push('a'),
            'é' | 'è' | 'ê' | 'ë' => out.push('e'),
            'î' | 'ï' => out.push('i'),
            'ô' | 'ö' => out.push('o'),
            'ù' | 'û' | 'ü' => out.push('u'),
            'ç' => out.push('c'),
            'œ' => out.push_str("oe"),
            '’' => out.push('\''),
            other => out.push(other),
        }
    }
    out
}

/// Whether one product can be had.
#[derive(Debug, Serialize)]
pub(super) struct Availability {
    product_id: String,
    available: bool,
    quantity: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_delivery: Option<String>,
}

/// One answer for each number asked for, in that order; an unknown product is not available.
pub(super) fn availability(
    world: &World,
    stock: &Stock,
    ids: &[String],
    next_delivery: jiff::civil::Date,
) -> Vec<Availability> {
    let answer = |id: &String| {
        let product = world.products().iter().find(|product| product.id == *id);
        let quantity = stock.get(id).copied().unwrap_or(Decimal::milli(0));
        let available = quantity.is_positive();
        let next_delivery = available.then(|| next_delivery.to_string());
        Availability {
            product_id: id.clone(),
            available,
            quantity,
            unit: product.map(|p| p.unit.code()),
            next_delivery,
        }
    };
    ids.iter().map(answer).collect()
}
