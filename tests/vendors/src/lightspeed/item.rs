//! Products of the till: how they are written and changed.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::error::ApiError;
use super::filter::{Kind, Value};
use super::list::{Field, Object, Relations, Table, field, object, put, put_many};
use super::sale::{cents, time};
use super::stock::ShelfStock;
use crate::amount::Decimal;
use crate::world::{CATEGORIES, Item};

/// A product as it stands at the till now.
#[derive(Clone, Debug)]
pub(super) struct TillItem {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) category: u32,
    pub(super) sku: String,
    pub(super) upc: String,
    pub(super) ean: String,
    pub(super) price: i64,
    pub(super) list_price: i64,
    pub(super) cost: i64,
    pub(super) tax_class: u32,
    pub(super) taxed: bool,
    pub(super) discountable: bool,
    pub(super) kind: String,
    pub(super) manufacturer_sku: String,
    pub(super) manufacturer: u32,
    pub(super) vendor: u32,
    pub(super) archived: bool,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

impl TillItem {
    /// As the seed has it. Every seventh barcode stands in `upc`, the others in `ean`; every fiftieth dish is archived.
    pub(super) fn new(item: &Item, created: Timestamp) -> Self {
        let barcode = item.ean.clone().unwrap_or_default();
        let (upc, ean) = if item.id.is_multiple_of(7) { (barcode, String::new()) } else { (String::new(), barcode) };
        Self {
            id: item.id,
            name: item.name.clone(),
            category: item.category,
            sku: item.sku.clone(),
            upc,
            ean,
            price: item.price,
            list_price: 0,
            cost: item.cost,
            tax_class: if item.vat > 100 { 2 } else { 1 },
            taxed: true,
            discountable: item.sold,
            kind: if item.stocked { "default" } else { "non_inventory" }.to_owned(),
            manufacturer_sku: String::new(),
            manufacturer: 0,
            vendor: u32::from(item.stocked),
            archived: item.id.is_multiple_of(50) && !item.stocked,
            created,
            updated: created,
        }
    }
}

const FIELDS: &[Field<TillItem>] = &[
    field("itemID", Kind::Number, |item| Value::Number(item.id.into())),
    field("timeStamp", Kind::Time, |item| Value::time(item.updated)),
    field("createTime", Kind::Time, |item| Value::time(item.created)),
    field("description", Kind::Text, |item| Value::Text(item.name.clone())),
    field("categoryID", Kind::Number, |item| Value::Number(item.category.into())),
    field("upc", Kind::Text, |item| Value::Text(item.upc.clone())),
    field("ean", Kind::Text, |item| Value::Text(item.ean.clone())),
    field("customSku", Kind::Text, |item| Value::Text(item.sku.clone())),
    field("systemSku", Kind::Text, |item| Value::Text(system_sku(item.id))),
    field("itemType", Kind::Text, |item| Value::Text(item.kind.clone())),
];

/// The resource `Item`.
pub(super) const TABLE: Table<'static, TillItem> = Table {
    name: "Item",
    fields: FIELDS,
    sorts: &["itemID", "timeStamp", "createTime", "description"],
    relations: &["Category", "ItemShops"],
    id: |item| item.id,
    archived: Some(|item| item.archived),
};

fn system_sku(id: u32) -> String {
    format!("21{id:010}")
}

