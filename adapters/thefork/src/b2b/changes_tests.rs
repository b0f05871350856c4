use moulin_adapter::booking::Guest;
use moulin_adapter::http::{Idempotency, Request, Response};
use moulin_adapter::testing::Host;

use super::*;

const CHANGED: &str = r#"{"reservationUuid":"u-1","restaurantUuid":"r-1","mealDate":"2025-04-15T18:00:00.000Z","mealStatus":null,"partySize":4,"status":"RECORDED","customerNote":null,
    "customer":{"customerUuid":"c-1","email":"jeanne@example.org","firstName":"Jeanne","lastName":"Martin","phone":"+33612345678","locale":"fr_FR","civility":"mx"}}"#;
const DETAILS: &str = r#"{"reservationUuid":"u-1","mealDate":"2025-04-15T18:00:00.000Z","partySize":4,"status":"CANCELED","customerUuid":"c-1"}"#;

fn host(answer: impl Fn(&Request) -> Result<Response> + 'static) -> Host {
    Host::new("b2b-v1").setting("restaurant_id", "r-1").vendor(answer)
}

fn body(request: &Request) -> &str {
    core::str::from_utf8(request.body_bytes().unwrap_or_default()).unwrap()
}

fn at(text: &str) -> Instant {
    time::parse_instant(text).unwrap()
}

fn new() -> NewReservation {
    NewReservation {
        starts_at: at("2025-04-15T18:00:00Z"),
        party_size: 4,
        guest: Guest {
            id: None,
            first_name: None,
            last_name: None,
            full_name: Some("Jeanne Martin".into()),
            email: Some("jeanne@example.org".into()),
            phone: Some("06 12 34 56 78".into()),
        },
        notes: Some("Allergie".into()),
        idempotency_key: Some("k".into()),
        include_raw: false,
    }
}

fn patch() -> ReservationPatch {
    ReservationPatch {
        id: "u-1".into(),
        starts_at: None,
        party_size: None,
        status: None,
        notes: None,
        idempotency_key: None,
        include_raw: false,
    }
}

#[test]
fn a_new_reservation_has_everything_the_vendor_requires() {
    let vendor = host(|_| Ok(Response::new(200, &[], CHANGED)));
    let made = vendor.run(|| create(&new())).unwrap();
    assert_eq!((made.id.as_str(), made.guest.first_name.as_deref()), ("u-1", Some("Jeanne")));
    let sent = &vendor.requests()[0];
    assert_eq!((sent.method_name(), sent.target()), ("POST", "/manager/v1/restaurants/r-1/reservations"));
    assert_eq!(
        body(sent),
        concat!(
            r#"{"mealDate":"2025-04-15T18:00:00Z","partySize":4,"customerNote":"Allergie","customer":{"firstName":"Jeanne","#,
            r#""lastName":"Martin","email":"jeanne@example.org","phone":"+33612345678","locale":"fr_FR","civility":"mx"}}"#
        )
    );
    assert_eq!(sent.idempotency_value(), Idempotency::ByMethod);
}

#[test]
fn what_the_vendor_would_refuse_is_named_before_any_request() {
    let vendor = host(|_| Ok(Response::new(200, &[], CHANGED)));
    let mut phone = new();
    phone.guest.phone = Some("612345678".into());
    let mut mail = new();
    mail.guest.email = None;
    let long = NewReservation { notes: Some("é".repeat(1_001)), ..new() };
    for (new, field) in [(phone, "guest.phone"), (mail, "guest.email"), (long, "notes")] {
        let Err(Error::Validation(error)) = vendor.run(|| create(&new)) else { panic!("{field}") };
        assert_eq!(error.fields[0].field, field);
    }
    assert!(vendor.requests().is_empty());
    let limit = NewReservation { notes: Some("é".repeat(1_000)), ..new() };
    assert!(vendor.run(|| create(&limit)).is_ok());
}

