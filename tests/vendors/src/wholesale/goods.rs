//! The goods of one wholesaler: the world's, under its own numbers and at its own prices.

use std::collections::BTreeMap;

use super::error::ApiError;
use crate::amount::Decimal;
use crate::metro::plain;
use crate::world::{Dice, Product, World};

/// One article.
#[derive(Clone, Debug)]
pub(crate) struct Ware {
    /// The wholesaler's number.
    pub(crate) number: String,
    /// Net price of one unit in cents.
    pub(crate) price: i64,
    /// What it is. Its number and price are those of another wholesaler.
    pub(crate) product: Product,
}

impl Ware {
    /// Units in one package.
    pub(crate) fn pack(&self) -> Decimal {
        Decimal::milli(self.product.pack_milli)
    }

    /// Net price of one package in cents.
    pub(crate) fn package_price(&self) -> i64 {
        Decimal::cents(self.price).times(self.pack()).to_cents().max(1)
    }
}

/// All articles, by number.
#[derive(Debug)]
pub(crate) struct Goods {
    wares: Vec<Ware>,
    places: BTreeMap<String, usize>,
}

impl Goods {
    /// The world's products numbered `PREFIX-…`, each up to 6 % dearer or cheaper than elsewhere.
    pub(crate) fn new(world: &World, prefix: &str, topic: u64) -> Self {
        let mut dice = Dice::new(world.options().seed, topic);
        let ware = |product: &Product| Ware {
            number: format!("{prefix}-{}", product.id),
            price: (product.price * (1_000 + dice.between(-60, 60)) / 1_000).max(1),
            product: product.clone(),
        };
        let wares: Vec<Ware> = world.products().iter().map(ware).collect();
        let places = wares.iter().enumerate().map(|(place, ware)| (ware.number.clone(), place)).collect();
        Self { wares, places }
    }

    pub(crate) fn all(&self) -> &[Ware] {
        &self.wares
    }

    pub(crate) fn find(&self, number: &str) -> Option<&Ware> {
        self.wares.get(*self.places.get(number)?)
    }

    /// Those of a category, and with all of the words in their name, or the number or barcode that is the word; in
    /// order of name.
    pub(crate) fn select(
        &self,
        category: Option<&str>,
        code: fn(&Ware) -> &'static str,
        words: &[String],
    ) -> Result<Vec<&Ware>, ApiError> {
        if let Some(category) = category
            && !self.wares.iter().any(|ware| code(ware) == category)
        {
            return Err(ApiError::invalid("category", format!("'{category}' is not a category")));
        }
        let fits = |ware: &&Ware| {
            let name = plain(&ware.product.name);
            category.is_none_or(|category| code(ware) == category)
                && words.iter().all(|word| {
                    name.contains(word.as_str()) || ware.product.ean == *word || plain(&ware.number) == *word
                })
        };
        let mut rows: Vec<&Ware> = self.wares.iter().filter(fits).collect();
        rows.sort_by_cached_key(|ware| (plain(&ware.product.name), ware.number.clone()));
        Ok(rows)
    }
}
