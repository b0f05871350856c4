use moulin_adapter::testing::Host;

use super::*;

const ID: &str = "7b0e51c2-6d3f-4e0a-8f55-1c9a0b77e101";
const GUEST: &str = "e9923f18-0b4c-4d77-b6a1-58d3c1f0a303";
const LIST: &str = r#"{"data":["7b0e51c2-6d3f-4e0a-8f55-1c9a0b77e101","0f1c2d3e-1111-4222-8333-444455556666","7b0e51c2-6d3f-4e0a-8f55-1c9a0b77e101"],"totalCount":51,"page":1,"limit":50}"#;
const DETAILS: &str = r#"{"reservationUuid":"7b0e51c2-6d3f-4e0a-8f55-1c9a0b77e101","restaurantUuid":"c41d9a70-52be-4c8e-9a13-6f20d5b8a202","mealDate":"2025-04-15T18:00:00.000Z","mealStatus":"SEATED","partySize":4,"status":"RECORDED",
 "offerUuid":null,"customerNote":"Allergie aux arachides","restaurantNote":"Près de la fenêtre","customerUuid":"e9923f18-0b4c-4d77-b6a1-58d3c1f0a303","customFields":[],
 "offerDetails":{"offerType":"promotion","name":{"fr-FR":"-20%"},"discountPercentage":20},"billAmount":{"totalPrice":18600,"currency":"EUR"},
 "reservationChannel":"TheFork","createdAt":"2025-04-12T15:30:45.000Z","updatedAt":"2025-04-15T18:04:00.000Z"}"#;
const CUSTOMER: &str = r#"{"customerUuid":"e9923f18-0b4c-4d77-b6a1-58d3c1f0a303","email":"jeanne.martin@example.org","firstName":"Jeanne","lastName":"Martin","phone":null,"isVip":true}"#;

fn day(text: &str) -> Date {
    time::parse_date(text).unwrap()
}

fn at(text: &str) -> Instant {
    time::parse_instant(text).unwrap()
}

fn query() -> ReservationQuery {
    ReservationQuery {
        from: day("2025-04-15"),
        to: day("2025-04-15"),
        statuses: Vec::new(),
        limit: None,
        cursor: None,
        include_raw: false,
    }
}

/// Answers by path: the list, the details of `ID`, a reservation of the next day, the guest.
fn vendor() -> Host {
    Host::new("b2b-v1").setting("restaurant_id", "r-1").vendor(|request| {
        let target = request.target();
        let body = if target.ends_with("/reservations") {
            LIST.to_owned()
        } else if target.ends_with(ID) {
            DETAILS.to_owned()
        } else if target.ends_with("0f1c2d3e-1111-4222-8333-444455556666") {
            DETAILS.replace(ID, "0f1c2d3e-1111-4222-8333-444455556666").replace("2025-04-15T18", "2025-04-16T18")
        } else {
            CUSTOMER.to_owned()
        };
        Ok(Response::new(200, &[], body))
    })
}

#[test]
fn a_list_reads_each_reservation_and_each_guest_once() {
    let host = vendor();
    let page = host.run(|| list(&query())).unwrap();
    assert_eq!(page.next.as_deref(), Some("2"));
    assert_eq!(
        page.items,
        [Reservation {
            id: ID.into(),
            restaurant_id: Some("c41d9a70-52be-4c8e-9a13-6f20d5b8a202".into()),
            starts_at: at("2025-04-15T18:00:00Z"),
            local_date: day("2025-04-15"),
            local_time: LocalTime { hour: 20, minute: 0 },
            party_size: 4,
            status: ReservationStatus::Seated,
            vendor_status: None,
            guest: Guest {
                id: Some(GUEST.into()),
                first_name: Some("Jeanne".into()),
                last_name: Some("Martin".into()),
                full_name: None,
                email: Some("jeanne.martin@example.org".into()),
                phone: None,
            },
            notes: Some("Allergie aux arachides".into()),
            table: None,
            source: Some("TheFork".into()),
            created_at: Some(at("2025-04-12T15:30:45Z")),
            updated_at: Some(at("2025-04-15T18:04:00Z")),
            raw: None,
        }]
    );
    let sent = host.requests();
    assert_eq!(
        sent[0].query_pairs().collect::<Vec<_>>(),
        [
            ("restaurantUuid", "r-1"),
            ("startDate", "2025-04-14"),
            ("endDate", "2025-04-16"),
            ("filterBy", "mealDate"),
            ("limit", "50"),
            ("page", "1"),
        ]
    );
    let targets: Vec<_> = sent.iter().skip(1).map(|request| request.target().to_owned()).collect();
    assert_eq!(
        targets,
        [
            format!("/manager/v1/reservations/{ID}"),
            "/manager/v1/reservations/0f1c2d3e-1111-4222-8333-444455556666".to_owned(),
            format!("/manager/v1/customers/{GUEST}"),
        ]
    );
}

