use moulin_adapter::http::Response;
use moulin_adapter::testing::Host;

use super::*;

const ID: &str = "770042-2f6b1d90-7c1e-4a55-9d0e-aa10b7c4e001";
const GUEST: &str = "770042-91c0e7aa-0d42-4b1c-8e7f-bb20c8d5f002";
const RECORD: &str = r#"{"id":"770042-2f6b1d90-7c1e-4a55-9d0e-aa10b7c4e001","rid":770042,"sequence_id":1201,"guest_id":"770042-91c0e7aa-0d42-4b1c-8e7f-bb20c8d5f002",
 "confirmation_id":20417,"state":"Done","table_number":["80","81"],"created_date":"2025-04-09T06:31:39","created_date_utc":"2025-04-09T04:31:39Z","scheduled_time":"2025-04-16T19:30:00","scheduled_time_utc":"2025-04-16T17:30:00Z",
 "party_size":2,"visit_tags":["anniversary"],"origin":"Web","updated_at":"2025-04-16T21:40:36","updated_at_utc":"2025-04-16T19:40:36Z","seated_time_utc":"2025-04-16T17:33:00Z","done_time_utc":"2025-04-16T19:40:00Z",
 "guest_request":"","venue_notes":null,"server":"Léa","currency_code":"EUR","currency_denominator":100,"pos_data":{"check_ids":["4711"],"pos_sub_total":8200,"pos_tax":820,"pos_tip":0,"pos_total_spend":9020}}"#;
const PERSON: &str = r#"{"id":"770042-91c0e7aa-0d42-4b1c-8e7f-bb20c8d5f002","first_name":"Michel","last_name":"Durand","email":"michel@example.org","phone":"611223344","phone_numbers":[{"number":"611223344","country_code":"33","primary":true}]}"#;

fn day(text: &str) -> Date {
    time::parse_date(text).unwrap()
}

fn at(text: &str) -> Instant {
    time::parse_instant(text).unwrap()
}

fn query() -> ReservationQuery {
    ReservationQuery {
        from: day("2025-04-16"),
        to: day("2025-04-16"),
        statuses: Vec::new(),
        limit: None,
        cursor: None,
        include_raw: false,
    }
}

fn record(id: u32, scheduled: &str) -> String {
    format!(
        r#"{{"id":"r-{id}","scheduled_time_utc":"{scheduled}","party_size":"2","state":"booked","guest_id":"g-{id}"}}"#
    )
}

