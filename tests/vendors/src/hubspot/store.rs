//! The records of the portal.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::properties::{Kind, iso};
use crate::amount::Decimal;
use crate::world::{PaymentKind, Sale, World};

/// A contact, deal or note.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: u64,
    pub(super) kind: Kind,
    pub(super) properties: BTreeMap<String, String>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) archived: bool,
    /// The contact it is associated with.
    pub(super) contact: Option<u64>,
}

/// Numbers of the world's contacts, deals and notes begin here.
const FIRST: [(Kind, u64); 3] = [(Kind::Contact, 51), (Kind::Deal, 9_001), (Kind::Note, 70_001)];

/// Everything, by kind and number.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) records: BTreeMap<(Kind, u64), Record>,
    next: BTreeMap<Kind, u64>,
}

impl Store {
    /// The regulars as contacts, with their last sixty purchases as deals and a note for some.
    pub(super) fn new(world: &World) -> Self {
        let mut store = Self { records: BTreeMap::new(), next: FIRST.into() };
        let mut numbers = BTreeMap::new();
        for regular in world.regulars() {
            let customer = regular.customer;
            let mut properties = texts([
                ("email", customer.email.clone()),
                ("firstname", customer.first_name.to_owned()),
                ("lastname", customer.last_name.to_owned()),
                ("phone", customer.phone.clone()),
                ("company", customer.company.to_owned()),
                ("lifecyclestage", "customer".to_owned()),
                ("loyalty_points", regular.points.map(|points| points.to_string()).unwrap_or_default()),
                ("last_visit_date", regular.last_visit.map(|day| day.to_string()).unwrap_or_default()),
            ]);
            if customer.id == 3 {
                properties.insert("allergies".to_owned(), "noix".to_owned());
            }
            let id = store.add(Kind::Contact, properties, None, regular.since);
            if let Some(record) = store.records.get_mut(&(Kind::Contact, id)) {
                record.updated = regular.touched;
            }
            numbers.insert(customer.id, id);
            if customer.id % 8 == 1 {
                let body = "Préfère la table près de la fenêtre &amp; le service tardif";
                let properties =
                    texts([("hs_timestamp", iso(regular.since)), ("hs_note_body", format!("<p>{body}</p>"))]);
                store.add(Kind::Note, properties, Some(id), regular.since);
            }
        }
        let purchases: Vec<_> = world.purchases().collect();
        for sale in purchases.iter().rev().take(60).rev() {
            let Some(closed) = sale.closed else { continue };
            let properties = texts([
                ("dealname", format!("Transaction {}", sale.id)),
                ("amount", Decimal::cents(sale.total()).to_string()),
                ("dealstage", "closedwon".to_owned()),
                ("pipeline", "default".to_owned()),
                ("closedate", iso(closed)),
                ("deal_currency_code", "EUR".to_owned()),
                ("transaction_items", world.bought(sale)),
                ("description", paid_by(sale).to_owned()),
                ("lvm_transaction_id", sale.id.to_string()),
            ]);
            store.add(Kind::Deal, properties, numbers.get(&sale.customer).copied(), closed);
        }
        store
    }

    /// Keeps a record and gives its number.
    pub(super) fn add(
        &mut self,
        kind: Kind,
        properties: BTreeMap<String, String>,
        contact: Option<u64>,
        now: Timestamp,
    ) -> u64 {
        let next = self.next.entry(kind).or_insert(1);
        let id = *next;
        *next += 1;
        let record = Record { id, kind, properties, created: now, updated: now, archived: false, contact };
        self.records.insert((kind, id), record);
        id
    }

    /// The records of a kind that were not deleted, by number.
    pub(super) fn alive(&self, kind: Kind) -> impl Iterator<Item = &Record> {
        self.records.values().filter(move |record| record.kind == kind && !record.archived)
    }

    /// A record that was not deleted.
    pub(super) fn get(&self, kind: Kind, id: u64) -> Option<&Record> {
        self.records.get(&(kind, id)).filter(|record| !record.archived)
    }

    /// The record whose property has this value.
    pub(super) fn by(&self, kind: Kind, property: &str, value: &str) -> Option<&Record> {
        self.alive(kind).find(|record| record.properties.get(property).is_some_and(|have| have == value))
    }
}

impl Record {
    /// A property as answered: one that is made by the vendor, or a written one; null when it is empty.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        match name {
            "createdate" | "hs_createdate" => Some(iso(self.created)),
            "lastmodifieddate" | "hs_lastmodifieddate" => Some(iso(self.updated)),
            "hs_object_id" => Some(self.id.to_string()),
            _ => self.properties.get(name).filter(|text| !text.is_empty()).cloned(),
        }
    }

    /// The record with the properties asked for; those of `known` only.
    pub(super) fn show<'n>(&self, names: impl Iterator<Item = &'n str>) -> Value {
        let properties: Map<String, Value> =
            names.map(|name| (name.to_owned(), self.value(name).map_or(Value::Null, Value::from))).collect();
        json!({
            "id": self.id.to_string(),
            "properties": properties,
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
            "archived": self.archived,
        })
    }
}

fn texts<const N: usize>(pairs: [(&str, String); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn paid_by(sale: &Sale) -> &'static str {
    match sale.payments.first().map(|payment| payment.kind) {
        Some(PaymentKind::Cash) => "Espèces",
        Some(PaymentKind::Cheque) => "Chèque",
        Some(PaymentKind::MealVoucher) => "Titre-restaurant",
        _ => "Carte",
    }
}
