//! Records of tills: sales, products, stock, discounts, customers.
//!
//! The Rust face of `wit/pos/pos.wit`: wasmtime compares the two when an adapter is loaded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::{Decimal, Instant, Page, raw_json};

/// Transaction status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum TransactionStatus {
    /// Completed.
    #[component(name = "completed")]
    Completed,
    /// Open.
    #[component(name = "open")]
    Open,
    /// Voided.
    #[component(name = "voided")]
    Voided,
    /// The sale gives money back: its lines are negative, or all of it was refunded.
    #[component(name = "refunded")]
    Refunded,
    /// Partially refunded.
    #[component(name = "partially-refunded")]
    PartiallyRefunded,
    /// Failed.
    #[component(name = "failed")]
    Failed,
    /// Unknown.
    #[component(name = "unknown")]
    Unknown,
}

/// Payment method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// Card.
    #[component(name = "card")]
    Card,
    /// Cash.
    #[component(name = "cash")]
    Cash,
    /// Wallet.
    #[component(name = "wallet")]
    Wallet,
    /// Voucher.
    #[component(name = "voucher")]
    Voucher,
    /// Other.
    #[component(name = "other")]
    Other,
}

/// One line of a sale. Amounts are in the currency of the transaction; a line that takes back has a negative quantity.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct TransactionLine {
    /// Absent for an open item that is not in the catalogue.
    #[component(name = "product-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Quantity.
    pub quantity: Decimal,
    /// Price of one unit before discount.
    #[component(name = "unit-price")]
    pub unit_price: Decimal,
    /// Amount taken off the line, positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Decimal>,
    /// Tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Decimal>,
    /// What the customer pays for the line.
    pub total: Decimal,
}

/// Payment.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Payment {
    /// Method.
    pub method: PaymentMethod,
    /// Amount.
    pub amount: Decimal,
    /// Tip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<Decimal>,
}

/// A sale, or a refund.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Transaction {
    /// The vendor's identifier.
    pub id: String,
    /// When it was completed, or else last touched.
    #[component(name = "occurred-at")]
    pub occurred_at: Instant,
    /// Updated at.
    #[component(name = "updated-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Instant>,
    /// Status.
    pub status: TransactionStatus,
    /// The vendor's own word, when `status` is `unknown`.
    #[component(name = "vendor-status")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_status: Option<String>,
    /// ISO 4217 code of every amount of this record.
    pub currency: String,
    /// What the customer pays, tax included, tip included where the vendor counts it so; negative for a refund.
    pub total: Decimal,
    /// Subtotal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtotal: Option<Decimal>,
    /// Tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Decimal>,
    /// Tip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<Decimal>,
    /// Discount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Decimal>,
    /// Amount given back later, positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Decimal>,
    /// Location id.
    #[component(name = "location-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_id: Option<String>,
    /// Register id.
    #[component(name = "register-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register_id: Option<String>,
    /// Employee id.
    #[component(name = "employee-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee_id: Option<String>,
    /// Customer id.
    #[component(name = "customer-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// Order id.
    #[component(name = "order-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Empty in a list unless `with-lines` was asked for and the vendor can.
    #[serde(default)]
    pub lines: Vec<TransactionLine>,
    /// Payments.
    #[serde(default)]
    pub payments: Vec<Payment>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A page of [`Transaction`].
pub type TransactionPage = Page<Transaction>;

/// Sales of a period. `to` is not part of it.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct TransactionQuery {
    /// Start of the period, included.
    pub from: Instant,
    /// End of the period.
    pub to: Instant,
    /// Status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<TransactionStatus>,
    /// Location id.
    #[component(name = "location-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_id: Option<String>,
    /// Ask for lines and payments too. Costs more at some vendors.
    #[component(name = "with-lines")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_lines: bool,
    /// At most this many records in the page; the vendor's own maximum holds besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Transaction lookup.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct TransactionLookup {
    /// The vendor's identifier.
    pub id: String,
    /// With lines.
    #[component(name = "with-lines")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_lines: bool,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Product.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Product {
    /// The vendor's identifier.
    pub id: String,
    /// Where prices and stock hang on a variation of the product (Square), its id; one record per variation.
    #[component(name = "variation-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation_id: Option<String>,
    /// Name.
    pub name: String,
    /// Description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Sku.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Barcode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// Category ids.
    #[component(name = "category-ids")]
    #[serde(default)]
    pub category_ids: Vec<String>,
    /// ISO 4217 code of `price` and `cost`.
    pub currency: String,
    /// Price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// Cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Decimal>,
    /// Taxable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taxable: Option<bool>,
    /// Whether the till counts stock of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked: Option<bool>,
    /// Archived.
    pub archived: bool,
    /// The vendor's version of the record, for writes that must name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Updated at.
    #[component(name = "updated-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Instant>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A page of [`Product`].
pub type ProductPage = Page<Product>;

