//! From a request to an answer: limit, credentials, customer, route.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};

use super::TransgourmetOptions;
use super::show::{self, Account, Availability, Catalog, Meta, Orders, under};
use crate::amount::Decimal;
use crate::common::query::Query;
use crate::metro::delivery_day;
use crate::oauth::{Authority, Profile};
use crate::wholesale::{
    ApiError, Book, Desk, Goods, Guard, Names, Order, Period, Reader, Vendor, Way, Write, allow, day, json, number,
    words_of,
};
use crate::world::World;

const WAY: Way = Way {
    steps: ["RECEIVED", "CONFIRMED", "PREPARING", "SHIPPED", "DELIVERED"],
    cancelled: "CANCELLED",
    refused: "REFUSED",
};

const NAMES: Names = Names {
    account: "customerId",
    product: "productId",
    products: "productIds",
    date: "deliveryDate",
    reference: "clientReference",
    reason: "cancellationReason",
    unknown_product: "PRODUCT_UNKNOWN",
};

/// At most so many products in one question for availability.
const ASKED_AT_ONCE: usize = 50;

/// The vendor, shared by all its connections.
#[derive(Clone, Debug)]
pub(super) struct Api {
    world: World,
    options: Arc<TransgourmetOptions>,
    guard: Guard,
    goods: Arc<Goods>,
    desk: Arc<Mutex<Desk>>,
}

type Answer = Result<Response, ApiError>;

fn desk(world: &World, goods: &Goods, options: &TransgourmetOptions) -> Desk {
    Desk::new(goods, Book::new(world, goods, &WAY, ("TGO", 88_205), 101, 11), options.limits)
}

