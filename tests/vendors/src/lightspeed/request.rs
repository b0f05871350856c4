//! What a request says: where it goes, who sends it, what it costs, what is in its body.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, header};
use serde_json::Value;

use super::Flavor;
use super::error::ApiError;
use super::list::Object;
use crate::common::query::Query;

/// Where a request goes.
pub(super) struct Target<'p> {
    pub(super) flavor: Flavor,
    pub(super) account: Option<&'p str>,
    pub(super) resource: &'p str,
    pub(super) id: Option<&'p str>,
}

/// `/API/V3/Account[/{account}[/{resource}[/{id}]]].json`, and without the suffix below `/api/v1` and `/API`.
pub(super) fn target(path: &str) -> Option<Target<'_>> {
    let (flavor, rest) = if let Some(rest) = path.strip_prefix("/API/V3/") {
        (Flavor::V3, rest.strip_suffix(".json")?)
    } else if let Some(rest) = path.strip_prefix("/api/v1/") {
        (Flavor::Seed, rest)
    } else {
        let rest = path.strip_prefix("/API/")?;
        (Flavor::Seed, rest.strip_suffix(".json").unwrap_or(rest))
    };
    let parts: Vec<&str> = rest.split('/').collect();
    let (account, resource, id) = match parts.as_slice() {
        ["Account"] => (None, "Account", None),
        ["Account", account] => (Some(*account), "Account", None),
        ["Account", account, resource] => (Some(*account), *resource, None),
        ["Account", account, resource, id] => (Some(*account), *resource, Some(*id)),
        _ => return None,
    };
    let known = ["Account", "Sale", "Item", "ItemShop", "Category", "Customer", "Discount"];
    let seeds_own = flavor == Flavor::Seed && resource == "ItemCount";
    (known.contains(&resource) || seeds_own).then_some(Target { flavor, account, resource, id })
}

/// The scopes of which one is enough.
pub(super) fn scopes_for(resource: &str, method: &Method) -> &'static [&'static str] {
    match (resource, method) {
        ("Sale", _) => &["employee:register", "employee:register_read"],
        ("Item", &Method::GET) => &["employee:inventory", "employee:inventory_read", "employee:product_edit"],
        ("Item", _) => &["employee:inventory", "employee:product_edit"],
        ("ItemShop" | "ItemCount" | "Category", _) => &["employee:inventory", "employee:inventory_read"],
        ("Customer", _) => &[
            "employee:customers",
            "employee:customers_read",
            "employee:register",
            "employee:inventory_base",
            "employee:reports",
            "employee:admin",
        ],
        ("Discount", &Method::GET) => &["employee:register", "employee:register_read", "employee:admin"],
        ("Discount", _) => &["employee:admin"],
        _ => &[],
    }
}

/// The cost in thousandths of a drip: 1 a request, 10 for `count=1`, 0.1 a relation (twice that in a list), 0.5 a nested
/// entity in a write.
pub(super) fn cost(parts: &Parts, query: &Query, body: &Bytes) -> u64 {
    if query.get("count") == Some("1") {
        return 10_000;
    }
    let relations =
        query.get("load_relations").map_or(0, |text| u64::try_from(text.matches('"').count() / 2).unwrap_or(0));
    let single = target(parts.uri.path()).is_some_and(|target| target.id.is_some());
    let nested = if parts.method == Method::GET { 0 } else { nested_entities(body) };
    1_000 + relations * if single { 100 } else { 200 } + nested * 500
}

fn nested_entities(body: &Bytes) -> u64 {
    fn objects(value: &Value) -> u64 {
        match value {
            Value::Object(fields) => 1 + fields.values().map(objects).sum::<u64>(),
            Value::Array(rows) => rows.iter().map(objects).sum(),
            _ => 0,
        }
    }
    serde_json::from_slice(body).map_or(0, |value| objects(&value).saturating_sub(1))
}

fn content_type(parts: &Parts) -> &str {
    let value = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// The JSON object in a body.
pub(super) fn object(parts: &Parts, body: &Bytes) -> Result<Object, ApiError> {
    if content_type(parts) != "application/json" {
        return Err(ApiError::bad_request("Content-Type must be application/json"));
    }
    serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_request(format!("The body is not a JSON object: {error}")))
}
