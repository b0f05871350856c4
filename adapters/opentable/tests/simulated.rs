//! Every operation in both flavours against the simulated vendor, which refuses what the vendor would refuse.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;

use moulin_adapter::booking::{
    AvailabilityQuery, AvailabilityUpdate, CustomerLookup, CustomerSearch, Guest, NewReservation, Reservation,
    ReservationCancellation, ReservationLookup, ReservationPatch, ReservationQuery, ReservationStatus, RestaurantQuery,
    Slot,
};
use moulin_adapter::prelude::*;
use moulin_adapter::testing::Host;
use moulin_vendors::opentable::Limits;
use moulin_vendors::testing::InProcess;
use moulin_vendors::{OpenTableOptions, Options, World};
use opentable::OpenTable;

const FLAVORS: [&str; 2] = ["seed", "platform"];

/// A connection of that flavour to a vendor of its own, on Saturday 12 April 2025.
fn host(flavor: &str) -> Host {
    let options = OpenTableOptions { limits: Limits::scaled(0), ..OpenTableOptions::default() };
    connected(flavor, options, "770042")
}

fn connected(flavor: &str, options: OpenTableOptions, restaurant: &str) -> Host {
    let authorization = format!("Bearer {}", options.bearer_token);
    let router = moulin_vendors::OpenTable::router(World::new(Options::default()), options);
    let vendor = InProcess::new(router).header("authorization", &authorization);
    Host::new(flavor)
        .setting("restaurant_id", restaurant)
        .now(at("2025-04-12T10:30:00Z"))
        .vendor(move |request| vendor.answer(request))
}

fn day(text: &str) -> Date {
    time::parse_date(text).unwrap()
}

fn at(text: &str) -> Instant {
    time::parse_instant(text).unwrap()
}

fn week() -> ReservationQuery {
    ReservationQuery {
        from: day("2025-04-10"),
        to: day("2025-04-16"),
        statuses: Vec::new(),
        limit: Some(7),
        cursor: None,
        include_raw: false,
    }
}

/// All pages, and how many there were.
fn all(host: &Host, query: &ReservationQuery) -> (Vec<Reservation>, usize) {
    let (mut found, mut pages, mut cursor) = (Vec::new(), 0, None);
    loop {
        let page = host
            .run(|| OpenTable::list_reservations(ReservationQuery { cursor: cursor.clone(), ..query.clone() }))
            .unwrap();
        pages += 1;
        found.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return (found, pages),
        }
    }
}

fn get(host: &Host, id: &str) -> Reservation {
    host.run(|| OpenTable::get_reservation(ReservationLookup { id: id.into(), include_raw: false })).unwrap()
}

/// A reservation of tomorrow or later that is still expected.
fn expected(host: &Host) -> Reservation {
    let query = ReservationQuery { from: day("2025-04-13"), statuses: vec![ReservationStatus::Confirmed], ..week() };
    all(host, &query).0.into_iter().find(|found| found.party_size < 5).unwrap()
}

fn newcomer(mail: &str) -> NewReservation {
    NewReservation {
        starts_at: at("2025-04-18T18:30:00Z"),
        party_size: 3,
        guest: Guest {
            id: None,
            first_name: Some("Jeanne".into()),
            last_name: Some("Martin".into()),
            full_name: None,
            email: Some(mail.into()),
            phone: Some("+33612345678".into()),
        },
        notes: Some("Allergie aux arachides".into()),
        idempotency_key: Some("5f1c".into()),
        include_raw: false,
    }
}

fn patch(id: &str) -> ReservationPatch {
    ReservationPatch {
        id: id.into(),
        starts_at: None,
        party_size: None,
        status: None,
        notes: None,
        idempotency_key: Some("k".into()),
        include_raw: false,
    }
}

