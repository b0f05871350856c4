use moulin_adapter::testing::Host;

use super::*;

const PAGE: &str = r#"{"items":[{"id":"TF-90017","restaurant_id":"75012","date":"2025-04-15","time":"20:00:00","people":4,"status":"confirmed",
  "customer":{"id":"C-9","name":"Jeanne Martin","email":"jeanne.martin@example.org","phone":"+33612345678"},
  "notes":"Allergie aux arachides","table":"12","created_at":"2025-04-12T15:30:45Z","updated_at":"2025-04-12T15:30:45Z"}],
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
    Host::new("seed").setting("restaurant_id", "75012").vendor(move |_| Ok(Response::new(200, &[], body.as_str())))
}

#[test]
fn a_reservation_is_mapped_field_by_field() {
    let host = answers(PAGE);
    let page = host.run(|| list(&query())).unwrap();
    assert_eq!(page.next.as_deref(), Some("2"));
    assert_eq!(
        page.items,
        [Reservation {
            id: "TF-90017".into(),
            restaurant_id: Some("75012".into()),
            starts_at: at("2025-04-15T18:00:00Z"),
            local_date: day("2025-04-15"),
            local_time: LocalTime { hour: 20, minute: 0 },
            party_size: 4,
            status: ReservationStatus::Confirmed,
            vendor_status: None,
            guest: Guest {
                id: Some("C-9".into()),
                first_name: None,
                last_name: None,
                full_name: Some("Jeanne Martin".into()),
                email: Some("jeanne.martin@example.org".into()),
                phone: Some("+33612345678".into()),
            },
            notes: Some("Allergie aux arachides".into()),
            table: Some("12".into()),
            source: None,
            created_at: Some(at("2025-04-12T15:30:45Z")),
            updated_at: Some(at("2025-04-12T15:30:45Z")),
            raw: None,
        }]
    );
    let request = &host.requests()[0];
    assert_eq!((request.method_name(), request.target()), ("GET", "/api/v2/reservations"));
    assert_eq!(
        request.query_pairs().collect::<Vec<_>>(),
        [
            ("restaurantId", "75012"),
            ("from", "2025-04-15T00:00:00+02:00"),
            ("to", "2025-04-16T23:59:00+02:00"),
            ("limit", "100"),
            ("page", "1"),
        ]
    );
}

#[test]
fn the_filter_is_in_the_vendors_words_and_held_to() {
    let body = r#"{"items":[{"id":1,"date":"2025-04-15","time":"20:00","people":"2","status":"SEATED"},
        {"id":2,"date":"2025-04-15","time":"20:00","people":2,"status":"confirmed"},
        {"id":3,"date":"2025-04-17","time":"00:00","people":2,"status":"seated"}]}"#;
    let host = answers(body);
    let wanted = ReservationQuery {
        statuses: vec![ReservationStatus::Seated, ReservationStatus::Completed],
        limit: Some(500),
        cursor: Some("2".into()),
        ..query()
    };
    let page = host.run(|| list(&wanted)).unwrap();
    assert_eq!(page.items.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(), ["1"]);
    let request = &host.requests()[0];
    assert_eq!(request.query_value("status"), Some("seated,complete"));
    assert_eq!((request.query_value("limit"), request.query_value("page")), (Some("100"), Some("2")));
    // There is no word for what is unknown: then everything is asked for.
    let unknown = ReservationQuery { statuses: vec![ReservationStatus::Unknown, ReservationStatus::Seated], ..query() };
    host.run(|| list(&unknown)).unwrap();
    assert_eq!(host.requests()[1].query_value("status"), None);
}

#[test]
fn other_spellings_and_absent_fields_are_taken() {
    let body = r#"{"id":90017,"date":"2025-04-15","time":"20:00","partySize":"4","status":"Canceled",
        "customer":{"firstName":"Jeanne","lastName":"Martin","email":""},"notes":"","table":null}"#;
    let found = answers(body).run(|| get("90017", true)).unwrap();
    assert_eq!((found.party_size, found.status), (4, ReservationStatus::Cancelled));
    assert_eq!((found.guest.first_name.as_deref(), found.guest.last_name.as_deref()), (Some("Jeanne"), Some("Martin")));
    assert_eq!((found.guest.email, found.notes, found.table, found.created_at), (None, None, None, None));
    assert_eq!(found.raw.as_deref(), Some(body));
    for customer in ["null", "\"\"", "[]", "[{\"name\":\"J\"}]"] {
        let body = format!(
            r#"{{"reservation":{{"id":"1","date":"2025-04-15","time":"20:00","people":1,"customer":{customer}}}}}"#
        );
        let found = answers(&body).run(|| get("1", false)).unwrap();
        assert_eq!((found.status, found.vendor_status), (ReservationStatus::Unknown, None), "{customer}");
    }
}

#[test]
fn every_status_goes_both_ways_and_a_new_one_is_kept() {
    for (name, known) in [
        ("pending", ReservationStatus::Pending),
        ("confirmed", ReservationStatus::Confirmed),
        ("seated", ReservationStatus::Seated),
        ("complete", ReservationStatus::Completed),
        ("cancelled", ReservationStatus::Cancelled),
        ("no_show", ReservationStatus::NoShow),
    ] {
        assert_eq!((word(known), status(Scalar::from_json(&format!("\"{name}\"")))), (Some(name), (known, None)));
    }
    let odd = status(Scalar::from_json("\"Waitlist\""));
    assert_eq!(odd, (ReservationStatus::Unknown, Some("Waitlist".into())));
}

#[test]
fn a_record_that_cannot_be_read_is_named() {
    for rest in [
        r#""time":"20:00","people":2"#,
        r#""date":"2025-04-15","people":2"#,
        r#""date":"2025-04-15","time":"20:00""#,
        r#""date":"15/04/2025","time":"20:00","people":2"#,
        r#""date":"2025-04-15","time":"20:00","people":-1"#,
        r#""date":"2025-04-15","time":"20:00","people":"two""#,
    ] {
        let body = format!(r#"{{"items":[{{"id":"TF-1",{rest}}}]}}"#);
        let Err(Error::Api(error)) = answers(&body).run(|| list(&query())) else { panic!("{rest}") };
        assert!(error.message.starts_with("reservation TF-1: "), "{}", error.message);
    }
    assert!(answers(r#"{"items":[{"date":"2025-04-15"}]}"#).run(|| list(&query())).is_err());
}

#[test]
fn an_identifier_cannot_leave_its_place_in_the_path() {
    let host = answers(r#"{"id":"1","date":"2025-04-15","time":"20:00","people":1}"#);
    host.run(|| get("../customers?x", false)).unwrap();
    assert_eq!(host.requests()[0].target(), "/api/v2/reservations/..%2Fcustomers%3Fx");
}
