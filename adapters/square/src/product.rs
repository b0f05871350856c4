//! An item as Square sends it, and the contract's products made of it: one for each variation, where price and stock are.

use moulin_adapter::pos::Product;
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;
use serde::Deserialize;

use crate::money::{self, Money};
use crate::orders::full_name;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Object<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    version: Scalar<'a>,
    updated_at: Scalar<'a>,
    is_deleted: Scalar<'a>,
    item_data: Option<ItemData<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ItemData<'a> {
    #[serde(borrow)]
    name: Scalar<'a>,
    description: Scalar<'a>,
    description_plaintext: Scalar<'a>,
    is_taxable: Scalar<'a>,
    is_archived: Scalar<'a>,
    categories: OneOrMany<Category<'a>>,
    // Replaced by `categories`; items that were not written since have only this.
    category_id: Scalar<'a>,
    variations: OneOrMany<Variation<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Category<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Variation<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    is_deleted: Scalar<'a>,
    item_variation_data: VariationData<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct VariationData<'a> {
    #[serde(borrow)]
    name: Scalar<'a>,
    sku: Scalar<'a>,
    upc: Scalar<'a>,
    price_money: Option<Money<'a>>,
    track_inventory: Scalar<'a>,
    location_overrides: OneOrMany<Override<'a>>,
}

/// What is different at one place.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Override<'a> {
    #[serde(borrow)]
    location_id: Scalar<'a>,
    price_money: Option<Money<'a>>,
    track_inventory: Scalar<'a>,
}

/// The products of an item: at this place, in this currency where a price does not say another one.
pub(crate) fn products(row: &Row<'_, Object<'_>>, location: &str, currency: &str) -> Result<Vec<Product>> {
    let object = &row.record;
    let id = object.id.required_id("object.id")?;
    let missing = || Error::unexpected(format!("item {id} of the vendor's answer lacks `item_data`"));
    let item = object.item_data.as_ref().ok_or_else(missing)?;
    let categories = item.categories.iter().filter_map(|category| category.id.id());
    let mut category_ids: Vec<String> = categories.collect();
    if category_ids.is_empty() {
        category_ids.extend(item.category_id.id());
    }
    let version = object.version.integer("object.version")?;
    let updated_at = object.updated_at.instant("object.updated_at")?;
    let product = |variation: &Variation<'_>| -> Result<Product> {
        let data = &variation.item_variation_data;
        let here = data.location_overrides.iter().find(|own| own.location_id.str().as_deref() == Some(location));
        let price = here.and_then(|own| own.price_money).or(data.price_money);
        let currency = price.and_then(|price| price.currency()).unwrap_or_else(|| currency.to_owned());
        let tracked = here.and_then(|own| own.track_inventory.bool()).or_else(|| data.track_inventory.bool());
        let gone = [object.is_deleted, item.is_archived, variation.is_deleted].iter().any(|flag| flag.is_true());
        Ok(Product {
            variation_id: Some(variation.id.required_id("item_data.variations.id")?),
            name: full_name(item.name.text(), data.name.text()).unwrap_or_else(|| id.clone()),
            description: item.description_plaintext.text().or_else(|| item.description.text()),
            sku: data.sku.text(),
            barcode: data.upc.text(),
            category_ids: category_ids.clone(),
            price: money::amount(price, &currency, "price_money")?,
            currency,
            // Square's catalogue has no purchase prices.
            cost: None,
            taxable: item.is_taxable.bool(),
            tracked,
            archived: gone,
            version,
            updated_at,
            raw: row.raw(),
            id: id.clone(),
        })
    };
    item.variations.iter().map(product).collect()
}

#[cfg(test)]
mod tests {
    use moulin_adapter::read;

    use super::*;

    const SHEET: &str = r#"{"type":"ITEM","id":"ITEMLVM0012MAGRETCANARD1","updated_at":"2025-03-28T09:12:44.120Z","version":1743153164120,"is_deleted":false,"present_at_all_locations":true,
  "item_data":{"name":"Magret de canard","description":"Sauce au miel","is_taxable":true,"product_type":"FOOD_AND_BEV","categories":[{"id":"CATLVM0003PLATSPRINCIPA1","ordinal":0}],
   "variations":[{"type":"ITEM_VARIATION","id":"VARLVM0012MAGRETREGULAR1","version":1743153164120,
     "item_variation_data":{"item_id":"ITEMLVM0012MAGRETCANARD1","name":"Regular","sku":"PLAT-12","ordinal":0,"pricing_type":"FIXED_PRICING","price_money":{"amount":1550,"currency":"EUR"},"track_inventory":true}}]}}"#;

    fn read_item(json: &str) -> Result<Vec<Product>> {
        products(&read::row(json, false)?, "L1", "EUR")
    }

    #[test]
    fn an_item_is_mapped_field_by_field() {
        assert_eq!(
            read_item(SHEET).unwrap(),
            [Product {
                id: "ITEMLVM0012MAGRETCANARD1".into(),
                variation_id: Some("VARLVM0012MAGRETREGULAR1".into()),
                name: "Magret de canard".into(),
                description: Some("Sauce au miel".into()),
                sku: Some("PLAT-12".into()),
                barcode: None,
                category_ids: vec!["CATLVM0003PLATSPRINCIPA1".into()],
                currency: "EUR".into(),
                price: Some("15.50".parse().unwrap()),
                cost: None,
                taxable: Some(true),
                tracked: Some(true),
                archived: false,
                version: Some(1_743_153_164_120),
                updated_at: Some(time::parse_instant("2025-03-28T09:12:44.120Z").unwrap()),
                raw: None,
            }]
        );
    }

    #[test]
    fn every_variation_is_a_product_and_the_place_decides() {
        let json = r#"{"id":"I","item_data":{"name":"Bandol","category_id":"OLD","is_archived":"true","variations":[
            {"id":"V1","item_variation_data":{"name":"Regular","pricing_type":"VARIABLE_PRICING","upc":"3760112340001"}},
            {"id":"V2","item_variation_data":{"name":"Verre","price_money":{"amount":700,"currency":"CHF"},"track_inventory":false,
             "location_overrides":[{"location_id":"L2","price_money":{"amount":1,"currency":"CHF"}},{"location_id":"L1","price_money":{"amount":650,"currency":"CHF"},"track_inventory":true}]}}]}}"#;
        let found = read_item(json).unwrap();
        assert_eq!(found.iter().map(|product| product.name.as_str()).collect::<Vec<_>>(), ["Bandol", "Bandol – Verre"]);
        assert_eq!((found[0].price, found[0].currency.as_str(), found[0].tracked), (None, "EUR", None));
        assert_eq!((found[1].price, found[1].currency.as_str()), (Some("6.50".parse().unwrap()), "CHF"));
        assert_eq!((found[1].tracked, found[0].archived), (Some(true), true));
        assert_eq!((found[0].category_ids[0].as_str(), found[0].barcode.as_deref()), ("OLD", Some("3760112340001")));
    }

    #[test]
    fn an_item_without_its_data_is_an_error_that_names_it() {
        let Err(Error::Api(error)) = read_item(r#"{"type":"ITEM","id":"I"}"#) else { panic!() };
        assert!(error.message.contains("item I"), "{}", error.message);
        assert!(read_item(r#"{"id":"I","item_data":{"variations":[{"item_variation_data":{}}]}}"#).is_err());
        assert!(read_item(r#"{"id":"I","item_data":{}}"#).unwrap().is_empty());
    }
}
