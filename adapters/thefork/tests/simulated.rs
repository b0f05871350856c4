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
use moulin_vendors::testing::InProcess;
use moulin_vendors::thefork::Limits;
use moulin_vendors::{Options, TheForkOptions, World};
use thefork::TheFork;

const FLAVORS: [&str; 2] = ["seed", "b2b-v1"];

/// A connection of that flavour to a vendor of its own, on Saturday 12 April 2025.
fn host(flavor: &str) -> Host {
    let options = TheForkOptions { limits: Limits::scaled(0), ..TheForkOptions::default() };
    let restaurant = if flavor == "seed" { &options.restaurant_id } else { &options.restaurant_uuid }.clone();
    connected(flavor, options, &restaurant)
}

fn connected(flavor: &str, options: TheForkOptions, restaurant: &str) -> Host {
    let authorization = format!("Bearer {}", options.bearer_token);
    let router = moulin_vendors::TheFork::router(World::new(Options::default()), options);
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
            .run(|| TheFork::list_reservations(ReservationQuery { cursor: cursor.clone(), ..query.clone() }))
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
    host.run(|| TheFork::get_reservation(ReservationLookup { id: id.into(), include_raw: false })).unwrap()
}

/// A reservation of tomorrow or later that is still expected.
fn expected(host: &Host) -> Reservation {
    let query = ReservationQuery { from: day("2025-04-13"), statuses: vec![ReservationStatus::Confirmed], ..week() };
    all(host, &query).0.remove(0)
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
        idempotency_key: None,
        include_raw: false,
    }
}

#[test]
fn the_check_proves_the_credentials_and_the_restaurant() {
    for flavor in FLAVORS {
        let host = host(flavor);
        assert!(host.run(TheFork::check).unwrap().account.is_some());
        assert_eq!(host.requests().len(), 1);
        let options = TheForkOptions { bearer_token: "other".into(), ..TheForkOptions::default() };
        let router = moulin_vendors::TheFork::router(World::new(Options::default()), options);
        let vendor = InProcess::new(router).header("authorization", "Bearer wrong");
        let refused = Host::new(flavor).setting("restaurant_id", "75012").vendor(move |request| vendor.answer(request));
        assert!(matches!(refused.run(TheFork::check), Err(Error::Authentication(_))), "{flavor}");
    }
    let elsewhere = connected("seed", TheForkOptions::default(), "99999");
    assert!(matches!(elsewhere.run(TheFork::check), Err(Error::Validation(_))));
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
                (found.starts_at, found.party_size, format!("{:?}", found.status), guest, found.notes.clone())
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
        for status in [ReservationStatus::Completed, ReservationStatus::Cancelled, ReservationStatus::Pending] {
            let found = all(&host, &ReservationQuery { statuses: vec![status], ..week() }).0;
            let count = everything.iter().filter(|reservation| reservation.status == status).count();
            assert_eq!((found.len(), found.iter().all(|found| found.status == status)), (count, true), "{flavor}");
        }
    }
}

