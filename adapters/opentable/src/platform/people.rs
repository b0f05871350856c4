//! Guests and the restaurant: `GET /sync/v2/guests`, `GET /sync/v2/guests/{id}`, `GET /sync/directory`.

use std::collections::{BTreeMap, BTreeSet};

use moulin_adapter::booking::{
    Customer, CustomerLookup, CustomerPage, CustomerSearch, Guest, Restaurant, RestaurantQuery,
};
use moulin_adapter::http::{self, CachePolicy, Request, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::Deserialize;

use super::{PARALLEL, feed};
use crate::api;

/// How long a guest's name may be taken from the host's cache while lists are read, in milliseconds.
const FRESH: u64 = 10 * 60_000;

/// Pages of the directory looked through for the restaurant.
const DIRECTORY_PAGES: u32 = 20;

/// With fewer digits than this a text is no phone number.
const PHONE_DIGITS: usize = 4;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    first_name: Scalar<'a>,
    last_name: Scalar<'a>,
    email: Scalar<'a>,
    phone: Scalar<'a>,
    phone_numbers: OneOrMany<Phone<'a>>,
    notes: Scalar<'a>,
    forgotten: Scalar<'a>,
    created_date_utc: Scalar<'a>,
    updated_at_utc: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Phone<'a> {
    #[serde(borrow)]
    number: Scalar<'a>,
    country_code: Scalar<'a>,
    primary: Scalar<'a>,
}

/// A number without its country's code, and the code if OpenTable keeps it.
#[derive(Debug, PartialEq)]
pub(super) struct National {
    pub(super) number: String,
    pub(super) country: Option<u32>,
}

fn request(id: &str) -> Request {
    api::get(format!("/sync/v2/guests/{}", path_segment(id)))
}

pub(crate) fn get(query: &CustomerLookup) -> Result<Customer> {
    let answer = api::send(request(&query.id))?;
    customer(&read::row(answer.text()?.trim(), query.include_raw)?)
}

