//! What a request says: where it goes, what it needs, what is in its body.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::error::ApiError;

/// An operation of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    ListPayments,
    GetPayment(String),
    GetOrder(String),
    BatchRetrieveOrders,
    ListCatalog,
    SearchCatalog,
    BatchRetrieveCatalog,
    GetObject(String),
    UpsertObject,
    ChangeInventory,
    RetrieveCounts,
    ListCustomers,
    ListLocations,
    GetLocation(String),
}

/// Which operation a request is for.
pub(super) fn target(method: &Method, path: &str) -> Result<Target, ApiError> {
    let rest = path.strip_prefix("/v2/").ok_or_else(ApiError::no_such_resource)?;
    let parts: Vec<&str> = rest.split('/').collect();
    let (wanted, target) = match parts.as_slice() {
        ["payments"] => (Method::GET, Target::ListPayments),
        ["payments", id] => (Method::GET, Target::GetPayment((*id).to_owned())),
        ["orders", "batch-retrieve"] => (Method::POST, Target::BatchRetrieveOrders),
        ["orders", id] => (Method::GET, Target::GetOrder((*id).to_owned())),
        ["catalog", "list"] => (Method::GET, Target::ListCatalog),
        ["catalog", "search"] => (Method::POST, Target::SearchCatalog),
        ["catalog", "batch-retrieve"] => (Method::POST, Target::BatchRetrieveCatalog),
        ["catalog", "object"] => (Method::POST, Target::UpsertObject),
        ["catalog", "object", id] => (Method::GET, Target::GetObject((*id).to_owned())),
        ["inventory", "changes", "batch-create"] => (Method::POST, Target::ChangeInventory),
        ["inventory", "counts", "batch-retrieve"] => (Method::POST, Target::RetrieveCounts),
        ["customers"] => (Method::GET, Target::ListCustomers),
        ["locations"] => (Method::GET, Target::ListLocations),
        ["locations", id] => (Method::GET, Target::GetLocation((*id).to_owned())),
        _ => return Err(ApiError::no_such_resource()),
    };
    if *method == wanted { Ok(target) } else { Err(ApiError::method_not_allowed()) }
}

impl Target {
    /// The permission it needs.
    pub(super) fn scope(&self) -> &'static str {
        match self {
            Self::ListPayments | Self::GetPayment(_) => "PAYMENTS_READ",
            Self::GetOrder(_) | Self::BatchRetrieveOrders => "ORDERS_READ",
            Self::ListCatalog | Self::SearchCatalog | Self::BatchRetrieveCatalog | Self::GetObject(_) => "ITEMS_READ",
            Self::UpsertObject => "ITEMS_WRITE",
            Self::ChangeInventory => "INVENTORY_WRITE",
            Self::RetrieveCounts => "INVENTORY_READ",
            Self::ListCustomers => "CUSTOMERS_READ",
            Self::ListLocations | Self::GetLocation(_) => "MERCHANT_PROFILE_READ",
        }
    }

    /// The parameters of its query; another one is refused.
    pub(super) fn parameters(&self) -> &'static [&'static str] {
        match self {
            Self::ListPayments => &[
                "begin_time",
                "end_time",
                "sort_order",
                "sort_field",
                "cursor",
                "location_id",
                "total",
                "last_4",
                "card_brand",
                "limit",
                "updated_at_begin_time",
                "updated_at_end_time",
                "is_offline_payment",
            ],
            Self::ListCatalog => &["cursor", "types", "catalog_version"],
            Self::GetObject(_) => &["include_related_objects", "catalog_version"],
            Self::ListCustomers => &["cursor", "limit", "sort_field", "sort_order", "count"],
            _ => &[],
        }
    }
}

/// `Square-Version` is a day; without it the application's own version holds.
pub(super) fn version(parts: &Parts) -> Result<(), ApiError> {
    let Some(value) = parts.headers.get("square-version") else { return Ok(()) };
    let day = value.to_str().ok().and_then(|text| text.parse::<jiff::civil::Date>().ok());
    match day {
        Some(day) if day.year() < 2018 => {
            Err(ApiError::invalid("API_VERSION_INCOMPATIBLE", format!("Square-Version {day} is not supported.")))
        }
        Some(_) => Ok(()),
        None => Err(ApiError::invalid("INVALID_SQUARE_VERSION_FORMAT", "Square-Version must be YYYY-MM-DD.")),
    }
}

/// The JSON in a body.
pub(super) fn body<T: DeserializeOwned>(parts: &Parts, body: &Bytes) -> Result<T, ApiError> {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(ApiError::content_type());
    }
    serde_json::from_slice::<Value>(body)
        .map_err(|error| ApiError::invalid("EXPECTED_JSON_BODY", format!("The body is not JSON: {error}")))?;
    read(body)
}

/// Reads a record strictly: what the vendor does not know is an error.
pub(super) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(json).map_err(|error| {
        let text = error.to_string();
        let named = text.split('`').nth(1).unwrap_or_default();
        if text.starts_with("unknown field") {
            ApiError::field("UNKNOWN_BODY_PARAMETER", named, format!("The field `{named}` is not known."))
        } else if text.starts_with("missing field") {
            ApiError::field("MISSING_REQUIRED_PARAMETER", named, format!("Field must be set: {named}."))
        } else {
            ApiError::invalid("INVALID_VALUE", text)
        }
    })
}

/// The key of a write.
#[derive(Deserialize)]
struct Keyed {
    #[serde(default)]
    idempotency_key: Option<String>,
}

/// The writes that were done, by operation and key: what they asked and what was answered.
#[derive(Debug, Default)]
pub(super) struct Done(BTreeMap<(&'static str, String), (Vec<u8>, Value)>);

impl Done {
    /// Does a write, or answers as before when the same one comes again.
    pub(super) fn once(
        &mut self,
        operation: &'static str,
        body: &Bytes,
        work: impl FnOnce() -> Result<Value, ApiError>,
    ) -> Result<Value, ApiError> {
        let missing = |why: &str| ApiError::field("MISSING_REQUIRED_PARAMETER", "idempotency_key", why);
        let keyed: Keyed = read(body)?;
        let key = keyed.idempotency_key.ok_or_else(|| missing("Field must be set."))?;
        if key.is_empty() {
            return Err(ApiError::field("VALUE_EMPTY", "idempotency_key", "Field must not be blank."));
        }
        if key.chars().count() > 128 {
            return Err(ApiError::field("VALUE_TOO_LONG", "idempotency_key", "Field must not be longer than 128."));
        }
        let asked = Sha256::digest(body).to_vec();
        if let Some((before, answer)) = self.0.get(&(operation, key.clone())) {
            if *before != asked {
                let why = "The idempotency key can only be retried with the same request data.";
                return Err(ApiError::field("IDEMPOTENCY_KEY_REUSED", "idempotency_key", why));
            }
            return Ok(answer.clone());
        }
        let answer = work()?;
        self.0.insert((operation, key), (asked, answer.clone()));
        Ok(answer)
    }
}
