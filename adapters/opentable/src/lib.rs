//! Moulin adapter of OpenTable: reservations, availability and guests.
//!
//! Two flavours: `seed` (the specification's paths below `/api/v3/restaurant`) and `platform` (the vendor's own APIs:
//! Sync v2 for reading, the in-house booking API for availability, changes and cancellations).
//!
//! | file | what it maps |
//! |---|---|
//! | `describe` | what the adapter is and needs |
//! | `api` | paths, sending, pages by number, the check |
//! | `seed/reservations`, `seed/changes` | reading reservations; making, changing and cancelling them |
//! | `seed/availability`, `seed/people` | availability; guests and the restaurant |
//! | `platform/feed` | pages of Sync |
//! | `platform/reservations`, `platform/people` | reservations; guests and the restaurant, out of Sync |
//! | `platform/changes`, `platform/availability` | the in-house booking API |
//! | `error` | statuses and error bodies |

#![cfg_attr(test, allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

mod api;
mod describe;
mod error;
mod platform;
mod seed;

use moulin_adapter::booking::{
    Availability, AvailabilityQuery, AvailabilityUpdate, Customer, CustomerLookup, CustomerPage, CustomerSearch,
    NewReservation, Reservation, ReservationCancellation, ReservationLookup, ReservationPage, ReservationPatch,
    ReservationQuery, Restaurant, RestaurantQuery,
};
use moulin_adapter::prelude::*;

use api::is_platform;

/// The adapter.
#[derive(Debug)]
pub struct OpenTable;

impl Adapter for OpenTable {
    fn describe() -> Description {
        describe::description()
    }
    fn check() -> Result<Health> {
        api::check()
    }
}

impl Booking for OpenTable {
    fn list_reservations(query: ReservationQuery) -> Result<ReservationPage> {
        if is_platform() { platform::reservations::list(&query) } else { seed::reservations::list(&query) }
    }
    fn get_reservation(query: ReservationLookup) -> Result<Reservation> {
        if is_platform() {
            platform::reservations::get(&query.id, query.include_raw)
        } else {
            seed::reservations::get(&query.id, query.include_raw)
        }
    }
    fn create_reservation(reservation: NewReservation) -> Result<Reservation> {
        if is_platform() { Err(Error::unsupported(describe::NO_CREATION)) } else { seed::changes::create(&reservation) }
    }
    fn update_reservation(patch: ReservationPatch) -> Result<Reservation> {
        if is_platform() { platform::changes::update(&patch) } else { seed::changes::update(&patch) }
    }
    fn cancel_reservation(cancellation: ReservationCancellation) -> Result<Reservation> {
        if is_platform() {
            let key = cancellation.idempotency_key.as_deref();
            platform::changes::cancel(&cancellation.id, key, cancellation.include_raw)
        } else {
            seed::changes::cancel(&cancellation)
        }
    }
    fn get_availability(query: AvailabilityQuery) -> Result<Availability> {
        if is_platform() { platform::availability::get(&query) } else { seed::availability::get(&query) }
    }
    fn update_availability(update: AvailabilityUpdate) -> Result<Availability> {
        if is_platform() {
            Err(Error::unsupported(describe::NO_AVAILABILITY_WRITE))
        } else {
            seed::availability::set(&update)
        }
    }
    fn get_customer(query: CustomerLookup) -> Result<Customer> {
        if is_platform() { platform::people::get(&query) } else { seed::people::get(&query) }
    }
    fn search_customers(query: CustomerSearch) -> Result<CustomerPage> {
        if is_platform() { platform::people::search(&query) } else { seed::people::search(&query) }
    }
    fn get_restaurant(query: RestaurantQuery) -> Result<Restaurant> {
        if is_platform() { platform::people::restaurant(&query) } else { seed::people::restaurant(&query) }
    }
}

moulin_adapter::export_booking!(OpenTable);
