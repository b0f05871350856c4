//! Records of reservation books: reservations, availability, guests.
//!
//! The Rust face of `wit/booking/booking.wit`: wasmtime compares the two when an adapter is loaded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::{Date, Instant, LocalTime, Page, raw_json};

/// Reservation status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum ReservationStatus {
    /// Pending.
    #[component(name = "pending")]
    Pending,
    /// Confirmed.
    #[component(name = "confirmed")]
    Confirmed,
    /// Seated.
    #[component(name = "seated")]
    Seated,
    /// Completed.
    #[component(name = "completed")]
    Completed,
    /// Cancelled.
    #[component(name = "cancelled")]
    Cancelled,
    /// No show.
    #[component(name = "no-show")]
    NoShow,
    /// Unknown.
    #[component(name = "unknown")]
    Unknown,
}

/// Who comes. A vendor fills what it knows; `full-name` where it does not split names.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Guest {
    /// The vendor's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// First name.
    #[component(name = "first-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[component(name = "last-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Full name.
    #[component(name = "full-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// Email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// Reservation.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Reservation {
    /// The vendor's identifier.
    pub id: String,
    /// Restaurant id.
    #[component(name = "restaurant-id")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restaurant_id: Option<String>,
    /// Starts at.
    #[component(name = "starts-at")]
    pub starts_at: Instant,
    /// `starts-at` on the restaurant's clock.
    #[component(name = "local-date")]
    pub local_date: Date,
    /// Local time.
    #[component(name = "local-time")]
    pub local_time: LocalTime,
    /// Party size.
    #[component(name = "party-size")]
    pub party_size: u32,
    /// Status.
    pub status: ReservationStatus,
    /// The vendor's own word, when `status` is `unknown`.
    #[component(name = "vendor-status")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_status: Option<String>,
    /// Guest.
    pub guest: Guest,
    /// Notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Where the reservation came from, such as `TheFork` or `Web`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
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

/// A page of [`Reservation`].
pub type ReservationPage = Page<Reservation>;

/// Reservations whose meal starts on these days, both included.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ReservationQuery {
    /// Start of the period, included.
    pub from: Date,
    /// End of the period.
    pub to: Date,
    /// Empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<ReservationStatus>,
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

/// Reservation lookup.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ReservationLookup {
    /// The vendor's identifier.
    pub id: String,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// New reservation.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct NewReservation {
    /// Starts at.
    #[component(name = "starts-at")]
    pub starts_at: Instant,
    /// More than zero.
    #[component(name = "party-size")]
    pub party_size: u32,
    /// Guest.
    pub guest: Guest,
    /// Notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// A change to a reservation: absent fields stay as they are, an empty text clears. At least one field must be there.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ReservationPatch {
    /// The vendor's identifier.
    pub id: String,
    /// Starts at.
    #[component(name = "starts-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Instant>,
    /// Party size.
    #[component(name = "party-size")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_size: Option<u32>,
    /// Status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ReservationStatus>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The same key on a repetition makes it one write. The host fills it when the caller does not.
    #[component(name = "idempotency-key")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Reservation cancellation.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct ReservationCancellation {
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

/// A time at which guests can be seated.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Slot {
    /// Time.
    pub time: LocalTime,
    /// What is free, in the vendor's measure: covers at TheFork, tables at OpenTable. Zero closes the slot.
    pub capacity: u32,
}

/// Availability.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Availability {
    /// Date.
    pub date: Date,
    /// Slots.
    #[serde(default)]
    pub slots: Vec<Slot>,
    /// Updated at.
    #[component(name = "updated-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Instant>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// Availability query.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityQuery {
    /// Date.
    pub date: Date,
    /// Party size.
    #[component(name = "party-size")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_size: Option<u32>,
    /// From this time of day on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<LocalTime>,
    /// Up to this time of day, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<LocalTime>,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Availability update.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityUpdate {
    /// Date.
    pub date: Date,
    /// At least one.
    pub slots: Vec<Slot>,
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
    /// Full name.
    #[component(name = "full-name")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// Email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Vip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vip: Option<bool>,
    /// Visits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visits: Option<u32>,
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

/// Customer lookup.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct CustomerLookup {
    /// The vendor's identifier.
    pub id: String,
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}

/// Customer search.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct CustomerSearch {
    /// Name, e-mail or phone; not empty.
    pub text: String,
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

/// Restaurant.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Restaurant {
    /// The vendor's identifier.
    pub id: String,
    /// Name.
    pub name: String,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// City.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Postal code.
    #[component(name = "postal-code")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// IANA name.
    #[component(name = "time-zone")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// The vendor's own JSON, when asked for.
    #[schemars(with = "Option<serde_json::Value>")]
    #[serde(default, with = "raw_json", skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// Restaurant query.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct RestaurantQuery {
    /// Also give the vendor's own JSON of each record.
    #[component(name = "include-raw")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_raw: bool,
}
