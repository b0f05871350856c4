//! The records of the organisation.

use std::collections::BTreeMap;

use jiff::{Timestamp, Zoned};
use serde_json::{Map, Value, json};

use super::fields::{Module, SYSTEM, Type, paris_time};
use crate::amount::Decimal;
use crate::world::{World, paris};

/// A record of any module; the fields as they were written.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) module: Module,
    pub(super) fields: Map<String, Value>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
}

/// Everything, in the order it was made.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) records: BTreeMap<(Module, String), Record>,
    next: u64,
}

const OWNER: (&str, &str) = ("Chef", "771200000000235011");

impl Store {
    /// The regulars as contacts, with their last sixty purchases as deals and a note for some.
    pub(super) fn new(world: &World) -> Self {
        let mut store = Self { records: BTreeMap::new(), next: 771_200_000_000_527_001 };
        let mut accounts = BTreeMap::new();
        let mut contacts = BTreeMap::new();
        for regular in world.regulars() {
            let customer = regular.customer;
            let account = (!customer.company.is_empty()).then(|| {
                let made = accounts.entry(customer.company).or_insert_with(|| {
                    store.add(Module::Accounts, object(json!({ "Account_Name": customer.company })), regular.since)
                });
                json!({ "id": made })
            });
            let fields = object(json!({
                "Email": customer.email,
                "First_Name": customer.first_name,
                "Last_Name": customer.last_name,
                "Phone": customer.phone,
                "Account_Name": account,
                "Loyalty_Points": regular.points,
                "Last_Visit_Date": regular.last_visit.map(|day| day.to_string()),
            }));
            let id = store.add(Module::Contacts, fields, regular.since);
            if let Some(record) = store.records.get_mut(&(Module::Contacts, id.clone())) {
                record.modified = regular.touched;
            }
            if customer.id % 8 == 1 {
                let text = "Préfère la table près de la fenêtre & le service tardif";
                let fields = json!({ "Note_Title": "Table", "Note_Content": text, "Parent_Id": { "id": id } });
                store.add(Module::Notes, object(fields), regular.since);
            }
            contacts.insert(customer.id, id);
        }
        let purchases: Vec<_> = world.purchases().collect();
        for sale in purchases.iter().rev().take(60).rev() {
            let (Some(closed), Some(contact)) = (sale.closed, contacts.get(&sale.customer)) else { continue };
            let fields = json!({
                "Deal_Name": format!("Transaction {}", sale.id),
                "Stage": "Closed Won",
                "Amount": Decimal::cents(sale.total()),
                "Closing_Date": Zoned::new(closed, paris()).date().to_string(),
                "Contact_Name": { "id": contact },
                "Description": format!("Items: {}\nRef: {}", world.bought(sale), sale.id),
            });
            store.add(Module::Deals, object(fields), closed);
        }
        store
    }

    /// Keeps a record and gives its number.
    pub(super) fn add(&mut self, module: Module, fields: Map<String, Value>, now: Timestamp) -> String {
        let id = self.next.to_string();
        self.next += 1;
        let record = Record { id: id.clone(), module, fields, created: now, modified: now };
        self.records.insert((module, id.clone()), record);
        id
    }

    pub(super) fn all(&self, module: Module) -> impl Iterator<Item = &Record> {
        self.records.values().filter(move |record| record.module == module)
    }

    pub(super) fn get(&self, module: Module, id: &str) -> Option<&Record> {
        self.records.get(&(module, id.to_owned()))
    }

    /// The record with the same value in a field; texts without regard to case.
    pub(super) fn same(&self, module: Module, field: &str, value: &Value) -> Option<&Record> {
        let alike = |have: &Value| match (have.as_str(), value.as_str()) {
            (Some(have), Some(value)) => have.to_lowercase() == value.to_lowercase(),
            _ => have == value,
        };
        self.all(module).find(|record| record.fields.get(field).is_some_and(alike))
    }

    /// A record as answered: every field, or the named ones. Lookups come with the name of what they point to.
    pub(super) fn show(&self, record: &Record, names: Option<&[&str]>) -> Value {
        let asked = |name: &str| names.is_none_or(|names| names.contains(&name));
        let mut shown = Map::from_iter([("id".to_owned(), record.id.clone().into())]);
        for (name, kind) in record.module.fields().iter().filter(|(name, _)| asked(name)) {
            let value = record.fields.get(*name).cloned().unwrap_or(Value::Null);
            let value = match kind {
                Type::Lookup(module) => self.looked_up(*module, &value),
                _ => value,
            };
            shown.insert((*name).to_owned(), value);
        }
        for name in SYSTEM.into_iter().skip(1).filter(|name| asked(name)) {
            let value = match name {
                "Created_Time" => paris_time(record.created).into(),
                "Modified_Time" => paris_time(record.modified).into(),
                _ => owner(),
            };
            shown.insert(name.to_owned(), value);
        }
        if names.is_none() {
            shown.insert("$approved".to_owned(), true.into());
        }
        Value::Object(shown)
    }

    fn looked_up(&self, module: Module, value: &Value) -> Value {
        let Some(id) = value.get("id").and_then(Value::as_str) else { return Value::Null };
        let name = self.get(module, id).and_then(|record| record.fields.get(module.title()));
        json!({ "name": name, "id": id })
    }
}

/// Who owns every record here.
pub(super) fn owner() -> Value {
    json!({ "name": OWNER.0, "id": OWNER.1 })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    }
}
