//! From a request to an answer: limits, token, scope, resource.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

use super::directory::{self, Discount};
use super::error::{ApiError, access_denied};
use super::item::{self, TillItem};
use super::limits::{Meter, Refused, set};
use super::list::{Object, Relations};
use super::request::{Target, cost, object, scopes_for, target};
use super::sale::{self, Lookup};
use super::stock::{self, ShelfStock};
use super::{Flavor, LightspeedOptions, oauth};
use crate::common::query::Query;
use crate::oauth::{Authority, Held};
use crate::world::{CATEGORIES, Customer, World, paris_instant};

/// What the till knows now; rebuilt from the world on reset.
#[derive(Debug)]
struct Till {
    items: BTreeMap<u32, TillItem>,
    stock: BTreeMap<u32, ShelfStock>,
    discounts: Vec<Discount>,
    meter: Meter,
    ticks: u32,
}

/// The vendor, shared by all its connections.
#[derive(Clone, Debug)]
pub(super) struct Api {
    world: World,
    options: Arc<LightspeedOptions>,
    authority: Authority,
    till: Arc<Mutex<Till>>,
}

impl Till {
    fn new(world: &World, options: &LightspeedOptions) -> Self {
        let today = world.options().today;
        let morning = paris_instant(today.at(7, 0, 0, 0));
        let items: BTreeMap<_, _> = world.items().iter().map(|item| (item.id, TillItem::new(item, morning))).collect();
        let stock = world.stock().iter().map(|stock| {
            let cost = items.get(&stock.item).map_or(0, |item| item.cost);
            (stock.item, ShelfStock::new(*stock, cost, morning))
        });
        Self {
            stock: stock.collect(),
            items,
            discounts: Discount::seed(morning),
            meter: Meter::new(options.limits),
            ticks: 0,
        }
    }
}

struct Rooms<'a> {
    world: &'a World,
    items: &'a BTreeMap<u32, TillItem>,
}

impl Lookup for Rooms<'_> {
    fn item(&self, id: u32) -> Option<&TillItem> {
        self.items.get(&id)
    }

    fn customer(&self, id: u32) -> Option<&Customer> {
        self.world.customers().iter().find(|customer| customer.id == id)
    }
}

