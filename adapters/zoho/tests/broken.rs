//! Broken answers: a typed error from every operation, never a panic and never an empty success.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod ask;

use ask::{KINDS, list, lookup, new_contact, patch, search};
use moulin_adapter::crm::{
    CrmTransactionQuery, DeleteRequest, LoyaltyKind, NewCampaign, NewCrmTransaction, NewLoyaltyEntry, NewNote,
    NoteQuery,
};
use moulin_adapter::http::{Method, Response};
use moulin_adapter::prelude::*;
use moulin_adapter::testing::Host;
use zoho::Zoho;

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
            ("check", Zoho::check().map(drop)),
            ("list_contacts", Zoho::list_contacts(list(None, None)).map(drop)),
            ("search_contacts", Zoho::search_contacts(search("email", "a@b.c")).map(drop)),
            ("get_contact", Zoho::get_contact(lookup("51")).map(drop)),
            ("create_contact", Zoho::create_contact(new_contact("a@b.c")).map(drop)),
            ("update_contact", Zoho::update_contact(change).map(drop)),
            (
                "delete_contact",
                Zoho::delete_contact(DeleteRequest { id: "51".into(), idempotency_key: None }).map(drop),
            ),
            ("get_loyalty", Zoho::get_loyalty(lookup("51")).map(drop)),
            ("record_loyalty", Zoho::record_loyalty(entry).map(drop)),
            ("record_transaction", Zoho::record_transaction(purchase).map(drop)),
            ("list_transactions", Zoho::list_transactions(purchases).map(drop)),
            ("create_note", Zoho::create_note(note).map(drop)),
            ("list_notes", Zoho::list_notes(notes).map(drop)),
            ("create_campaign", Zoho::create_campaign(campaign).map(drop)),
            ("list_segments", Zoho::list_segments(list(None, None)).map(drop)),
        ]
    })
}

const CONTACT: &str = r#"{"id":"51","Email":"a@b.c","Loyalty_Points":3,"Created_Time":"2025-04-12T18:30:00+02:00"}"#;

/// The same answer to everything; or, with `after_reading`, a good answer to each reading of a contact.
fn host(
    (flavor, version): (&str, &str),
    after_reading: bool,
    status: u16,
    headers: &'static [(&str, &str)],
    body: Vec<u8>,
) -> Host {
    Host::new(flavor).setting("api_version", version).vendor(move |request| {
        if after_reading && request.method() == Method::Get && request.target().ends_with("/51") {
            return Ok(Response::new(200, &[], format!(r#"{{"data":[{CONTACT}]}}"#)));
        }
        Ok(Response::new(status, headers, body.clone()))
    })
}

#[test]
fn no_broken_body_is_a_success() {
    let bodies: [&[u8]; 15] = [
        b"",
        b" ",
        b"null",
        b"[]",
        b"{}",
        b"\"ok\"",
        b"<!DOCTYPE html><html><body>Busy</body></html>",
        b"{\"data\":[{\"id\":\"51\"",
        b"{\"data\":{}}",
        b"{\"data\":[{}]}",
        b"{\"data\":[null]}",
        b"{\"data\":null,\"tags\":null}",
        b"{\"data\":[{\"id\":{}}],\"tags\":[{}]}",
        b"\xff\xfe\x00",
        b"{\"code\":\"INVALID_QUERY\",\"details\":{},\"message\":\"x\",\"status\":\"error\"}",
    ];
    for kind in KINDS {
        for body in bodies {
            for status in [200, 201] {
                for (name, result) in everything(&host(kind, false, status, &[], body.to_vec())) {
                    let error = result.err().unwrap_or_else(|| panic!("{name} of {}", body.escape_ascii()));
                    assert!(matches!(error, Error::Api(_) | Error::Validation(_)), "{name}: {error:?}");
                }
            }
        }
    }
}

#[test]
fn a_verdict_against_the_record_is_an_error_under_every_status() {
    let verdict = r#"{"data":[{"code":"INVALID_DATA","details":{"api_name":"Phone"},"message":"invalid data","status":"error"}]}"#;
    let reads = ["get_contact", "get_loyalty"];
    let lists = ["check", "list_contacts", "search_contacts", "list_transactions", "list_notes", "list_segments"];
    for status in [200, 201, 202, 207, 400] {
        for (name, result) in everything(&host(("vendor", "v2"), true, status, &[], verdict.into())) {
            let expected = reads.contains(&name);
            if !lists.contains(&name) {
                assert_eq!(result.is_ok(), expected, "{name} with {status}: {result:?}");
            } else {
                assert!(result.is_err(), "{name} with {status}");
            }
        }
    }
}

#[test]
fn nothing_is_204_and_only_lists_take_it() {
    for (name, result) in everything(&host(("vendor", "v2"), false, 204, &[], Vec::new())) {
        let lists = ["check", "list_contacts", "search_contacts", "list_transactions", "list_notes", "list_segments"];
        assert_eq!(result.is_ok(), lists.contains(&name), "{name}: {result:?}");
        if ["get_contact", "get_loyalty"].contains(&name) {
            assert!(matches!(result, Err(Error::NotFound(_))), "{name}");
        }
    }
}

#[test]
fn every_truncation_of_a_page_is_an_error() {
    let page = format!(r#"{{"data":[{CONTACT}],"info":{{"page":1,"more_records":true}}}}"#);
    let kind = ("seed", "v2");
    for end in 0..page.len() {
        let host = host(kind, false, 200, &[], page.as_bytes()[..end].to_vec());
        assert!(host.run(|| Zoho::list_contacts(list(None, None))).is_err(), "{end}");
    }
    assert!(host(kind, false, 200, &[], page.into()).run(|| Zoho::list_contacts(list(None, None))).is_ok());
}

#[test]
fn statuses_have_their_class_in_every_operation() {
    let html: &[(&str, &str)] = &[("content-type", "text/html")];
    for (name, result) in everything(&host(("vendor", "v2"), false, 502, html, b"<html>Bad Gateway</html>".to_vec())) {
        assert!(matches!(&result, Err(Error::Api(error)) if error.retryable), "{name}: {result:?}");
    }
    for (name, result) in everything(&host(("vendor", "v2"), false, 401, &[], Vec::new())) {
        assert!(matches!(&result, Err(Error::Authentication(_))), "{name}: {result:?}");
    }
    for (headers, wait) in [
        (&[("retry-after", "7")][..], Some(7_000)),
        (&[("Retry-After", "Thu, 01 Jan 1970 00:00:09 GMT")][..], Some(9_000)),
        (&[("retry-after", "soon")][..], None),
        (&[][..], None),
    ] {
        for (name, result) in everything(&host(("vendor", "v2"), false, 429, headers, Vec::new())) {
            let Err(Error::RateLimit(error)) = result else { panic!("{name}: {result:?}") };
            assert_eq!(error.retry_after_ms, wait, "{name}");
        }
    }
}
