//! Asking for items: `GET /v2/catalog/list`, or `POST /v2/catalog/search` for those changed since, and deleted ones.

use moulin_adapter::http::{self, Request};
use moulin_adapter::pos::{Product, ProductPage, ProductQuery};
use moulin_adapter::prelude::*;
use serde::Serialize;

use crate::page::{self, Place};
use crate::{api, product};

#[derive(Serialize)]
struct Search<'a> {
    object_types: [&'a str; 1],
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    include_deleted_objects: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    begin_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
}

pub(crate) fn list(query: &ProductQuery) -> Result<ProductPage> {
    let place = Place::of(query.cursor.as_deref())?;
    let answer = api::send(request(query, &place)?)?;
    let found = page::read::<product::Object<'_>>(&answer, "objects", query.include_raw)?;
    let (location, currency) = (api::location()?, connection::currency());
    let mut all = Vec::with_capacity(found.rows.len());
    for row in &found.rows {
        all.extend(product::products(row, &location, &currency)?);
    }
    all.retain(|product| wanted(product, query));
    let (items, next) = place.cut(all, query.limit, found.next)?;
    Ok(ProductPage { items, next })
}

fn request(query: &ProductQuery, place: &Place<'_>) -> Result<Request> {
    if query.updated_since.is_none() && !query.include_archived {
        return Ok(http::get("/v2/catalog/list").query("types", "ITEM").query_opt("cursor", place.cursor));
    }
    let search = Search {
        object_types: ["ITEM"],
        include_deleted_objects: query.include_archived,
        // Square gives what was changed after that time.
        begin_time: query.updated_since.map(|at| time::format_instant(at.saturating_sub(1))),
        cursor: place.cursor,
    };
    api::search("/v2/catalog/search", &search)
}

/// What the list cannot be asked for. Deleted and archived products are both no longer sold.
fn wanted(product: &Product, query: &ProductQuery) -> bool {
    let category = query.category_id.as_ref().is_none_or(|id| product.category_ids.contains(id));
    let since = query.updated_since.is_none_or(|since| product.updated_at.is_none_or(|at| at >= since));
    category && since && (query.include_archived || !product.archived)
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::{Method, Response};
    use moulin_adapter::testing::Host;

    use super::*;

    const PAGE: &str = r#"{"objects":[
        {"type":"ITEM","id":"I1","updated_at":"2025-04-01T00:00:00Z","item_data":{"name":"A","categories":[{"id":"C1"}],"variations":[{"id":"V1"},{"id":"V2"},{"id":"V3"}]}},
        {"type":"ITEM","id":"I2","is_deleted":true,"updated_at":"2025-03-01T00:00:00Z","item_data":{"name":"B","variations":[{"id":"V4"}]}}],"cursor":"c2"}"#;

    fn till() -> Host {
        Host::new("v2").setting("location_id", "L1").vendor(|_| Ok(Response::new(200, &[], PAGE)))
    }

    fn query() -> ProductQuery {
        ProductQuery {
            category_id: None,
            updated_since: None,
            include_archived: false,
            limit: None,
            cursor: None,
            include_raw: false,
        }
    }

    fn variations(page: &ProductPage) -> Vec<&str> {
        page.items.iter().filter_map(|product| product.variation_id.as_deref()).collect()
    }

    #[test]
    fn the_list_is_asked_for_by_type_and_cursor_alone() {
        let till = till();
        let page = till.run(|| list(&query())).unwrap();
        assert_eq!((variations(&page), page.next.as_deref()), (vec!["V1", "V2", "V3"], Some("0:c2")));
        till.run(|| list(&ProductQuery { cursor: Some("0:c1".into()), ..query() })).unwrap();
        let requests = till.requests();
        assert_eq!((requests[0].method(), requests[0].target()), (Method::Get, "/v2/catalog/list"));
        assert_eq!(requests[0].query_pairs().collect::<Vec<_>>(), [("types", "ITEM")]);
        assert_eq!(requests[1].query_value("cursor"), Some("c1"));
    }

    #[test]
    fn what_changed_and_what_is_gone_are_searched_for() {
        let till = till();
        let since = ProductQuery {
            updated_since: Some(time::parse_instant("2025-04-01T00:00:00Z").unwrap()),
            include_archived: true,
            cursor: Some("0:c1".into()),
            ..query()
        };
        assert_eq!(variations(&till.run(|| list(&since)).unwrap()), ["V1", "V2", "V3"]);
        let request = &till.requests()[0];
        assert_eq!((request.method(), request.target()), (Method::Post, "/v2/catalog/search"));
        assert_eq!(
            core::str::from_utf8(request.body_bytes().unwrap()).unwrap(),
            r#"{"object_types":["ITEM"],"include_deleted_objects":true,"begin_time":"2025-03-31T23:59:59.999Z","cursor":"c1"}"#
        );
        let archived = till.run(|| list(&ProductQuery { include_archived: true, ..query() })).unwrap();
        assert_eq!(variations(&archived).len(), 4);
    }

    #[test]
    fn a_limit_and_a_category_hold_although_square_knows_neither() {
        let till = till();
        let of = |cursor: Option<&str>| ProductQuery {
            category_id: Some("C1".into()),
            limit: Some(2),
            cursor: cursor.map(str::to_owned),
            ..query()
        };
        let first = till.run(|| list(&of(None))).unwrap();
        assert_eq!((variations(&first), first.next.as_deref()), (vec!["V1", "V2"], Some("2:")));
        let second = till.run(|| list(&of(Some("2:")))).unwrap();
        assert_eq!((variations(&second), second.next.as_deref()), (vec!["V3"], Some("0:c2")));
        let none = ProductQuery { category_id: Some("C9".into()), ..query() };
        assert_eq!(till.run(|| list(&none)).unwrap().next.as_deref(), Some("0:c2"));
    }
}
