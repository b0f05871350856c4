//! From a request to an answer: limits, version, token, permission, operation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::ApiError;
use super::inventory::{self, Shelves};
use super::limits::Meter;
use super::page::Cursors;
use super::payments::{self, Paid};
use super::request::{Done, Target, body, target, version};
use super::{SquareOptions, catalog, catalog_write, directory};
use crate::common::query::Query;
use crate::oauth::{Authority, Beginning, Held, Profile};
use crate::world::{World, paris_instant};

/// What the vendor knows now; rebuilt from the world on reset.
#[derive(Debug)]
struct Books {
    payments: Vec<Paid>,
    orders: BTreeMap<String, Value>,
    objects: Vec<Value>,
    shelves: Shelves,
    done: Done,
    cursors: Cursors,
    meter: Meter,
    ticks: u32,
}

impl Books {
    fn new(world: &World, options: &SquareOptions) -> Self {
        let morning = paris_instant(world.options().today.at(7, 0, 0, 0));
        let (payments, orders) = payments::books(world);
        Self {
            payments,
            orders,
            objects: catalog::seed(world, morning),
            shelves: inventory::seed(world, morning),
            done: Done::default(),
            cursors: Cursors::new(),
            meter: Meter::new(options.limits),
            ticks: 0,
        }
    }
}

/// The vendor, shared by all its connections.
#[derive(Clone, Debug)]
pub(super) struct Api {
    world: World,
    options: Arc<SquareOptions>,
    authority: Authority,
    books: Arc<Mutex<Books>>,
}

/// The vendor's profile with the options of this server, and the token given at start, which may do everything.
fn beginning(world: &World, options: &SquareOptions) -> Beginning {
    let base = Profile::square();
    let life = options.token_life.map(Duration::from_secs);
    let profile = Profile {
        client_id: options.client_id.clone(),
        client_secret: options.client_secret.clone(),
        redirect_uris: vec![options.redirect_uri.clone()],
        access_life: life.unwrap_or(base.access_life),
        ..base
    };
    let everything = profile.scopes.known.iter().cloned().collect();
    Beginning {
        profile,
        seed: world.options().seed,
        // Its tokens tell when they expire, and stock is booked, by the machine's time.
        start: None,
        keys: Vec::new(),
        planted: vec![(options.access_token.clone(), everything)],
    }
}

impl Api {
    pub(super) fn new(world: World, options: SquareOptions) -> Self {
        let books = Arc::new(Mutex::new(Books::new(&world, &options)));
        let authority = Authority::new(beginning(&world, &options));
        Self { world, options: Arc::new(options), authority, books }
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(super) fn reset(&self) {
        *self.lock() = Books::new(&self.world, &self.options);
        self.authority.reset();
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request.
    pub(super) async fn answer(&self, parts: &Parts, body: &Bytes) -> Response {
        if let Some(answer) = self.authority.endpoint(parts, body).await {
            return answer;
        }
        match self.done(&mut self.lock(), parts, body) {
            Ok(answer) => Json(answer).into_response(),
            Err(error) => error.into_response(),
        }
    }

    fn done(&self, books: &mut Books, parts: &Parts, bytes: &Bytes) -> Result<Value, ApiError> {
        if !books.meter.charge() {
            return Err(ApiError::rate_limited());
        }
        version(parts)?;
        let Held { scopes, .. } = self.authority.check_headers(&parts.headers).map_err(ApiError::denied)?;
        let target = target(&parts.method, parts.uri.path())?;
        if !scopes.contains(target.scope()) {
            return Err(ApiError::scopes(target.scope()));
        }
        let query = Query::parse(parts.uri.query())?;
        if let Some(unknown) = query.unknown(target.parameters()) {
            let why = format!("The query parameter `{unknown}` is not known.");
            return Err(ApiError::field("UNKNOWN_QUERY_PARAMETER", unknown, why));
        }
        let cursors = books.cursors;
        match target {
            Target::ListPayments => directory::payments(&books.payments, &query, cursors),
            Target::GetPayment(id) => directory::payment(&books.payments, &id),
            Target::GetOrder(id) => directory::order(&books.orders, &id),
            Target::BatchRetrieveOrders => directory::batch(&books.orders, &body(parts, bytes)?),
            Target::ListCatalog => catalog::list(&books.objects, &query, cursors),
            Target::SearchCatalog => catalog::search(&books.objects, &body(parts, bytes)?, cursors),
            Target::BatchRetrieveCatalog => catalog::batch(&books.objects, &body(parts, bytes)?),
            Target::GetObject(id) => {
                let object = catalog::find(&books.objects, &id);
                object
                    .map(|object| json!({ "object": object }))
                    .ok_or_else(|| ApiError::not_found("Catalog object", &id))
            }
            Target::UpsertObject => {
                let wanted = body(parts, bytes)?;
                let now = self.now(books);
                let Books { objects, done, .. } = books;
                done.once("upsert", bytes, || catalog_write::upsert(objects, wanted, now))
            }
            Target::ChangeInventory => {
                let wanted = body(parts, bytes)?;
                let now = self.now(books);
                let clock = self.authority.now();
                let Books { objects, shelves, done, .. } = books;
                done.once("inventory", bytes, || inventory::change(shelves, objects, &wanted, clock, now))
            }
            Target::RetrieveCounts => inventory::counts(&books.shelves, &body(parts, bytes)?, cursors),
            Target::ListCustomers => directory::customers(&self.world, &query, cursors),
            Target::ListLocations => Ok(directory::locations()),
            Target::GetLocation(id) => directory::location(&id),
        }
    }

    fn now(&self, books: &mut Books) -> Timestamp {
        books.ticks += 1;
        self.world.now(books.ticks)
    }
}