impl Api {
    pub(super) fn new(world: World, options: TransgourmetOptions) -> Self {
        let client = (options.client_id.as_str(), options.client_secret.as_str());
        let profile = Profile::transgourmet();
        let guard = Guard {
            authority: Guard::authority(&world, profile, client, &options.bearer_token, options.token_life),
            username: options.username.clone(),
            password: options.password.clone(),
            api_key: Some(options.api_key.clone()),
        };
        let goods = Goods::new(&world, "TG", 10);
        let desk = Arc::new(Mutex::new(desk(&world, &goods, &options)));
        Self { world, options: Arc::new(options), guard, goods: Arc::new(goods), desk }
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn within_limit(&self, desk: &mut Desk, parts: &Parts, body: &Bytes) -> Answer {
        if !self.guard.admits(&parts.headers) {
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "ACCESS_DENIED", "Invalid credentials"));
        }
        let query = Query::parse(parts.uri.query())?;
        let path = parts.uri.path();
        let steps: Vec<&str> = path.strip_prefix("/api/").unwrap_or_default().split('/').collect();
        if parts.method == Method::GET && steps != ["health"] {
            let customer = query.get("customerId");
            self.customer(Some(customer.ok_or_else(|| ApiError::invalid("customerId", "is required"))?))?;
        }
        let ok = StatusCode::OK;
        match (&parts.method, steps.as_slice()) {
            (&Method::GET, ["health"]) => {
                allow(&query, &[])?;
                Ok(json(ok, &under("status", "UP")))
            }
            (&Method::GET, ["catalog"]) => self.catalog(desk, &query),
            (&Method::GET, ["catalog", "products", id]) => {
                allow(&query, &["customerId"])?;
                let unknown =
                    || ApiError::new(StatusCode::NOT_FOUND, "PRODUCT_UNKNOWN", format!("Product {id} does not exist"));
                let ware = self.goods.find(id).ok_or_else(unknown)?;
                Ok(json(ok, &under("product", show::product(ware, desk))))
            }
            (&Method::GET, ["availability"]) => self.availability(desk, &query),
            (&Method::GET, ["orders"]) => self.orders(desk, &query),
            (&Method::GET, ["orders", id]) => {
                allow(&query, &["customerId"])?;
                let now = desk.now(&self.world);
                desk.book.find(id)?.looked_at(&WAY, self.options.reads_per_step, now);
                Ok(json(ok, &under("order", show::order(desk.book.find(id)?, &self.goods))))
            }
            (&Method::GET, ["delivery", "schedule"]) => {
                allow(&query, &["customerId"])?;
                Ok(json(ok, &under("schedule", show::schedule(&self.world))))
            }
            (&Method::GET, ["customer", "account"]) => {
                allow(&query, &["customerId"])?;
                Ok(json(ok, &under("account", self.account(desk))))
            }
            (&Method::POST | &Method::PUT, ["orders", rest @ ..]) => {
                allow(&query, &[])?;
                self.write(desk, parts, rest, body)
            }
            (_, ["catalog" | "availability" | "orders" | "health"] | ["orders", _] | ["orders", _, "status"])
            | (_, ["catalog", "products", _] | ["delivery", "schedule"] | ["customer", "account"]) => {
                Err(ApiError::not_allowed(&parts.method))
            }
            _ => Err(ApiError::not_found("Resource", path)),
        }
    }

    fn customer(&self, sent: Option<&str>) -> Result<(), ApiError> {
        match sent {
            Some(customer) if customer != self.options.customer_id => Err(ApiError::foreign("customer")),
            _ => Ok(()),
        }
    }

    fn catalog(&self, desk: &Desk, query: &Query) -> Answer {
        allow(query, &["customerId", "limit", "page", "category", "search"])?;
        let rows = self.goods.select(query.get("category"), show::category, &words_of(query, "search")?)?;
        let (range, meta) = page(query, rows.len())?;
        let products: Vec<_> =
            rows.get(range).unwrap_or_default().iter().map(|ware| show::product(ware, desk)).collect();
        Ok(json(StatusCode::OK, &Catalog { products, meta }))
    }

    /// Products nobody sells are left out of the answer.
    fn availability(&self, desk: &Desk, query: &Query) -> Answer {
        allow(query, &["customerId", "productIds", "date"])?;
        let wrong = || ApiError::invalid("productIds", format!("must be 1 to {ASKED_AT_ONCE} product numbers"));
        let ids: Vec<&str> = query.get("productIds").ok_or_else(wrong)?.split(',').collect();
        if ids.len() > ASKED_AT_ONCE || ids.iter().any(|id| id.trim().is_empty()) {
            return Err(wrong());
        }
        let today = self.world.options().today;
        let asked = day(query, "date")?;
        if asked.is_some_and(|day| day < today) {
            return Err(ApiError::invalid("date", "must not be in the past"));
        }
        let next = delivery_day(asked, today);
        let answer = |id: &str| {
            let ware = self.goods.find(id)?;
            let quantity = desk.left(id);
            let available = quantity.is_positive() && asked.is_none_or(|day| day == next);
            Some(Availability::new(ware, available, quantity, next))
        };
        let availability: Vec<_> = ids.into_iter().filter_map(answer).collect();
        Ok(json(StatusCode::OK, &under("availability", availability)))
    }

    fn orders(&self, desk: &Desk, query: &Query) -> Answer {
        allow(query, &["customerId", "status", "startDate", "endDate", "limit", "page"])?;
        let status = query.get("status");
        if status.is_some_and(|status| WAY.word(status).is_none()) {
            return Err(ApiError::invalid("status", "is not a status"));
        }
        let period = Period { first: day(query, "startDate")?, last: day(query, "endDate")? };
        let fits = |order: &&Order| status.is_none_or(|status| order.status == status) && period.holds(order.created);
        let rows: Vec<&Order> = desk.book.orders.iter().rev().filter(fits).collect();
        let (range, meta) = page(query, rows.len())?;
        let orders: Vec<_> =
            rows.get(range).unwrap_or_default().iter().map(|order| show::order(order, &self.goods)).collect();
        Ok(json(StatusCode::OK, &Orders { orders, meta }))
    }

    /// Booking, changing and cancelling.
    fn write(&self, desk: &mut Desk, parts: &Parts, rest: &[&str], body: &Bytes) -> Answer {
        let write = Write::of(parts, body)?;
        let reader = Reader::new(&self.goods, &NAMES, self.world.options().today);
        let (fresh, booked) = match (&parts.method, rest) {
            (&Method::POST, []) => {
                let may = ["deliveryDate", "notes", "clientReference"];
                let intake = reader.read(body, &may, &["customerId", "items"])?;
                self.customer(intake.account.as_deref())?;
                (StatusCode::CREATED, desk.book(write, intake, &self.world)?)
            }
            (&Method::PUT, [id]) => {
                desk.book.find(id)?;
                let intake = reader.read(body, &["customerId", "items", "deliveryDate", "notes"], &[])?;
                self.customer(intake.account.as_deref())?;
                (StatusCode::OK, desk.change(write, id, intake, &self.world)?)
            }
            (&Method::PUT, [id, "status"]) => {
                desk.book.find(id)?;
                let intake = reader.read(body, &["customerId", "cancellationReason"], &["status"])?;
                self.customer(intake.account.as_deref())?;
                (StatusCode::OK, desk.cancel(write, id, intake.reason, &self.world)?)
            }
            (_, [] | [_] | [_, "status"]) => return Err(ApiError::not_allowed(&parts.method)),
            _ => return Err(ApiError::not_found("Resource", parts.uri.path())),
        };
        let order = under("order", show::order(desk.book.find(booked.id())?, &self.goods));
        Ok(booked.answer(fresh, &order))
    }

    fn account(&self, desk: &Desk) -> Account {
        Account {
            customer_id: self.options.customer_id.clone(),
            name: "Le Vieux Moulin",
            email: "achats@vieux-moulin.example.fr",
            phone: "+33199001234",
            currency: "EUR",
            credit_limit: Decimal::cents(1_200_000),
            balance: Decimal::cents(desk.owed(&self.goods)),
            payment_terms: "30 jours date de facture",
        }
    }
}

/// The part of a list that `page` and `limit` ask for.
fn page(query: &Query, total: usize) -> Result<(std::ops::Range<usize>, Meta), ApiError> {
    let page = number(query, "page", 1, 1..=1_000_000)?;
    let per_page = number(query, "limit", 100, 1..=100)?;
    let start = (page - 1).saturating_mul(per_page).min(total);
    Ok((start..(start + per_page).min(total), Meta { total, page, per_page }))
}

impl Vendor for Api {
    fn authority(&self) -> &Authority {
        &self.guard.authority
    }

    fn answer(&self, parts: &Parts, body: &Bytes) -> Response {
        let mut desk = self.lock();
        let mut response = match desk.charge() {
            Some(refused) => refused,
            None => self.within_limit(&mut desk, parts, body).unwrap_or_else(|error| {
                let denied = error.status == StatusCode::UNAUTHORIZED;
                let mut response = error.into_response();
                if denied {
                    let challenge = HeaderValue::from_static("Bearer realm=\"transgourmet\"");
                    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                }
                response
            }),
        };
        desk.meter.headers(response.headers_mut());
        response
    }

    fn control(&self, order: &str, status: Option<&str>) -> Response {
        self.lock().control(order, status, &self.world)
    }

    fn reset(&self) {
        *self.lock() = desk(&self.world, &self.goods, &self.options);
    }
}
