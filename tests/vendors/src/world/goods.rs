//! What a restaurant buys: one table per shelf, joined here. The wholesaler sells each in four packagings.

use super::{goods_drinks, goods_food, goods_supplies};

/// A shelf of the wholesaler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shelf {
    /// Vegetables and herbs.
    Vegetables,
    /// Fruit.
    Fruits,
    /// Beef, veal, lamb, pork, charcuterie.
    Meat,
    /// Poultry.
    Poultry,
    /// Fish and shellfish.
    Fish,
    /// Milk, cream, butter, eggs.
    Dairy,
    /// Cheese.
    Cheese,
    /// Dry goods, oils, preserves.
    Grocery,
    /// Spices and condiments.
    Spices,
    /// Bread and pastry.
    Bakery,
    /// Frozen goods.
    Frozen,
    /// Wine and sparkling wine.
    Wine,
    /// Beer and cider.
    Beer,
    /// Spirits and aperitifs.
    Spirits,
    /// Water, juice, soda.
    SoftDrinks,
    /// Coffee, tea, infusions.
    HotDrinks,
    /// Cleaning and hygiene.
    Cleaning,
    /// Tableware and packaging.
    Tableware,
}

impl Shelf {
    /// The wholesaler's category code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Vegetables => "VEGETABLES",
            Self::Fruits => "FRUITS",
            Self::Meat => "MEAT",
            Self::Poultry => "POULTRY",
            Self::Fish => "FISH",
            Self::Dairy => "DAIRY",
            Self::Cheese => "CHEESE",
            Self::Grocery => "GROCERY",
            Self::Spices => "SPICES",
            Self::Bakery => "BAKERY",
            Self::Frozen => "FROZEN",
            Self::Wine => "WINE",
            Self::Beer => "BEER",
            Self::Spirits => "SPIRITS",
            Self::SoftDrinks => "SOFT_DRINKS",
            Self::HotDrinks => "HOT_DRINKS",
            Self::Cleaning => "CLEANING",
            Self::Tableware => "TABLEWARE",
        }
    }

    /// French VAT in per mille when bought from a wholesaler: 20 % on alcohol and on what is not food, else 5.5 %.
    #[must_use]
    pub fn purchase_vat(self) -> i64 {
        match self {
            Self::Wine | Self::Beer | Self::Spirits | Self::Cleaning | Self::Tableware => 200,
            _ => 55,
        }
    }

    /// Whether it holds alcohol, which a restaurant sells at 20 % VAT instead of 10 %.
    #[must_use]
    pub fn is_alcohol(self) -> bool {
        matches!(self, Self::Wine | Self::Beer | Self::Spirits)
    }
}

/// The unit a good is priced and counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Kilogram.
    Kg,
    /// Litre.
    L,
    /// Piece: a bottle, a can, a box.
    Pc,
}

impl Unit {
    /// The wholesaler's unit code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Kg => "KG",
            Self::L => "L",
            Self::Pc => "PC",
        }
    }
}

/// Something bought.
#[derive(Clone, Copy, Debug)]
pub struct Good {
    /// French name, without the packaging.
    pub name: &'static str,
    /// Where the wholesaler keeps it.
    pub shelf: Shelf,
    /// What it is priced in.
    pub unit: Unit,
    /// Net purchase price of one unit in cents.
    pub cost: i64,
    /// The till's price in cents, tax included, of what is sold as it is (drinks); none for an ingredient.
    pub sold_at: Option<i64>,
}

impl Good {
    /// The four packagings: words, and thousandths of the unit in one package. The first is the one the till stocks.
    pub(super) fn packagings(&self) -> [(&'static str, i64); 4] {
        match (self.unit, self.shelf) {
            (Unit::Kg, Shelf::Spices) => {
                [("Pot 500 g", 500), ("Pot 250 g", 250), ("Boîte 100 g", 100), ("Sachet 1 kg", 1_000)]
            }
            (Unit::Kg, Shelf::Meat | Shelf::Poultry | Shelf::Fish) => {
                [("Sous vide 2 kg", 2_000), ("Caisse 5 kg", 5_000), ("Caisse 10 kg", 10_000), ("Barquette 1 kg", 1_000)]
            }
            (Unit::Kg, _) => {
                [("Colis 5 kg", 5_000), ("Colis 10 kg", 10_000), ("Sac 2,5 kg", 2_500), ("Barquette 1 kg", 1_000)]
            }
            (Unit::L, _) => {
                [("Bouteille 1 L", 1_000), ("Bidon 5 L", 5_000), ("Carton 6 x 1 L", 6_000), ("Bidon 10 L", 10_000)]
            }
            (Unit::Pc, _) => {
                [("Carton de 6", 6_000), ("À l'unité", 1_000), ("Carton de 12", 12_000), ("Carton de 24", 24_000)]
            }
        }
    }
}

/// An ingredient or a supply.
pub(super) const fn good(name: &'static str, shelf: Shelf, unit: Unit, cost: i64) -> Good {
    Good { name, shelf, unit, cost, sold_at: None }
}

/// A drink the till sells.
pub(super) const fn drink(name: &'static str, shelf: Shelf, unit: Unit, cost: i64, sold_at: i64) -> Good {
    Good { name, shelf, unit, cost, sold_at: Some(sold_at) }
}

/// What the till keeps stock of: ingredients, then drinks.
pub(super) fn stocked() -> impl Iterator<Item = &'static Good> {
    goods_food::FOOD.iter().chain(goods_drinks::DRINKS)
}

/// Everything the wholesaler sells, what the till stocks first.
pub(super) fn all() -> impl Iterator<Item = &'static Good> {
    stocked().chain(goods_supplies::SUPPLIES)
}
