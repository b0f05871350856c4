//! Stock: `ItemShop` as the vendor has it, and the seed's `ItemCount`.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::error::ApiError;
use super::filter::{Kind, Value};
use super::item::scalar;
use super::list::{Field, Object, Table, field, object};
use super::sale::{cents, time};
use crate::world::Stock;

/// The stock of one product.
#[derive(Clone, Debug)]
pub(super) struct ShelfStock {
    stock: Stock,
    cost: i64,
    at: Timestamp,
}

/// One line of stock: of the shop, or (`shop` 0) the total over all shops.
#[derive(Clone, Debug)]
pub(super) struct StockRow {
    id: u32,
    shop: u32,
    of: ShelfStock,
}

impl ShelfStock {
    pub(super) fn new(stock: Stock, cost: i64, at: Timestamp) -> Self {
        Self { stock, cost, at }
    }

    /// The total's row and the shop's.
    pub(super) fn rows(&self) -> [StockRow; 2] {
        [0, 1].map(|shop| StockRow { id: self.stock.item * 2 + shop, shop, of: self.clone() })
    }

    /// Sets reorder point and level: all that a product's update may change here.
    pub(super) fn change(&mut self, shops: &[&Object]) -> Result<(), ApiError> {
        for shop in shops {
            for (name, value) in *shop {
                let text = scalar(name, value)?;
                let number = text.parse::<i64>().ok().filter(|number| *number >= 0);
                let number = number.ok_or_else(|| ApiError::bad_request(format!("Field '{name}' must be a number")))?;
                match name.as_str() {
                    "reorderPoint" => self.stock.reorder_point = number,
                    "reorderLevel" => self.stock.reorder_level = number,
                    "shopID" if number == 1 => {}
                    "itemShopID" if number == i64::from(self.stock.item) * 2 + 1 => {}
                    "itemID" if number == i64::from(self.stock.item) => {}
                    "shopID" | "itemShopID" | "itemID" => {
                        return Err(ApiError::unprocessable(format!("'{name}' {number} does not exist")));
                    }
                    _ => return Err(ApiError::bad_request(format!("Field '{name}' of 'ItemShop' cannot be changed"))),
                }
            }
        }
        Ok(())
    }
}

const FIELDS: &[Field<StockRow>] = &[
    field("itemShopID", Kind::Number, |row| Value::Number(row.id.into())),
    field("itemID", Kind::Number, |row| Value::Number(row.of.stock.item.into())),
    field("shopID", Kind::Number, |row| Value::Number(row.shop.into())),
    field("qoh", Kind::Number, |row| Value::Number(row.of.stock.on_hand)),
    field("reorderPoint", Kind::Number, |row| Value::Number(row.of.stock.reorder_point)),
    field("timeStamp", Kind::Time, |row| Value::time(row.of.at)),
];

/// The resource `ItemShop`.
pub(super) const TABLE: Table<'static, StockRow> = Table {
    name: "ItemShop",
    fields: FIELDS,
    sorts: &["itemShopID", "timeStamp", "itemID"],
    relations: &[],
    id: |row| row.id,
    archived: None,
};

/// The seed's resource `ItemCount`: the same rows under its own key.
pub(super) const COUNT_TABLE: Table<'static, StockRow> = Table { name: "ItemCount", ..TABLE };

/// A row of `ItemShop`. The row of the total has no reorder point, so it must not be taken for a shop.
pub(super) fn render(row: &StockRow) -> Json {
    let StockRow { id, shop, of: ShelfStock { stock, cost, at } } = row;
    let in_shop = |number: i64| if *shop == 0 { 0 } else { number }.to_string();
    object([
        ("itemShopID", id.to_string()),
        ("qoh", stock.on_hand.to_string()),
        ("sellable", stock.on_hand.to_string()),
        ("backorder", "0".to_owned()),
        ("componentQoh", "0".to_owned()),
        ("componentBackorder", "0".to_owned()),
        ("reorderPoint", in_shop(stock.reorder_point)),
        ("reorderLevel", in_shop(stock.reorder_level)),
        ("timeStamp", time(*at)),
        ("itemID", stock.item.to_string()),
        ("shopID", shop.to_string()),
        ("onLayaway", "0".to_owned()),
        ("onSpecialOrder", "0".to_owned()),
        ("onWorkorder", "0".to_owned()),
        ("averageCost", cents(*cost)),
        ("totalValueFifo", cents(cost * stock.on_hand)),
    ])
}

/// A row of `ItemCount`.
pub(super) fn render_count(row: &StockRow) -> Json {
    let StockRow { id, shop, of: ShelfStock { stock, at, .. } } = row;
    let mut fields = vec![
        ("itemCountID", id.to_string()),
        ("itemID", stock.item.to_string()),
        ("shopID", shop.to_string()),
        ("qoh", stock.on_hand.to_string()),
    ];
    if *shop != 0 {
        fields.push(("reorderPoint", stock.reorder_point.to_string()));
        fields.push(("reorderLevel", stock.reorder_level.to_string()));
    }
    fields.push(("timeStamp", time(*at)));
    Json::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), Json::String(value))).collect())
}