#[test]
fn a_page_never_costs_more_than_a_minute_allows() {
    let host = vendor();
    host.run(|| list(&ReservationQuery { limit: Some(10_000), ..query() })).unwrap();
    assert_eq!(host.requests()[0].query_value("limit"), Some("50"));
}

#[test]
fn a_reservation_that_cannot_be_read_is_named_and_not_left_out() {
    for (status, body, class) in [
        (404, r#"{"statusCode":404,"error":"Not Found","data":{"code":"RESERVATION_NOT_FOUND"}}"#, "not found"),
        (500, r#"{"statusCode":500,"error":"Internal Server Error"}"#, "api"),
        (429, r#"{"statusCode":429,"error":"Too Many Requests"}"#, "rate"),
        (200, "<html>", "api"),
        (200, "", "api"),
        (200, "{}", "api"),
    ] {
        let host = Host::new("b2b-v1").setting("restaurant_id", "r-1").vendor(move |request| {
            let list = request.target().ends_with("/reservations");
            Ok(if list { Response::new(200, &[], LIST) } else { Response::new(status, &[], body) })
        });
        let error = host.run(|| list(&query())).unwrap_err();
        let (found, message) = match &error {
            Error::NotFound(error) => ("not found", error.message.as_str()),
            Error::Api(error) => ("api", error.message.as_str()),
            Error::RateLimit(error) => ("rate", error.message.as_str()),
            other => panic!("{other:?}"),
        };
        assert_eq!(found, class, "{status}");
        assert!(message.starts_with(&format!("reservation {ID}: ")), "{message}");
    }
}

#[test]
fn a_guest_the_vendor_has_forgotten_keeps_the_identifier() {
    let host = Host::new("b2b-v1").setting("restaurant_id", "r-1").vendor(|request| {
        let guest = request.target().contains("/customers/");
        Ok(if guest { Response::new(404, &[], "") } else { Response::new(200, &[], DETAILS) })
    });
    let found = host.run(|| get(ID, true)).unwrap();
    assert_eq!((found.guest.id.as_deref(), found.guest.email), (Some(GUEST), None));
    assert_eq!(found.raw.as_deref(), Some(DETAILS));
}

#[test]
fn every_pair_of_words_has_its_status() {
    let read = |word: &str, meal: &str| status(Scalar::from_json(word), Scalar::from_json(meal));
    for (word, meal, expected) in [
        ("\"REQUESTED\"", "null", ReservationStatus::Pending),
        ("\"RECORDED\"", "", ReservationStatus::Confirmed),
        ("\"recorded\"", "null", ReservationStatus::Confirmed),
        ("\"RECORDED\"", "\"PARTIALLY_ARRIVED\"", ReservationStatus::Seated),
        ("\"RECORDED\"", "\"ARRIVED\"", ReservationStatus::Seated),
        ("\"RECORDED\"", "\"SEATED\"", ReservationStatus::Seated),
        ("\"RECORDED\"", "\"BILL\"", ReservationStatus::Seated),
        ("\"RECORDED\"", "\"LEFT\"", ReservationStatus::Completed),
        ("\"CANCELED\"", "\"ARRIVED\"", ReservationStatus::Cancelled),
        ("\"REFUSED\"", "", ReservationStatus::Cancelled),
        ("\"NO_SHOW\"", "", ReservationStatus::NoShow),
    ] {
        assert_eq!(read(word, meal), (expected, None), "{word} {meal}");
    }
    assert_eq!(read("\"HELD\"", ""), (ReservationStatus::Unknown, Some("HELD".into())));
    assert_eq!(read("\"RECORDED\"", "\"PAID\""), (ReservationStatus::Unknown, Some("PAID".into())));
    assert_eq!(read("", "\"LEFT\""), (ReservationStatus::Unknown, None));
}

#[test]
fn a_list_that_is_none_is_an_error() {
    for body in ["", "{}", "[]", "<html>", r#"{"data":{}}"#, r#"{"data":[{}]}"#, r#"{"data":["x"],"page":2}"#] {
        let host =
            Host::new("b2b-v1").setting("restaurant_id", "r-1").vendor(move |_| Ok(Response::new(200, &[], body)));
        assert!(host.run(|| identifiers(&query())).is_err(), "{body}");
    }
}
