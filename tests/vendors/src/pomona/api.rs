//! From a request to an answer: limit, credentials, establishment, route.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};

use super::PomonaOptions;
use super::show::{self, Account, Availability, Orders, Page, Products, amount, under};
use crate::common::query::Query;
use crate::metro::delivery_day;
use crate::oauth::{Authority, Profile, Shape};
use crate::wholesale::{
    ApiError, Book, Desk, Goods, Guard, Names, Order, Period, Reader, Vendor, Way, Write, allow, day, json, words_of,
};
use crate::world::World;

const WAY: Way = Way {
    steps: ["REGISTERED", "VALIDATED", "PREPARED", "IN_DELIVERY", "DELIVERED"],
    cancelled: "CANCELLED",
    refused: "REJECTED",
};

const NAMES: Names = Names {
    account: "establishment",
    product: "product_code",
    products: "product_codes",
    date: "delivery_date",
    reference: "client_reference",
    reason: "reason",
    unknown_product: "VALIDATION_FAILED",
};

/// The vendor, shared by all its connections.
#[derive(Clone, Debug)]
pub(super) struct Api {
    world: World,
    options: Arc<PomonaOptions>,
    guard: Guard,
    goods: Arc<Goods>,
    desk: Arc<Mutex<Desk>>,
}

type Answer = Result<Response, ApiError>;

fn desk(world: &World, goods: &Goods, options: &PomonaOptions) -> Desk {
    Desk::new(goods, Book::new(world, goods, &WAY, ("POM-CMD", 5_513), 201, 13), options.limits)
}

