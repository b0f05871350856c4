//! Guests and the restaurant: `GET customers/{id}`, `GET customers/search`, `GET restaurants/{id}`.

use moulin_adapter::booking::{Customer, CustomerLookup, CustomerPage, CustomerSearch, Restaurant, RestaurantQuery};
use moulin_adapter::http::{self, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::Deserialize;

use super::{reservations, single};
use crate::api::{self, Page};

/// The vendor's largest page.
const MAX_LIMIT: u32 = 100;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    name: Scalar<'a>,
    #[serde(rename = "firstName", alias = "first_name")]
    first_name: Scalar<'a>,
    #[serde(rename = "lastName", alias = "last_name")]
    last_name: Scalar<'a>,
    email: Scalar<'a>,
    phone: Scalar<'a>,
    notes: Scalar<'a>,
    #[serde(alias = "isVip")]
    vip: Scalar<'a>,
    visits: Scalar<'a>,
    created_at: Scalar<'a>,
    updated_at: Scalar<'a>,
}

pub(crate) fn get(query: &CustomerLookup) -> Result<Customer> {
    let answer = api::send(http::get(format!("/api/v2/customers/{}", path_segment(&query.id))))?;
    customer(&read::row(single(&answer, "customer")?, query.include_raw)?)
}

pub(crate) fn search(query: &CustomerSearch) -> Result<CustomerPage> {
    let page = Page::new(query.cursor.as_deref(), query.limit, MAX_LIMIT)?;
    let request = http::get("/api/v2/customers/search")
        .query("query", query.text.trim())
        .query("limit", page.limit)
        .query("page", page.number);
    let answer = api::send(request)?;
    let [customers, items, pagination] = read::members(answer.text()?, ["customers", "items", "pagination"])?;
    let list = customers.or(items).ok_or_else(|| Error::unexpected("the vendor's answer lacks `customers`"))?;
    let rows = read::rows(list, query.include_raw)?;
    let next = page.next(&reservations::paging(pagination)?, rows.len())?;
    Ok(CustomerPage { items: rows.iter().map(customer).collect::<Result<_>>()?, next })
}

fn customer(row: &Row<'_, Record<'_>>) -> Result<Customer> {
    let record = &row.record;
    let visits = record.visits.integer("visits")?;
    Ok(Customer {
        id: record.id.required_id("id")?,
        first_name: record.first_name.text(),
        last_name: record.last_name.text(),
        full_name: record.name.text(),
        email: record.email.text(),
        phone: record.phone.text(),
        notes: record.notes.text(),
        vip: record.vip.bool(),
        visits: visits.and_then(|visits| u32::try_from(visits).ok()),
        created_at: record.created_at.parse_with("created_at", calendar::parse_instant_or_date)?,
        updated_at: record.updated_at.parse_with("updated_at", calendar::parse_instant_or_date)?,
        raw: row.raw(),
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct House<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    name: Scalar<'a>,
    address: Scalar<'a>,
    city: Scalar<'a>,
    #[serde(rename = "postalCode", alias = "postal_code", alias = "zipcode")]
    postal_code: Scalar<'a>,
    country: Scalar<'a>,
    phone: Scalar<'a>,
    email: Scalar<'a>,
    #[serde(alias = "timeZone", alias = "time_zone")]
    timezone: Scalar<'a>,
    capacity: Scalar<'a>,
}

pub(crate) fn restaurant(query: &RestaurantQuery) -> Result<Restaurant> {
    let id = api::restaurant()?;
    let answer = api::send(http::get(format!("/api/v2/restaurants/{}", path_segment(&id))))?;
    let row = read::row::<House<'_>>(single(&answer, "restaurant")?, query.include_raw)?;
    let house = &row.record;
    let name = house.name.text().ok_or_else(|| Error::unexpected("the vendor's answer lacks `name`"))?;
    let capacity = house.capacity.integer("capacity")?;
    Ok(Restaurant {
        id: house.id.id().unwrap_or(id),
        name,
        address: house.address.text(),
        city: house.city.text(),
        postal_code: house.postal_code.text(),
        country: house.country.text(),
        phone: house.phone.text(),
        email: house.email.text(),
        time_zone: house.timezone.text(),
        capacity: capacity.and_then(|capacity| u32::try_from(capacity).ok()),
        raw: row.raw(),
    })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;

    fn answers(body: &'static str) -> Host {
        Host::new("seed").setting("restaurant_id", "75012").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    fn search(text: &str) -> CustomerSearch {
        CustomerSearch { text: text.into(), limit: Some(1), cursor: None, include_raw: false }
    }

    #[test]
    fn guests_are_found_under_both_names_of_the_list() {
        for body in [
            r#"{"customers":[{"id":"C-9","name":"Jeanne Martin","vip":"true","visits":"7"}],"pagination":{"total":2,"page":1,"per_page":1}}"#,
            r#"{"items":{"id":"C-9","name":"Jeanne Martin","isVip":true,"visits":7}}"#,
        ] {
            let host = answers(body);
            let page = host.run(|| super::search(&search(" Martin "))).unwrap();
            let found = &page.items[0];
            assert_eq!((found.id.as_str(), found.vip, found.visits), ("C-9", Some(true), Some(7)));
            assert_eq!(page.next.as_deref(), Some("2"));
            assert_eq!(host.requests()[0].query_value("query"), Some("Martin"));
        }
        assert!(answers(r#"{"results":[]}"#).run(|| super::search(&search("x"))).is_err());
    }

    #[test]
    fn a_guest_and_the_restaurant_come_wrapped_or_bare() {
        let lookup = CustomerLookup { id: "C/9".into(), include_raw: false };
        for body in [
            r#"{"customer":{"id":"C-9","firstName":"Jeanne","created_at":"2025-04-12"}}"#,
            r#"{"id":"C-9","first_name":"Jeanne","created_at":"2025-04-11T22:00:00Z"}"#,
        ] {
            let host = answers(body);
            let found = host.run(|| get(&lookup)).unwrap();
            assert_eq!(found.first_name.as_deref(), Some("Jeanne"));
            assert_eq!(found.created_at, Some(time::parse_instant("2025-04-11T22:00:00Z").unwrap()));
            assert_eq!(host.requests()[0].target(), "/api/v2/customers/C%2F9");
        }
        for body in [
            r#"{"restaurant":{"id":75012,"name":"Le Vieux Moulin","capacity":"64"}}"#,
            r#"{"name":"Le Vieux Moulin","capacity":64}"#,
        ] {
            let found = answers(body).run(|| restaurant(&RestaurantQuery { include_raw: false })).unwrap();
            assert_eq!((found.id.as_str(), found.capacity), ("75012", Some(64)));
        }
        assert!(answers("{}").run(|| restaurant(&RestaurantQuery { include_raw: false })).is_err());
    }
}
