//! Making, changing and cancelling reservations: `POST reservations`, `PUT reservations/{id}`,
//! `PUT reservations/{id}/status`.

use moulin_adapter::booking::{
    NewReservation, Reservation, ReservationCancellation, ReservationPatch, ReservationQuery, ReservationStatus,
};
use moulin_adapter::http::{self, Response, path_segment};
use moulin_adapter::prelude::*;
use serde::Serialize;

use super::reservations;
use crate::api;
use crate::guest::{Person, person};

/// So many pages of a day are looked through for a reservation whose answer was lost.
const PAGES_LOOKED_THROUGH: usize = 5;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct New<'a> {
    restaurant_id: String,
    date: String,
    time: String,
    party_size: u32,
    customer: &'a Person,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
}

/// Only what changes is sent.
#[derive(Serialize)]
struct Change<'a> {
    #[serde(rename = "restaurantId")]
    restaurant_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
}

#[derive(Serialize)]
struct Cancellation<'a> {
    status: &'static str,
    #[serde(rename = "cancellationReason", skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// Makes a reservation.
///
/// TheFork knows no idempotency key. When the answer is lost, the day is looked through for a reservation of the same
/// guest, time and size instead of asking again.
pub(crate) fn create(new: &NewReservation) -> Result<Reservation> {
    let customer = person(&new.guest)?;
    let (date, clock) = calendar::to_local(new.starts_at);
    let body = New {
        restaurant_id: api::restaurant()?,
        date: date.to_string(),
        time: format!("{clock}:00"),
        party_size: new.party_size,
        customer: &customer,
        notes: new.notes.as_deref().filter(|notes| !notes.is_empty()),
    };
    match api::send(http::post("/api/v2/reservations").json(&body)?) {
        Ok(answer) => reservations::one(&answer, new.include_raw),
        Err(lost) if lost.is_ambiguous() => booked(new, date, &customer.email).ok_or(lost),
        Err(error) => Err(error),
    }
}

/// The reservation, if TheFork has it. A failure of this look is no better to know than the first.
fn booked(new: &NewReservation, date: Date, email: &str) -> Option<Reservation> {
    log::warn!("no answer to a new reservation, looking whether it was made");
    let mut query = ReservationQuery {
        from: date,
        to: date,
        statuses: Vec::new(),
        limit: None,
        cursor: None,
        include_raw: new.include_raw,
    };
    let same = |found: &Reservation| {
        found.starts_at == new.starts_at
            && found.party_size == new.party_size
            && found.status != ReservationStatus::Cancelled
            && found.guest.email.as_deref().is_some_and(|known| known.to_lowercase() == email.to_lowercase())
    };
    for _ in 0..PAGES_LOOKED_THROUGH {
        let page = match reservations::list(&query) {
            Ok(page) => page,
            Err(error) => {
                log::warn!("the look for the reservation failed: {error}");
                return None;
            }
        };
        if let Some(found) = page.items.into_iter().find(same) {
            return Some(found);
        }
        query.cursor = Some(page.next?);
    }
    None
}

pub(crate) fn update(patch: &ReservationPatch) -> Result<Reservation> {
    let status = match patch.status {
        None => None,
        Some(status) => {
            let word = reservations::word(status);
            Some(word.ok_or_else(|| Error::invalid("status", "cannot be set to unknown"))?)
        }
    };
    let start = patch.starts_at.map(calendar::to_local);
    let body = Change {
        restaurant_id: api::restaurant()?,
        date: start.map(|(date, _)| date.to_string()),
        time: start.map(|(_, clock)| format!("{clock}:00")),
        people: patch.party_size,
        status,
        notes: patch.notes.as_deref(),
    };
    let request = http::put(format!("/api/v2/reservations/{}", path_segment(&patch.id))).json(&body)?;
    answered(&api::send(request)?, &patch.id, patch.include_raw)
}

pub(crate) fn cancel(cancellation: &ReservationCancellation) -> Result<Reservation> {
    let body = Cancellation { status: "CANCELLED", reason: cancellation.reason.as_deref() };
    let target = format!("/api/v2/reservations/{}/status", path_segment(&cancellation.id));
    let answer = api::send(http::put(target).json(&body)?)?;
    answered(&answer, &cancellation.id, cancellation.include_raw)
}