#[test]
fn a_reservation_is_made_changed_and_cancelled() {
    for flavor in FLAVORS {
        let host = host(flavor);
        let made = host.run(|| TheFork::create_reservation(newcomer("j.martin@example.org"))).unwrap();
        assert_eq!(made.status, ReservationStatus::Confirmed);
        assert_eq!((made.starts_at, made.party_size), (at("2025-04-18T18:30:00Z"), 3));
        assert_eq!(made.guest.email.as_deref(), Some("j.martin@example.org"));
        assert_eq!(made.notes.as_deref(), Some("Allergie aux arachides"));
        let read = get(&host, &made.id);
        assert_eq!((read.starts_at, read.party_size, &read.notes), (made.starts_at, 3, &made.notes), "{flavor}");

        let moved = ReservationPatch { starts_at: Some(at("2025-04-19T19:00:00Z")), ..patch(&made.id) };
        let moved = host.run(|| TheFork::update_reservation(moved)).unwrap();
        assert_eq!((moved.starts_at, moved.party_size), (at("2025-04-19T19:00:00Z"), 3), "{flavor}");
        let larger = host
            .run(|| TheFork::update_reservation(ReservationPatch { party_size: Some(5), ..patch(&made.id) }))
            .unwrap();
        assert_eq!((larger.starts_at, larger.party_size), (at("2025-04-19T19:00:00Z"), 5), "{flavor}");

        let cancellation = ReservationCancellation {
            id: made.id.clone(),
            reason: Some("Malade".into()),
            idempotency_key: None,
            include_raw: true,
        };
        let cancelled = host.run(|| TheFork::cancel_reservation(cancellation.clone())).unwrap();
        assert_eq!(cancelled.status, ReservationStatus::Cancelled, "{flavor}");
        assert!(cancelled.raw.is_some() && cancelled.guest.email.is_some(), "{flavor}");
        assert_eq!(
            host.run(|| TheFork::cancel_reservation(cancellation)).unwrap().status,
            ReservationStatus::Cancelled
        );
        assert_eq!(get(&host, &made.id).status, ReservationStatus::Cancelled);
    }
}

#[test]
fn the_seed_flavour_changes_status_and_notes_too() {
    let host = host("seed");
    let reservation = expected(&host);
    let change = ReservationPatch {
        status: Some(ReservationStatus::Seated),
        notes: Some("Table au calme".into()),
        ..patch(&reservation.id)
    };
    let changed = host.run(|| TheFork::update_reservation(change)).unwrap();
    assert_eq!((changed.status, changed.notes.as_deref()), (ReservationStatus::Seated, Some("Table au calme")));
    let cleared = ReservationPatch { notes: Some(String::new()), ..patch(&reservation.id) };
    assert_eq!(host.run(|| TheFork::update_reservation(cleared)).unwrap().notes, None);
    let sent = host.requests();
    let last = sent.last().unwrap();
    assert_eq!(
        (last.method_name(), last.target()),
        ("PUT", format!("/api/v2/reservations/{}", reservation.id).as_str())
    );
}

#[test]
fn the_same_guest_at_the_same_time_is_a_validation_error() {
    for flavor in FLAVORS {
        let host = host(flavor);
        host.run(|| TheFork::create_reservation(newcomer("twice@example.org"))).unwrap();
        let again = host.run(|| TheFork::create_reservation(newcomer("Twice@Example.org")));
        assert!(
            matches!(&again, Err(Error::Validation(error)) if error.message.contains("DOUBLE_BOOKING")),
            "{again:?}"
        );
    }
}

#[test]
fn what_does_not_exist_is_not_found() {
    for flavor in FLAVORS {
        let host = host(flavor);
        let lookup = |id: &str| ReservationLookup { id: id.into(), include_raw: false };
        assert!(matches!(host.run(|| TheFork::get_reservation(lookup("nobody"))), Err(Error::NotFound(_))));
        let customer = CustomerLookup { id: "nobody".into(), include_raw: false };
        assert!(matches!(host.run(|| TheFork::get_customer(customer)), Err(Error::NotFound(_))));
        let change = ReservationPatch { starts_at: Some(0), party_size: Some(2), ..patch("nobody") };
        assert!(matches!(host.run(|| TheFork::update_reservation(change)), Err(Error::NotFound(_))));
        let cancellation =
            ReservationCancellation { id: "nobody".into(), reason: None, idempotency_key: None, include_raw: false };
        assert!(matches!(host.run(|| TheFork::cancel_reservation(cancellation)), Err(Error::NotFound(_))));
    }
}

