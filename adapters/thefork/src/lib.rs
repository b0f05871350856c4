//! Moulin adapter of TheFork: reservations, availability and guests.
//!
//! Two flavours: `seed` (the specification's paths below `/api/v2`) and `b2b-v1` (the vendor's B2B API below
//! `/manager/v1`, which lists identifiers only and changes less).
//!
//! | file | what it maps |
//! |---|---|
//! | `describe` | what the adapter is and needs |
//! | `api` | sending, pages by number, the check |
//! | `guest` | whom a reservation is for, as both APIs want them |
//! | `seed/reservations`, `seed/changes` | reading reservations; making, changing and cancelling them |
//! | `seed/availability`, `seed/people` | availability; guests and the restaurant |
//! | `b2b/…` | the same of the vendor's API, less the restaurant |
//! | `error` | statuses and error bodies |

#![cfg_attr(test, allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

mod api;
mod b2b;
mod describe;
mod error;
mod guest;
mod seed;

use moulin_adapter::booking::{
    Availability, AvailabilityQuery, AvailabilityUpdate, Customer, CustomerLookup, CustomerPage, CustomerSearch,
    NewReservation, Reservation, ReservationCancellation, ReservationLookup, ReservationPage, ReservationPatch,
    ReservationQuery, Restaurant, RestaurantQuery,
};
use moulin_adapter::prelude::*;

use api::is_b2b;

/// The adapter.
#[derive(Debug)]
pub struct TheFork;

impl Adapter for TheFork {
    fn describe() -> Description {
        describe::description()
    }
    fn check() -> Result<Health> {
        api::check()
    }
}

impl Booking for TheFork {
    fn list_reservations(query: ReservationQuery) -> Result<ReservationPage> {
        if is_b2b() { b2b::reservations::list(&query) } else { seed::reservations::list(&query) }
    }
    fn get_reservation(query: ReservationLookup) -> Result<Reservation> {
        if is_b2b() {
            b2b::reservations::get(&query.id, query.include_raw)
        } else {
            seed::reservations::get(&query.id, query.include_raw)
        }
    }
    fn create_reservation(reservation: NewReservation) -> Result<Reservation> {
        if is_b2b() { b2b::changes::create(&reservation) } else { seed::changes::create(&reservation) }
    }
    fn update_reservation(patch: ReservationPatch) -> Result<Reservation> {
        if is_b2b() { b2b::changes::update(&patch) } else { seed::changes::update(&patch) }
    }
    fn cancel_reservation(cancellation: ReservationCancellation) -> Result<Reservation> {
        if is_b2b() {
            b2b::changes::cancel(&cancellation.id, cancellation.include_raw)
        } else {
            seed::changes::cancel(&cancellation)
        }
    }
    fn get_availability(query: AvailabilityQuery) -> Result<Availability> {
        if is_b2b() { b2b::availability::get(&query) } else { seed::availability::get(&query) }
    }
    fn update_availability(update: AvailabilityUpdate) -> Result<Availability> {
        if is_b2b() { b2b::availability::set(&update) } else { seed::availability::set(&update) }
    }
    fn get_customer(query: CustomerLookup) -> Result<Customer> {
        if is_b2b() { b2b::people::get(&query) } else { seed::people::get(&query) }
    }
    fn search_customers(query: CustomerSearch) -> Result<CustomerPage> {
        if is_b2b() { b2b::people::search(&query) } else { seed::people::search(&query) }
    }
    fn get_restaurant(query: RestaurantQuery) -> Result<Restaurant> {
        if is_b2b() { Err(Error::unsupported(describe::NO_RESTAURANT)) } else { seed::people::restaurant(&query) }
    }
}

moulin_adapter::export_booking!(TheFork);