/// Answers a list with these records, more to come or not, and everyone with the same guest.
fn feed(records: &[String], more: bool) -> Host {
    let list = format!(r#"{{"hasNextPage":{more},"nextPageUrl":null,"items":[{}]}}"#, records.join(","));
    Host::new("platform").setting("restaurant_id", "770042").vendor(move |request| {
        let list = (request.target() == "/sync/v2/reservations").then_some(list.as_str());
        Ok(Response::new(200, &[], list.unwrap_or(PERSON)))
    })
}

#[test]
fn a_reservation_is_mapped_field_by_field_by_the_utc_twins() {
    let host = feed(&[RECORD.to_owned()], false);
    let page = host.run(|| list(&query())).unwrap();
    assert_eq!(
        page.items,
        [Reservation {
            id: ID.into(),
            restaurant_id: Some("770042".into()),
            starts_at: at("2025-04-16T17:30:00Z"),
            local_date: day("2025-04-16"),
            local_time: LocalTime { hour: 19, minute: 30 },
            party_size: 2,
            status: ReservationStatus::Completed,
            vendor_status: None,
            guest: Guest {
                id: Some(GUEST.into()),
                first_name: Some("Michel".into()),
                last_name: Some("Durand".into()),
                full_name: None,
                email: Some("michel@example.org".into()),
                phone: Some("+33611223344".into()),
            },
            notes: None,
            table: Some("80, 81".into()),
            source: Some("Web".into()),
            created_at: Some(at("2025-04-09T04:31:39Z")),
            updated_at: Some(at("2025-04-16T19:40:36Z")),
            raw: None,
        }]
    );
    assert_eq!(page.next, None);
    let sent = host.requests();
    assert_eq!(
        sent[0].query_pairs().collect::<Vec<_>>(),
        [("rid", "770042"), ("limit", "1000"), ("offset", "0"), ("updated_after", "2024-04-15T22:00:00Z")]
    );
    assert_eq!((sent[1].target(), sent.len()), (format!("/sync/v2/guests/{GUEST}").as_str(), 2));
    assert_eq!(sent[0].header_value("accept"), Some("application/json"));
}

#[test]
fn only_the_days_asked_for_come_and_cost_a_guest() {
    let records =
        [record(1, "2025-04-15T20:00:00Z"), record(2, "2025-04-15T22:30:00Z"), record(3, "2025-04-16T22:00:00Z")];
    let host = feed(&records, true);
    let page = host.run(|| list(&query())).unwrap();
    // 00:30 of the sixteenth on the restaurant's clock.
    assert_eq!(page.items.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(), ["r-2"]);
    assert_eq!((page.next.as_deref(), host.requests().len()), (Some("3"), 2));
    let wanted = ReservationQuery { statuses: vec![ReservationStatus::Seated], ..query() };
    let page = host.run(|| list(&wanted)).unwrap();
    assert_eq!((page.items.len(), page.next.as_deref()), (0, Some("3")));
}

#[test]
fn a_page_with_more_matches_than_may_be_asked_for_is_left_in_its_middle() {
    let records: Vec<String> = (0..250).map(|id| record(id, "2025-04-16T18:00:00Z")).collect();
    let host = feed(&records, false);
    let page = host.run(|| list(&query())).unwrap();
    assert_eq!((page.items.len(), page.next.as_deref()), (100, Some("100")));
    assert_eq!(host.requests().len(), 101);
    let few = host.run(|| list(&ReservationQuery { limit: Some(3), ..query() })).unwrap();
    assert_eq!((few.items.len(), few.next.as_deref()), (3, Some("3")));
    assert!(matches!(
        host.run(|| list(&ReservationQuery { cursor: Some("x".into()), ..query() })),
        Err(Error::Validation(_))
    ));
}

#[test]
fn the_horizon_is_the_restaurants() {
    let host = feed(&[], false).setting("booking_horizon_days", "30");
    host.run(|| list(&query())).unwrap();
    assert_eq!(host.requests()[0].query_value("updated_after"), Some("2025-03-16T22:00:00Z"));
    for wrong in ["0", "-1", "soon"] {
        let host = feed(&[], false).setting("booking_horizon_days", wrong);
        assert!(matches!(host.run(|| list(&query())), Err(Error::Validation(_))), "{wrong}");
    }
}

#[test]
fn every_state_has_its_status_and_a_new_one_is_kept() {
    for (word, expected) in [
        ("Pending", ReservationStatus::Pending),
        ("Booked", ReservationStatus::Confirmed),
        ("CONFIRMED", ReservationStatus::Confirmed),
        ("Arrived", ReservationStatus::Seated),
        ("seated", ReservationStatus::Seated),
        ("Done", ReservationStatus::Completed),
        ("Cancelled", ReservationStatus::Cancelled),
        ("CancelledWeb", ReservationStatus::Cancelled),
        ("NoShow", ReservationStatus::NoShow),
        ("NO_SHOW", ReservationStatus::NoShow),
    ] {
        assert_eq!(status(Scalar::from_json(&format!("\"{word}\""))), (expected, None), "{word}");
    }
    assert_eq!(
        status(Scalar::from_json("\"AssumedFinished\"")),
        (ReservationStatus::Unknown, Some("AssumedFinished".into()))
    );
    assert_eq!(status(Scalar::default()), (ReservationStatus::Unknown, None));
}

#[test]
fn what_cannot_be_read_is_named() {
    for bad in [
        r#"{"id":"r-1","party_size":2,"scheduled_time":"2025-04-16T19:30:00"}"#,
        r#"{"id":"r-1","party_size":2,"scheduled_time_utc":"2025-04-16T19:30:00"}"#,
        r#"{"id":"r-1","scheduled_time_utc":"2025-04-16T19:30:00Z"}"#,
    ] {
        let host = feed(&[bad.to_owned()], false);
        let Err(Error::Api(error)) = host.run(|| list(&query())) else { panic!("{bad}") };
        assert!(error.message.starts_with("reservation r-1: "), "{}", error.message);
    }
    let host = Host::new("platform").setting("restaurant_id", "770042").vendor(|request| {
        let guest = request.target().contains("guests");
        Ok(if guest { Response::new(503, &[], "") } else { Response::new(200, &[], RECORD) })
    });
    let Err(Error::Api(error)) = host.run(|| get(ID, false)) else { panic!() };
    assert!(error.message.starts_with(&format!("guest {GUEST}: ")) && error.retryable, "{}", error.message);
}

#[test]
fn a_guest_the_vendor_has_forgotten_keeps_the_identifier() {
    let host = Host::new("platform").setting("restaurant_id", "770042").vendor(|request| {
        let guest = request.target().contains("guests");
        Ok(if guest { Response::new(404, &[], "") } else { Response::new(200, &[], RECORD) })
    });
    let found = host.run(|| get(ID, true)).unwrap();
    assert_eq!((found.guest.id.as_deref(), found.guest.email), (Some(GUEST), None));
    assert_eq!(found.raw.as_deref(), Some(RECORD));
}
