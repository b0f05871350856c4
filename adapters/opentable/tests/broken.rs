//! Broken answers: every operation in both flavours ends in a typed error, never in a panic or an empty success.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use moulin_adapter::booking::{
    AvailabilityQuery, AvailabilityUpdate, CustomerLookup, CustomerSearch, Guest, NewReservation,
    ReservationCancellation, ReservationLookup, ReservationPatch, ReservationQuery, RestaurantQuery, Slot,
};
use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use moulin_adapter::testing::Host;
use opentable::OpenTable;

type Operation = (&'static str, fn() -> Result<()>);

fn day() -> Date {
    Date { year: 2025, month: 4, day: 15 }
}

/// Every operation, with an input that all flavours take.
const OPERATIONS: [Operation; 11] = [
    ("check", || OpenTable::check().map(drop)),
    ("list", || {
        let query = ReservationQuery {
            from: day(),
            to: day(),
            statuses: Vec::new(),
            limit: None,
            cursor: None,
            include_raw: true,
        };
        OpenTable::list_reservations(query).map(drop)
    }),
    ("get", || OpenTable::get_reservation(ReservationLookup { id: "1".into(), include_raw: true }).map(drop)),
    ("create", || {
        let guest = Guest {
            id: None,
            first_name: Some("Jeanne".into()),
            last_name: Some("Martin".into()),
            full_name: None,
            email: Some("j@example.org".into()),
            phone: None,
        };
        let new = NewReservation {
            starts_at: 0,
            party_size: 2,
            guest,
            notes: None,
            idempotency_key: None,
            include_raw: false,
        };
        OpenTable::create_reservation(new).map(drop)
    }),
    ("update", || {
        let patch = ReservationPatch {
            id: "1".into(),
            starts_at: Some(0),
            party_size: Some(2),
            status: None,
            notes: None,
            idempotency_key: None,
            include_raw: false,
        };
        OpenTable::update_reservation(patch).map(drop)
    }),
    ("cancel", || {
        let cancellation =
            ReservationCancellation { id: "1".into(), reason: None, idempotency_key: None, include_raw: false };
        OpenTable::cancel_reservation(cancellation).map(drop)
    }),
    ("availability", || {
        let query = AvailabilityQuery { date: day(), party_size: None, from: None, to: None, include_raw: true };
        OpenTable::get_availability(query).map(drop)
    }),
    ("set availability", || {
        let slots = vec![Slot { time: LocalTime { hour: 19, minute: 0 }, capacity: 2 }];
        let update = AvailabilityUpdate { date: day(), slots, idempotency_key: None, include_raw: false };
        OpenTable::update_availability(update).map(drop)
    }),
    ("customer", || OpenTable::get_customer(CustomerLookup { id: "1".into(), include_raw: true }).map(drop)),
    ("search", || {
        let search = CustomerSearch { text: "+33612345678".into(), limit: None, cursor: None, include_raw: true };
        OpenTable::search_customers(search).map(drop)
    }),
    ("restaurant", || OpenTable::get_restaurant(RestaurantQuery { include_raw: true }).map(drop)),
];

fn answering(flavor: &str, status: u16, headers: &'static [(&'static str, &'static str)], body: &[u8]) -> Host {
    let body = body.to_vec();
    Host::new(flavor)
        .setting("restaurant_id", "770042")
        .now(time::parse_instant("1994-11-06T08:49:30Z").unwrap())
        .vendor(move |_| Ok(Response::new(status, headers, body.clone())))
}

/// Every operation of a flavour but those it does not offer.
fn each(flavor: &str, host: &Host, judge: impl Fn(&str, Result<()>)) {
    for (name, operation) in OPERATIONS {
        if flavor == "platform" && ["create", "set availability"].contains(&name) {
            continue;
        }
        judge(&format!("{flavor} {name}"), host.run(operation));
    }
}

#[test]
fn a_body_that_is_not_the_documented_one_is_an_error() {
    let bodies: [&[u8]; 12] = [
        b"<html><body>We will be back soon</body></html>",
        b"{\"reservations\":[{\"id\":\"OT-1\",\"reservation_date\":\"2025-",
        b"{\"hasNextPage\":false,\"items\":[{\"id\":\"770042",
        b"{}",
        b"[1]",
        b"null",
        b"7",
        b"\"ok\"",
        b"{\"error\":{\"code\":\"BROKEN\",\"message\":\"no\"}}",
        b"\xff\xfe",
        b"{\"items\":\"many\",\"reservations\":\"many\",\"time_slots\":\"many\",\"customers\":\"many\",\"times\":\"many\"}",
        b"{\"message\":\"ok\"}",
    ];
    for flavor in ["seed", "platform"] {
        for body in bodies {
            for kind in [&[("content-type", "application/json")][..], &[("content-type", "text/html")], &[]] {
                each(flavor, &answering(flavor, 200, kind, body), |what, result| {
                    assert!(result.is_err(), "{what} took {:?}", String::from_utf8_lossy(body));
                });
            }
        }
    }
}

#[test]
fn an_empty_answer_is_an_error_where_something_was_asked_for() {
    for flavor in ["seed", "platform"] {
        for body in [&b""[..], b" \n"] {
            each(flavor, &answering(flavor, 200, &[], body), |what, result| {
                // A write may be answered by nothing.
                assert!(result.is_err() || what.ends_with("set availability"), "{what}");
            });
        }
    }
}

#[test]
fn a_truncated_record_is_an_error_at_every_byte() {
    let record = br#"{"reservation":{"id":"OT-1","reservation_date":"2025-04-15","reservation_time":"20:00","party_size":4,"status":"BOOKED","guest":{"id":"G-9"}}}"#;
    let lookup = || OpenTable::get_reservation(ReservationLookup { id: "1".into(), include_raw: true });
    assert!(answering("seed", 200, &[], record).run(lookup).is_ok());
    for length in 0..record.len() {
        assert!(answering("seed", 200, &[], &record[..length]).run(lookup).is_err(), "{length}");
    }
}

#[test]
fn every_status_has_its_class_in_every_operation() {
    for flavor in ["seed", "platform"] {
        for status in [400, 401, 403, 404, 409, 422, 500, 502, 503, 504] {
            for body in [&b""[..], b"<html>Bad Gateway</html>", b"{\"statusCode\":1,\"error\":\"x\"}"] {
                each(flavor, &answering(flavor, status, &[], body), |what, result| match (status, result) {
                    (400 | 409 | 422, Err(Error::Validation(_)))
                    | (401 | 403, Err(Error::Authentication(_)))
                    | (404, Err(Error::NotFound(_))) => {}
                    (500.., Err(Error::Api(error))) if error.retryable => {}
                    (_, other) => panic!("{what} {status}: {other:?}"),
                });
            }
        }
    }
}

#[test]
fn a_429_tells_how_long_to_wait_in_every_form_of_the_header() {
    for (headers, wait) in [
        (&[("Retry-After", "7")][..], Some(7_000)),
        (&[("retry-after", " 0 ")], Some(0)),
        (&[("RETRY-AFTER", "Sun, 06 Nov 1994 08:49:37 GMT")], Some(7_000)),
        (&[("Retry-After", "Sun, 06 Nov 1994 08:49:00 GMT")], None),
        (&[("Retry-After", "soon")], None),
        (&[("Retry-After", "-1")], None),
        (&[], None),
    ] {
        for flavor in ["seed", "platform"] {
            each(flavor, &answering(flavor, 429, headers, b""), |what, result| {
                let Err(Error::RateLimit(error)) = result else { panic!("{what}: {result:?}") };
                assert_eq!(error.retry_after_ms, wait, "{what} {headers:?}");
            });
        }
    }
}

#[test]
fn no_answer_is_handed_on_as_it_is() {
    for flavor in ["seed", "platform"] {
        let host = Host::new(flavor)
            .setting("restaurant_id", "770042")
            .vendor(|_| Err(Error::connection("connection reset", true)));
        each(flavor, &host, |what, result| assert!(result.unwrap_err().is_ambiguous(), "{what}"));
    }
}

#[test]
fn without_a_restaurant_nothing_is_asked() {
    for flavor in ["seed", "platform"] {
        let host = Host::new(flavor).vendor(|_| Ok(Response::new(200, &[], "")));
        let Err(Error::Validation(error)) = host.run(OpenTable::check) else { panic!("{flavor}") };
        assert_eq!(error.fields[0].field, "settings.restaurant_id");
        assert!(host.requests().is_empty());
    }
}