#[test]
fn the_check_proves_the_credentials_and_the_restaurant() {
    for flavor in FLAVORS {
        let host = host(flavor);
        assert!(host.run(OpenTable::check).unwrap().account.is_some());
        assert_eq!(host.requests().len(), 1);
        let options = OpenTableOptions { bearer_token: "other".into(), ..OpenTableOptions::default() };
        let router = moulin_vendors::OpenTable::router(World::new(Options::default()), options);
        let vendor = InProcess::new(router).header("authorization", "Bearer wrong");
        let refused =
            Host::new(flavor).setting("restaurant_id", "770042").vendor(move |request| vendor.answer(request));
        assert!(matches!(refused.run(OpenTable::check), Err(Error::Authentication(_))), "{flavor}");
    }
    let elsewhere = connected("seed", OpenTableOptions::default(), "99999");
    assert!(matches!(elsewhere.run(OpenTable::check), Err(Error::NotFound(_))));
    let elsewhere = connected("platform", OpenTableOptions::default(), "99999");
    assert!(matches!(elsewhere.run(OpenTable::check), Err(Error::Authentication(_))));
}

#[test]
fn all_pages_give_every_reservation_once_and_the_same_again() {
    let mut weeks = Vec::new();
    for flavor in FLAVORS {
        let host = host(flavor);
        let (first, pages) = all(&host, &week());
        assert!(pages > 3 && first.len() > 30, "{flavor}: {pages} pages, {} reservations", first.len());
        let ids: BTreeSet<_> = first.iter().map(|found| found.id.clone()).collect();
        assert_eq!(ids.len(), first.len(), "{flavor}");
        assert_eq!(all(&host, &week()).0, first, "{flavor}");
        for found in &first {
            assert!((10..=16).contains(&found.local_date.day), "{flavor}: {}", found.local_date);
            assert!(found.guest.email.is_some() && found.guest.id.is_some(), "{flavor}: {found:?}");
            assert_ne!(found.status, ReservationStatus::Unknown, "{flavor}");
        }
        weeks.push(first);
    }
    // Both flavours mean the same: the same book seen through two APIs.
    let seen = |week: &[Reservation]| -> Vec<_> {
        let mut seen: Vec<_> = week
            .iter()
            .map(|found| {
                let guest = found.guest.email.clone();
                // The specification has one word for what is asked for and what is confirmed.
                let status = match found.status {
                    ReservationStatus::Pending => ReservationStatus::Confirmed,
                    status => status,
                };
                (found.starts_at, found.party_size, format!("{status:?}"), guest, found.notes.clone())
            })
            .collect();
        seen.sort();
        seen
    };
    assert_eq!(seen(&weeks[0]), seen(&weeks[1]));
}

#[test]
fn a_status_asked_for_is_the_only_one_that_comes() {
    for flavor in FLAVORS {
        let host = host(flavor);
        let everything = all(&host, &week()).0;
        for status in [ReservationStatus::Completed, ReservationStatus::Cancelled, ReservationStatus::Confirmed] {
            let found = all(&host, &ReservationQuery { statuses: vec![status], ..week() }).0;
            let count = everything.iter().filter(|reservation| reservation.status == status).count();
            assert_eq!((found.len(), found.iter().all(|found| found.status == status)), (count, true), "{flavor}");
        }
    }
}

#[test]
fn a_reservation_is_made_changed_and_cancelled_in_the_seed_flavour() {
    let host = host("seed");
    let made = host.run(|| OpenTable::create_reservation(newcomer("j.martin@example.org"))).unwrap();
    assert_eq!(
        (made.status, made.starts_at, made.party_size),
        (ReservationStatus::Confirmed, at("2025-04-18T18:30:00Z"), 3)
    );
    assert_eq!(made.guest.email.as_deref(), Some("j.martin@example.org"));
    assert_eq!(get(&host, &made.id), made);
    let change = ReservationPatch {
        starts_at: Some(at("2025-04-19T19:00:00Z")),
        status: Some(ReservationStatus::Seated),
        notes: Some("Table au calme".into()),
        ..patch(&made.id)
    };
    let changed = host.run(|| OpenTable::update_reservation(change)).unwrap();
    assert_eq!((changed.starts_at, changed.party_size), (at("2025-04-19T19:00:00Z"), 3));
    assert_eq!((changed.status, changed.notes.as_deref()), (ReservationStatus::Seated, Some("Table au calme")));
    let cancellation = ReservationCancellation {
        id: made.id.clone(),
        reason: Some("Malade".into()),
        idempotency_key: Some("c".into()),
        include_raw: true,
    };
    let cancelled = host.run(|| OpenTable::cancel_reservation(cancellation)).unwrap();
    assert!(cancelled.status == ReservationStatus::Cancelled && cancelled.raw.is_some());
}

