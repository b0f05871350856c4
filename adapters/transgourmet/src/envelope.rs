//! The forms a body comes in: under its name, under another one, or bare; and the rules of paging.

use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row, members};
use serde::Deserialize;

use crate::error;

/// The vendor's largest page.
const MAX_LIMIT: u32 = 100;

/// A page of a list asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Page {
    pub(crate) number: u64,
    pub(crate) limit: u32,
}

impl Page {
    /// The cursor is the number of the page.
    pub(crate) fn new(cursor: Option<&str>, limit: Option<u32>) -> Result<Self> {
        let number = match cursor {
            None => 1,
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| *number >= 1)
                .ok_or_else(|| Error::invalid("cursor", "is not one that this adapter gave"))?,
        };
        Ok(Self { number, limit: limit.unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT) })
    }
}

/// Records of a page and the cursor of the next one.
pub(crate) struct Listing<'a, T> {
    pub(crate) rows: Vec<Row<'a, T>>,
    pub(crate) next: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Meta<'a> {
    #[serde(borrow)]
    total: Scalar<'a>,
    page: Scalar<'a>,
    #[serde(alias = "perPage", alias = "limit")]
    per_page: Scalar<'a>,
}

/// Reads a list under `name`, `products`, `items`, `data` or `results`, or bare, and finds out whether there is more.
pub(crate) fn list<'a, T: Deserialize<'a>>(
    answer: &'a Response,
    name: &str,
    page: Page,
    include_raw: bool,
) -> Result<Listing<'a, T>> {
    let body = answer.text()?.trim();
    if body.starts_with('[') {
        let rows = read::rows(body, include_raw)?;
        let next = next_page(page, rows.len(), &Meta::default())?;
        return Ok(Listing { rows, next });
    }
    let [named, products, items, data, results, meta, total, failure] =
        members(body, [name, "products", "items", "data", "results", "meta", "total", "error"])?;
    let Some(list) = named.or(products).or(items).or(data).or(results) else {
        return Err(lacking(answer, failure, &format!("no list under `{name}`, `items`, `data` or `results`")));
    };
    let mut paging = match meta {
        Some(object) if object.starts_with('{') => serde_json::from_str(object)?,
        _ => Meta::default(),
    };
    if let (None, Some(count)) = (paging.total.text(), total) {
        paging.total = Scalar::from_json(count);
    }
    let rows = read::rows(list, include_raw)?;
    let next = next_page(page, rows.len(), &paging)?;
    Ok(Listing { rows, next })
}

/// `total` decides; without it a full page means that there may be more.
fn next_page(page: Page, count: usize, meta: &Meta<'_>) -> Result<Option<String>> {
    let answered = meta.page.integer("meta.page")?;
    if answered.is_some_and(|number| u64::try_from(number) != Ok(page.number)) {
        // Going on would read the same page for ever.
        return Err(Error::unexpected(format!("page {} was asked for and another one came", page.number)));
    }
    if count == 0 {
        return Ok(None);
    }
    let per_page = match meta.per_page.integer("meta.per_page")? {
        Some(size) if size > 0 => u64::try_from(size).unwrap_or(u64::MAX),
        _ => u64::from(page.limit),
    };
    let more = match meta.total.integer("meta.total")? {
        Some(total) => page.number.saturating_mul(per_page) < u64::try_from(total).unwrap_or(0),
        None => u64::try_from(count).unwrap_or(u64::MAX) >= per_page,
    };
    Ok(more.then(|| page.number.saturating_add(1).to_string()))
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

/// The error in the body, or that something is missing.
fn lacking(answer: &Response, failure: Option<&str>, what: &str) -> Error {
    match failure {
        Some(json) if json != "null" => error::from_answer(answer),
        _ => Error::unexpected(format!("the vendor's answer has {what}")),
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

    const FIRST: Page = Page { number: 1, limit: 2 };

    #[test]
    fn the_list_is_found_under_every_name_and_bare() {
        for name in ["orders", "products", "items", "data", "results"] {
            let body = format!(r#"{{"{name}":[{{"id":"1"}}]}}"#);
            assert_eq!(read(&body, FIRST).unwrap(), (vec!["1".to_owned()], None), "{name}");
        }
        assert_eq!(read(r#" [{"id":1}] "#, FIRST).unwrap().0, ["1"]);
        assert_eq!(read(r#"{"products":{"id":1}}"#, FIRST).unwrap().0, ["1"]);
        assert_eq!(read(r#"{"products":[],"meta":{"total":0,"page":1}}"#, FIRST).unwrap(), (Vec::new(), None));
    }

    #[test]
    fn a_body_without_a_list_is_an_error() {
        for body in
            ["{}", r#"{"message":"ok"}"#, "", "null", "<html></html>", r#"{"products":7}"#, r#"{"products":[{"id""#]
        {
            assert!(matches!(read(body, FIRST), Err(Error::Api(_))), "{body}");
        }
        let refused = read(r#"{"error":{"code":"ACCESS_DENIED","message":"no"}}"#, FIRST);
        assert!(matches!(refused, Err(Error::Authentication(_))));
    }

    #[test]
    fn the_total_decides_then_a_full_page() {
        let two = r#"[{"id":1},{"id":2}]"#;
        for (rest, next) in [
            (r#","meta":{"total":3,"page":1,"per_page":2}"#, Some("2")),
            (r#","meta":{"total":"2","page":"1","perPage":2}"#, None),
            (r#","meta":{"total":5,"page":1,"per_page":1}"#, Some("2")),
            (r#","total":5"#, Some("2")),
            (r#","meta":null"#, Some("2")),
            ("", Some("2")),
        ] {
            let body = format!(r#"{{"products":{two}{rest}}}"#);
            assert_eq!(read(&body, FIRST).unwrap().1.as_deref(), next, "{rest}");
        }
        assert_eq!(read(r#"{"products":[{"id":1}]}"#, FIRST).unwrap().1, None);
        assert_eq!(read(r#"{"products":[],"meta":{"total":9}}"#, FIRST).unwrap().1, None);
    }

    #[test]
    fn a_server_that_repeats_a_page_ends_in_an_error() {
        let body = r#"{"products":[{"id":1}],"meta":{"page":1,"total":900}}"#;
        assert!(read(body, Page { number: 2, limit: 2 }).is_err());
    }

    #[test]
    fn limits_and_cursors_are_bounded() {
        assert_eq!(Page::new(None, None).unwrap(), Page { number: 1, limit: 100 });
        assert_eq!(Page::new(Some("3"), Some(500)).unwrap(), Page { number: 3, limit: 100 });
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