#[test]
fn a_time_closed_and_opened_shows_so_and_leaves_the_others() {
    for flavor in FLAVORS {
        let host = host(flavor);
        let query = |from: Option<LocalTime>| AvailabilityQuery {
            date: day("2025-04-18"),
            party_size: Some(2),
            from,
            to: None,
            include_raw: false,
        };
        let clock = |hour, minute| LocalTime { hour, minute };
        let before = host.run(|| TheFork::get_availability(query(None))).unwrap().slots;
        assert!(before.len() == 12 && before.iter().all(|slot| slot.capacity > 0), "{flavor}: {before:?}");
        let set = |capacity| AvailabilityUpdate {
            date: day("2025-04-18"),
            slots: vec![Slot { time: clock(19, 0), capacity }, Slot { time: clock(21, 0), capacity }],
            idempotency_key: None,
            include_raw: false,
        };
        let closed = host.run(|| TheFork::update_availability(set(0))).unwrap();
        assert!(closed.slots.iter().all(|slot| slot.capacity == 0) && closed.slots.len() == 2, "{flavor}");
        let after = host.run(|| TheFork::get_availability(query(None))).unwrap().slots;
        for (slot, old) in after.iter().zip(&before) {
            let touched = [clock(19, 0), clock(21, 0)].contains(&slot.time);
            assert_eq!(slot.capacity, if touched { 0 } else { old.capacity }, "{flavor} {}", slot.time);
        }
        host.run(|| TheFork::update_availability(set(12))).unwrap();
        let evening = host.run(|| TheFork::get_availability(query(Some(clock(19, 0))))).unwrap().slots;
        assert!(evening.len() == 7 && evening.iter().all(|slot| slot.capacity > 0), "{flavor}: {evening:?}");
    }
}

#[test]
fn guests_are_found_and_read() {
    for (flavor, text) in [("seed", "CLIENT07@example.fr"), ("b2b-v1", "")] {
        let host = host(flavor);
        let known =
            all(&host, &week()).0.into_iter().find_map(|found| found.guest.phone.map(|phone| (found.guest.id, phone)));
        let (id, phone) = known.unwrap();
        let text = if text.is_empty() { phone } else { text.to_owned() };
        let search = CustomerSearch { text: text.clone(), limit: None, cursor: None, include_raw: true };
        let found = host.run(|| TheFork::search_customers(search)).unwrap().items;
        assert_eq!(found.len(), 1, "{flavor} {text}");
        assert!(found[0].raw.is_some() && found[0].first_name.is_some(), "{flavor}");
        let lookup = CustomerLookup { id: id.unwrap(), include_raw: false };
        let customer = host.run(|| TheFork::get_customer(lookup)).unwrap();
        assert!(customer.email.is_some() && customer.vip.is_some() && customer.created_at.is_some(), "{flavor}");
    }
    let nobody = CustomerSearch { text: "+33600000000".into(), limit: None, cursor: None, include_raw: false };
    for flavor in FLAVORS {
        assert!(host(flavor).run(|| TheFork::search_customers(nobody.clone())).unwrap().items.is_empty(), "{flavor}");
    }
}

#[test]
fn the_restaurant_is_known_to_the_seed_flavour_only() {
    let found = host("seed").run(|| TheFork::get_restaurant(RestaurantQuery { include_raw: false })).unwrap();
    assert_eq!((found.name.as_str(), found.time_zone.as_deref()), ("Le Vieux Moulin", Some("Europe/Paris")));
    let b2b = host("b2b-v1");
    assert!(matches!(
        b2b.run(|| TheFork::get_restaurant(RestaurantQuery { include_raw: false })),
        Err(Error::Unsupported(reason)) if reason.contains("TheFork Manager")
    ));
    assert!(b2b.requests().is_empty());
}

#[test]
fn more_requests_than_the_limit_are_a_rate_limit_error() {
    for flavor in FLAVORS {
        let options = TheForkOptions { limits: Limits { per_minute: 1, enforced: true }, ..TheForkOptions::default() };
        let restaurant = if flavor == "seed" { "75012" } else { "c41d9a70-52be-4c8e-9a13-6f20d5b8a202" };
        let host = connected(flavor, options, restaurant);
        host.run(TheFork::check).unwrap();
        // The vendor says nothing about how long.
        assert!(matches!(host.run(TheFork::check), Err(Error::RateLimit(error)) if error.retry_after_ms.is_none()));
    }
}
