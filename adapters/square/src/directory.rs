//! Categories and customers: `POST /v2/catalog/search`, `GET /v2/customers`.

use moulin_adapter::http;
use moulin_adapter::pos::{Category, CategoryPage, Customer, CustomerPage, ListQuery};
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;
use serde::{Deserialize, Serialize};

use crate::api;
use crate::page::{self, Place};

/// The vendor's largest page of customers; a larger one is refused.
const MAX_LIMIT: u32 = 100;

#[derive(Serialize)]
struct Search<'a> {
    object_types: [&'a str; 1],
    limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
}

/// A page of the catalogue's objects of one type. The limit is advice to Square.
pub(crate) fn objects(kind: &str, query: &ListQuery, place: &Place<'_>) -> Result<http::Response> {
    let limit = query.limit.unwrap_or(200).clamp(1, 1_000);
    api::send(api::search("/v2/catalog/search", &Search { object_types: [kind], limit, cursor: place.cursor })?)
}

pub(crate) fn categories(query: &ListQuery) -> Result<CategoryPage> {
    let place = Place::of(query.cursor.as_deref())?;
    let answer = objects("CATEGORY", query, &place)?;
    let found = page::read::<CategoryObject<'_>>(&answer, "objects", query.include_raw)?;
    let all = found.rows.iter().map(category).collect::<Result<_>>()?;
    let (items, next) = place.cut(all, query.limit, found.next)?;
    Ok(CategoryPage { items, next })
}

pub(crate) fn customers(query: &ListQuery) -> Result<CustomerPage> {
    let place = Place::of(query.cursor.as_deref())?;
    let request = http::get("/v2/customers")
        .query("limit", query.limit.unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT))
        .query_opt("cursor", place.cursor);
    let answer = api::send(request)?;
    let found = page::read::<CustomerRecord<'_>>(&answer, "customers", query.include_raw)?;
    let all = found.rows.iter().map(customer).collect::<Result<_>>()?;
    let (items, next) = place.cut(all, query.limit, found.next)?;
    Ok(CustomerPage { items, next })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CategoryObject<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    category_data: Option<CategoryData<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CategoryData<'a> {
    #[serde(borrow)]
    name: Scalar<'a>,
    parent_category: Option<Parent<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Parent<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
}

fn category(row: &Row<'_, CategoryObject<'_>>) -> Result<Category> {
    let id = row.record.id.required_id("object.id")?;
    let data = row.record.category_data.as_ref();
    Ok(Category {
        name: data.and_then(|data| data.name.text()).unwrap_or_else(|| id.clone()),
        parent_id: data.and_then(|data| data.parent_category.as_ref()).and_then(|parent| parent.id.id()),
        raw: row.raw(),
        id,
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CustomerRecord<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    given_name: Scalar<'a>,
    family_name: Scalar<'a>,
    company_name: Scalar<'a>,
    email_address: Scalar<'a>,
    phone_number: Scalar<'a>,
    created_at: Scalar<'a>,
    updated_at: Scalar<'a>,
}

fn customer(row: &Row<'_, CustomerRecord<'_>>) -> Result<Customer> {
    let record = &row.record;
    Ok(Customer {
        id: record.id.required_id("customer.id")?,
        first_name: record.given_name.text(),
        last_name: record.family_name.text(),
        company: record.company_name.text(),
        email: record.email_address.text(),
        phone: record.phone_number.text(),
        created_at: record.created_at.instant("customer.created_at")?,
        updated_at: record.updated_at.instant("customer.updated_at")?,
        raw: row.raw(),
    })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;

    fn host(body: &'static str) -> Host {
        Host::new("v2").setting("location_id", "L1").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    fn query(limit: Option<u32>, cursor: Option<&str>) -> ListQuery {
        ListQuery { limit, cursor: cursor.map(str::to_owned), include_raw: true }
    }

    #[test]
    fn categories_know_their_parent() {
        let till = host(
            r#"{"objects":[{"type":"CATEGORY","id":"C1","category_data":{"name":"Carte","is_top_level":true}},{"type":"CATEGORY","id":"C2","category_data":{"name":"Plats","parent_category":{"id":"C1","ordinal":0}}}],"cursor":"c"}"#,
        );
        let page = till.run(|| categories(&query(Some(1), None))).unwrap();
        assert_eq!((page.items.len(), page.next.as_deref()), (1, Some("1:")));
        let page = till.run(|| categories(&query(None, Some("1:")))).unwrap();
        assert_eq!((page.items[0].name.as_str(), page.items[0].parent_id.as_deref()), ("Plats", Some("C1")));
        assert!(page.items[0].raw.as_deref().unwrap().contains("ordinal"));
        let body = |index: usize| String::from_utf8(till.requests()[index].body_bytes().unwrap().to_vec()).unwrap();
        assert_eq!(
            (body(0), body(1)),
            (
                r#"{"object_types":["CATEGORY"],"limit":1}"#.into(),
                r#"{"object_types":["CATEGORY"],"limit":200}"#.into()
            )
        );
    }

    #[test]
    fn customers_are_mapped_and_their_limit_bounded() {
        let till = host(
            r#"{"customers":[{"id":"X1","created_at":"2024-01-15T11:00:00.000Z","given_name":"Anne","family_name":"Aubert","company_name":"","email_address":"client01@example.fr","phone_number":"+33639980001"},{"id":"X2"}],"cursor":"c"}"#,
        );
        let page = till.run(|| customers(&query(Some(500), Some("0:b")))).unwrap();
        let first = &page.items[0];
        assert_eq!((first.first_name.as_deref(), first.company.as_deref()), (Some("Anne"), None));
        assert_eq!(
            (first.email.as_deref(), first.phone.as_deref()),
            (Some("client01@example.fr"), Some("+33639980001"))
        );
        assert_eq!((page.items[1].last_name.as_deref(), page.next.as_deref()), (None, Some("0:c")));
        let request = &till.requests()[0];
        assert_eq!((request.query_value("limit"), request.query_value("cursor")), (Some("100"), Some("b")));
    }
}
