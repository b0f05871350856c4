//! Envelopes `{"@attributes":{…},"Sale":[…]}` and paging.
//!
//! V3 pages by the URL in `@attributes.next`, which is followed as it is; older paths by `count`, `offset` and `limit`.
//! The cursor says which: `next:` and the URL, or `offset:` and a number.

use core::fmt;
use core::marker::PhantomData;
use std::borrow::Cow;

use moulin_adapter::http::{self, Request};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::api;

/// The vendor's largest page.
pub(crate) const MAX_LIMIT: u32 = 100;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Attributes<'a> {
    #[serde(borrow)]
    next: Scalar<'a>,
    count: Scalar<'a>,
    offset: Scalar<'a>,
    limit: Scalar<'a>,
}

/// A page as read.
pub(crate) struct Page<'a, T> {
    pub(crate) rows: Vec<Row<'a, T>>,
    /// Cursor of the next page.
    pub(crate) next: Option<String>,
}

/// Reads the records under one of `keys`. A missing key is an empty list; a body that is no such envelope is an error.
pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a str, keys: &[&str], include_raw: bool) -> Result<Page<'a, T>> {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    let found = deserializer.deserialize_map(Envelope { keys, include_raw, record: PhantomData })?;
    deserializer.end()?;
    let (Some(attributes), rows) = found else {
        return Err(Error::unexpected("the vendor's answer has neither `@attributes` nor records"));
    };
    let next = next_cursor(&attributes, rows.len())?;
    Ok(Page { rows, next })
}

/// The one record of a body.
pub(crate) fn read_one<'a, T: Deserialize<'a>>(body: &'a str, key: &str, include_raw: bool) -> Result<Row<'a, T>> {
    let rows = read(body, &[key], include_raw)?.rows;
    rows.into_iter().next().ok_or_else(|| Error::unexpected(format!("the vendor's answer lacks `{key}`")))
}

struct Envelope<'k, T> {
    keys: &'k [&'k str],
    include_raw: bool,
    record: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Envelope<'_, T> {
    type Value = (Option<Attributes<'de>>, Vec<Row<'de, T>>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `@attributes` and records")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut attributes = None;
        let mut rows = Vec::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == "@attributes" {
                attributes = Some(map.next_value()?);
            } else if self.keys.contains(&key.as_ref()) {
                // Straight into records: going over the whole list twice is for those who want the raw text.
                if self.include_raw {
                    let list = map.next_value::<&'de RawValue>()?;
                    rows = read::rows(list.get(), true).map_err(serde::de::Error::custom)?;
                } else {
                    let records = map.next_value::<OneOrMany<T>>()?;
                    rows = records.into_iter().map(|record| Row { record, raw: None }).collect();
                }
                attributes.get_or_insert_default();
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok((attributes, rows))
    }
}

/// The `next` URL if there is one; else the next offset while `count` says that there is more; else nothing.
fn next_cursor(attributes: &Attributes<'_>, rows: usize) -> Result<Option<String>> {
    if let Some(next) = attributes.next.str() {
        return Ok(Some(format!("next:{next}")));
    }
    let count = attributes.count.integer("@attributes.count")?;
    let offset = attributes.offset.integer("@attributes.offset")?;
    let limit = attributes.limit.integer("@attributes.limit")?;
    let (Some(count), Some(offset), Some(limit)) = (count, offset, limit) else { return Ok(None) };
    let reached = offset.saturating_add(limit.max(1));
    Ok((rows > 0 && reached < count).then(|| format!("offset:{reached}")))
}

/// A list to ask for: its resource, first parameters, and where in it one stands.
pub(crate) fn request(
    resource: &str,
    limit: Option<u32>,
    cursor: Option<&str>,
    filters: impl FnOnce(Request) -> Request,
) -> Result<Request> {
    let path = api::path(resource)?;
    let foreign = || Error::invalid("cursor", "is not one that this adapter gave for this list");
    let first = |path: String| filters(http::get(path)).query("limit", limit.unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT));
    match cursor {
        None => Ok(first(path)),
        Some(cursor) => match cursor.split_once(':') {
            // The URL carries its own parameters. It must be a page of the same list; whether its origin is granted is
            // checked by the host before credentials go anywhere.
            Some(("next", url)) if path_of(url) == Some(path.as_str()) => Ok(http::get(url)),
            Some(("offset", text)) => {
                let offset = text.parse::<u64>().map_err(|_| foreign())?;
                Ok(first(path).query("offset", offset))
            }
            _ => Err(foreign()),
        },
    }
}