#[test]
fn a_reservation_whose_answer_was_lost_is_found_by_phone() {
    let lost = |list: &'static str| {
        host(move |request| match (request.method_name(), request.target()) {
            ("POST", _) => Err(Error::connection("reset", true)),
            (_, target) if target.contains("/phone/") => Ok(Response::new(200, &[], list)),
            (_, target) if target.contains("/customers/") => Ok(Response::new(404, &[], "")),
            _ => Ok(Response::new(200, &[], DETAILS.replace("CANCELED", "RECORDED"))),
        })
    };
    let there = r#"{"nextReservationsList":[{"reservationUuid":"u-1","mealDate":"2025-04-15T18:00:00.000Z","status":"RECORDED"}]}"#;
    assert_eq!(lost(there).run(|| create(&new())).unwrap().id, "u-1");
    for list in [r#"{"nextReservationsList":[]}"#, "<html>"] {
        let vendor = lost(list);
        assert!(vendor.run(|| create(&new())).unwrap_err().is_ambiguous());
        assert_eq!(vendor.requests().len(), 2);
    }
    let other_size = NewReservation { party_size: 2, ..new() };
    assert!(lost(there).run(|| create(&other_size)).unwrap_err().is_ambiguous());
    let mut without = new();
    without.guest.phone = None;
    let vendor = lost(there);
    assert!(vendor.run(|| create(&without)).unwrap_err().is_ambiguous());
    assert_eq!(vendor.requests().len(), 1);
}

#[test]
fn a_change_of_one_reads_the_other() {
    let vendor =
        host(|request| Ok(Response::new(200, &[], if request.method_name() == "GET" { DETAILS } else { CHANGED })));
    vendor.run(|| update(&ReservationPatch { party_size: Some(6), ..patch() })).unwrap();
    let both = ReservationPatch { starts_at: Some(at("2025-04-15T19:30:00Z")), party_size: Some(6), ..patch() };
    vendor.run(|| update(&both)).unwrap();
    let sent = vendor.requests();
    let seen: Vec<_> = sent.iter().map(|request| (request.method_name(), request.target(), body(request))).collect();
    let target = "/manager/v1/reservations/u-1";
    assert_eq!(
        seen,
        [
            ("GET", target, ""),
            ("PATCH", target, r#"{"mealDate":"2025-04-15T18:00:00Z","partySize":6}"#),
            ("PATCH", target, r#"{"mealDate":"2025-04-15T19:30:00Z","partySize":6}"#),
        ]
    );
    assert_eq!(sent[1].idempotency_value(), Idempotency::Repeatable);
}

#[test]
fn a_change_the_vendor_cannot_make_is_refused_before_any_request() {
    let vendor = host(|_| Ok(Response::new(200, &[], CHANGED)));
    let seated = ReservationPatch { status: Some(ReservationStatus::Seated), notes: Some(String::new()), ..patch() };
    let Err(Error::Validation(error)) = vendor.run(|| update(&seated)) else { panic!() };
    assert_eq!(error.fields.iter().map(|field| field.field.as_str()).collect::<Vec<_>>(), ["notes", "status"]);
    let mixed = ReservationPatch { status: Some(ReservationStatus::Cancelled), party_size: Some(2), ..patch() };
    assert!(matches!(vendor.run(|| update(&mixed)), Err(Error::Validation(_))));
    assert!(vendor.requests().is_empty());
}

#[test]
fn a_cancellation_has_no_body_and_a_second_one_is_no_failure() {
    let vendor = host(|request| {
        Ok(match (request.method_name(), request.target()) {
            ("PATCH", _) => Response::new(200, &[], DETAILS),
            // The guest cannot be read: the reservation is cancelled all the same.
            _ => Response::new(500, &[], ""),
        })
    });
    let off = ReservationPatch { status: Some(ReservationStatus::Cancelled), ..patch() };
    let cancelled = vendor.run(|| update(&off)).unwrap();
    assert_eq!((cancelled.status, cancelled.guest.id.as_deref()), (ReservationStatus::Cancelled, Some("c-1")));
    let sent = &vendor.requests()[0];
    assert_eq!((sent.target(), sent.body_bytes()), ("/manager/v1/reservations/u-1/cancel", None));

    let twice = host(|request| {
        Ok(match (request.method_name(), request.target().contains("customers")) {
            ("PATCH", _) => Response::new(
                409,
                &[],
                r#"{"statusCode":409,"error":"Conflict","data":{"code":"DOUBLE_CANCELLATION"}}"#,
            ),
            (_, true) => Response::new(404, &[], ""),
            (_, false) => Response::new(200, &[], DETAILS),
        })
    });
    assert_eq!(twice.run(|| cancel("u-1", false)).unwrap().status, ReservationStatus::Cancelled);
    let late = r#"{"statusCode":400,"error":"Bad Request","data":{"code":"CANCELLATION_ERROR"}}"#;
    let refused = host(move |_| Ok(Response::new(400, &[], late)));
    assert!(matches!(refused.run(|| cancel("u-1", false)), Err(Error::Validation(_))));
}
