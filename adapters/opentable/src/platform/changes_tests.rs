use moulin_adapter::http::{Request, Response};
use moulin_adapter::testing::Host;

use super::*;

const SYNC: &str = r#"{"id":"s-1","guest_id":"g-1","confirmation_id":2592,"state":"Confirmed","scheduled_time_utc":"2025-07-28T10:45:00Z","party_size":2,"guest_request":"Date night","updated_at_utc":"2025-07-01T00:00:00Z"}"#;
const GUEST: &str =
    r#"{"id":"g-1","phone":"4155555555","phone_numbers":[{"number":"4155555555","country_code":"1","primary":true}]}"#;
const FOUND: &str = r#"{"reservations":[{"reservation_id":"aa","confirmation_number":2591,"status":"Modifiable"},{"special_request":"Date night","confirmation_number":2592,"reservation_id":"6841dffddc6521cc719cebaa","restaurant_id":1038007,"date_time":"2025-07-28T12:45:00","party_size":2,"status":"Modifiable"}]}"#;
const CHANGED: &str = r#"{"confirmation_number":2592,"reservation_id":"6841dffddc6521cc719cebaa","date_time":"2025-07-29T12:45","party_size":2,"special_request":"Birthday celebration"}"#;
const TARGET: &str = "/inhouse/v1/booking/770042/reservations/6841dffddc6521cc719cebaa";

/// Sync, guest and search as documented; the write answered by `answer`.
fn host(answer: fn(&Request) -> Result<Response>) -> Host {
    Host::new("platform").setting("restaurant_id", "770042").vendor(move |request| {
        let body = match (request.method_name(), request.target()) {
            ("GET", target) if target.contains("guests") => GUEST,
            ("GET", _) => SYNC,
            ("POST", _) => FOUND,
            _ => return answer(request),
        };
        Ok(Response::new(200, &[], body))
    })
}

fn patch() -> ReservationPatch {
    ReservationPatch {
        id: "s-1".into(),
        starts_at: None,
        party_size: None,
        status: None,
        notes: None,
        idempotency_key: Some("k".into()),
        include_raw: true,
    }
}

fn body(request: &Request) -> &str {
    core::str::from_utf8(request.body_bytes().unwrap_or_default()).unwrap()
}

#[test]
fn a_reservation_is_found_by_phone_and_confirmation_and_changed_whole() {
    let vendor = host(|_| Ok(Response::new(200, &[], CHANGED)));
    let change = ReservationPatch {
        starts_at: Some(time::parse_instant("2025-07-29T10:45:00Z").unwrap()),
        notes: Some("Birthday celebration".into()),
        ..patch()
    };
    let changed = vendor.run(|| update(&change)).unwrap();
    assert_eq!((changed.id.as_str(), changed.status), ("s-1", ReservationStatus::Confirmed));
    assert_eq!(changed.starts_at, time::parse_instant("2025-07-29T10:45:00Z").unwrap());
    assert_eq!((changed.local_date.day, changed.local_time.hour), (29, 12));
    assert_eq!((changed.notes.as_deref(), changed.updated_at), (Some("Birthday celebration"), None));
    assert_eq!(changed.raw.as_deref(), Some(CHANGED));
    let sent = vendor.requests();
    let seen: Vec<_> = sent
        .iter()
        .map(|request| (request.method_name(), request.target(), request.header_value("x-request-id"), body(request)))
        .collect();
    assert_eq!(
        seen,
        [
            ("GET", "/sync/v2/reservations/s-1", None, ""),
            ("GET", "/sync/v2/guests/g-1", None, ""),
            (
                "POST",
                "/inhouse/v1/booking/770042/reservations/search",
                Some("k-search"),
                r#"{"phone_number":{"number":"4155555555","country_code":1}}"#
            ),
            (
                "PUT",
                TARGET,
                Some("k"),
                r#"{"party_size":"2","date_time":"2025-07-29T12:45","special_request":"Birthday celebration"}"#
            ),
        ]
    );
    assert_eq!(sent[2].idempotency_value(), Idempotency::Repeatable);
    assert_eq!(sent[3].idempotency_value(), Idempotency::Keyed);
}

