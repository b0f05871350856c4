//! Questions of the contract, short to write.

#![allow(dead_code, reason = "each test file uses a part of this one")]

use moulin_adapter::crm::{ContactPatch, ContactSearch, ListQuery, Lookup, NewContact};
use moulin_adapter::prelude::*;

pub(crate) const FLAVORS: [&str; 2] = ["v3", "2026-03"];

pub(crate) fn list(limit: Option<u32>, cursor: Option<String>) -> ListQuery {
    ListQuery { limit, cursor, include_raw: false }
}

pub(crate) fn lookup(id: &str) -> Lookup {
    Lookup { id: id.to_owned(), include_raw: false }
}

pub(crate) fn search(by: &str, text: &str) -> ContactSearch {
    let when = |name: &str| (by == name).then(|| text.to_owned());
    ContactSearch {
        email: when("email"),
        phone: when("phone"),
        text: when("text"),
        limit: None,
        cursor: None,
        include_raw: false,
    }
}

pub(crate) fn new_contact(email: &str) -> NewContact {
    NewContact {
        email: Some(email.to_owned()),
        first_name: Some("Nadia".into()),
        last_name: Some("Benali".into()),
        phone: Some("+33645678901".into()),
        company: None,
        loyalty_points: Some(0),
        last_visit: Some(time::parse_date("2025-04-12").unwrap()),
        extra: Vec::new(),
        idempotency_key: Some("k".into()),
        include_raw: false,
    }
}

pub(crate) fn patch(id: &str) -> ContactPatch {
    ContactPatch {
        id: id.to_owned(),
        email: None,
        first_name: None,
        last_name: None,
        phone: None,
        company: None,
        loyalty_points: None,
        last_visit: None,
        extra: Vec::new(),
        idempotency_key: None,
        include_raw: false,
    }
}
