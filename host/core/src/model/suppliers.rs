//! Records of suppliers: catalogue, availability, orders, deliveries.
//!
//! The Rust face of `wit/suppliers/suppliers.wit`: wasmtime compares the two when an adapter is loaded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::{Date, Decimal, Instant, LocalTime, Page, raw_json};

/// Price basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum PriceBasis {
    /// `price` is for one `unit`.
    #[component(name = "unit")]
    Unit,
    /// `price` is for one package of `pack-size` units.
    #[component(name = "package")]
    Package,
}

/// Catalog product.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct CatalogProduct {
    /// The vendor's identifier.
    pub id: String,
    /// Name.
    pub name: String,
    /// Category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Unit of sale in the vendor's code: PC (piece), KG, G, L, CL, CT (carton), PK (pack), …
    pub unit: String,
    /// The packaging in words, such as `Colis 5 kg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packaging: Option<String>,
    /// Units in a package.
    #[component(name = "pack-size")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack_size: Option<Decimal>,
    /// ISO 4217 code of `price`.
    pub currency: String,
    /// Net price, without VAT; none when it is on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// Price basis.
    #[component(name = "price-basis")]
    pub price_basis: PriceBasis,
    /// Per cent: 5.5 is 5.5 %.
    #[component(name = "vat-rate")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_rate: Option<Decimal>,
    /// Available.
    pub available: bool,
    /// Units in stock at the supplier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<Decimal>,
    /// EAN or GTIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    /// Brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Updated at.
    #[component(name = "updated-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Instant>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A page of [`CatalogProduct`].
pub type CatalogPage = Page<CatalogProduct>;

/// Catalog query.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct CatalogQuery {
    /// Category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
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

/// Product search.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ProductSearch {
    /// Words to look for; not empty.
    pub text: String,
    /// Category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
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

/// Product lookup.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ProductLookup {
    /// The vendor's identifier.
    pub id: String,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Availability.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Availability {
    /// Product id.
    #[component(name = "product-id")]
    pub product_id: String,
    /// Available.
    pub available: bool,
    /// Quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
    /// Unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Next delivery.
    #[component(name = "next-delivery")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_delivery: Option<Date>,
}

/// Availability query.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityQuery {
    /// At least one. A product the vendor does not know comes back as not available.
    #[component(name = "product-ids")]
    pub product_ids: Vec<String>,
    /// Availability for a delivery on that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
}

/// Order status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Pending.
    #[component(name = "pending")]
    Pending,
    /// Confirmed.
    #[component(name = "confirmed")]
    Confirmed,
    /// Processing.
    #[component(name = "processing")]
    Processing,
    /// Shipped.
    #[component(name = "shipped")]
    Shipped,
    /// Delivered.
    #[component(name = "delivered")]
    Delivered,
    /// Cancelled.
    #[component(name = "cancelled")]
    Cancelled,
    /// Rejected.
    #[component(name = "rejected")]
    Rejected,
    /// Unknown.
    #[component(name = "unknown")]
    Unknown,
}

/// Order priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum OrderPriority {
    /// Low.
    #[component(name = "low")]
    Low,
    /// Normal.
    #[component(name = "normal")]
    Normal,
    /// High.
    #[component(name = "high")]
    High,
    /// Urgent.
    #[component(name = "urgent")]
    Urgent,
}

/// Order item.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct OrderItem {
    /// Product id.
    #[component(name = "product-id")]
    pub product_id: String,
    /// More than zero.
    pub quantity: Decimal,
    /// None: `PC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// Order request.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    /// At least one.
    pub items: Vec<OrderItem>,
    /// Today or later.
    #[component(name = "delivery-date")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_date: Option<Date>,
    /// At most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// None: normal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<OrderPriority>,
    /// The restaurant's own number of the order. The host fills it when the caller does not.
    #[component(name = "client-reference")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_reference: Option<String>,
    /// The same key on a repetition makes it one order. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Order line.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct OrderLine {
    /// Product id.
    #[component(name = "product-id")]
    pub product_id: String,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Quantity.
    pub quantity: Decimal,
    /// Unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Net price of one unit, in the currency of the order.
    #[component(name = "unit-price")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Decimal>,
    /// Total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Decimal>,
}

/// A change of an order's state.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct OrderEvent {
    /// Status.
    pub status: OrderStatus,
    /// The vendor's own word, when the status is unknown to Moulin.
    #[component(name = "vendor-status")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_status: Option<String>,
    /// At.
    pub at: Instant,
}

/// Supplier order.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct SupplierOrder {
    /// The vendor's identifier.
    pub id: String,
    /// Client reference.
    #[component(name = "client-reference")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_reference: Option<String>,
    /// Status.
    pub status: OrderStatus,
    /// The vendor's own word, when `status` is `unknown`.
    #[component(name = "vendor-status")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_status: Option<String>,
    /// Created at.
    #[component(name = "created-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Instant>,
    /// Updated at.
    #[component(name = "updated-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Instant>,
    /// The day the supplier expects to deliver.
    #[component(name = "delivery-date")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_date: Option<Date>,
    /// Items.
    #[serde(default)]
    pub items: Vec<OrderLine>,
    /// ISO 4217 code of every amount of this record.
    pub currency: String,
    /// Net total, without VAT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Decimal>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Oldest first.
    #[serde(default)]
    pub history: Vec<OrderEvent>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A page of [`SupplierOrder`].
pub type OrderPage = Page<SupplierOrder>;

/// Order lookup.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct OrderLookup {
    /// The vendor's identifier.
    pub id: String,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Orders created in a period; `to` is not part of it.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct OrderQuery {
    /// Status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<OrderStatus>,
    /// Start of the period, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// End of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    /// Only the order with this number of the restaurant's own.
    #[component(name = "client-reference")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_reference: Option<String>,
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

/// A change to an order that was not shipped: absent fields stay as they are, `items` replaces all of them.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct OrderPatch {
    /// The vendor's identifier.
    pub id: String,
    /// Items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<OrderItem>>,
    /// Delivery date.
    #[component(name = "delivery-date")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_date: Option<Date>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<OrderPriority>,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Order cancellation.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct OrderCancellation {
    /// The vendor's identifier.
    pub id: String,
    /// Reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Delivery slot.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct DeliverySlot {
    /// Date.
    pub date: Date,
    /// Start of the period, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<LocalTime>,
    /// End of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<LocalTime>,
    /// Until when an order for this delivery is accepted.
    #[component(name = "order-before")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_before: Option<Instant>,
    /// Available.
    pub available: bool,
}

/// Delivery schedule.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct DeliverySchedule {
    /// Slots.
    #[serde(default)]
    pub slots: Vec<DeliverySlot>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// Delivery query.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    /// Start of the period, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// End of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// The restaurant's account at the supplier.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Account {
    /// The vendor's identifier.
    pub id: String,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// ISO 4217 code of the amounts.
    pub currency: String,
    /// Credit limit.
    #[component(name = "credit-limit")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_limit: Option<Decimal>,
    /// What is owed to the supplier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Decimal>,
    /// Payment terms.
    #[component(name = "payment-terms")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_terms: Option<String>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// Account query.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct AccountQuery {
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}