/// The phone number of a guest, digits alone.
pub(super) fn national(id: &str) -> Result<Option<National>> {
    let answer = api::send(request(id))?;
    Ok(number(&read::row::<Record<'_>>(answer.text()?.trim(), false)?.record))
}

fn number(record: &Record<'_>) -> Option<National> {
    let digits = |text: Scalar<'_>| -> Option<String> {
        let digits: String = text.str()?.chars().filter(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    };
    let listed = || record.phone_numbers.iter();
    let best = listed().find(|phone| phone.primary.is_true()).or_else(|| listed().next());
    let from_list = best.and_then(|phone| {
        let country = digits(phone.country_code).and_then(|code| code.parse().ok());
        Some(National { number: digits(phone.number)?, country })
    });
    from_list.or_else(|| Some(National { number: digits(record.phone)?, country: None }))
}

/// `+33612345678` where the country is known, else the number as it is.
fn phone(record: &Record<'_>) -> Option<String> {
    let national = number(record)?;
    Some(match national.country {
        // Italy alone keeps the zero.
        Some(39) => format!("+39{}", national.number),
        Some(country) => format!("+{country}{}", national.number.trim_start_matches('0')),
        None => record.phone.text().unwrap_or(national.number),
    })
}

/// The guests of reservations, by identifier. One that OpenTable has no more, as after an erasure, is not there.
pub(super) fn guests(ids: Vec<String>) -> Result<BTreeMap<String, Guest>> {
    let ids: Vec<String> = ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let requests = ids.iter().map(|id| request(id).cache(CachePolicy::TtlMs(FRESH))).collect();
    let answers = http::send_all(requests, Some(PARALLEL));
    let mut found = BTreeMap::new();
    for (id, answer) in ids.into_iter().zip(answers) {
        let read = answer
            .and_then(api::accepted)
            .and_then(|answer| Ok(guest(&id, &read::row::<Record<'_>>(answer.text()?.trim(), false)?.record)));
        match read {
            Ok(guest) => {
                found.insert(id, guest);
            }
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error.about(&format!("guest {id}"))),
        }
    }
    Ok(found)
}

fn guest(id: &str, record: &Record<'_>) -> Guest {
    Guest {
        id: Some(id.to_owned()),
        first_name: record.first_name.text(),
        last_name: record.last_name.text(),
        full_name: None,
        email: record.email.text(),
        phone: phone(record),
    }
}

fn customer(row: &Row<'_, Record<'_>>) -> Result<Customer> {
    let record = &row.record;
    Ok(Customer {
        id: record.id.required_id("id")?,
        first_name: record.first_name.text(),
        last_name: record.last_name.text(),
        full_name: None,
        email: record.email.text(),
        phone: phone(record),
        notes: record.notes.text(),
        vip: None,
        visits: None,
        created_at: record.created_date_utc.instant("created_date_utc")?,
        updated_at: record.updated_at_utc.instant("updated_at_utc")?,
        raw: row.raw(),
    })
}

/// Sync has no search: the guests are read page by page and compared here. A page may hold none.
pub(crate) fn search(query: &CustomerSearch) -> Result<CustomerPage> {
    let offset = feed::offset(query.cursor.as_deref())?;
    let answer = api::send(feed::request("guests", offset, feed::MAX_LIMIT)?)?;
    let page = feed::read::<Record<'_>>(&answer, offset, query.include_raw)?;
    let wanted = query.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX).max(1);
    let text = query.text.trim().to_lowercase();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let mut items = Vec::new();
    let mut taken = 0;
    for row in &page.rows {
        if items.len() == wanted {
            break;
        }
        taken += 1;
        if !row.record.forgotten.is_true() && fits(&row.record, &text, &digits) {
            items.push(customer(row)?);
        }
    }
    Ok(CustomerPage { items, next: page.after(offset, taken) })
}

/// Whether name or e-mail has the text in it, whatever its case, or the phone number its digits.
fn fits(record: &Record<'_>, text: &str, digits: &str) -> bool {
    let lower = |field: Scalar<'_>| field.text().unwrap_or_default().to_lowercase();
    let name = format!("{} {}", lower(record.first_name), lower(record.last_name));
    // A number may be written with the trunk prefix or with the country's code.
    let by_phone = || {
        let written = text.chars().all(|c| c.is_ascii_digit() || " +-./()".contains(c));
        let known = phone(record).unwrap_or_default();
        written && digits.len() >= PHONE_DIGITS && known.contains(digits.trim_start_matches('0'))
    };
    name.contains(text) || lower(record.email).contains(text) || by_phone()
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct House<'a> {
    #[serde(borrow)]
    rid: Scalar<'a>,
    name: Scalar<'a>,
    address: Scalar<'a>,
    city: Scalar<'a>,
    postal_code: Scalar<'a>,
    country: Scalar<'a>,
    phone_number: Scalar<'a>,
}

/// Looks for the restaurant in the directory of those that the credentials may see.
pub(crate) fn restaurant(query: &RestaurantQuery) -> Result<Restaurant> {
    let wanted = api::restaurant()?;
    let mut offset = 0;
    for _ in 0..DIRECTORY_PAGES {
        let answer = api::send(api::get("/sync/directory").query("limit", feed::MAX_LIMIT).query("offset", offset))?;
        let [items, total] = read::members(answer.text()?, ["items", "total_items"])?;
        let items = items.ok_or_else(|| Error::unexpected("the vendor's answer lacks `items`"))?;
        let rows = read::rows::<House<'_>>(items, query.include_raw)?;
        if let Some(row) = rows.iter().find(|row| row.record.rid.str().as_deref() == Some(wanted.as_str())) {
            return house(row, wanted);
        }
        offset += i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let total = Scalar::from_json(total.unwrap_or_default()).integer("total_items")?;
        if rows.is_empty() || total.is_none_or(|total| offset >= total) {
            break;
        }
    }
    Err(Error::invalid("settings.restaurant_id", "is not a restaurant that OpenTable shows to these credentials"))
}

fn house(row: &Row<'_, House<'_>>, id: String) -> Result<Restaurant> {
    let house = &row.record;
    Ok(Restaurant {
        id,
        name: house.name.text().ok_or_else(|| Error::unexpected("the vendor's answer lacks `name`"))?,
        address: house.address.text(),
        city: house.city.text(),
        postal_code: house.postal_code.text(),
        country: house.country.text(),
        phone: house.phone_number.text(),
        email: None,
        time_zone: None,
        capacity: None,
        raw: row.raw(),
    })
}

#[cfg(test)]
#[path = "people_tests.rs"]
mod tests;
