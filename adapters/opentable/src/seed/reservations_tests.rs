use moulin_adapter::testing::Host;

use super::*;

const PAGE: &str = r#"{"reservations":[{"id":"OT-55201","restaurant_id":"770042","reservation_date":"2025-04-16","reservation_time":"19:00","party_size":3,"status":"BOOKED",
  "guest":{"id":"G-77","first_name":"Michel","last_name":"Durand","email":"michel.durand@example.org","phone":"+33611223344"},
  "special_request":"Chaise haute","table":"7","created_at":"2025-04-12T10:15:22Z","updated_at":"2025-04-12T10:15:22Z"}],
 "pagination":{"total":2,"page":1,"per_page":1}}"#;

fn day(text: &str) -> Date {
    time::parse_date(text).unwrap()
}

fn at(text: &str) -> Instant {
    time::parse_instant(text).unwrap()
}

fn query() -> ReservationQuery {
    ReservationQuery {
        from: day("2025-04-15"),
        to: day("2025-04-16"),
        statuses: Vec::new(),
        limit: None,
        cursor: None,
        include_raw: false,
    }
}

fn answers(body: &str) -> Host {
    let body = body.to_owned();
    Host::new("seed").setting("restaurant_id", "770042").vendor(move |_| Ok(Response::new(200, &[], body.as_str())))
}

#[test]
fn a_reservation_is_mapped_field_by_field() {
    let host = answers(PAGE);
    let page = host.run(|| list(&query())).unwrap();
    assert_eq!(page.next.as_deref(), Some("2"));
    assert_eq!(
        page.items,
        [Reservation {
            id: "OT-55201".into(),
            restaurant_id: Some("770042".into()),
            starts_at: at("2025-04-16T17:00:00Z"),
            local_date: day("2025-04-16"),
            local_time: LocalTime { hour: 19, minute: 0 },
            party_size: 3,
            status: ReservationStatus::Confirmed,
            vendor_status: None,
            guest: Guest {
                id: Some("G-77".into()),
                first_name: Some("Michel".into()),
                last_name: Some("Durand".into()),
                full_name: None,
                email: Some("michel.durand@example.org".into()),
                phone: Some("+33611223344".into()),
            },
            notes: Some("Chaise haute".into()),
            table: Some("7".into()),
            source: None,
            created_at: Some(at("2025-04-12T10:15:22Z")),
            updated_at: Some(at("2025-04-12T10:15:22Z")),
            raw: None,
        }]
    );
    let request = &host.requests()[0];
    assert_eq!((request.method_name(), request.target()), ("GET", "/api/v3/restaurant/770042/reservations"));
    assert_eq!(
        request.query_pairs().collect::<Vec<_>>(),
        [
            ("start_date", "2025-04-15T00:00:00+02:00"),
            ("end_date", "2025-04-16T23:59:00+02:00"),
            ("per_page", "100"),
            ("page", "1"),
        ]
    );
    assert_eq!(request.header_value("accept"), Some("application/json"));
}

#[test]
fn the_filter_is_in_all_words_of_a_status_and_held_to() {
    let record = |id: u8, date: &str, status: &str| {
        format!(
            r#"{{"id":{id},"reservation_date":"{date}","reservation_time":"20:00","party_size":"2","status":"{status}"}}"#
        )
    };
    let body = format!(
        r#"{{"reservations":[{},{},{}]}}"#,
        record(1, "2025-04-15", "arrived"),
        record(2, "2025-04-15", "BOOKED"),
        record(3, "2025-04-17", "SEATED")
    );
    let host = answers(&body);
    let wanted = |statuses| ReservationQuery { statuses, limit: Some(500), cursor: Some("2".into()), ..query() };
    let page = host.run(|| list(&wanted(vec![ReservationStatus::Seated, ReservationStatus::NoShow]))).unwrap();
    assert_eq!(page.items.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(), ["1"]);
    host.run(|| list(&wanted(vec![ReservationStatus::Confirmed]))).unwrap();
    host.run(|| list(&wanted(vec![ReservationStatus::Unknown, ReservationStatus::Seated]))).unwrap();
    let sent = host.requests();
    assert_eq!(sent[0].query_value("status"), Some("ARRIVED,SEATED,NO_SHOW"));
    assert_eq!((sent[0].query_value("per_page"), sent[0].query_value("page")), (Some("100"), Some("2")));
    assert_eq!(sent[1].query_value("status"), Some("BOOKED,CONFIRMED"));
    assert_eq!(sent[2].query_value("status"), None);
}

#[test]
fn every_status_is_read_and_a_new_one_is_kept() {
    for (name, known) in [
        ("BOOKED", ReservationStatus::Confirmed),
        ("CONFIRMED", ReservationStatus::Confirmed),
        ("ARRIVED", ReservationStatus::Seated),
        ("SEATED", ReservationStatus::Seated),
        ("COMPLETED", ReservationStatus::Completed),
        ("cancelled", ReservationStatus::Cancelled),
        ("NO_SHOW", ReservationStatus::NoShow),
    ] {
        assert_eq!(status(Scalar::from_json(&format!("\"{name}\""))), (known, None));
    }
    assert_eq!(status(Scalar::from_json("\"Waitlist\"")), (ReservationStatus::Unknown, Some("Waitlist".into())));
    for known in [ReservationStatus::Confirmed, ReservationStatus::Seated, ReservationStatus::NoShow] {
        assert_eq!(status(Scalar::from_json(&format!("\"{}\"", word(known).unwrap()))), (known, None));
    }
    assert_eq!((word(ReservationStatus::Pending), word(ReservationStatus::Unknown)), (None, None));
}

#[test]
fn absent_fields_are_none_and_a_record_that_cannot_be_read_is_named() {
    let body = r#"{"id":1,"reservation_date":"2025-04-16","reservation_time":"19:00:00","party_size":3,"guest":null}"#;
    let found = answers(body).run(|| get("1", true)).unwrap();
    assert_eq!(
        (found.guest.id, found.notes, found.table, found.status),
        (None, None, None, ReservationStatus::Unknown)
    );
    assert_eq!(found.raw.as_deref(), Some(body));
    for rest in [
        r#""reservation_time":"20:00","party_size":2"#,
        r#""reservation_date":"2025-04-15","party_size":2"#,
        r#""reservation_date":"2025-04-15","reservation_time":"20:00""#,
        r#""reservation_date":"16/04/2025","reservation_time":"20:00","party_size":2"#,
    ] {
        let body = format!(r#"{{"reservations":[{{"id":"OT-1",{rest}}}]}}"#);
        let Err(Error::Api(error)) = answers(&body).run(|| list(&query())) else { panic!("{rest}") };
        assert!(error.message.starts_with("reservation OT-1: "), "{}", error.message);
    }
}
