//! What is on the shelves, and the dozen things that ran low.

use super::dice::Dice;
use super::goods::Unit;
use super::items::Item;

/// How many products are at or below their reorder point.
pub const LOW: usize = 12;

/// The stock of one product in the restaurant's only shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stock {
    /// Number of the product.
    pub item: u32,
    /// Quantity on hand, in whole units; may be negative, because a till sells what was not counted.
    pub on_hand: i64,
    /// At or below it the product should be ordered.
    pub reorder_point: i64,
    /// The quantity to order up to.
    pub reorder_level: i64,
}

/// Stock of every counted product; [`LOW`] of them have run low, one of these is below zero and one exactly at its point.
pub(super) fn stock(seed: u64, items: &[Item]) -> Vec<Stock> {
    let mut dice = Dice::new(seed, 2);
    let mut stock: Vec<Stock> = items
        .iter()
        .filter(|item| item.stocked)
        .map(|item| {
            let reorder_point = if item.unit == Unit::Pc { 6 * dice.between(1, 4) } else { dice.between(3, 10) };
            Stock {
                item: item.id,
                on_hand: reorder_point + dice.between(2, 4 * reorder_point),
                reorder_point,
                reorder_level: 3 * reorder_point,
            }
        })
        .collect();
    let step = stock.len() / LOW;
    for (rank, shelf) in stock.chunks_mut(step.max(1)).take(LOW).enumerate() {
        let index = dice.below(u32::try_from(shelf.len()).unwrap_or(0));
        if let Some(low) = shelf.get_mut(usize::try_from(index).unwrap_or(0)) {
            low.on_hand = match rank {
                0 => low.reorder_point,
                1 => -1,
                _ => dice.between(0, low.reorder_point - 1),
            };
        }
    }
    stock
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dozen_products_ran_low_whatever_the_seed() {
        for seed in [0, 7, 1785] {
            let stock = stock(seed, &super::super::items::items());
            let low: Vec<_> = stock.iter().filter(|s| s.on_hand <= s.reorder_point).collect();
            assert_eq!((stock.len(), low.len()), (200, LOW));
            assert!(low.iter().any(|s| s.on_hand == s.reorder_point) && low.iter().any(|s| s.on_hand < 0));
        }
    }
}
