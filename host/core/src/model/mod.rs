//! The canonical records, the same for every vendor.
//!
//! They are what an adapter answers with, what the embedder works with and, through serde, what the HTTP API and the
//! command line show. Each record mirrors one of the WIT contract under `wit/`; wasmtime compares names and types when
//! an adapter is loaded, so the two cannot drift apart.
//!
//! In JSON names are in snake case, an amount is a decimal string (`"12.50"`), a moment is RFC 3339 in UTC, a date is
//! `YYYY-MM-DD`, and what is absent is left out.

pub mod adapter;
pub mod booking;
pub mod crm;
mod decimal;
mod error;
pub mod pos;
pub mod suppliers;
mod time;

pub use decimal::{Decimal, DecimalError};
pub use error::{
    ApiError, AuthenticationError, ConnectionError, FieldError, NotFoundError, RateLimitError, ValidationError,
    VendorError,
};
pub use time::{Date, Instant, LocalTime, TimeError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

/// One page of a list, and where the next one begins.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower, Serialize, Deserialize, JsonSchema)]
#[component(record)]
pub struct Page<Item> {
    /// The records of this page, possibly none.
    pub items: Vec<Item>,
    /// Cursor of the next page; none on the last one. It means something to the same connection and query only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Serde of `raw`: the vendor's JSON text stands in our JSON as it is, not as a string.
mod raw_json {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::value::RawValue;

    pub(super) fn serialize<S: Serializer>(raw: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(text) = raw else { return serializer.serialize_none() };
        match serde_json::from_str::<&RawValue>(text) {
            Ok(value) => value.serialize(serializer),
            // What is not JSON (an adapter may answer anything) is still shown, as a string.
            Err(_) => serializer.serialize_str(text),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        let raw: Option<Box<RawValue>> = Option::deserialize(deserializer)?;
        Ok(raw.map(|raw| raw.get().to_owned()))
    }
}
