//! What a write brings: properties, and what the record is associated with.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::error::ApiError;
use super::properties::{Kind, UNIQUE};
use super::store::Store;

/// The body of a write.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Write {
    pub(super) properties: Option<Value>,
    pub(super) associations: Option<Vec<Association>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Association {
    to: To,
    types: Vec<AssociationType>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct To {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AssociationType {
    association_category: String,
    association_type_id: u64,
}

/// The contact of a new deal or note.
pub(super) fn associated(store: &Store, kind: Kind, associations: &[Association]) -> Result<Option<u64>, ApiError> {
    let mut contact = None;
    for association in associations {
        for kind_of in &association.types {
            let right = kind_of.association_category == "HUBSPOT_DEFINED"
                && Some(kind_of.association_type_id) == kind.to_contact();
            if !right {
                return Err(ApiError::validation("One or more associations are not valid"));
            }
        }
        let id = association.to.id.parse().ok().filter(|id| store.get(Kind::Contact, *id).is_some());
        if id.is_none() || association.types.is_empty() {
            return Err(ApiError::validation(format!("CONTACT={} is not valid", association.to.id)));
        }
        contact = id;
    }
    Ok(contact)
}

/// E-mail addresses and the restaurant's own numbers may stand once only.
pub(super) fn unique(
    store: &Store,
    kind: Kind,
    properties: &BTreeMap<String, String>,
    own: Option<u64>,
) -> Result<(), ApiError> {
    let taken = |name: &str| {
        let value = properties.get(name).filter(|value| !value.is_empty())?;
        store.by(kind, name, value).filter(|record| Some(record.id) != own)
    };
    match kind {
        Kind::Contact => taken("email").map_or(Ok(()), |record| Err(ApiError::conflict(record.id))),
        Kind::Deal => taken(UNIQUE).map_or(Ok(()), |record| {
            let message = format!("{} already has that value.", record.id);
            Err(ApiError::properties(vec![(UNIQUE.to_owned(), "CONFLICTING_UNIQUE_VALUE", message)]))
        }),
        Kind::Note => Ok(()),
    }
}
