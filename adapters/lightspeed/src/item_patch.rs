//! A change to an item, in the vendor's fields. Fields that stay as they are are not sent.

use moulin_adapter::pos::ProductPatch;
use moulin_adapter::prelude::*;
use serde::Serialize;

#[derive(Serialize, Default, Debug, PartialEq)]
pub(crate) struct ItemPatch<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(rename = "defaultCost", skip_serializing_if = "Option::is_none")]
    cost: Option<Decimal>,
    #[serde(rename = "customSku", skip_serializing_if = "Option::is_none")]
    sku: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upc: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ean: Option<&'a str>,
    #[serde(rename = "categoryID", skip_serializing_if = "Option::is_none")]
    category: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax: Option<&'static str>,
    #[serde(rename = "Prices", skip_serializing_if = "Option::is_none")]
    prices: Option<Prices>,
}

#[derive(Serialize, Debug, PartialEq)]
struct Prices {
    #[serde(rename = "ItemPrice")]
    levels: [ItemPrice; 1],
}

#[derive(Serialize, Debug, PartialEq)]
struct ItemPrice {
    amount: Decimal,
    #[serde(rename = "useTypeID")]
    level_id: &'static str,
    #[serde(rename = "useType")]
    level: &'static str,
}

impl<'a> ItemPatch<'a> {
    /// Checks the change by the vendor's rules and writes it in the vendor's fields.
    pub(crate) fn of(patch: &'a ProductPatch) -> Result<Self> {
        if patch.description.is_some() {
            return Err(Error::invalid("description", "Lightspeed has one text for an item: set `name`"));
        }
        if patch.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return Err(Error::invalid("name", "must not be empty"));
        }
        for (field, amount) in [("price", patch.price), ("cost", patch.cost)] {
            if amount.is_some_and(Decimal::is_negative) {
                return Err(Error::invalid(field, "must not be negative"));
            }
        }
        let barcode = patch.barcode.as_deref().map(barcode).transpose()?;
        let changed = Self {
            description: patch.name.as_deref(),
            cost: patch.cost,
            sku: patch.sku.as_deref(),
            // One code in one of two fields: the other is cleared, or the old code would go on being scanned.
            upc: barcode.map(|(upc, _)| upc),
            ean: barcode.map(|(_, ean)| ean),
            // 0 is no category.
            category: patch.category_id.as_deref().map(|id| if id.is_empty() { "0" } else { id }),
            tax: patch.taxable.map(|taxable| if taxable { "true" } else { "false" }),
            prices: patch
                .price
                .map(|amount| Prices { levels: [ItemPrice { amount, level_id: "1", level: "Default" }] }),
        };
        if changed == Self::default() {
            return Err(Error::validation("nothing to change: set at least one field"));
        }
        Ok(changed)
    }
}

/// The fields `upc` and `ean` of a barcode: up to 12 digits are a UPC, 13 and 14 an EAN.
fn barcode(code: &str) -> Result<(&str, &str)> {
    match code.len() {
        0 => Ok(("", "")),
        11..=14 if code.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(if code.len() <= 12 { (code, "") } else { ("", code) })
        }
        _ => Err(Error::invalid("barcode", "must have 11 to 14 digits")),
    }
}

#[cfg(test)]
pub(crate) fn nothing(id: &str) -> ProductPatch {
    ProductPatch {
        id: id.to_owned(),
        variation_id: None,
        name: None,
        description: None,
        price: None,
        cost: None,
        sku: None,
        barcode: None,
        category_id: None,
        taxable: None,
        idempotency_key: None,
        include_raw: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(patch: &ProductPatch) -> Result<String> {
        Ok(serde_json::to_string(&ItemPatch::of(patch)?).unwrap())
    }

    #[test]
    fn every_field_has_its_place() {
        let patch = ProductPatch {
            cost: Some("6.20".parse().unwrap()),
            sku: Some("PLAT-12".into()),
            barcode: Some("3760123456789".into()),
            category_id: Some("4".into()),
            taxable: Some(false),
            ..nothing("48")
        };
        assert_eq!(
            json(&patch).unwrap(),
            r#"{"defaultCost":"6.20","customSku":"PLAT-12","upc":"","ean":"3760123456789","categoryID":"4","tax":"false"}"#
        );
    }

    #[test]
    fn empty_text_clears() {
        let patch = ProductPatch {
            sku: Some(String::new()),
            barcode: Some(String::new()),
            category_id: Some(String::new()),
            ..nothing("48")
        };
        assert_eq!(json(&patch).unwrap(), r#"{"customSku":"","upc":"","ean":"","categoryID":"0"}"#);
        let upc = ProductPatch { barcode: Some("036000291452".into()), ..nothing("48") };
        assert_eq!(json(&upc).unwrap(), r#"{"upc":"036000291452","ean":""}"#);
    }

    #[test]
    fn what_the_vendor_would_refuse_is_refused_before() {
        for patch in [
            nothing("48"),
            ProductPatch { name: Some(" ".into()), ..nothing("48") },
            ProductPatch { description: Some("x".into()), ..nothing("48") },
            ProductPatch { price: Some((-1).into()), ..nothing("48") },
            ProductPatch { cost: Some((-1).into()), ..nothing("48") },
            ProductPatch { barcode: Some("12345678".into()), ..nothing("48") },
            ProductPatch { barcode: Some("37601234567éé".into()), ..nothing("48") },
        ] {
            assert!(matches!(ItemPatch::of(&patch), Err(Error::Validation(_))), "{patch:?}");
        }
    }
}
