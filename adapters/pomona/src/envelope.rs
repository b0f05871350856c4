//! The forms a body comes in: under its name, under another one, or bare; and the rules of paging.

use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row, members};
use serde::Deserialize;

use crate::error;

/// The vendor's largest page.
const MAX_LIMIT: u32 = 100;

/// A part of a list asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Page {
    pub(crate) offset: u64,
    pub(crate) limit: u32,
}

impl Page {
    /// The cursor is the offset.
    pub(crate) fn new(cursor: Option<&str>, limit: Option<u32>) -> Result<Self> {
        let offset = match cursor {
            None => 0,
            Some(text) => text
                .parse()
                .ok()
                .filter(|offset| *offset >= 1)
                .ok_or_else(|| Error::invalid("cursor", "is not one that this adapter gave"))?,
        };
        Ok(Self { offset, limit: limit.unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT) })
    }
}

/// Records of a page and the cursor of the next one.
pub(crate) struct Listing<'a, T> {
    pub(crate) rows: Vec<Row<'a, T>>,
    pub(crate) next: Option<String>,
}

/// Where a list says it stands.
#[derive(Default)]
struct Place<'a> {
    total: Scalar<'a>,
    limit: Scalar<'a>,
    offset: Scalar<'a>,
}

/// Reads a list under `name`, `items`, `products`, `data` or `results`, or bare, and finds out whether there is more.
pub(crate) fn list<'a, T: Deserialize<'a>>(
    answer: &'a Response,
    name: &str,
    page: Page,
    include_raw: bool,
) -> Result<Listing<'a, T>> {
    let (list, place) = find(answer, name)?;
    let rows = read::rows(list, include_raw)?;
    let next = next_offset(page, rows.len(), &place)?;
    Ok(Listing { rows, next })
}

/// The same for a list that is whole.
pub(crate) fn rows<'a, T: Deserialize<'a>>(answer: &'a Response, name: &str) -> Result<Vec<Row<'a, T>>> {
    read::rows(find(answer, name)?.0, false)
}

fn find<'a>(answer: &'a Response, name: &str) -> Result<(&'a str, Place<'a>)> {
    let body = answer.text()?.trim();
    if body.starts_with('[') {
        return Ok((body, Place::default()));
    }
    let [named, items, products, data, results, total, limit, offset, failure] =
        members(body, [name, "items", "products", "data", "results", "total", "limit", "offset", "error"])?;
    let Some(list) = named.or(items).or(products).or(data).or(results) else {
        return Err(match failure {
            Some(json) if json != "null" => error::from_answer(answer),
            _ => Error::unexpected(format!("the vendor's answer has no list under `items` or `{name}`")),
        });
    };
    let scalar = |json: Option<&'a str>| json.map_or_else(Scalar::default, Scalar::from_json);
    Ok((list, Place { total: scalar(total), limit: scalar(limit), offset: scalar(offset) }))
}

/// `total` decides; without it a full page means that there may be more.
///
/// The next offset counts what came: a server that gives less than the limit asked for would lose the rest otherwise.
fn next_offset(page: Page, count: usize, place: &Place<'_>) -> Result<Option<String>> {
    let answered = place.offset.integer("offset")?;
    if answered.is_some_and(|offset| u64::try_from(offset) != Ok(page.offset)) {
        // Going on would read the same part for ever.
        return Err(Error::unexpected(format!("offset {} was asked for and another one came", page.offset)));
    }
    if count == 0 {
        return Ok(None);
    }
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    let limit = match place.limit.integer("limit")? {
        Some(limit) if limit > 0 => u64::try_from(limit).unwrap_or(u64::MAX),
        _ => u64::from(page.limit),
    };
    let next = page.offset.saturating_add(count);
    let more = match place.total.integer("total")? {
        Some(total) => next < u64::try_from(total).unwrap_or(0),
        None => count >= limit,
    };
    Ok(more.then(|| next.to_string()))
}