/// A product, with its shops' stock when asked for and it has some.
pub(super) fn render(item: &TillItem, stock: Option<&ShelfStock>, relations: &Relations) -> Json {
    let mut out = Object::new();
    put(&mut out, "itemID", item.id);
    put(&mut out, "systemSku", system_sku(item.id));
    put(&mut out, "defaultCost", cents(item.cost));
    put(&mut out, "avgCost", cents(item.cost));
    put(&mut out, "discountable", item.discountable);
    put(&mut out, "tax", item.taxed);
    put(&mut out, "archived", item.archived);
    put(&mut out, "itemType", &item.kind);
    put(&mut out, "serialized", false);
    put(&mut out, "description", &item.name);
    put(&mut out, "modelYear", 0);
    put(&mut out, "upc", &item.upc);
    put(&mut out, "ean", &item.ean);
    put(&mut out, "customSku", &item.sku);
    put(&mut out, "manufacturerSku", &item.manufacturer_sku);
    put(&mut out, "createTime", time(item.created));
    put(&mut out, "timeStamp", time(item.updated));
    put(&mut out, "publishToEcom", false);
    put(&mut out, "categoryID", item.category);
    put(&mut out, "taxClassID", item.tax_class);
    put(&mut out, "departmentID", 0);
    put(&mut out, "itemMatrixID", 0);
    put(&mut out, "manufacturerID", item.manufacturer);
    put(&mut out, "seasonID", 0);
    put(&mut out, "defaultVendorID", item.vendor);
    let price = |amount: i64, id: &str, name: &str| {
        object([("amount", cents(amount)), ("useTypeID", id.to_owned()), ("useType", name.to_owned())])
    };
    let prices = vec![price(item.price, "1", "Default"), price(item.list_price, "2", "MSRP")];
    out.insert("Prices".to_owned(), json!({ "ItemPrice": prices }));
    if relations.has("Category")
        && let Some(category) = CATEGORIES.iter().find(|category| category.id == item.category)
    {
        out.insert("Category".to_owned(), super::directory::category(category));
    }
    if let (true, Some(stock)) = (relations.has("ItemShops"), stock) {
        let mut wrapper = Object::new();
        put_many(&mut wrapper, "ItemShop", stock.rows().iter().map(super::stock::render).collect());
        out.insert("ItemShops".to_owned(), Json::Object(wrapper));
    }
    Json::Object(out)
}

const READ_ONLY: [&str; 8] =
    ["itemID", "systemSku", "avgCost", "createTime", "timeStamp", "serialized", "itemMatrixID", "publishToEcom"];

/// Applies a change: the bare object of the vendor's documentation. All or nothing: the caller keeps the old item on error.
pub(super) fn change(item: &mut TillItem, stock: Option<&mut ShelfStock>, patch: &Object) -> Result<(), ApiError> {
    if patch.is_empty() {
        return Err(ApiError::bad_request("The request has no fields"));
    }
    let mut shops = None;
    for (name, value) in patch {
        match name.as_str() {
            "description" => item.name = text(name, value, 255).and_then(|text| not_empty(name, text))?,
            "defaultCost" => item.cost = amount(name, value)?,
            "tax" => item.taxed = flag(name, value)?,
            "discountable" => item.discountable = flag(name, value)?,
            "itemType" => item.kind = one_of(name, value, &["default", "assembly", "box", "non_inventory"])?,
            "upc" => item.upc = barcode(name, value)?,
            "ean" => item.ean = barcode(name, value)?,
            "customSku" => item.sku = text(name, value, 255)?,
            "manufacturerSku" => item.manufacturer_sku = text(name, value, 255)?,
            "categoryID" => {
                item.category = known_id(name, value, |id| id == 0 || CATEGORIES.iter().any(|c| c.id == id))?
            }
            "taxClassID" => item.tax_class = known_id(name, value, |id| id == 1 || id == 2)?,
            "manufacturerID" => item.manufacturer = known_id(name, value, |id| id == 0)?,
            "defaultVendorID" => item.vendor = known_id(name, value, |id| id <= 1)?,
            "archived" if flag(name, value)? => {
                return Err(ApiError::unprocessable("archived can only be set to false; use DELETE to archive"));
            }
            "archived" => item.archived = false,
            "Prices" => prices(item, value)?,
            "ItemShops" => shops = Some(value),
            read_only if READ_ONLY.contains(&read_only) => {
                return Err(ApiError::bad_request(format!("Field '{name}' of 'Item' is read-only")));
            }
            _ => return Err(ApiError::bad_request(format!("Unknown field '{name}' for 'Item'"))),
        }
    }
    match (shops, stock) {
        (Some(shops), Some(stock)) => stock.change(&many(shops, "ItemShop")?),
        (Some(_), None) => Err(ApiError::unprocessable("The item has no inventory")),
        (None, _) => Ok(()),
    }
}