/// The path of an absolute URL.
fn path_of(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let at = rest.find('/')?;
    let path = rest.get(at..)?;
    matches!(scheme, "https" | "http").then(|| path.split(['?', '#']).next())?
}

/// A next page that is the present one would be read for ever.
pub(crate) fn forward(cursor: Option<&str>, next: Option<String>) -> Result<Option<String>> {
    if next.is_some() && cursor == next.as_deref() {
        return Err(Error::unexpected("Lightspeed names the same page as the next one"));
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Sale<'a> {
        #[serde(borrow, rename = "saleID")]
        id: Scalar<'a>,
    }

    fn ids(body: &str, raw: bool) -> Result<(Vec<String>, Option<String>)> {
        let page = read::<Sale<'_>>(body, &["Sale"], raw)?;
        Ok((page.rows.iter().filter_map(|row| row.record.id.id()).collect(), page.next))
    }

    #[test]
    fn lists_come_as_array_object_or_nothing() {
        for raw in [false, true] {
            for (body, count) in [
                (r#"{"@attributes":{"next":"","previous":""},"Sale":[{"saleID":"1"},{"saleID":2}]}"#, 2),
                (r#"{"@attributes":{"count":"1"},"Sale":{"saleID":"1"}}"#, 1),
                (r#"{"@attributes":{"count":"0"}}"#, 0),
                (r#"{"@attributes":{"count":"0"},"Sale":""}"#, 0),
                (r#"{"Sale":[]}"#, 0),
            ] {
                assert_eq!(ids(body, raw).unwrap().0.len(), count, "{body}");
            }
        }
    }

    #[test]
    fn what_is_no_envelope_is_an_error_and_not_an_empty_list() {
        for body in
            ["", "[]", "{}", "null", r#"{"message":"busy"}"#, "<html>", r#"{"@attributes":{},"Sale":[{"saleID":"1""#]
        {
            assert!(ids(body, false).is_err(), "{body}");
        }
    }

    #[test]
    fn the_next_url_wins_over_offsets() {
        let url = "https://api.lightspeedapp.com/API/V3/Account/240117/Sale.json?limit=100&after=WyIyMDI1Il0%3D";
        let body = format!(
            r#"{{"@attributes":{{"next":"{url}","count":"764","offset":"0","limit":"100"}},"Sale":[{{"saleID":1}}]}}"#
        );
        assert_eq!(ids(&body, false).unwrap().1, Some(format!("next:{url}")));
        let escaped = body.replace('/', r"\/");
        assert_eq!(ids(&escaped, false).unwrap().1, Some(format!("next:{url}")));
    }

    #[test]
    fn offsets_advance_until_the_count() {
        let page = |offset: u32| {
            format!(r#"{{"@attributes":{{"count":"200","offset":"{offset}","limit":100}},"Sale":[{{"saleID":1}}]}}"#)
        };
        assert_eq!(ids(&page(0), false).unwrap().1.as_deref(), Some("offset:100"));
        assert_eq!(ids(&page(100), false).unwrap().1, None);
        let beyond = r#"{"@attributes":{"count":"764","offset":"0","limit":"100"},"Sale":[]}"#;
        assert_eq!(ids(beyond, false).unwrap().1, None);
    }

    #[test]
    fn a_cursor_leads_only_into_the_same_list() {
        let host = Host::new("r-series-v3").setting("account_id", "240117");
        let ask = |cursor: &str| host.run(|| request("Sale", Some(50), Some(cursor), |request| request.query("a", 1)));
        let url = "https://api.lightspeedapp.com/API/V3/Account/240117/Sale.json?after=x";
        let followed = ask(&format!("next:{url}")).unwrap();
        assert_eq!((followed.target(), followed.query_value("limit"), followed.query_value("a")), (url, None, None));
        let offset = ask("offset:100").unwrap();
        assert_eq!((offset.query_value("offset"), offset.query_value("a")), (Some("100"), Some("1")));
        for foreign in [
            "next:https://api.lightspeedapp.com/API/V3/Account/240117/Employee.json",
            "next:https://api.lightspeedapp.com/API/V3/Account/1/Sale.json",
            "next:ftp://x/API/V3/Account/240117/Sale.json",
            "next:",
            "offset:-1",
            "1",
        ] {
            assert!(matches!(ask(foreign), Err(Error::Validation(_))), "{foreign}");
        }
    }

    #[test]
    fn a_page_that_leads_to_itself_is_an_error() {
        assert!(forward(Some("offset:100"), Some("offset:100".into())).is_err());
        assert_eq!(forward(None, Some("offset:100".into())).unwrap().as_deref(), Some("offset:100"));
        assert_eq!(forward(Some("x"), None).unwrap(), None);
    }
}
