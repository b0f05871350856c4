//! Envelopes `{"results":[…],"paging":{"next":{"after":…}}}`, paging, and searches.

use std::collections::BTreeMap;

use moulin_adapter::http::{self, Idempotency, Request, Response};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::{Deserialize, Serialize};

use crate::api::{self, Object};
use crate::{describe, error};

/// The vendor's largest page of a list.
pub(crate) const LIST_MAX: u32 = 100;
/// The vendor's largest page of a search.
pub(crate) const SEARCH_MAX: u32 = 200;
/// A search cannot be paged beyond this.
const SEARCH_END: u32 = 10_000;

/// A contact, deal, note or campaign as the vendor sends it: texts or null by name.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Record<'a> {
    #[serde(borrow)]
    pub(crate) id: Scalar<'a>,
    pub(crate) properties: BTreeMap<String, Scalar<'a>>,
    pub(crate) created_at: Scalar<'a>,
    pub(crate) updated_at: Scalar<'a>,
}

impl<'a> Record<'a> {
    /// A property; absent when it is.
    pub(crate) fn get(&self, name: &str) -> Scalar<'a> {
        self.properties.get(name).copied().unwrap_or_default()
    }
}

/// A page as read.
pub(crate) struct Page<'a> {
    pub(crate) rows: Vec<Row<'a, Record<'a>>>,
    pub(crate) next: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Paging<'a> {
    #[serde(borrow)]
    next: Option<Next<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Next<'a> {
    #[serde(borrow)]
    after: Scalar<'a>,
}

/// The records of an answer. One that is no such envelope is an error, and so is a cursor that comes twice.
pub(crate) fn read<'a>(answer: &'a Response, cursor: Option<&str>, include_raw: bool) -> Result<Page<'a>> {
    let [results, paging] = read::members(answer.text()?, ["results", "paging"])?;
    let results = results.filter(|json| json.starts_with('[')).ok_or_else(|| error::in_success(answer, "results"))?;
    let rows = read::rows(results, include_raw)?;
    let paging = paging.map(serde_json::from_str::<Option<Paging<'_>>>).transpose()?.flatten().unwrap_or_default();
    let next = paging.next.and_then(|next| next.after.text());
    if next.is_some() && next.as_deref() == cursor {
        return Err(Error::unexpected("HubSpot gave the same page twice"));
    }
    Ok(Page { rows, next })
}

/// That an answer is a page at all.
pub(crate) fn check(answer: &Response) -> Result<()> {
    let page = read(answer, None, false)?;
    page.rows.iter().try_for_each(|row| row.record.id.required_id("id").map(drop))
}

/// The one record of an answer.
pub(crate) fn one(answer: &Response, include_raw: bool) -> Result<Row<'_, Record<'_>>> {
    let row = read::row::<Record<'_>>(answer.text()?.trim(), include_raw)?;
    if row.record.id.id().is_none() {
        return Err(error::in_success(answer, "id"));
    }
    Ok(row)
}

/// A list of objects with these properties.
pub(crate) fn list(object: Object, properties: &[String], limit: Option<u32>, cursor: Option<&str>) -> Result<Request> {
    if cursor.is_some_and(|cursor| cursor.is_empty() || cursor.len() > 1_024) {
        return Err(Error::invalid("cursor", "is not one of this list"));
    }
    Ok(http::get(api::objects(object))
        .query("limit", limit.unwrap_or(LIST_MAX).clamp(1, LIST_MAX))
        .query_opt("after", cursor)
        .query("properties", properties.join(",")))
}

/// One condition of a search.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Filter {
    pub(crate) property_name: String,
    pub(crate) operator: &'static str,
    pub(crate) value: String,
}

impl Filter {
    pub(crate) fn new(property: impl Into<String>, operator: &'static str, value: impl ToString) -> Self {
        Self { property_name: property.into(), operator, value: value.to_string() }
    }
}

#[derive(Serialize)]
struct Group {
    filters: Vec<Filter>,
}

/// All of the first five are always sent: the published schema requires them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Search<'a> {
    filter_groups: Vec<Group>,
    properties: &'a [String],
    sorts: [(); 0],
    limit: u32,
    after: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<&'a str>,
}

