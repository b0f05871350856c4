//! Modules and their fields: which there are, and what may be written into them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::error::ApiError;

/// The modules of this organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Module {
    Contacts,
    Accounts,
    Deals,
    Notes,
    Campaigns,
    /// Made by the restaurant.
    Rewards,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Email,
    Integer,
    Amount,
    Day,
    Choice(&'static [&'static str]),
    Lookup(Module),
}

const ALL: [(Module, &str); 6] = [
    (Module::Contacts, "Contacts"),
    (Module::Accounts, "Accounts"),
    (Module::Deals, "Deals"),
    (Module::Notes, "Notes"),
    (Module::Campaigns, "Campaigns"),
    (Module::Rewards, "Rewards"),
];

impl Module {
    /// By its API name, capitals included.
    pub(super) fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known)| *known == name).map(|(module, _)| *module)
    }

    pub(super) fn name(self) -> &'static str {
        ALL.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    /// The word of its scope, `ZohoCRM.modules.{word}.ALL`.
    pub(super) fn scope(self) -> String {
        if self == Self::Rewards { "custom".to_owned() } else { self.name().to_lowercase() }
    }

    /// The field that names a record, in lookups.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Contacts => "Last_Name",
            Self::Accounts => "Account_Name",
            Self::Deals => "Deal_Name",
            Self::Notes => "Note_Title",
            Self::Campaigns => "Campaign_Name",
            Self::Rewards => "Name",
        }
    }

    pub(super) const fn mandatory(self) -> &'static [&'static str] {
        match self {
            Self::Contacts => &["Last_Name"],
            Self::Accounts => &["Account_Name"],
            Self::Deals => &["Deal_Name", "Stage", "Closing_Date"],
            Self::Notes => &["Note_Content", "Parent_Id"],
            Self::Campaigns => &["Campaign_Name"],
            Self::Rewards => &["Name"],
        }
    }

    pub(super) const fn fields(self) -> &'static [(&'static str, Type)] {
        match self {
            Self::Contacts => &[
                ("Email", Type::Email),
                ("First_Name", Type::Text),
                ("Last_Name", Type::Text),
                ("Phone", Type::Text),
                ("Mobile", Type::Text),
                ("Account_Name", Type::Lookup(Self::Accounts)),
                ("Loyalty_Points", Type::Integer),
                ("Last_Visit_Date", Type::Day),
                ("Description", Type::Text),
            ],
            Self::Accounts => &[("Account_Name", Type::Text)],
            Self::Deals => &[
                ("Deal_Name", Type::Text),
                ("Stage", Type::Choice(&["Qualification", "Closed Won", "Closed Lost"])),
                ("Amount", Type::Amount),
                ("Closing_Date", Type::Day),
                ("Contact_Name", Type::Lookup(Self::Contacts)),
                ("Description", Type::Text),
            ],
            Self::Notes => {
                &[("Note_Title", Type::Text), ("Note_Content", Type::Text), ("Parent_Id", Type::Lookup(Self::Contacts))]
            }
            Self::Campaigns => &[
                ("Campaign_Name", Type::Text),
                ("Type", Type::Text),
                ("Status", Type::Choice(&["Planning", "Active", "Inactive", "Complete"])),
                ("Start_Date", Type::Day),
                ("End_Date", Type::Day),
                ("Description", Type::Text),
            ],
            Self::Rewards => &[
                ("Name", Type::Text),
                ("Contact_ID", Type::Text),
                ("Points", Type::Integer),
                ("Transaction_Date", Type::Day),
                ("Transaction_Type", Type::Choice(&["EARN", "REDEEM", "ADJUST"])),
                ("Transaction_Description", Type::Text),
            ],
        }
    }

    pub(super) fn field(self, name: &str) -> Option<Type> {
        self.fields().iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

/// Names of the fields every module has, made by the vendor.
pub(super) const SYSTEM: [&str; 6] = ["id", "Owner", "Created_Time", "Modified_Time", "Created_By", "Modified_By"];

/// Reads one record of a write: `exists` says whether a lookup points to something.
///
/// The vendor ignores fields it does not know; here they are refused, because a field that is ignored is one lost.
pub(super) fn read(
    module: Module,
    record: &Map<String, Value>,
    exists: impl Fn(Module, &str) -> bool,
) -> Result<Map<String, Value>, ApiError> {
    let mut read = Map::new();
    for (name, value) in record {
        let wrong = |expected: &str| {
            ApiError::new(http::StatusCode::OK, "INVALID_DATA", "invalid data")
                .with(json!({ "api_name": name, "expected_data_type": expected }))
        };
        let kind = module.field(name).ok_or_else(|| wrong("a field of this module"))?;
        if !value.is_null() {
            check(kind, value, &exists).map_err(wrong)?;
        }
        read.insert(name.clone(), value.clone());
    }
    Ok(read)
}

fn check(kind: Type, value: &Value, exists: &impl Fn(Module, &str) -> bool) -> Result<(), &'static str> {
    let text = value.as_str().filter(|text| !text.is_empty() && text.chars().count() <= 32_000);
    let (right, expected) = match kind {
        Type::Text => (text.is_some(), "text"),
        Type::Email => {
            let (name, domain) = text.and_then(|text| text.split_once('@')).unwrap_or_default();
            (!name.is_empty() && domain.contains('.') && !domain.contains([' ', '@']), "email")
        }
        Type::Integer => (value.as_i64().is_some(), "integer"),
        Type::Amount => (value.is_number(), "currency"),
        Type::Day => (text.is_some_and(|text| text.len() == 10 && text.parse::<Date>().is_ok()), "date"),
        Type::Choice(known) => (text.is_some_and(|text| known.contains(&text)), "picklist"),
        Type::Lookup(module) => {
            let fields = value.as_object().filter(|fields| fields.len() == 1);
            let id = fields.and_then(|fields| fields.get("id")).and_then(Value::as_str);
            (id.is_some_and(|id| exists(module, id)), "jsonobject")
        }
    };
    if right { Ok(()) } else { Err(expected) }
}

/// `2025-04-12T20:50:22+02:00`, in Paris.
pub(super) fn paris_time(at: Timestamp) -> String {
    at.to_zoned(crate::world::paris()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
