//! Broken answers: a typed error from every operation, never a panic and never an empty success.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod ask;

use ask::{FLAVORS, list, lookup, new_contact, patch, search};
use hubspot::HubSpot;
use moulin_adapter::crm::{
    CrmTransactionQuery, DeleteRequest, LoyaltyKind, NewCampaign, NewCrmTransaction, NewLoyaltyEntry, NewNote,
    NoteQuery,
};
use moulin_adapter::http::{Method, Response};
use moulin_adapter::prelude::*;
use moulin_adapter::testing::Host;

/// Every operation, and what became of it.
fn everything(host: &Host) -> Vec<(&'static str, Result<()>)> {
    let entry = NewLoyaltyEntry {
        contact_id: "51".into(),
        points: 5,
        kind: LoyaltyKind::Earn,
        occurred_on: None,
        description: None,
        idempotency_key: None,
        include_raw: false,
    };
    let purchase = NewCrmTransaction {
        contact_id: None,
        name: "Transaction".into(),
        currency: None,
        amount: Decimal::from(1),
        occurred_at: None,
        description: None,
        items_text: None,
        external_id: None,
        idempotency_key: None,
        include_raw: false,
    };
    let purchases =
        CrmTransactionQuery { contact_id: None, from: None, to: None, limit: None, cursor: None, include_raw: true };
    let note =
        NewNote { contact_id: "51".into(), title: None, text: "x".into(), idempotency_key: None, include_raw: false };
    let notes = NoteQuery { contact_id: "51".into(), limit: None, cursor: None, include_raw: false };
    let campaign = NewCampaign {
        name: "x".into(),
        kind: None,
        description: None,
        starts_on: None,
        ends_on: None,
        idempotency_key: None,
        include_raw: false,
    };
    let mut change = patch("51");
    change.phone = Some("1".into());
    host.run(|| {
        vec![
            ("check", HubSpot::check().map(drop)),
            ("list_contacts", HubSpot::list_contacts(list(None, None)).map(drop)),
            ("search_contacts", HubSpot::search_contacts(search("email", "a@b.c")).map(drop)),
            ("get_contact", HubSpot::get_contact(lookup("51")).map(drop)),
            ("create_contact", HubSpot::create_contact(new_contact("a@b.c")).map(drop)),
            ("update_contact", HubSpot::update_contact(change).map(drop)),
            (
                "delete_contact",
                HubSpot::delete_contact(DeleteRequest { id: "51".into(), idempotency_key: None }).map(drop),
            ),
            ("get_loyalty", HubSpot::get_loyalty(lookup("51")).map(drop)),
            ("record_loyalty", HubSpot::record_loyalty(entry).map(drop)),
            ("record_transaction", HubSpot::record_transaction(purchase).map(drop)),
            ("list_transactions", HubSpot::list_transactions(purchases).map(drop)),
            ("create_note", HubSpot::create_note(note).map(drop)),
            ("list_notes", HubSpot::list_notes(notes).map(drop)),
            ("create_campaign", HubSpot::create_campaign(campaign).map(drop)),
            ("list_segments", HubSpot::list_segments(list(None, None)).map(drop)),
        ]
    })
}

const CONTACT: &str =
    r#"{"id":"51","properties":{"email":"a@b.c","loyalty_points":"3"},"createdAt":"2025-04-12T18:30:00.000Z"}"#;

/// The same answer to everything; or, with `after_reading`, a good answer to the first reading of a contact.
fn host(flavor: &str, after_reading: bool, status: u16, headers: &'static [(&str, &str)], body: Vec<u8>) -> Host {
    Host::new(flavor).vendor(move |request| {
        if after_reading && request.method() == Method::Get && request.target().ends_with("/51") {
            return Ok(Response::new(200, &[], CONTACT));
        }
        Ok(Response::new(status, headers, body.clone()))
    })
}

#[test]
fn no_broken_body_is_a_success() {
    let bodies: [&[u8]; 16] = [
        b"",
        b" ",
        b"null",
        b"[]",
        b"{}",
        b"\"ok\"",
        b"<!DOCTYPE html><html><body>Busy</body></html>",
        b"{\"results\":[{\"id\":\"51\"",
        b"{\"results\":{}}",
        b"{\"results\":[{}]}",
        b"{\"results\":[null]}",
        b"{\"id\":\"\",\"properties\":{}}",
        b"{\"id\":{},\"properties\":[]}",
        b"{\"lists\":[{}],\"hasMore\":true}",
        b"\xff\xfe\x00",
        b"{\"status\":\"error\",\"message\":\"x\",\"category\":\"VALIDATION_ERROR\"}",
    ];
    for flavor in FLAVORS {
        for body in bodies {
            for status in [200, 201] {
                for (name, result) in everything(&host(flavor, false, status, &[], body.to_vec())) {
                    let error = result.err().unwrap_or_else(|| panic!("{name} of {}", body.escape_ascii()));
                    assert!(matches!(error, Error::Api(_) | Error::Validation(_)), "{name}: {error:?}");
                }
            }
        }
    }
}

#[test]
fn a_write_after_a_good_reading_is_not_taken_for_done() {
    for body in ["", "{}", "<html></html>", r#"{"id":"51","#] {
        for (name, result) in everything(&host("v3", true, 200, &[], body.into())) {
            let reads = ["get_contact", "get_loyalty"];
            assert_eq!(result.is_err(), !reads.contains(&name), "{name} of {body}: {result:?}");
        }
    }
}

#[test]
fn every_truncation_of_a_page_is_an_error() {
    let page = format!(r#"{{"results":[{CONTACT}],"paging":{{"next":{{"after":"52"}}}}}}"#);
    for end in 0..page.len() {
        let host = host("v3", false, 200, &[], page.as_bytes()[..end].to_vec());
        assert!(host.run(|| HubSpot::list_contacts(list(None, None))).is_err(), "{end}");
    }
    assert!(host("v3", false, 200, &[], page.into()).run(|| HubSpot::list_contacts(list(None, None))).is_ok());
}

#[test]
fn statuses_have_their_class_in_every_operation() {
    let html: &[(&str, &str)] = &[("content-type", "text/html")];
    for (name, result) in everything(&host("v3", false, 502, html, b"<html>Bad Gateway</html>".to_vec())) {
        assert!(matches!(&result, Err(Error::Api(error)) if error.retryable), "{name}: {result:?}");
    }
    for (name, result) in everything(&host("v3", false, 401, &[], Vec::new())) {
        assert!(matches!(&result, Err(Error::Authentication(_))), "{name}: {result:?}");
    }
    for (headers, wait) in [
        (&[("retry-after", "7")][..], Some(7_000)),
        (&[("Retry-After", "Thu, 01 Jan 1970 00:00:09 GMT")][..], Some(9_000)),
        (&[("retry-after", "soon")][..], None),
        (&[][..], None),
    ] {
        for (name, result) in everything(&host("v3", false, 429, headers, Vec::new())) {
            let Err(Error::RateLimit(error)) = result else { panic!("{name}: {result:?}") };
            assert_eq!(error.retry_after_ms, wait, "{name}");
        }
    }
}
