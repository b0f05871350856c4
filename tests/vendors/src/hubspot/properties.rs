//! Properties of each kind of object: which there are, and what may be written into them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::error::ApiError;
use crate::amount::Decimal;

/// The objects of this portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Contact,
    Deal,
    Note,
}

/// What a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Email,
    Number,
    /// A day, or midnight UTC in epoch milliseconds.
    Day,
    /// ISO 8601, or epoch milliseconds.
    Moment,
    Choice(&'static [&'static str]),
    /// Made by the vendor.
    ReadOnly,
}

const CONTACT: &[(&str, Type)] = &[
    ("email", Type::Email),
    ("firstname", Type::Text),
    ("lastname", Type::Text),
    ("phone", Type::Text),
    ("mobilephone", Type::Text),
    ("company", Type::Text),
    ("lifecyclestage", Type::Choice(&["subscriber", "lead", "customer", "evangelist", "other"])),
];

const DEAL: &[(&str, Type)] = &[
    ("dealname", Type::Text),
    ("amount", Type::Number),
    ("dealstage", Type::Choice(&["appointmentscheduled", "contractsent", "closedwon", "closedlost"])),
    ("pipeline", Type::Choice(&["default"])),
    ("closedate", Type::Moment),
    ("deal_currency_code", Type::Choice(&["EUR", "GBP", "USD", "JPY"])),
    ("description", Type::Text),
];

const NOTE: &[(&str, Type)] = &[("hs_timestamp", Type::Moment), ("hs_note_body", Type::Text)];

const MADE: &[(&str, Type)] = &[
    ("createdate", Type::ReadOnly),
    ("lastmodifieddate", Type::ReadOnly),
    ("hs_createdate", Type::ReadOnly),
    ("hs_lastmodifieddate", Type::ReadOnly),
    ("hs_object_id", Type::ReadOnly),
];

/// What the restaurant made in its portal.
const CUSTOM: &[(Kind, &str, Type)] = &[
    (Kind::Contact, "loyalty_points", Type::Number),
    (Kind::Contact, "last_visit_date", Type::Day),
    (Kind::Contact, "allergies", Type::Text),
    (Kind::Deal, "transaction_items", Type::Text),
    (Kind::Deal, UNIQUE, Type::Text),
];

/// The property of deals whose values must differ.
pub(super) const UNIQUE: &str = "lvm_transaction_id";

impl Kind {
    /// The kind in a path: by name, or by the number of its type.
    pub(super) fn named(text: &str) -> Option<Self> {
        match text {
            "contacts" | "0-1" => Some(Self::Contact),
            "deals" | "0-3" => Some(Self::Deal),
            "notes" | "0-46" => Some(Self::Note),
            _ => None,
        }
    }

    /// What is answered when a request names no properties.
    pub(super) const fn defaults(self) -> &'static [&'static str] {
        match self {
            Self::Contact => &["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"],
            Self::Deal => &[
                "amount",
                "closedate",
                "createdate",
                "dealname",
                "dealstage",
                "hs_lastmodifieddate",
                "hs_object_id",
                "pipeline",
            ],
            Self::Note => &["hs_createdate", "hs_lastmodifieddate", "hs_object_id"],
        }
    }

    /// What is answered in any case.
    pub(super) const fn always(self) -> &'static [&'static str] {
        match self {
            Self::Contact => &["createdate", "hs_object_id", "lastmodifieddate"],
            Self::Deal => &["createdate", "hs_lastmodifieddate", "hs_object_id"],
            Self::Note => &["hs_createdate", "hs_lastmodifieddate", "hs_object_id"],
        }
    }

    /// The type of the association to a contact.
    pub(super) const fn to_contact(self) -> Option<u64> {
        match self {
            Self::Contact => None,
            Self::Deal => Some(3),
            Self::Note => Some(202),
        }
    }

    /// The properties there are; `custom` tells whether the restaurant made its own.
    pub(super) fn property(self, name: &str, custom: bool) -> Option<Type> {
        let own = match self {
            Self::Contact => CONTACT,
            Self::Deal => DEAL,
            Self::Note => NOTE,
        };
        let made = CUSTOM.iter().filter(|(kind, ..)| custom && *kind == self).map(|(_, name, kind)| (*name, *kind));
        own.iter().chain(MADE).copied().chain(made).find(|(have, _)| *have == name).map(|(_, kind)| kind)
    }
}

/// Reads the `properties` of a write: texts, or null to clear.
pub(super) fn read(kind: Kind, value: Option<&Value>, custom: bool) -> Result<BTreeMap<String, String>, ApiError> {
    let fields =
        value.and_then(Value::as_object).ok_or_else(|| ApiError::validation("properties must be an object"))?;
    let mut read = BTreeMap::new();
    let mut wrong = Vec::new();
    for (name, value) in fields {
        let text = match value {
            Value::Null => "",
            Value::String(text) => text,
            _ => {
                let message = format!("Invalid input JSON: property {name} must be a string");
                return Err(ApiError::validation(message));
            }
        };
        let Some(property) = kind.property(name, custom) else {
            let message = format!("Property \"{name}\" does not exist");
            wrong.push((name.clone(), "PROPERTY_DOESNT_EXIST", message));
            continue;
        };
        match normal(property, text) {
            Ok(text) => {
                read.insert(name.clone(), text);
            }
            Err((code, why)) => wrong.push((name.clone(), code, format!("{text} {why}"))),
        }
    }
    if wrong.is_empty() { Ok(read) } else { Err(ApiError::properties(wrong)) }
}

/// A value as the vendor keeps it: e-mail in lower case, moments in ISO 8601.
fn normal(property: Type, text: &str) -> Result<String, (&'static str, &'static str)> {
    if text.is_empty() && property != Type::ReadOnly {
        return Ok(String::new());
    }
    match property {
        Type::Text => Ok(text.to_owned()),
        Type::Email => {
            let (name, domain) = text.split_once('@').unwrap_or_default();
            let good = !name.is_empty() && domain.contains('.') && !text.contains(' ') && !domain.contains('@');
            if good { Ok(text.to_lowercase()) } else { Err(("INVALID_EMAIL", "is not a valid email address")) }
        }
        Type::Number => match Decimal::parse(text) {
            Some(_) => Ok(text.to_owned()),
            None => Err(("INVALID_NUMBER", "was not a valid number")),
        },
        Type::Day => {
            let days = text.parse::<i64>().ok().filter(|at| at % 86_400_000 == 0);
            let day = match days.and_then(|at| Timestamp::from_millisecond(at).ok()) {
                Some(at) => Some(at.to_zoned(jiff::tz::TimeZone::UTC).date()),
                None => text.parse::<Date>().ok().filter(|_| text.len() == 10),
            };
            day.map(|day| day.to_string()).ok_or(("INVALID_DATE", "was not a valid date (midnight UTC)"))
        }
        Type::Moment => moment(text).map(iso).ok_or(("INVALID_DATE", "was not a valid time")),
        Type::Choice(known) if known.contains(&text) => Ok(text.to_owned()),
        Type::Choice(_) => Err(("INVALID_OPTION", "was not one of the allowed options")),
        Type::ReadOnly => Err(("READ_ONLY_VALUE", "is a read only property")),
    }
}

/// ISO 8601 or epoch milliseconds.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(at) => Timestamp::from_millisecond(at).ok(),
        Err(_) => text.parse().ok(),
    }
}

/// `2025-04-12T18:30:00.000Z`.
pub(super) fn iso(at: Timestamp) -> String {
    format!("{at:.3}")
}
