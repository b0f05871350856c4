//! Making, changing and cancelling reservations: `POST reservations`, `PUT reservations/{id}`,
//! `PUT reservations/{id}/status`.

use moulin_adapter::booking::{Guest, NewReservation, Reservation, ReservationCancellation, ReservationPatch};
use moulin_adapter::http::{Method, Response, path_segment};
use moulin_adapter::prelude::*;
use serde::Serialize;

use super::reservations;
use crate::api;

#[derive(Serialize)]
struct New<'a> {
    reservation_date: String,
    reservation_time: String,
    party_size: u32,
    guest: Person,
    #[serde(skip_serializing_if = "Option::is_none")]
    special_request: Option<&'a str>,
}

#[derive(Serialize, Debug)]
struct Person {
    first_name: String,
    last_name: String,
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

/// Only what changes is sent.
#[derive(Serialize)]
struct Change<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reservation_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reservation_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    party_size: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    special_request: Option<&'a str>,
}

#[derive(Serialize)]
struct Cancellation<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation_reason: Option<&'a str>,
}

/// Takes the names apart where only the full name is known; a guest needs both and an e-mail.
fn person(guest: &Guest) -> Result<Person> {
    let filled = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let split = guest.full_name.as_deref().and_then(|name| name.trim().split_once(' '));
    let first = filled(guest.first_name.as_deref()).or_else(|| split.map(|(first, _)| first.to_owned()));
    let last = filled(guest.last_name.as_deref()).or_else(|| split.map(|(_, last)| last.trim().to_owned()));
    match (first, last, filled(guest.email.as_deref())) {
        (Some(first_name), Some(last_name), Some(email)) => {
            Ok(Person { first_name, last_name, email, phone: filled(guest.phone.as_deref()) })
        }
        (first, last, email) => {
            let message = "OpenTable books for a guest with first name, last name and e-mail only";
            let fields = [("guest.first_name", first), ("guest.last_name", last), ("guest.email", email)].into_iter();
            let missing = fields.filter(|(_, value)| value.is_none());
            Err(missing.fold(Error::validation(message), |error, (field, _)| error.field(field, "must be there")))
        }
    }
}

pub(crate) fn create(new: &NewReservation) -> Result<Reservation> {
    let (date, clock) = calendar::to_local(new.starts_at);
    let body = New {
        reservation_date: date.to_string(),
        reservation_time: clock.to_string(),
        party_size: new.party_size,
        guest: person(&new.guest)?,
        special_request: new.notes.as_deref().filter(|notes| !notes.is_empty()),
    };
    let target = api::below_restaurant("reservations")?;
    let answer = api::send(api::write(Method::Post, target, new.idempotency_key.as_deref()).json(&body)?)?;
    reservations::one(&answer, new.include_raw)
}

pub(crate) fn update(patch: &ReservationPatch) -> Result<Reservation> {
    let status = match patch.status {
        None => None,
        Some(status) => {
            let word = reservations::word(status);
            Some(word.ok_or_else(|| Error::invalid("status", "is none that OpenTable has a word for"))?)
        }
    };
    let start = patch.starts_at.map(calendar::to_local);
    let body = Change {
        reservation_date: start.map(|(date, _)| date.to_string()),
        reservation_time: start.map(|(_, clock)| clock.to_string()),
        party_size: patch.party_size,
        status,
        special_request: patch.notes.as_deref(),
    };
    let target = api::below_restaurant(&format!("reservations/{}", path_segment(&patch.id)))?;
    let answer = api::send(api::write(Method::Put, target, patch.idempotency_key.as_deref()).json(&body)?)?;
    answered(&answer, &patch.id, patch.include_raw)
}

pub(crate) fn cancel(cancellation: &ReservationCancellation) -> Result<Reservation> {
    let body = Cancellation { status: "CANCELLED", cancellation_reason: cancellation.reason.as_deref() };
    let target = api::below_restaurant(&format!("reservations/{}/status", path_segment(&cancellation.id)))?;
    let key = cancellation.idempotency_key.as_deref();
    let answer = api::send(api::write(Method::Put, target, key).json(&body)?)?;
    answered(&answer, &cancellation.id, cancellation.include_raw)
}