/// A search: each of `groups` is a list of conditions that hold together, and one group is enough.
pub(crate) fn search(
    object: Object,
    groups: Vec<Vec<Filter>>,
    query: Option<&str>,
    properties: &[String],
    limit: Option<u32>,
    cursor: Option<&str>,
) -> Result<Request> {
    let after = cursor.unwrap_or("0");
    let position: u32 = after.parse().map_err(|_| Error::invalid("cursor", "is not one of this search"))?;
    if position >= SEARCH_END {
        return Err(Error::validation(format!("HubSpot gives {SEARCH_END} results of a search; narrow it")));
    }
    // The last page ends where the vendor's results do.
    let limit = limit.unwrap_or(LIST_MAX).clamp(1, SEARCH_MAX).min(SEARCH_END - position);
    let body = Search {
        filter_groups: groups.into_iter().map(|filters| Group { filters }).collect(),
        properties,
        sorts: [],
        limit,
        after,
        query,
    };
    Ok(http::post(format!("{}/search", api::objects(object)))
        .json(&body)?
        .idempotency(Idempotency::Repeatable)
        .rate_limit(describe::SEARCH_LIMIT))
}

/// The body of a write.
#[derive(Serialize)]
pub(crate) struct Write {
    pub(crate) properties: serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) associations: Option<Vec<Association>>,
}

/// What a new record belongs to.
#[derive(Serialize)]
pub(crate) struct Association {
    to: To,
    types: [AssociationType; 1],
}

#[derive(Serialize)]
struct To {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AssociationType {
    association_category: &'static str,
    association_type_id: u16,
}

impl Association {
    /// A contact; the type depends on what belongs to it.
    pub(crate) fn contact(id: &str, association_type_id: u16) -> Self {
        let association_category = "HUBSPOT_DEFINED";
        Self { to: To { id: id.to_owned() }, types: [AssociationType { association_category, association_type_id }] }
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    #[test]
    fn a_page_leads_to_the_next_and_the_last_has_no_paging() {
        let answer = Response::new(
            200,
            &[],
            r#"{"results":[{"id":"51","properties":{"email":null}}],"paging":{"next":{"after":"52","link":"https://api.hubapi.com/…"}}}"#,
        );
        let page = read(&answer, None, true).unwrap();
        assert_eq!((page.rows.len(), page.next.as_deref()), (1, Some("52")));
        assert_eq!(page.rows[0].raw(), Some(r#"{"id":"51","properties":{"email":null}}"#.to_owned()));
        assert!(read(&answer, Some("52"), false).is_err(), "the same cursor again");
        for last in [r#"{"results":[]}"#, r#"{"results":[],"paging":null}"#, r#"{"results":[],"paging":{}}"#] {
            assert_eq!(read(&Response::new(200, &[], last), None, false).unwrap().next, None);
        }
    }

    #[test]
    fn an_error_inside_a_success_is_an_error() {
        let body = r#"{"status":"error","message":"expired","category":"EXPIRED_AUTHENTICATION"}"#;
        let answer = Response::new(200, &[], body);
        assert!(matches!(read(&answer, None, false), Err(Error::Authentication(_))));
        assert!(matches!(one(&answer, false), Err(Error::Authentication(_))));
        assert!(matches!(one(&Response::new(200, &[], "{}"), false), Err(Error::Api(_))));
    }

    #[test]
    fn cursors_are_checked_and_a_search_ends() {
        Host::new("v3").run(|| {
            let properties = ["email".to_owned()];
            let search = |limit, cursor| search(Object::Contacts, Vec::new(), Some("x"), &properties, limit, cursor);
            assert!(search(None, Some("x")).is_err() && search(None, Some("10000")).is_err());
            let last = search(Some(200), Some("9900")).unwrap();
            let body = core::str::from_utf8(last.body_bytes().unwrap()).unwrap();
            assert_eq!(
                body,
                r#"{"filterGroups":[],"properties":["email"],"sorts":[],"limit":100,"after":"9900","query":"x"}"#
            );
            assert_eq!((last.rate_limit_name(), last.idempotency_value()), (Some("search"), Idempotency::Repeatable));
            assert!(list(Object::Contacts, &properties, None, Some("")).is_err());
        });
    }
}