#[test]
fn what_does_not_change_is_sent_as_it_is_and_an_empty_text_clears() {
    let vendor = host(|_| Ok(Response::new(204, &[], "")));
    let larger = vendor.run(|| update(&ReservationPatch { party_size: Some(4), ..patch() })).unwrap();
    assert_eq!((larger.party_size, larger.notes.as_deref()), (4, Some("Date night")));
    let cleared = vendor.run(|| update(&ReservationPatch { notes: Some(String::new()), ..patch() })).unwrap();
    assert_eq!((cleared.party_size, cleared.notes), (2, None));
    let sent = vendor.requests();
    assert_eq!(body(&sent[3]), r#"{"party_size":"4","date_time":"2025-07-28T12:45","special_request":"Date night"}"#);
    assert_eq!(body(&sent[7]), r#"{"party_size":"2","date_time":"2025-07-28T12:45","special_request":""}"#);
}

#[test]
fn a_status_the_vendor_cannot_set_is_refused_before_any_request() {
    let vendor = host(|_| Ok(Response::new(204, &[], "")));
    for wrong in [
        ReservationPatch { status: Some(ReservationStatus::Seated), ..patch() },
        ReservationPatch { status: Some(ReservationStatus::Cancelled), party_size: Some(2), ..patch() },
    ] {
        let Err(Error::Validation(error)) = vendor.run(|| update(&wrong)) else { panic!() };
        assert_eq!(error.fields[0].field, "status");
    }
    assert!(vendor.requests().is_empty());
}

#[test]
fn a_cancellation_is_a_deletion_and_once_is_enough() {
    let vendor = host(|_| Ok(Response::new(204, &[], "")));
    let off = ReservationPatch { status: Some(ReservationStatus::Cancelled), ..patch() };
    assert_eq!(vendor.run(|| update(&off)).unwrap().status, ReservationStatus::Cancelled);
    let sent = vendor.requests();
    assert_eq!((sent[3].method_name(), sent[3].target(), sent[3].body_bytes()), ("DELETE", TARGET, None));

    let twice = Host::new("platform")
        .setting("restaurant_id", "770042")
        .vendor(|_| Ok(Response::new(200, &[], SYNC.replace("Confirmed", "Cancelled"))));
    assert_eq!(twice.run(|| cancel("s-1", None, false)).unwrap().status, ReservationStatus::Cancelled);
    assert_eq!(twice.requests().len(), 1);
}

#[test]
fn what_only_a_person_can_do_is_no_lack_of_rights() {
    let body = r#"{"errors":[{"code":"RedirectToHost","message":"Human intervention is needed to complete the request"}],"requestid":"f"}"#;
    let vendor = Host::new("platform").setting("restaurant_id", "770042").vendor(move |request| {
        Ok(match (request.method_name(), request.target().contains("guests")) {
            ("GET", true) => Response::new(200, &[], GUEST),
            ("GET", false) => Response::new(200, &[], SYNC),
            ("POST", _) => Response::new(200, &[], FOUND),
            _ => Response::new(403, &[], body),
        })
    });
    let Err(Error::Api(error)) = vendor.run(|| cancel("s-1", Some("k"), false)) else { panic!() };
    assert_eq!((error.code.as_deref(), error.retryable), (Some("RedirectToHost"), false));
}

#[test]
fn a_reservation_that_cannot_be_found_in_the_booking_api_names_the_way_out() {
    for (sync, guest, found) in [
        (SYNC, r#"{"id":"g-1","phone":""}"#, FOUND),
        (SYNC, GUEST, r#"{"reservations":[]}"#),
        (r#"{"id":"s-1","scheduled_time_utc":"2025-07-28T10:45:00Z","party_size":2}"#, GUEST, FOUND),
    ] {
        let vendor = Host::new("platform").setting("restaurant_id", "770042").vendor(move |request| {
            let body = match (request.method_name(), request.target().contains("guests")) {
                ("GET", true) => guest,
                ("GET", false) => sync,
                _ => found,
            };
            Ok(Response::new(200, &[], body))
        });
        let Err(Error::Validation(error)) = vendor.run(|| cancel("s-1", Some("k"), false)) else { panic!() };
        assert!(error.fields[0].field == "id" && error.message.ends_with("in OpenTable itself"), "{}", error.message);
    }
}

#[test]
fn a_number_without_a_country_takes_the_one_of_the_settings() {
    let vendor = |country: &str| {
        Host::new("platform").setting("restaurant_id", "770042").setting("phone_country_code", country).vendor(
            |request| {
                let body = match (request.method_name(), request.target().contains("guests")) {
                    ("GET", true) => r#"{"id":"g-1","phone":"0470 12 34 56"}"#,
                    ("GET", false) => SYNC,
                    _ => FOUND,
                };
                Ok(Response::new(200, &[], body))
            },
        )
    };
    let belgian = vendor("32");
    belgian.run(|| cancel("s-1", Some("k"), false)).unwrap();
    assert_eq!(body(&belgian.requests()[2]), r#"{"phone_number":{"number":"0470123456","country_code":32}}"#);
    assert!(matches!(vendor("x").run(|| cancel("s-1", None, false)), Err(Error::Validation(_))));
}