/// The reservation an answer shows, or as it is now when the answer is empty.
fn answered(answer: &Response, id: &str, include_raw: bool) -> Result<Reservation> {
    if api::is_empty(answer) { reservations::get(id, include_raw) } else { reservations::one(answer, include_raw) }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::booking::ReservationStatus;
    use moulin_adapter::http::{Idempotency, Request};
    use moulin_adapter::testing::Host;

    use super::*;

    const BOOKED: &str =
        r#"{"id":"OT-7","reservation_date":"2025-04-16","reservation_time":"19:00","party_size":3,"status":"BOOKED"}"#;

    fn new() -> NewReservation {
        NewReservation {
            starts_at: time::parse_instant("2025-04-16T17:00:00Z").unwrap(),
            party_size: 3,
            guest: Guest {
                id: None,
                first_name: None,
                last_name: None,
                full_name: Some("Michel Durand".into()),
                email: Some("michel@example.org".into()),
                phone: None,
            },
            notes: Some("Chaise haute".into()),
            idempotency_key: Some("5f1c".into()),
            include_raw: false,
        }
    }

    fn patch() -> ReservationPatch {
        ReservationPatch {
            id: "OT-7".into(),
            starts_at: None,
            party_size: None,
            status: None,
            notes: None,
            idempotency_key: Some("k".into()),
            include_raw: false,
        }
    }

    fn host(answer: impl Fn(&Request) -> Result<Response> + 'static) -> Host {
        Host::new("seed").setting("restaurant_id", "770042").vendor(answer)
    }

    fn body(request: &Request) -> &str {
        core::str::from_utf8(request.body_bytes().unwrap()).unwrap()
    }

    #[test]
    fn a_new_reservation_carries_the_callers_key() {
        let vendor = host(|_| Ok(Response::new(201, &[], BOOKED)));
        assert_eq!(vendor.run(|| create(&new())).unwrap().id, "OT-7");
        let sent = &vendor.requests()[0];
        assert_eq!((sent.method_name(), sent.target()), ("POST", "/api/v3/restaurant/770042/reservations"));
        assert_eq!(sent.header_value("X-Request-Id"), Some("5f1c"));
        assert_eq!(sent.idempotency_value(), Idempotency::Keyed);
        assert_eq!(
            body(sent),
            concat!(
                r#"{"reservation_date":"2025-04-16","reservation_time":"19:00","party_size":3,"guest":{"first_name":"Michel","#,
                r#""last_name":"Durand","email":"michel@example.org"},"special_request":"Chaise haute"}"#
            )
        );
        vendor.run(|| create(&NewReservation { idempotency_key: None, ..new() })).unwrap();
        assert_eq!(vendor.requests()[1].idempotency_value(), Idempotency::ByMethod);
    }

    #[test]
    fn a_guest_without_a_name_or_mail_is_refused_with_the_fields() {
        let mut nobody = new();
        nobody.guest.full_name = Some("Madonna".into());
        nobody.guest.email = Some(" ".into());
        let vendor = host(|_| Ok(Response::new(201, &[], BOOKED)));
        let Err(Error::Validation(error)) = vendor.run(|| create(&nobody)) else { panic!() };
        let fields: Vec<_> = error.fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(fields, ["guest.first_name", "guest.last_name", "guest.email"]);
        assert!(vendor.requests().is_empty());
    }

    #[test]
    fn a_change_sends_only_what_changes_and_an_empty_text_clears() {
        let vendor = host(|_| Ok(Response::new(200, &[], format!(r#"{{"reservation":{BOOKED}}}"#))));
        vendor.run(|| update(&ReservationPatch { notes: Some(String::new()), ..patch() })).unwrap();
        let all = ReservationPatch {
            starts_at: Some(time::parse_instant("2025-04-15T22:30:00Z").unwrap()),
            party_size: Some(5),
            status: Some(ReservationStatus::NoShow),
            ..patch()
        };
        vendor.run(|| update(&all)).unwrap();
        let sent = vendor.requests();
        assert_eq!((sent[0].method_name(), sent[0].target()), ("PUT", "/api/v3/restaurant/770042/reservations/OT-7"));
        assert_eq!((body(&sent[0]), sent[0].header_value("x-request-id")), (r#"{"special_request":""}"#, Some("k")));
        assert_eq!(
            body(&sent[1]),
            r#"{"reservation_date":"2025-04-16","reservation_time":"00:30","party_size":5,"status":"NO_SHOW"}"#
        );
        for status in [ReservationStatus::Unknown, ReservationStatus::Pending] {
            let wrong = ReservationPatch { status: Some(status), ..patch() };
            assert!(matches!(vendor.run(|| update(&wrong)), Err(Error::Validation(_))));
        }
        assert_eq!(vendor.requests().len(), 2);
    }

    #[test]
    fn a_cancellation_is_a_status_and_an_empty_answer_is_read_again() {
        let vendor = host(|request| match request.method_name() {
            "PUT" => Ok(Response::new(204, &[], "")),
            _ => Ok(Response::new(200, &[], BOOKED)),
        });
        let cancellation = ReservationCancellation {
            id: "OT-7".into(),
            reason: Some("fermé".into()),
            idempotency_key: Some("k".into()),
            include_raw: false,
        };
        vendor.run(|| cancel(&cancellation)).unwrap();
        let sent = vendor.requests();
        assert_eq!(sent[0].target(), "/api/v3/restaurant/770042/reservations/OT-7/status");
        assert_eq!(body(&sent[0]), r#"{"status":"CANCELLED","cancellation_reason":"fermé"}"#);
        assert_eq!((sent[1].method_name(), sent[1].header_value("x-request-id")), ("GET", None));
    }
}