impl Api {
    pub(super) fn new(world: World, options: PomonaOptions) -> Self {
        let client = (options.client_id.as_str(), options.client_secret.as_str());
        let base = Profile::transgourmet();
        let shape = Shape { access_prefix: "pom-".to_owned(), ..base.shape.clone() };
        let profile = Profile { name: "pomona".to_owned(), shape, ..base };
        let guard = Guard {
            authority: Guard::authority(&world, profile, client, &options.bearer_token, options.token_life),
            username: options.username.clone(),
            password: options.password.clone(),
            api_key: None,
        };
        let goods = Goods::new(&world, "POM", 12);
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
            let code = query.get("establishment");
            self.establishment(Some(code.ok_or_else(|| ApiError::invalid("establishment", "is required"))?))?;
        }
        let ok = StatusCode::OK;
        match (&parts.method, steps.as_slice()) {
            (&Method::GET, ["health"]) => {
                allow(&query, &[])?;
                Ok(json(ok, &under("status", "UP")))
            }
            (&Method::GET, ["catalog", "products"]) => self.products(desk, &query),
            (&Method::GET, ["catalog", "products", id]) => {
                allow(&query, &["establishment"])?;
                let ware = self.goods.find(id).ok_or_else(|| ApiError::not_found("Product", id))?;
                Ok(json(ok, &under("product", show::product(ware, desk))))
            }
            (&Method::POST, ["stock", "availability"]) => {
                allow(&query, &[])?;
                self.availability(desk, parts, body)
            }
            (&Method::GET, ["orders"]) => self.orders(desk, &query),
            (&Method::GET, ["orders", id]) => {
                allow(&query, &["establishment"])?;
                let now = desk.now(&self.world);
                desk.book.find(id)?.looked_at(&WAY, self.options.reads_per_step, now);
                Ok(json(ok, &under("order", show::order(desk.book.find(id)?, &self.goods))))
            }
            (&Method::GET, ["delivery", "schedule"]) => {
                allow(&query, &["establishment"])?;
                Ok(json(ok, &under("schedule", show::schedule(&self.world))))
            }
            (&Method::GET, ["account"]) => {
                allow(&query, &["establishment"])?;
                Ok(json(ok, &self.account(desk)))
            }
            (&Method::POST | &Method::PUT, ["orders", rest @ ..]) => {
                allow(&query, &[])?;
                self.write(desk, parts, rest, body)
            }
            (_, ["orders" | "account" | "health"] | ["orders", _] | ["orders", _, "actions"])
            | (_, ["catalog", "products"] | ["catalog", "products", _])
            | (_, ["stock", "availability"] | ["delivery", "schedule"]) => Err(ApiError::not_allowed(&parts.method)),
            _ => Err(ApiError::not_found("Resource", path)),
        }
    }

    fn establishment(&self, sent: Option<&str>) -> Result<(), ApiError> {
        match sent {
            Some(code) if code != self.options.establishment_code => Err(ApiError::foreign("establishment")),
            _ => Ok(()),
        }
    }

    fn products(&self, desk: &Desk, query: &Query) -> Answer {
        allow(query, &["establishment", "limit", "offset", "category", "search"])?;
        let rows = self.goods.select(query.get("category"), show::category, &words_of(query, "search")?)?;
        let page = Page::of(query, rows.len())?;
        let items: Vec<_> =
            rows.get(page.range()).unwrap_or_default().iter().map(|ware| show::product(ware, desk)).collect();
        Ok(json(StatusCode::OK, &Products { items, page }))
    }

    /// Products nobody sells are left out of the answer.
    fn availability(&self, desk: &Desk, parts: &Parts, body: &Bytes) -> Answer {
        Write::of(parts, body)?;
        let today = self.world.options().today;
        let intake = Reader::new(&self.goods, &NAMES, today).read(body, &[], &["establishment", "product_codes"])?;
        self.establishment(intake.account.as_deref())?;
        let next = delivery_day(None, today);
        let codes = intake.numbers.unwrap_or_default();
        let answer = |code: &String| Some(Availability::new(self.goods.find(code)?, desk.left(code), next));
        let items: Vec<_> = codes.iter().filter_map(answer).collect();
        Ok(json(StatusCode::OK, &under("items", items)))
    }

    fn orders(&self, desk: &Desk, query: &Query) -> Answer {
        allow(query, &["establishment", "status", "from_date", "to_date", "limit", "offset"])?;
        let status = query.get("status");
        if status.is_some_and(|status| WAY.word(status).is_none()) {
            return Err(ApiError::invalid("status", "is not a status"));
        }
        let period = Period { first: day(query, "from_date")?, last: day(query, "to_date")? };
        let fits = |order: &&Order| status.is_none_or(|status| order.status == status) && period.holds(order.created);
        let rows: Vec<&Order> = desk.book.orders.iter().rev().filter(fits).collect();
        let page = Page::of(query, rows.len())?;
        let orders: Vec<_> =
            rows.get(page.range()).unwrap_or_default().iter().map(|order| show::order(order, &self.goods)).collect();
        Ok(json(StatusCode::OK, &Orders { orders, page }))
    }

    /// Booking, changing and cancelling.
    fn write(&self, desk: &mut Desk, parts: &Parts, rest: &[&str], body: &Bytes) -> Answer {
        let write = Write::of(parts, body)?;
        let reader = Reader::new(&self.goods, &NAMES, self.world.options().today);
        let (fresh, booked) = match (&parts.method, rest) {
            (&Method::POST, ["create"]) => {
                let may = ["delivery_date", "notes", "client_reference"];
                let intake = reader.read(body, &may, &["establishment", "items"])?;
                self.establishment(intake.account.as_deref())?;
                (StatusCode::CREATED, desk.book(write, intake, &self.world)?)
            }
            (&Method::PUT, [id]) => {
                desk.book.find(id)?;
                let intake = reader.read(body, &["establishment", "items", "delivery_date", "notes"], &[])?;
                self.establishment(intake.account.as_deref())?;
                (StatusCode::OK, desk.change(write, id, intake, &self.world)?)
            }
            (&Method::POST, [id, "actions"]) => {
                desk.book.find(id)?;
                let intake = reader.read(body, &["establishment", "reason"], &["action"])?;
                self.establishment(intake.account.as_deref())?;
                (StatusCode::OK, desk.cancel(write, id, intake.reason, &self.world)?)
            }
            (_, [] | [_] | [_, "actions"]) => return Err(ApiError::not_allowed(&parts.method)),
            _ => return Err(ApiError::not_found("Resource", parts.uri.path())),
        };
        let order = under("order", show::order(desk.book.find(booked.id())?, &self.goods));
        Ok(booked.answer(fresh, &order))
    }

    fn account(&self, desk: &Desk) -> Account {
        Account {
            establishment: self.options.establishment_code.clone(),
            name: "Le Vieux Moulin",
            email: "achats@vieux-moulin.example.fr",
            phone: "+33199001234",
            currency: "EUR",
            credit_limit: amount(1_200_000),
            balance: amount(desk.owed(&self.goods)),
            payment_terms: "Prélèvement à 15 jours",
        }
    }
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
                    let challenge = HeaderValue::from_static("Basic realm=\"Pomona\", charset=\"UTF-8\"");
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