#[test]
fn the_same_request_id_books_once() {
    let host = host("seed");
    let book = || host.run(|| OpenTable::create_reservation(newcomer("twice@example.org"))).unwrap();
    assert_eq!(book().id, book().id);
    let other = NewReservation { party_size: 2, ..newcomer("twice@example.org") };
    assert!(matches!(host.run(|| OpenTable::create_reservation(other)), Err(Error::Validation(_))));
    let without = NewReservation { idempotency_key: None, ..newcomer("twice@example.org") };
    assert!(matches!(host.run(|| OpenTable::create_reservation(without)), Err(Error::Validation(_))));
}

#[test]
fn a_reservation_is_changed_and_cancelled_on_the_platform() {
    let host = host("platform");
    let found = expected(&host);
    let change = ReservationPatch {
        starts_at: Some(at("2025-04-19T19:00:00Z")),
        party_size: Some(4),
        notes: Some("Chaise haute".into()),
        ..patch(&found.id)
    };
    let changed = host.run(|| OpenTable::update_reservation(change)).unwrap();
    assert_eq!((changed.starts_at, changed.party_size), (at("2025-04-19T19:00:00Z"), 4));
    let read = get(&host, &found.id);
    assert_eq!((read.starts_at, read.party_size, read.notes.as_deref()), (changed.starts_at, 4, Some("Chaise haute")));
    let cancellation = ReservationCancellation {
        id: found.id.clone(),
        reason: None,
        idempotency_key: Some("c".into()),
        include_raw: false,
    };
    let cancel = || host.run(|| OpenTable::cancel_reservation(cancellation.clone())).unwrap().status;
    assert_eq!((cancel(), get(&host, &found.id).status), (ReservationStatus::Cancelled, ReservationStatus::Cancelled));
    assert_eq!(cancel(), ReservationStatus::Cancelled);
}

#[test]
fn a_large_party_is_the_hosts_business_on_the_platform() {
    let host = host("platform");
    let found = expected(&host);
    let larger = ReservationPatch { party_size: Some(8), ..patch(&found.id) };
    let refused = host.run(|| OpenTable::update_reservation(larger));
    assert!(matches!(refused, Err(Error::Api(error)) if error.code.as_deref() == Some("RedirectToHost")));
}

#[test]
fn what_the_platform_cannot_do_says_why_without_a_request() {
    let host = host("platform");
    let update = AvailabilityUpdate {
        date: day("2025-04-18"),
        slots: vec![Slot { time: LocalTime { hour: 19, minute: 0 }, capacity: 1 }],
        idempotency_key: None,
        include_raw: false,
    };
    assert!(matches!(host.run(|| OpenTable::update_availability(update)), Err(Error::Unsupported(_))));
    let new = newcomer("j@example.org");
    assert!(matches!(host.run(|| OpenTable::create_reservation(new)), Err(Error::Unsupported(_))));
    assert!(host.requests().is_empty());
}

#[test]
fn what_does_not_exist_is_not_found() {
    for flavor in FLAVORS {
        let host = host(flavor);
        let lookup = |id: &str| ReservationLookup { id: id.into(), include_raw: false };
        assert!(matches!(host.run(|| OpenTable::get_reservation(lookup("nobody"))), Err(Error::NotFound(_))));
        let customer = CustomerLookup { id: "nobody".into(), include_raw: false };
        assert!(matches!(host.run(|| OpenTable::get_customer(customer)), Err(Error::NotFound(_))));
        let change = ReservationPatch { starts_at: Some(0), ..patch("nobody") };
        assert!(matches!(host.run(|| OpenTable::update_reservation(change)), Err(Error::NotFound(_))));
        let cancellation = ReservationCancellation {
            id: "nobody".into(),
            reason: None,
            idempotency_key: Some("c".into()),
            include_raw: false,
        };
        assert!(matches!(host.run(|| OpenTable::cancel_reservation(cancellation)), Err(Error::NotFound(_))));
    }
}