fn prices(item: &mut TillItem, value: &Json) -> Result<(), ApiError> {
    for price in many(value, "ItemPrice")? {
        let known = ["amount", "useTypeID", "useType"];
        if let Some(name) = price.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(ApiError::bad_request(format!("Unknown field '{name}' for 'ItemPrice'")));
        }
        let amount = amount("amount", price.get("amount").unwrap_or(&Json::Null))?;
        let id = price.get("useTypeID").map(|id| scalar("useTypeID", id)).transpose()?;
        let name = price.get("useType").map(|name| scalar("useType", name)).transpose()?;
        match (id.as_deref(), name.as_deref()) {
            (Some("1"), None | Some("Default")) | (None, Some("Default")) => item.price = amount,
            (Some("2"), None | Some("MSRP")) | (None, Some("MSRP")) => item.list_price = amount,
            _ => return Err(ApiError::bad_request("ItemPrice needs a useTypeID or useType that is known")),
        }
    }
    Ok(())
}

/// The objects under `{"name": {…} | [{…}]}`.
fn many<'v>(value: &'v Json, name: &str) -> Result<Vec<&'v Object>, ApiError> {
    let wrong = || ApiError::bad_request(format!("expected an object with '{name}'"));
    let wrapper = value.as_object().filter(|wrapper| wrapper.len() == 1).ok_or_else(wrong)?;
    match wrapper.get(name) {
        Some(Json::Object(one)) => Ok(vec![one]),
        Some(Json::Array(list)) => list.iter().map(|row| row.as_object().ok_or_else(wrong)).collect(),
        _ => Err(wrong()),
    }
}

/// A string, number or boolean as text.
pub(super) fn scalar(name: &str, value: &Json) -> Result<String, ApiError> {
    match value {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        Json::Bool(flag) => Ok(flag.to_string()),
        _ => Err(ApiError::bad_request(format!("Field '{name}' must be a scalar"))),
    }
}

pub(super) fn text(name: &str, value: &Json, longest: usize) -> Result<String, ApiError> {
    let text = scalar(name, value)?;
    if text.chars().count() > longest {
        Err(ApiError::bad_request(format!("Field '{name}' is too long")))
    } else {
        Ok(text)
    }
}

pub(super) fn not_empty(name: &str, text: String) -> Result<String, ApiError> {
    if text.trim().is_empty() {
        Err(ApiError::bad_request(format!("Field '{name}' must not be empty")))
    } else {
        Ok(text)
    }
}

pub(super) fn flag(name: &str, value: &Json) -> Result<bool, ApiError> {
    scalar(name, value)?.parse().map_err(|_| ApiError::bad_request(format!("Field '{name}' must be true or false")))
}

/// An amount of at least zero with at most two decimals, in cents.
pub(super) fn amount(name: &str, value: &Json) -> Result<i64, ApiError> {
    let amount = Decimal::parse(&scalar(name, value)?).filter(|amount| amount.decimals() <= 2 && !amount.is_negative());
    amount.map(Decimal::to_cents).ok_or_else(|| ApiError::bad_request(format!("Field '{name}' must be an amount")))
}

fn one_of(name: &str, value: &Json, known: &[&str]) -> Result<String, ApiError> {
    let text = scalar(name, value)?;
    if known.contains(&text.as_str()) {
        Ok(text)
    } else {
        Err(ApiError::bad_request(format!("Field '{name}' has an unknown value '{text}'")))
    }
}

fn barcode(name: &str, value: &Json) -> Result<String, ApiError> {
    let text = scalar(name, value)?;
    let right = text.is_empty() || ((11..=14).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()));
    if right { Ok(text) } else { Err(ApiError::bad_request(format!("Field '{name}' must have 11 to 14 digits"))) }
}

fn known_id(name: &str, value: &Json, known: impl Fn(u32) -> bool) -> Result<u32, ApiError> {
    let id: u32 =
        scalar(name, value)?.parse().map_err(|_| ApiError::bad_request(format!("Field '{name}' must be a number")))?;
    if known(id) { Ok(id) } else { Err(ApiError::unprocessable(format!("'{name}' {id} does not exist"))) }
}
