//! From a request to an answer: limit, key, route.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use jiff::{Timestamp, ToSpan, Zoned};
use serde::Serialize;
use serde_json::json;

use super::MetroOptions;
use super::error::{ApiError, Detail, json};
use super::intake::{Reader, day};
use super::limits::Meter;
use super::orders::{self, Book, Booked, Order, STATUSES};
use super::products::{self, Stock, paged};
use crate::amount::Decimal;
use crate::common::query::Query;
use crate::world::{World, paris, paris_instant};

/// What the wholesaler knows now; rebuilt from the world on reset.
#[derive(Debug)]
struct Desk {
    stock: Stock,
    book: Book,
    meter: Meter,
    requests: u32,
    ticks: u32,
}

/// The vendor, shared by all its connections.
#[derive(Clone, Debug)]
pub(super) struct Api {
    world: World,
    options: Arc<MetroOptions>,
    desk: Arc<Mutex<Desk>>,
}

#[derive(Serialize)]
struct Data<T> {
    data: T,
}

type Answer = Result<Response, ApiError>;

impl Desk {
    fn new(world: &World, options: &MetroOptions) -> Self {
        let stock = world.products().iter().map(|product| (product.id.clone(), Decimal::new(product.stock.into(), 0)));
        Self {
            stock: stock.collect(),
            book: Book::new(world),
            meter: Meter::new(options.limits),
            requests: 0,
            ticks: 0,
        }
    }
}

impl Api {
    pub(super) fn new(world: World, options: MetroOptions) -> Self {
        let desk = Arc::new(Mutex::new(Desk::new(&world, &options)));
        Self { world, options: Arc::new(options), desk }
    }

    pub(super) fn reset(&self) {
        *self.lock() = Desk::new(&self.world, &self.options);
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request.
    pub(super) fn answer(&self, parts: &Parts, body: &Bytes) -> Response {
        let mut desk = self.lock();
        desk.requests += 1;
        let number = desk.requests;
        let answer = match desk.meter.charge() {
            Ok(()) => self.within_limit(&mut desk, parts, body),
            Err(seconds) => {
                let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "Too many requests");
                let mut response = error.into_response(number);
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                Ok(response)
            }
        };
        let mut response = answer.unwrap_or_else(|error| error.into_response(number));
        desk.meter.headers(response.headers_mut());
        response
    }