/// The JSON of what stands under one of the names, or of the whole body; an error in the place of it is that error.
pub(crate) fn single<'a>(answer: &'a Response, name: &str) -> Result<&'a str> {
    let body = answer.text()?.trim();
    if body.starts_with('[') {
        return Ok(body);
    }
    let [named, data, failure] = members(body, [name, "data", "error"])?;
    match named.or(data).filter(|json| json.starts_with(['{', '['])) {
        Some(json) => Ok(json),
        None if failure.is_some_and(|json| json != "null") => Err(error::from_answer(answer)),
        None => Ok(body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Product<'a> {
        #[serde(borrow)]
        id: Scalar<'a>,
    }

    fn read(body: &str, page: Page) -> Result<(Vec<String>, Option<String>)> {
        let answer = Response::new(200, &[], body);
        let listing: Listing<'_, Product<'_>> = list(&answer, "orders", page, false)?;
        Ok((listing.rows.iter().filter_map(|row| row.record.id.id()).collect(), listing.next))
    }

    const FIRST: Page = Page { offset: 0, limit: 2 };

    #[test]
    fn the_list_is_found_under_every_name_and_bare() {
        for name in ["orders", "items", "products", "data", "results"] {
            let body = format!(r#"{{"{name}":[{{"id":"1"}}]}}"#);
            assert_eq!(read(&body, FIRST).unwrap(), (vec!["1".to_owned()], None), "{name}");
        }
        assert_eq!(read(r#" [{"id":1}] "#, FIRST).unwrap().0, ["1"]);
        assert_eq!(read(r#"{"items":{"id":1}}"#, FIRST).unwrap().0, ["1"]);
        assert_eq!(read(r#"{"items":[],"total":0,"limit":2,"offset":0}"#, FIRST).unwrap(), (Vec::new(), None));
    }

    #[test]
    fn a_body_without_a_list_is_an_error() {
        for body in ["{}", r#"{"message":"ok"}"#, "", "null", "<html></html>", r#"{"items":7}"#, r#"{"items":[{"id""#] {
            assert!(matches!(read(body, FIRST), Err(Error::Api(_))), "{body}");
        }
        let refused = read(r#"{"error":{"code":"ACCESS_DENIED","message":"no"}}"#, FIRST);
        assert!(matches!(refused, Err(Error::Authentication(_))));
    }

    #[test]
    fn the_total_decides_then_a_full_page() {
        let two = r#"[{"id":1},{"id":2}]"#;
        for (rest, next) in [
            (r#","total":3,"limit":2,"offset":0"#, Some("2")),
            (r#","total":"2","limit":"2","offset":"0""#, None),
            // A server whose largest page is smaller than the one asked for.
            (r#","total":5,"limit":1"#, Some("2")),
            (r#","total":null"#, Some("2")),
            ("", Some("2")),
        ] {
            let body = format!(r#"{{"items":{two}{rest}}}"#);
            assert_eq!(read(&body, FIRST).unwrap().1.as_deref(), next, "{rest}");
        }
        assert_eq!(read(r#"{"items":[{"id":1}]}"#, FIRST).unwrap().1, None);
        assert_eq!(read(r#"{"items":[{"id":1}],"limit":1}"#, FIRST).unwrap().1.as_deref(), Some("1"));
        assert_eq!(read(r#"{"items":[{"id":1}],"total":8}"#, Page { offset: 7, limit: 2 }).unwrap().1, None);
        assert_eq!(read(r#"{"items":[],"total":9}"#, FIRST).unwrap().1, None);
    }

    #[test]
    fn a_server_that_repeats_a_part_ends_in_an_error() {
        let body = r#"{"items":[{"id":1}],"offset":0,"total":900}"#;
        assert!(read(body, Page { offset: 2, limit: 2 }).is_err());
    }

    #[test]
    fn limits_and_cursors_are_bounded() {
        assert_eq!(Page::new(None, None).unwrap(), Page { offset: 0, limit: 100 });
        assert_eq!(Page::new(Some("300"), Some(500)).unwrap(), Page { offset: 300, limit: 100 });
        assert_eq!(Page::new(None, Some(0)).unwrap().limit, 1);
        for cursor in ["0", "-1", "x", "", "99999999999999999999999"] {
            assert!(matches!(Page::new(Some(cursor), None), Err(Error::Validation(_))), "{cursor}");
        }
    }

    #[test]
    fn one_record_may_be_wrapped_or_not() {
        for body in [r#"{"order":{"id":"1"}}"#, r#"{"data":{"id":"1"}}"#, r#"{"id":"1"}"#] {
            assert_eq!(single(&Response::new(200, &[], body), "order").unwrap(), r#"{"id":"1"}"#);
        }
        let refused = Response::new(200, &[], r#"{"error":{"code":"NOT_FOUND","message":"no"}}"#);
        assert!(matches!(single(&refused, "order"), Err(Error::NotFound(_))));
    }
}
