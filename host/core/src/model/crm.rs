//! Records of customer relations: contacts, loyalty, purchases, notes, campaigns.
//!
//! The Rust face of `wit/crm/crm.wit`: wasmtime compares the two when an adapter is loaded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::{Date, Decimal, Instant, Page, raw_json};

/// Contact.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Contact {
    /// The vendor's identifier.
    pub id: String,
    /// Email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// First name.
    #[component(name = "first-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[component(name = "last-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Loyalty points.
    #[component(name = "loyalty-points")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loyalty_points: Option<i64>,
    /// Last visit.
    #[component(name = "last-visit")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_visit: Option<Date>,
    /// Created at.
    #[component(name = "created-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Instant>,
    /// Updated at.
    #[component(name = "updated-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Instant>,
    /// Further fields of the vendor, by its own names.
    #[serde(default)]
    pub extra: Vec<(String, String)>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A page of [`Contact`].
pub type ContactPage = Page<Contact>;

/// List query.
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

/// Exactly one of `email`, `phone` and `text` must be there.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ContactSearch {
    /// Compared without regard to case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Found in any of name, e-mail and phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
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

/// Lookup.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The vendor's identifier.
    pub id: String,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// An e-mail address or a phone number must be there.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    /// Email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// First name.
    #[component(name = "first-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[component(name = "last-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Loyalty points.
    #[component(name = "loyalty-points")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loyalty_points: Option<i64>,
    /// Last visit.
    #[component(name = "last-visit")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_visit: Option<Date>,
    /// Extra.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, String)>,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// A change to a contact: absent fields stay as they are, an empty text clears. At least one field must be there.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ContactPatch {
    /// The vendor's identifier.
    pub id: String,
    /// Email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// First name.
    #[component(name = "first-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[component(name = "last-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Loyalty points.
    #[component(name = "loyalty-points")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loyalty_points: Option<i64>,
    /// Last visit.
    #[component(name = "last-visit")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_visit: Option<Date>,
    /// Extra.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, String)>,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// What was removed.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Deletion {
    /// The vendor's identifier.
    pub id: String,
}

/// Delete request.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct DeleteRequest {
    /// The vendor's identifier.
    pub id: String,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Loyalty.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Loyalty {
    /// Contact id.
    #[component(name = "contact-id")]
    pub contact_id: String,
    /// Points.
    pub points: i64,
    /// Last visit.
    #[component(name = "last-visit")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_visit: Option<Date>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// Loyalty kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum LoyaltyKind {
    /// Earn.
    #[component(name = "earn")]
    Earn,
    /// Redeem.
    #[component(name = "redeem")]
    Redeem,
    /// A correction; the only kind whose points may be negative.
    #[component(name = "adjust")]
    Adjust,
}

/// New loyalty entry.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct NewLoyaltyEntry {
    /// Contact id.
    #[component(name = "contact-id")]
    pub contact_id: String,
    /// More than zero for `earn` and `redeem`; the direction is in `kind`.
    pub points: i64,
    /// Kind.
    pub kind: LoyaltyKind,
    /// None: today.
    #[component(name = "occurred-on")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_on: Option<Date>,
    /// Description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Loyalty entry.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct LoyaltyEntry {
    /// The vendor's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Contact id.
    #[component(name = "contact-id")]
    pub contact_id: String,
    /// Points.
    pub points: i64,
    /// Kind.
    pub kind: LoyaltyKind,
    /// Occurred on.
    #[component(name = "occurred-on")]
    pub occurred_on: Date,
    /// Description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Points after this entry, where the vendor keeps a balance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<i64>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A purchase, as the CRM keeps it (a deal at HubSpot and Zoho).
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct CrmTransaction {
    /// The vendor's identifier.
    pub id: String,
    /// Contact id.
    #[component(name = "contact-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    /// Name.
    pub name: String,
    /// ISO 4217 code of `amount`.
    pub currency: String,
    /// Amount.
    pub amount: Decimal,
    /// Occurred at.
    #[component(name = "occurred-at")]
    pub occurred_at: Instant,
    /// Description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What was bought, in words.
    #[component(name = "items-text")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_text: Option<String>,
    /// The till's number of the sale.
    #[component(name = "external-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A page of [`CrmTransaction`].
pub type CrmTransactionPage = Page<CrmTransaction>;

/// New crm transaction.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct NewCrmTransaction {
    /// Contact id.
    #[component(name = "contact-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    /// Name.
    pub name: String,
    /// Currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Amount.
    pub amount: Decimal,
    /// None: now.
    #[component(name = "occurred-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Instant>,
    /// Description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Items text.
    #[component(name = "items-text")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_text: Option<String>,
    /// External id.
    #[component(name = "external-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Purchases of a contact in a period; `to` is not part of it.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct CrmTransactionQuery {
    /// Contact id.
    #[component(name = "contact-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    /// Start of the period, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// End of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
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

/// Note.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Note {
    /// The vendor's identifier.
    pub id: String,
    /// Contact id.
    #[component(name = "contact-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<String>,
    /// Title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Text.
    pub text: String,
    /// Created at.
    #[component(name = "created-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Instant>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A page of [`Note`].
pub type NotePage = Page<Note>;

/// New note.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// Contact id.
    #[component(name = "contact-id")]
    pub contact_id: String,
    /// Title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Text.
    pub text: String,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Note query.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct NoteQuery {
    /// Contact id.
    #[component(name = "contact-id")]
    pub contact_id: String,
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

/// Campaign.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Campaign {
    /// The vendor's identifier.
    pub id: String,
    /// Name.
    pub name: String,
    /// Status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Starts on.
    #[component(name = "starts-on")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_on: Option<Date>,
    /// Ends on.
    #[component(name = "ends-on")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<Date>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// New campaign.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    /// Name.
    pub name: String,
    /// Kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Starts on.
    #[component(name = "starts-on")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_on: Option<Date>,
    /// Ends on.
    #[component(name = "ends-on")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<Date>,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// A group of contacts: a list at HubSpot, a tag at Zoho.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Segment {
    /// The vendor's identifier.
    pub id: String,
    /// Name.
    pub name: String,
    /// Size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// A page of [`Segment`].
pub type SegmentPage = Page<Segment>;
