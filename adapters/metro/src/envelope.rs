//! The forms a body comes in: under `data`, under another name, or bare; and the rules of paging.

use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row, members};
use serde::Deserialize;

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
struct Pagination<'a> {
    #[serde(borrow)]
    page: Scalar<'a>,
    per_page: Scalar<'a>,
    total: Scalar<'a>,
    has_more: Scalar<'a>,
}

/// Reads a list under `data`, `products`, `items`, `results` or `name`, or bare, and finds out whether there is more.
pub(crate) fn list<'a, T: Deserialize<'a>>(
    answer: &'a Response,
    name: &str,
    page: Page,
    include_raw: bool,
) -> Result<Listing<'a, T>> {
    let body = answer.text()?.trim();
    if body.starts_with('[') {
        let rows = read::rows(body, include_raw)?;
        let next = next_page(page, rows.len(), &Pagination::default())?;
        return Ok(Listing { rows, next });
    }
    let [data, products, items, results, named, pagination, has_more, total] =
        members(body, ["data", "products", "items", "results", name, "pagination", "has_more", "total"])?;
    let list = data.or(products).or(items).or(results).or(named).ok_or_else(|| {
        Error::unexpected("the vendor's answer has no list under `data`, `products`, `items` or `results`")
    })?;
    let mut paging = match pagination {
        Some(object) if object.starts_with('{') => serde_json::from_str(object)?,
        _ => Pagination::default(),
    };
    if let (None, Some(flag)) = (paging.has_more.bool(), has_more) {
        paging.has_more = Scalar::from_json(flag);
    }
    if let (None, Some(count)) = (paging.total.text(), total) {
        paging.total = Scalar::from_json(count);
    }
    let rows = read::rows(list, include_raw)?;
    let next = next_page(page, rows.len(), &paging)?;
    Ok(Listing { rows, next })
}

/// `has_more` decides; without it `total`; without that a full page means that there may be more.
fn next_page(page: Page, count: usize, paging: &Pagination<'_>) -> Result<Option<String>> {
    let answered = paging.page.integer("pagination.page")?;
    if answered.is_some_and(|number| u64::try_from(number) != Ok(page.number)) {
        // Going on would read the same page for ever.
        return Err(Error::unexpected(format!("page {} was asked for and another one came", page.number)));
    }
    if count == 0 {
        return Ok(None);
    }
    let per_page = match paging.per_page.integer("pagination.per_page")? {
        Some(size) if size > 0 => u64::try_from(size).unwrap_or(u64::MAX),
        _ => u64::from(page.limit),
    };
    let more = match (paging.has_more.bool(), paging.total.integer("pagination.total")?) {
        (Some(more), _) => more,
        (None, Some(total)) => page.number.saturating_mul(per_page) < u64::try_from(total).unwrap_or(0),
        (None, None) => u64::try_from(count).unwrap_or(u64::MAX) >= per_page,
    };
    Ok(more.then(|| page.number.saturating_add(1).to_string()))
}

/// The JSON of the one record of a body: what stands under `data` or `name`, or the whole.
pub(crate) fn single<'a>(answer: &'a Response, name: &str) -> Result<&'a str> {
    let body = answer.text()?.trim();
    let [data, named] = members(body, ["data", name])?;
    Ok(data.or(named).filter(|json| json.starts_with(['{', '['])).unwrap_or(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Product<'a> {
        #[serde(borrow)]
        product_id: Scalar<'a>,
    }

    fn read(body: &str, page: Page) -> Result<(Vec<String>, Option<String>)> {
        let answer = Response::new(200, &[], body);
        let listing: Listing<'_, Product<'_>> = list(&answer, "orders", page, false)?;
        Ok((listing.rows.iter().filter_map(|row| row.record.product_id.id()).collect(), listing.next))
    }

    const FIRST: Page = Page { number: 1, limit: 2 };

    #[test]
    fn the_list_is_found_under_every_name_and_bare() {
        for name in ["data", "products", "items", "results", "orders"] {
            let body = format!(r#"{{"{name}":[{{"product_id":"1"}}]}}"#);
            assert_eq!(read(&body, FIRST).unwrap(), (vec!["1".to_owned()], None), "{name}");
        }
        assert_eq!(read(r#" [{"product_id":1}] "#, FIRST).unwrap().0, ["1"]);
        assert_eq!(read(r#"{"data":{"product_id":1}}"#, FIRST).unwrap().0, ["1"]);
        assert_eq!(read(r#"{"data":null}"#, FIRST).unwrap(), (Vec::new(), None));
    }

    #[test]
    fn a_body_without_a_list_is_an_error() {
        for body in ["{}", r#"{"message":"ok"}"#, "", "null", "<html></html>", r#"{"data":7}"#] {
            assert!(read(body, FIRST).is_err(), "{body}");
        }
    }

    #[test]
    fn has_more_wins_then_the_total_then_a_full_page() {
        let two = r#"[{"product_id":1},{"product_id":2}]"#;
        for (rest, next) in [
            (r#","pagination":{"page":1,"per_page":2,"total":9,"has_more":false}"#, None),
            (r#","pagination":{"page":1,"per_page":2,"total":2,"has_more":true}"#, Some("2")),
            (r#","has_more":true"#, Some("2")),
            (r#","pagination":{"per_page":2,"total":"3"}"#, Some("2")),
            (r#","pagination":{"per_page":2,"total":2}"#, None),
            (r#","total":5"#, Some("2")),
            ("", Some("2")),
        ] {
            let body = format!(r#"{{"data":{two}{rest}}}"#);
            assert_eq!(read(&body, FIRST).unwrap().1.as_deref(), next, "{rest}");
        }
        assert_eq!(read(r#"{"data":[],"has_more":true}"#, FIRST).unwrap().1, None);
        assert_eq!(read(r#"{"data":[{"product_id":1}]}"#, FIRST).unwrap().1, None);
    }

    #[test]
    fn a_server_that_repeats_a_page_ends_in_an_error() {
        let body = r#"{"data":[{"product_id":1}],"pagination":{"page":1,"has_more":true}}"#;
        assert!(read(body, Page { number: 2, limit: 2 }).is_err());
    }

    #[test]
    fn limits_and_cursors_are_bounded() {
        assert_eq!(Page::new(None, None).unwrap(), Page { number: 1, limit: 100 });
        assert_eq!(Page::new(Some("3"), Some(500)).unwrap(), Page { number: 3, limit: 100 });
        assert_eq!(Page::new(None, Some(0)).unwrap().limit, 1);
        assert!(Page::new(Some("0"), None).is_err() && Page::new(Some("x"), None).is_err());
    }

    #[test]
    fn one_record_may_be_wrapped_or_not() {
        let wrapped = Response::new(200, &[], r#"{"data":{"order_id":"1"}}"#);
        let bare = Response::new(200, &[], r#"{"order_id":"1"}"#);
        assert_eq!(single(&wrapped, "order").unwrap(), single(&bare, "order").unwrap());
    }
}
