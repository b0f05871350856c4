//! The wholesaler's catalogue: each good in four packagings.

use super::dice::Dice;
use super::goods::{self, Shelf, Unit};
use super::items::ean13;

/// A product of the wholesaler.
#[derive(Clone, Debug)]
pub struct Product {
    /// Six-digit article number.
    pub id: String,
    /// Name with its packaging.
    pub name: String,
    /// Where it is kept.
    pub shelf: Shelf,
    /// What `price` is for.
    pub unit: Unit,
    /// Packaging in words.
    pub packaging: &'static str,
    /// Thousandths of the unit in one packaging.
    pub pack_milli: i64,
    /// Net price of one unit in cents.
    pub price: i64,
    /// Units on hand; 0 is out of stock.
    pub stock: i64,
    /// EAN-13 of the packaging. For the first packaging of a good it is the one the till knows.
    pub ean: String,
    /// ISO 3166-1 country of origin.
    pub origin: &'static str,
    /// Whether the restaurant's till stocks it under this barcode.
    pub at_the_till: bool,
}

/// A thousand products. What the till stocks is always available; of the rest about one in twelve is out of stock.
pub(super) fn catalogue(seed: u64) -> Vec<Product> {
    let mut dice = Dice::new(seed, 3);
    let tracked = u32::try_from(goods::stocked().count()).unwrap_or(0);
    let mut products = Vec::with_capacity(1_000);
    for (index, good) in (0u32..).zip(goods::all()) {
        for (variant, (packaging, pack_milli)) in (0u32..).zip(good.packagings()) {
            let at_the_till = variant == 0 && index < tracked;
            // Larger packagings are up to a tenth cheaper by the unit, small ones dearer.
            let swing = dice.between(-60, 60) + if pack_milli >= 10_000 { -40 } else { 0 };
            let price = (good.cost * (1000 + if variant == 0 { 0 } else { swing }) / 1000).max(1);
            let stock = if !at_the_till && dice.chance(8) { 0 } else { dice.between(200, 1_500) };
            let origin = *dice.pick(&["FR", "FR", "FR", "FR", "ES", "IT"]).unwrap_or(&"FR");
            products.push(Product {
                id: format!("{}", 400_000 + index * 37 + variant * 9_311),
                name: format!("{} – {packaging}", good.name),
                shelf: good.shelf,
                unit: good.unit,
                packaging,
                pack_milli,
                price,
                stock,
                ean: ean13(index, variant),
                origin,
                at_the_till,
            });
        }
    }
    products.sort_by(|a, b| a.id.cmp(&b.id));
    products
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_catalogue_has_a_thousand_products_that_are_all_different() {
        let products = catalogue(1785);
        let distinct = |key: fn(&Product) -> &str| products.iter().map(key).collect::<HashSet<_>>().len();
        assert_eq!((distinct(|p| &p.id), distinct(|p| &p.name), distinct(|p| &p.ean)), (1_000, 1_000, 1_000));
        assert!(products.iter().any(|p| p.stock == 0));
        assert!(products.iter().filter(|p| p.at_the_till).all(|p| p.stock >= 200));
    }
}