impl Api {
    pub(super) fn new(world: World, options: LightspeedOptions) -> Self {
        let till = Arc::new(Mutex::new(Till::new(&world, &options)));
        let authority = Authority::new(oauth::beginning(&world, &options));
        Self { world, options: Arc::new(options), authority, till }
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(super) fn reset(&self) {
        *self.lock() = Till::new(&self.world, &self.options);
        self.authority.reset();
    }

    fn lock(&self) -> MutexGuard<'_, Till> {
        self.till.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request.
    pub(super) async fn answer(&self, parts: &Parts, body: &Bytes) -> Response {
        if let Some(answer) = self.authority.endpoint(parts, body).await {
            return answer;
        }
        let query = Query::parse(parts.uri.query()).map_err(ApiError::from);
        let cost = query.as_ref().map_or(1_000, |query| cost(parts, query, body));
        let mut till = self.lock();
        let mut response = match till.meter.charge(cost) {
            Ok(()) => self.within_limits(&mut till, parts, query, body),
            Err(refused) => too_many(&refused),
        };
        till.meter.headers(cost, response.headers_mut());
        response
    }

    fn within_limits(&self, till: &mut Till, parts: &Parts, query: Result<Query, ApiError>, body: &Bytes) -> Response {
        let Ok(Held { scopes, .. }) = self.authority.check_headers(&parts.headers) else { return access_denied() };
        let answer = query.and_then(|query| {
            let target =
                target(parts.uri.path()).ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "Unknown resource"))?;
            if target.account.is_some_and(|account| account != self.options.account_id) {
                return Err(ApiError::new(StatusCode::FORBIDDEN, "The token has no access to this account"));
            }
            let wanted = scopes_for(target.resource, &parts.method);
            if !wanted.is_empty()
                && !scopes.contains("employee:all")
                && !wanted.iter().any(|scope| scopes.contains(*scope))
            {
                return Err(ApiError::new(
                    StatusCode::FORBIDDEN,
                    format!("The token lacks one of the scopes {}", wanted.join(", ")),
                ));
            }
            if target.flavor == Flavor::V3
                && parts.uri.query().is_some_and(|raw| raw.contains(['<', '>', '[', ']', '"', ',']))
            {
                return Err(ApiError::bad_request("Operators, commas and brackets must be percent-encoded"));
            }
            match (&parts.method, target.resource, target.id) {
                (&Method::GET, _, None) => self.list(till, &target, parts, &query),
                (&Method::GET, _, Some(id)) => self.read(till, &target, id, &query),
                (&Method::PUT, "Item", Some(id)) => self.update_item(till, id, &object(parts, body)?),
                (&Method::POST, "Discount", None) => self.create_discount(till, &object(parts, body)?),
                _ => {
                    Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, format!("{} is not allowed here", parts.method)))
                }
            }
        });
        match answer {
            Ok(body) => Json(body).into_response(),
            Err(error) => error.into_response(),
        }
    }

    fn list(&self, till: &Till, target: &Target<'_>, parts: &Parts, query: &Query) -> Result<Value, ApiError> {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        let here = format!("http://{host}{}", parts.uri.path());
        let rooms = Rooms { world: &self.world, items: &till.items };
        let flavor = target.flavor;
        match target.resource {
            "Account" => {
                Ok(json!({ "@attributes": { "count": "1" }, "Account": directory::account(&self.options.account_id) }))
            }
            "Sale" => sale::TABLE
                .list(flavor, query, &here, self.world.sales().iter(), |row, with| sale::render(row, with, &rooms)),
            "Item" => item::TABLE.list(flavor, query, &here, till.items.values(), |row, with| {
                item::render(row, till.stock.get(&row.id), with)
            }),
            "ItemShop" | "ItemCount" => {
                let rows: Vec<_> = till.stock.values().flat_map(ShelfStock::rows).collect();
                if target.resource == "ItemShop" {
                    stock::TABLE.list(flavor, query, &here, rows.iter(), |row, _| stock::render(row))
                } else {
                    stock::COUNT_TABLE.list(flavor, query, &here, rows.iter(), |row, _| stock::render_count(row))
                }
            }
            "Category" => {
                directory::CATEGORY.list(flavor, query, &here, CATEGORIES.iter(), |row, _| directory::category(row))
            }
            "Customer" => {
                directory::CUSTOMER.list(flavor, query, &here, self.world.customers().iter(), directory::customer)
            }
            "Discount" => {
                directory::DISCOUNT.list(flavor, query, &here, till.discounts.iter(), |row, _| directory::discount(row))
            }
            _ => Err(ApiError::new(StatusCode::NOT_FOUND, "Unknown resource")),
        }
    }

    fn read(&self, till: &Till, target: &Target<'_>, id: &str, query: &Query) -> Result<Value, ApiError> {
        let name = target.resource;
        if let Some(unknown) = query.unknown(&["load_relations"]) {
            return Err(ApiError::bad_request(format!("Unknown parameter '{unknown}' for a single '{name}'")));
        }
        let with = |known: &[&str]| Relations::parse(query.get("load_relations"), known);
        let missing = || ApiError::no_such_row(name, id);
        let number: u32 = id.parse().map_err(|_| missing())?;
        let row = match name {
            "Sale" => {
                let relations = with(sale::TABLE.relations)?;
                let row = self.world.sales().iter().find(|sale| sale.id == number).ok_or_else(missing)?;
                sale::render(row, &relations, &Rooms { world: &self.world, items: &till.items })
            }
            "Item" => {
                let relations = with(item::TABLE.relations)?;
                item::render(till.items.get(&number).ok_or_else(missing)?, till.stock.get(&number), &relations)
            }
            "ItemShop" => {
                let mut rows = till.stock.values().flat_map(ShelfStock::rows);
                stock::render(&rows.find(|row| (stock::TABLE.id)(row) == number).ok_or_else(missing)?)
            }
            "Category" => directory::category(CATEGORIES.iter().find(|row| row.id == number).ok_or_else(missing)?),
            "Customer" => {
                let relations = with(directory::CUSTOMER.relations)?;
                let row = self.world.customers().iter().find(|row| row.id == number).ok_or_else(missing)?;
                directory::customer(row, &relations)
            }
            "Discount" => directory::discount(till.discounts.iter().find(|row| row.id == number).ok_or_else(missing)?),
            _ => return Err(ApiError::new(StatusCode::NOT_FOUND, "Unknown resource")),
        };
        Ok(one(name, row))
    }

    fn update_item(&self, till: &mut Till, id: &str, patch: &Object) -> Result<Value, ApiError> {
        let missing = || ApiError::no_such_row("Item", id);
        let number: u32 = id.parse().map_err(|_| missing())?;
        let mut changed = till.items.get(&number).ok_or_else(missing)?.clone();
        let mut stock = till.stock.get(&number).cloned();
        item::change(&mut changed, stock.as_mut(), patch)?;
        let clashes = |other: &TillItem| {
            let same = |a: &str, b: &str| !a.is_empty() && a == b;
            other.id != number
                && (same(&other.ean, &changed.ean) || same(&other.upc, &changed.upc) || same(&other.sku, &changed.sku))
        };
        if till.items.values().any(clashes) {
            return Err(ApiError::new(StatusCode::CONFLICT, "Another item has this upc, ean or customSku"));
        }
        changed.updated = self.now(till);
        let rendered = item::render(&changed, stock.as_ref(), &Relations::of(&["ItemShops"]));
        till.items.insert(number, changed);
        if let Some(stock) = stock {
            till.stock.insert(number, stock);
        }
        Ok(one("Item", rendered))
    }

    fn create_discount(&self, till: &mut Till, body: &Object) -> Result<Value, ApiError> {
        let id = u32::try_from(till.discounts.len()).unwrap_or(0) + 1;
        let discount = Discount::create(id, body, self.now(till))?;
        let rendered = directory::discount(&discount);
        till.discounts.push(discount);
        Ok(one("Discount", rendered))
    }

    fn now(&self, till: &mut Till) -> jiff::Timestamp {
        till.ticks += 1;
        self.world.now(till.ticks)
    }
}

/// `{"@attributes":{"count":"1"},"Name":{…}}`.
fn one(name: &str, row: Value) -> Value {
    json!({ "@attributes": { "count": "1" }, name: row })
}

fn too_many(refused: &Refused) -> Response {
    let mut response =
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded. Please slow down.").into_response();
    let headers = response.headers_mut();
    set(headers, "x-ls-api-ratelimit-type", refused.limiter);
    headers.insert(header::RETRY_AFTER, HeaderValue::from(refused.retry_after));
    response
}