    fn within_limit(&self, desk: &mut Desk, parts: &Parts, body: &Bytes) -> Answer {
        let key = parts.headers.get("x-api-key").map(HeaderValue::as_bytes);
        if key != Some(self.options.api_key.as_bytes()) {
            return Err(ApiError::new(StatusCode::UNAUTHORIZED, "ACCESS_DENIED", "Invalid API key"));
        }
        let query = Query::parse(parts.uri.query())?;
        if query.get("client_number").is_some_and(|number| number != self.options.client_number) {
            return Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "FORBIDDEN",
                "The key does not belong to this client number",
            ));
        }
        let path = parts.uri.path();
        let rest = path.strip_prefix("/api/v1/").unwrap_or(if path == "/status" { "status" } else { "" });
        let steps: Vec<&str> = rest.split('/').collect();
        let ok = StatusCode::OK;
        match (&parts.method, steps.as_slice()) {
            (&Method::GET, ["products"]) => {
                allow(&query, &["category", "limit", "page", "sort", "search"])?;
                self.products(desk, &query, query.get("search"))
            }
            (&Method::GET, ["products", "search"]) => {
                allow(&query, &["q", "category", "limit", "page", "sort"])?;
                let words = query.get("q").filter(|words| !words.trim().is_empty());
                let words = words.ok_or_else(|| ApiError::invalid_request(vec![Detail::new("q", "is required")]))?;
                self.products(desk, &query, Some(words))
            }
            (&Method::GET, ["products", id]) => {
                allow(&query, &[])?;
                let product = self.world.products().iter().find(|product| product.id == *id);
                let product = product.ok_or_else(|| ApiError::not_found("Product", id))?;
                Ok(json(ok, &Data { data: products::show(product, &self.world, &desk.stock) }))
            }
            (&Method::POST, ["availability"]) => {
                allow(&query, &[])?;
                self.availability(desk, parts, body)
            }
            (&Method::GET, ["orders"]) => self.orders(desk, &query),
            (&Method::POST, ["orders"]) => {
                allow(&query, &[])?;
                self.create(desk, parts, body)
            }
            (&Method::GET, ["orders", id]) => {
                allow(&query, &[])?;
                let now = self.now(desk);
                let order = desk.book.find(id)?;
                order.looked_at(self.options.reads_per_step, now);
                Ok(json(ok, &Data { data: orders::show(order, &self.world, true) }))
            }
            (&Method::PATCH, ["orders", id]) => {
                allow(&query, &[])?;
                self.change(desk, id, parts, body)
            }
            (&Method::GET, ["delivery", "schedule"]) => self.schedule(&query),
            (&Method::GET, ["account"]) => {
                allow(&query, &[])?;
                Ok(json(ok, &Data { data: self.account(desk) }))
            }
            (&Method::GET, ["status"]) => {
                allow(&query, &[])?;
                Ok(json(ok, &json!({ "data": { "status": "UP" } })))
            }
            (
                _,
                ["products" | "orders"]
                | ["products" | "orders", _]
                | ["availability" | "account" | "status"]
                | ["delivery", "schedule"],
            ) => Err(ApiError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "INVALID_REQUEST",
                format!("{} is not allowed here", parts.method),
            )),
            _ => Err(ApiError::not_found("Resource", path)),
        }
    }

    fn products(&self, desk: &Desk, query: &Query, words: Option<&str>) -> Answer {
        let rows = products::select(&self.world, query, words)?;
        let page = paged(query, &rows, |product| products::show(product, &self.world, &desk.stock))?;
        Ok(json(StatusCode::OK, &page))
    }

    fn availability(&self, desk: &Desk, parts: &Parts, body: &Bytes) -> Answer {
        let intake = self.reader(parts)?.read(body, &["client_number", "product_ids", "date"])?;
        let ids =
            intake.product_ids.ok_or_else(|| ApiError::validation(vec![Detail::new("product_ids", "is missing")]))?;
        let day = orders::delivery_day(intake.requested_date, self.world.options().today);
        Ok(json(StatusCode::OK, &Data { data: products::availability(&self.world, &desk.stock, &ids, day) }))
    }

    fn orders(&self, desk: &Desk, query: &Query) -> Answer {
        allow(query, &["status", "start_date", "end_date", "client_reference", "limit", "page"])?;
        let wrong = |field: &str, message: &str| ApiError::invalid_request(vec![Detail::new(field, message)]);
        let status = query.get("status");
        if status.is_some_and(|status| !STATUSES.contains(&status)) {
            return Err(wrong("status", "is not a status"));
        }
        // A date stands for the whole day in Paris, an instant for itself; the end is not part of the period.
        let edge = |name: &str, end: bool| match query.get(name) {
            None => Ok(None),
            Some(text) if text.len() == 10 => {
                let day = day(text).and_then(|day| if end { day.tomorrow().ok() } else { Some(day) });
                day.map(|day| Some(paris_instant(day.at(0, 0, 0, 0)))).ok_or_else(|| wrong(name, "is not a date"))
            }
            Some(text) => {
                text.parse::<Timestamp>().map(Some).map_err(|_| wrong(name, "is not an ISO 8601 date or instant"))
            }
        };
        let (start, end) = (edge("start_date", false)?, edge("end_date", true)?);
        let reference = query.get("client_reference");
        let fits = |order: &&Order| {
            status.is_none_or(|status| order.status == status)
                && start.is_none_or(|start| order.created >= start)
                && end.is_none_or(|end| order.created < end)
                && reference.is_none_or(|reference| order.client_reference.as_deref() == Some(reference))
        };
        let rows: Vec<&Order> = desk.book.orders.iter().rev().filter(fits).collect();
        Ok(json(StatusCode::OK, &paged(query, &rows, |order| orders::show(order, &self.world, false))?))
    }

    fn create(&self, desk: &mut Desk, parts: &Parts, body: &Bytes) -> Answer {
        let allowed = ["client_number", "items", "delivery_info", "priority", "client_reference"];
        let intake = self.reader(parts)?.read(body, &allowed)?;
        let key = match parts.headers.get("idempotency-key").map(HeaderValue::to_str) {
            None => None,
            Some(Ok(key)) if (1..=255).contains(&key.len()) => {
                Some((key, serde_json::from_slice(body).unwrap_or_default()))
            }
            Some(_) => {
                return Err(ApiError::invalid_request(vec![Detail::new(
                    "Idempotency-Key",
                    "must have 1 to 255 visible characters",
                )]));
            }
        };
        let now = self.now(desk);
        let booked = desk.book.book(intake, key, &self.world, &mut desk.stock, now)?;
        let (status, id) = match &booked {
            Booked::New(id) => (StatusCode::CREATED, id),
            Booked::Again(id) => (StatusCode::OK, id),
        };
        let order = desk.book.find(id)?;
        let mut response = json(status, &Data { data: orders::show(order, &self.world, false) });
        if matches!(booked, Booked::Again(_)) {
            let replayed = HeaderName::from_static("idempotent-replayed");
            response.headers_mut().insert(replayed, HeaderValue::from_static("true"));
        }
        Ok(response)
    }

    fn change(&self, desk: &mut Desk, id: &str, parts: &Parts, body: &Bytes) -> Answer {
        desk.book.find(id)?;
        let allowed = ["client_number", "items", "delivery_info", "priority", "status", "cancellation_reason"];
        let intake = self.reader(parts)?.read(body, &allowed)?;
        let now = self.now(desk);
        desk.book.change(id, intake, self.world.options().today, &mut desk.stock, now)?;
        let order = desk.book.find(id)?;
        Ok(json(StatusCode::OK, &Data { data: orders::show(order, &self.world, true) }))
    }

    /// Two weeks of delivery mornings, none on Sundays; the order must be in by 18:00 of the day before.
    fn schedule(&self, query: &Query) -> Answer {
        allow(query, &["start_date", "end_date"])?;
        let today = self.world.options().today;
        let edge = |name: &str| match query.get(name) {
            None => Ok(None),
            Some(text) => {
                day(text).map(Some).ok_or_else(|| ApiError::invalid_request(vec![Detail::new(name, "is not a date")]))
            }
        };
        let (start, end) = (edge("start_date")?, edge("end_date")?);
        let days = (1..=14i64).filter_map(|ahead| today.checked_add(ahead.days()).ok());
        let days = days.filter(|day| start.is_none_or(|start| *day >= start) && end.is_none_or(|end| *day <= end));
        let slots: Vec<_> = days
            .map(|day| {
                let cutoff = paris_instant(day.yesterday().unwrap_or(day).at(18, 0, 0, 0));
                let cutoff = Zoned::new(cutoff, paris()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
                let open = day.weekday() != jiff::civil::Weekday::Sunday;
                json!({ "date": day.to_string(), "from": "06:00", "to": "10:00", "order_before": cutoff, "available": open })
            })
            .collect();
        Ok(json(StatusCode::OK, &json!({ "data": slots })))
    }

    fn account(&self, desk: &Desk) -> impl Serialize + use<> {
        #[derive(Serialize)]
        struct Account {
            client_number: String,
            name: &'static str,
            email: &'static str,
            phone: &'static str,
            currency: &'static str,
            credit_limit: Decimal,
            balance: Decimal,
            payment_terms: &'static str,
        }
        let owed = desk.book.orders.iter().filter(|order| order.status != "CANCELLED");
        let balance = owed.map(|order| orders::total(order, &self.world)).sum();
        Account {
            client_number: self.options.client_number.clone(),
            name: "Le Vieux Moulin",
            email: "achats@vieux-moulin.example.fr",
            phone: "+33199001234",
            currency: "EUR",
            credit_limit: Decimal::cents(1_500_000),
            balance: Decimal::cents(balance),
            payment_terms: "30 jours fin de mois",
        }
    }

    /// The control call that moves an order: one step, or to the status named.
    pub(super) fn control(&self, id: &str, status: Option<&str>) -> Response {
        let mut desk = self.lock();
        let now = self.now(&mut desk);
        let Ok(order) = desk.book.find(id) else { return StatusCode::NOT_FOUND.into_response() };
        let known = match status {
            None => {
                order.advance(now);
                true
            }
            Some(status) => order.force(status, now),
        };
        if known {
            json(StatusCode::OK, &json!({ "status": order.status }))
        } else {
            StatusCode::BAD_REQUEST.into_response()
        }
    }

    fn reader(&self, parts: &Parts) -> Result<Reader<'_>, ApiError> {
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/json") {
            return Err(ApiError::invalid_request(vec![Detail::new("Content-Type", "must be application/json")]));
        }
        Ok(Reader::new(&self.world, &self.options.client_number))
    }

    fn now(&self, desk: &mut Desk) -> Timestamp {
        desk.ticks += 1;
        self.world.now(desk.ticks)
    }
}

/// Refuses a parameter that is neither in the list nor the client number.
fn allow(query: &Query, known: &[&str]) -> Result<(), ApiError> {
    let known: Vec<&str> = known.iter().copied().chain(["client_number"]).collect();
    match query.unknown(&known) {
        None => Ok(()),
        Some(name) => Err(ApiError::invalid_request(vec![Detail::new(name, "is an unknown parameter")])),
    }
}