/// Product query.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ProductQuery {
    /// Category id.
    #[component(name = "category-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<String>,
    /// Updated since.
    #[component(name = "updated-since")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_since: Option<Instant>,
    /// Include archived.
    #[component(name = "include-archived")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_archived: bool,
    /// At most this many records in the page; the vendor's own maximum holds besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// A change to a product: absent fields stay as they are, an empty text clears. At least one field must be there.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ProductPatch {
    /// The vendor's identifier.
    pub id: String,
    /// Variation id.
    #[component(name = "variation-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation_id: Option<String>,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// Cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Decimal>,
    /// Sku.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Barcode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// Category id.
    #[component(name = "category-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<String>,
    /// Taxable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taxable: Option<bool>,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Stock state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum StockState {
    /// In stock.
    #[component(name = "in-stock")]
    InStock,
    /// Sold.
    #[component(name = "sold")]
    Sold,
    /// Waste.
    #[component(name = "waste")]
    Waste,
    /// Reserved.
    #[component(name = "reserved")]
    Reserved,
    /// In transit.
    #[component(name = "in-transit")]
    InTransit,
    /// Unknown.
    #[component(name = "unknown")]
    Unknown,
}

/// Stock level.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct StockLevel {
    /// Product id.
    #[component(name = "product-id")]
    pub product_id: String,
    /// Variation id.
    #[component(name = "variation-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation_id: Option<String>,
    /// Location id.
    #[component(name = "location-id")]
    pub location_id: String,
    /// May be negative: tills sell what was not counted.
    pub quantity: Decimal,
    /// State.
    pub state: StockState,
    /// At or below this quantity the product should be ordered.
    #[component(name = "reorder-point")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder_point: Option<Decimal>,
    /// The quantity to order up to.
    #[component(name = "reorder-level")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder_level: Option<Decimal>,
    /// Counted at.
    #[component(name = "counted-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_at: Option<Instant>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A page of [`StockLevel`].
pub type StockPage = Page<StockLevel>;

/// Stock query.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct StockQuery {
    /// Empty: all products.
    #[component(name = "product-ids")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub product_ids: Vec<String>,
    /// Location id.
    #[component(name = "location-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_id: Option<String>,
    /// At most this many records in the page; the vendor's own maximum holds besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Stock change kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum StockChangeKind {
    /// The quantity is what was counted.
    #[component(name = "set")]
    Set,
    /// Add.
    #[component(name = "add")]
    Add,
    /// Remove.
    #[component(name = "remove")]
    Remove,
}

/// Stock change reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum StockChangeReason {
    /// Sold.
    #[component(name = "sold")]
    Sold,
    /// Waste.
    #[component(name = "waste")]
    Waste,
    /// Received.
    #[component(name = "received")]
    Received,
    /// Correction.
    #[component(name = "correction")]
    Correction,
}

/// Stock change.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct StockChange {
    /// Product id.
    #[component(name = "product-id")]
    pub product_id: String,
    /// Variation id.
    #[component(name = "variation-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation_id: Option<String>,
    /// Location id.
    #[component(name = "location-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_id: Option<String>,
    /// Kind.
    pub kind: StockChangeKind,
    /// Zero or more; the direction is in `kind`.
    pub quantity: Decimal,
    /// Reason.
    pub reason: StockChangeReason,
    /// None: now.
    #[component(name = "occurred-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Instant>,
    /// Reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// Stock update.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct StockUpdate {
    /// Changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<StockChange>,
    /// The same key on a repetition makes it one change. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Category.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Category {
    /// The vendor's identifier.
    pub id: String,
    /// Name.
    pub name: String,
    /// Parent id.
    #[component(name = "parent-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A page of [`Category`].
pub type CategoryPage = Page<Category>;

/// Discount value.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum DiscountValue {
    /// 10 % is 10.
    #[component(name = "percentage")]
    Percentage(Decimal),
    /// In the currency of the discount.
    #[component(name = "amount")]
    Amount(Decimal),
}

/// Discount.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Discount {
    /// The vendor's identifier.
    pub id: String,
    /// Name.
    pub name: String,
    /// ISO 4217 code of an amount.
    pub currency: String,
    /// None: asked for at the till.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<DiscountValue>,
    /// Archived.
    pub archived: bool,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A page of [`Discount`].
pub type DiscountPage = Page<Discount>;

/// New discount.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct NewDiscount {
    /// Name.
    pub name: String,
    /// Value.
    pub value: DiscountValue,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Customer.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Customer {
    /// The vendor's identifier.
    pub id: String,
    /// First name.
    #[component(name = "first-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[component(name = "last-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Created at.
    #[component(name = "created-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Instant>,
    /// Updated at.
    #[component(name = "updated-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Instant>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A page of [`Customer`].
pub type CustomerPage = Page<Customer>;

/// A plain list: everything, page by page.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// At most this many records in the page; the vendor's own maximum holds besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}