/// The reservation an answer shows, or as it is now when the answer is empty.
fn answered(answer: &Response, id: &str, include_raw: bool) -> Result<Reservation> {
    if api::is_empty(answer) { reservations::get(id, include_raw) } else { reservations::one(answer, include_raw) }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::booking::Guest;
    use moulin_adapter::http::Request;
    use moulin_adapter::testing::Host;

    use super::*;

    const BOOKED: &str = r#"{"reservation":{"id":"TF-7","date":"2025-04-15","time":"20:00:00","people":4,"status":"confirmed","customer":{"email":"Jeanne@Example.org"}}}"#;

    fn new() -> NewReservation {
        NewReservation {
            starts_at: time::parse_instant("2025-04-15T18:00:00Z").unwrap(),
            party_size: 4,
            guest: Guest {
                id: None,
                first_name: Some("Jeanne".into()),
                last_name: Some("Martin".into()),
                full_name: None,
                email: Some("jeanne@example.org".into()),
                phone: None,
            },
            notes: Some("Allergie".into()),
            idempotency_key: Some("k".into()),
            include_raw: false,
        }
    }

    fn patch() -> ReservationPatch {
        ReservationPatch {
            id: "TF-7".into(),
            starts_at: None,
            party_size: None,
            status: None,
            notes: None,
            idempotency_key: None,
            include_raw: false,
        }
    }

    fn host(answer: impl Fn(&Request) -> Result<Response> + 'static) -> Host {
        Host::new("seed").setting("restaurant_id", "75012").vendor(answer)
    }

    fn body(request: &Request) -> &str {
        core::str::from_utf8(request.body_bytes().unwrap()).unwrap()
    }

    #[test]
    fn a_new_reservation_has_the_body_of_the_connector() {
        let vendor = host(|_| Ok(Response::new(201, &[], BOOKED)));
        assert_eq!(vendor.run(|| create(&new())).unwrap().id, "TF-7");
        let sent = &vendor.requests()[0];
        assert_eq!((sent.method_name(), sent.target()), ("POST", "/api/v2/reservations"));
        assert_eq!(
            body(sent),
            concat!(
                r#"{"restaurantId":"75012","date":"2025-04-15","time":"20:00:00","partySize":4,"#,
                r#""customer":{"firstName":"Jeanne","lastName":"Martin","email":"jeanne@example.org"},"notes":"Allergie"}"#
            )
        );
    }

    #[test]
    fn a_reservation_whose_answer_was_lost_is_looked_for_and_not_made_again() {
        let made = BOOKED.strip_prefix(r#"{"reservation":"#).and_then(|rest| rest.strip_suffix('}')).unwrap();
        let other = r#"{"id":"other","date":"2025-04-15","time":"20:00","people":4,"status":"confirmed"}"#;
        let list = format!(r#"{{"items":[{other},{made}]}}"#);
        let vendor = host(move |request| match request.method_name() {
            "POST" => Err(Error::connection("reset", true)),
            _ => Ok(Response::new(200, &[], list.as_str())),
        });
        assert_eq!(vendor.run(|| create(&new())).unwrap().id, "TF-7");
        assert_eq!(vendor.requests().len(), 2);
        for answer in [r#"{"items":[]}"#, "<html>"] {
            let vendor = host(move |request| match request.method_name() {
                "POST" => Err(Error::connection("reset", true)),
                _ => Ok(Response::new(200, &[], answer)),
            });
            assert!(vendor.run(|| create(&new())).unwrap_err().is_ambiguous());
            assert_eq!(vendor.requests().len(), 2);
        }
        let unsent = host(|_| Err(Error::connection("refused", false)));
        assert!(unsent.run(|| create(&new())).is_err());
        assert_eq!(unsent.requests().len(), 1);
    }

    #[test]
    fn a_change_sends_only_what_changes_and_an_empty_text_clears() {
        let vendor = host(|_| Ok(Response::new(200, &[], BOOKED)));
        vendor.run(|| update(&ReservationPatch { notes: Some(String::new()), ..patch() })).unwrap();
        let all = ReservationPatch {
            starts_at: Some(time::parse_instant("2025-04-15T22:30:00Z").unwrap()),
            party_size: Some(5),
            status: Some(ReservationStatus::NoShow),
            ..patch()
        };
        vendor.run(|| update(&all)).unwrap();
        let sent = vendor.requests();
        assert_eq!((sent[0].method_name(), sent[0].target()), ("PUT", "/api/v2/reservations/TF-7"));
        assert_eq!(body(&sent[0]), r#"{"restaurantId":"75012","notes":""}"#);
        assert_eq!(
            body(&sent[1]),
            r#"{"restaurantId":"75012","date":"2025-04-16","time":"00:30:00","people":5,"status":"no_show"}"#
        );
        let unknown = ReservationPatch { status: Some(ReservationStatus::Unknown), ..patch() };
        assert!(matches!(vendor.run(|| update(&unknown)), Err(Error::Validation(_))));
        assert_eq!(vendor.requests().len(), 2);
    }

    #[test]
    fn a_cancellation_is_a_status_and_an_empty_answer_is_read_again() {
        let vendor = host(|request| match request.method_name() {
            "PUT" => Ok(Response::new(204, &[], "")),
            _ => Ok(Response::new(200, &[], BOOKED)),
        });
        let cancellation = ReservationCancellation {
            id: "TF-7".into(),
            reason: Some("fermé".into()),
            idempotency_key: None,
            include_raw: false,
        };
        vendor.run(|| cancel(&cancellation)).unwrap();
        let sent = vendor.requests();
        assert_eq!(sent[0].target(), "/api/v2/reservations/TF-7/status");
        assert_eq!(body(&sent[0]), r#"{"status":"CANCELLED","cancellationReason":"fermé"}"#);
        assert_eq!((sent[1].method_name(), sent[1].target()), ("GET", "/api/v2/reservations/TF-7"));
    }
}
