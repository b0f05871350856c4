//! The till's products and their categories.

use super::dishes::{Course, DISHES};
use super::goods::{self, Shelf, Unit};

/// A category of the till. Categories make a tree of two levels.
#[derive(Clone, Copy, Debug)]
pub struct Category {
    /// Number, from 1.
    pub id: u32,
    /// Parent's number; 0 at the top.
    pub parent: u32,
    /// French name.
    pub name: &'static str,
}

const fn category(id: u32, parent: u32, name: &'static str) -> Category {
    Category { id, parent, name }
}

/// The till's categories.
pub const CATEGORIES: &[Category] = &[
    category(1, 0, "Carte"),
    category(2, 1, "Entrées"),
    category(3, 1, "Plats"),
    category(4, 1, "Fromages"),
    category(5, 1, "Desserts"),
    category(6, 1, "Menus"),
    category(7, 1, "Accompagnements"),
    category(8, 0, "Boissons"),
    category(9, 8, "Vins"),
    category(10, 8, "Bières et cidres"),
    category(11, 8, "Spiritueux et apéritifs"),
    category(12, 8, "Boissons fraîches"),
    category(13, 8, "Boissons chaudes"),
    category(14, 0, "Réserve"),
    category(15, 14, "Légumes et herbes"),
    category(16, 14, "Fruits"),
    category(17, 14, "Viandes"),
    category(18, 14, "Volailles"),
    category(19, 14, "Poissons et fruits de mer"),
    category(20, 14, "Crèmerie"),
    category(21, 14, "Fromages à la coupe"),
    category(22, 14, "Épicerie"),
    category(23, 14, "Épices"),
    category(24, 14, "Boulangerie"),
];

/// First number of the goods the till stocks; dishes are numbered from 1.
pub const FIRST_GOOD: u32 = 101;

/// A product of the till.
#[derive(Clone, Debug)]
pub struct Item {
    /// Number at the till.
    pub id: u32,
    /// What the ticket shows.
    pub name: String,
    /// Number of its category.
    pub category: u32,
    /// The restaurant's own article number.
    pub sku: String,
    /// EAN-13; none for a dish.
    pub ean: Option<String>,
    /// Selling price in cents, tax included; 0 for an ingredient.
    pub price: i64,
    /// Purchase price in cents.
    pub cost: i64,
    /// VAT when sold, in per mille.
    pub vat: i64,
    /// Whether the till counts stock of it.
    pub stocked: bool,
    /// Whether it may appear on a ticket.
    pub sold: bool,
    /// What it is counted in, when stocked.
    pub unit: Unit,
    /// The course, for a dish.
    pub course: Option<Course>,
    /// The wholesaler's shelf, for a good.
    pub shelf: Option<Shelf>,
}

/// All products: the dishes, then the goods in stock.
pub(super) fn items() -> Vec<Item> {
    let dishes = (1u32..).zip(DISHES).map(|(id, &(name, course, price, cost))| Item {
        id,
        name: name.to_owned(),
        category: course_category(course),
        sku: format!("CARTE-{id:03}"),
        ean: None,
        price,
        cost,
        vat: 100,
        stocked: false,
        sold: true,
        unit: Unit::Pc,
        course: Some(course),
        shelf: None,
    });
    let goods = (0u32..).zip(goods::stocked()).map(|(index, good)| Item {
        id: FIRST_GOOD + index,
        name: good.name.to_owned(),
        category: shelf_category(good.shelf),
        sku: format!("STK-{:04}", index + 1),
        ean: Some(ean13(index, 0)),
        price: good.sold_at.unwrap_or(0),
        cost: good.cost,
        vat: if good.shelf.is_alcohol() { 200 } else { 100 },
        stocked: true,
        sold: good.sold_at.is_some(),
        unit: good.unit,
        course: None,
        shelf: Some(good.shelf),
    });
    dishes.chain(goods).collect()
}

fn course_category(course: Course) -> u32 {
    match course {
        Course::Starter => 2,
        Course::Main => 3,
        Course::Cheese => 4,
        Course::Dessert => 5,
        Course::Menu => 6,
        Course::Side => 7,
    }
}

fn shelf_category(shelf: Shelf) -> u32 {
    match shelf {
        Shelf::Wine => 9,
        Shelf::Beer => 10,
        Shelf::Spirits => 11,
        Shelf::SoftDrinks => 12,
        Shelf::HotDrinks => 13,
        Shelf::Vegetables => 15,
        Shelf::Fruits => 16,
        Shelf::Meat => 17,
        Shelf::Poultry => 18,
        Shelf::Fish => 19,
        Shelf::Dairy => 20,
        Shelf::Cheese => 21,
        Shelf::Grocery | Shelf::Frozen | Shelf::Cleaning | Shelf::Tableware => 22,
        Shelf::Spices => 23,
        Shelf::Bakery => 24,
    }
}

/// The EAN-13 of packaging `variant` of good `index`, with its check digit (GS1 General Specifications, 7.9).
pub(super) fn ean13(index: u32, variant: u32) -> String {
    let body = format!("37601{:07}", 1_234_000 + index * 4 + variant);
    let sum: u32 =
        body.bytes().zip([1u32, 3].into_iter().cycle()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn barcodes_carry_a_right_check_digit() {
        // 3 7 6 0 1 1 2 3 4 0 0 0: 1×(3+6+1+2+4+0) + 3×(7+0+1+3+0+0) = 16 + 33 = 49, so the check digit is 1.
        assert_eq!(ean13(0, 0), "3760112340001");
    }

    #[test]
    fn every_item_has_a_known_category_and_its_own_number_and_barcode() {
        let items = items();
        let mut ids: Vec<_> = items.iter().map(|item| item.id).collect();
        let mut eans: Vec<_> = items.iter().filter_map(|item| item.ean.clone()).collect();
        ids.dedup();
        eans.sort();
        eans.dedup();
        assert_eq!((ids.len(), eans.len()), (260, 200));
        assert!(items.iter().all(|item| CATEGORIES.iter().any(|c| c.id == item.category)));
    }
}