fn availability(host: &Host, from: Option<u8>) -> Vec<Slot> {
    let query = AvailabilityQuery {
        date: day("2025-04-18"),
        party_size: Some(2),
        from: from.map(|hour| LocalTime { hour, minute: 0 }),
        to: None,
        include_raw: false,
    };
    host.run(|| OpenTable::get_availability(query)).unwrap().slots
}

#[test]
fn tables_taken_off_show_so_and_leave_the_others() {
    let host = host("seed");
    let before = availability(&host, None);
    assert!(before.len() == 12 && before.iter().all(|slot| slot.capacity > 0), "{before:?}");
    let update = AvailabilityUpdate {
        date: day("2025-04-18"),
        slots: vec![Slot { time: LocalTime { hour: 19, minute: 0 }, capacity: 0 }],
        idempotency_key: Some("a".into()),
        include_raw: true,
    };
    let set = host.run(|| OpenTable::update_availability(update.clone())).unwrap();
    assert!(set.slots == update.slots && set.raw.is_some());
    for (slot, old) in availability(&host, None).iter().zip(&before) {
        let touched = slot.time == LocalTime { hour: 19, minute: 0 };
        assert_eq!(slot.capacity, if touched { 0 } else { old.capacity }, "{}", slot.time);
    }
}

#[test]
fn both_flavours_know_the_same_times() {
    for (from, count) in [(None, 12), (Some(19), 7)] {
        let times = |flavor| -> Vec<LocalTime> {
            availability(&host(flavor), from).into_iter().map(|slot| slot.time).collect()
        };
        assert_eq!((times("seed").len(), times("platform").len()), (count, count));
        assert_eq!(times("seed"), times("platform"));
    }
}

#[test]
fn guests_are_found_and_read() {
    for flavor in FLAVORS {
        let host = host(flavor);
        let known = all(&host, &week()).0.remove(0).guest;
        let search = |text: &str| {
            let search = CustomerSearch { text: text.into(), limit: None, cursor: None, include_raw: true };
            host.run(|| OpenTable::search_customers(search)).unwrap().items
        };
        let found = search(&known.email.clone().unwrap().to_uppercase());
        assert_eq!(found.len(), 1, "{flavor}");
        assert_eq!((Some(&found[0].id), &found[0].phone), (known.id.as_ref(), &known.phone), "{flavor}");
        assert!(found[0].raw.is_some() && search("nobody at all").is_empty(), "{flavor}");
        let lookup = CustomerLookup { id: known.id.unwrap(), include_raw: false };
        let customer = host.run(|| OpenTable::get_customer(lookup)).unwrap();
        assert_eq!((customer.email, customer.created_at.is_some()), (known.email, true), "{flavor}");
    }
}

#[test]
fn the_restaurant_is_known_to_both() {
    for flavor in FLAVORS {
        let found = host(flavor).run(|| OpenTable::get_restaurant(RestaurantQuery { include_raw: false })).unwrap();
        assert_eq!((found.id.as_str(), found.name.as_str()), ("770042", "Le Vieux Moulin"), "{flavor}");
    }
}

#[test]
fn more_requests_than_the_limit_are_a_rate_limit_error() {
    for flavor in FLAVORS {
        let options =
            OpenTableOptions { limits: Limits { per_minute: 1, enforced: true }, ..OpenTableOptions::default() };
        let host = connected(flavor, options, "770042");
        host.run(OpenTable::check).unwrap();
        assert!(
            matches!(host.run(OpenTable::check), Err(Error::RateLimit(error)) if error.retry_after_ms == Some(30_000))
        );
    }
}
