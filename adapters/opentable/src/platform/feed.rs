//! Pages of Sync: `{"hasNextPage":…,"nextPageUrl":…,"offset":…,"limit":…,"items":[…]}`.
//!
//! The next page is asked for by its offset; the URL is not followed.

use moulin_adapter::http::{Request, Response};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::Deserialize;

use crate::api;

/// The vendor's largest page.
pub(crate) const MAX_LIMIT: u32 = 1_000;

/// A page as read.
pub(crate) struct Page<'a, T> {
    pub(crate) rows: Vec<Row<'a, T>>,
    more: bool,
}

/// The offset a cursor stands for.
pub(crate) fn offset(cursor: Option<&str>) -> Result<u64> {
    let Some(text) = cursor else { return Ok(0) };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let offset = digits.then(|| text.parse().ok()).flatten();
    offset.ok_or_else(|| Error::invalid("cursor", "is not one that this adapter gave"))
}

/// Asks for so many records from an offset on.
pub(crate) fn request(resource: &str, offset: u64, limit: u32) -> Result<Request> {
    let target = format!("/sync/v2/{resource}");
    Ok(api::get(target).query("rid", api::restaurant()?).query("limit", limit).query("offset", offset))
}

/// Reads a page that was asked for from `offset` on.
pub(crate) fn read<'a, T: Deserialize<'a>>(answer: &'a Response, offset: u64, raw: bool) -> Result<Page<'a, T>> {
    let [items, more, url, answered] =
        read::members(answer.text()?, ["items", "hasNextPage", "nextPageUrl", "offset"])?;
    let items = items.ok_or_else(|| Error::unexpected("the vendor's answer lacks `items`"))?;
    let scalar = |json: Option<&'a str>| Scalar::from_json(json.unwrap_or_default());
    if scalar(answered).integer("offset")?.is_some_and(|at| u64::try_from(at) != Ok(offset)) {
        return Err(Error::unexpected(format!("records from {offset} on were asked for and others came")));
    }
    let rows = read::rows(items, raw)?;
    let more = scalar(more).bool().unwrap_or_else(|| scalar(url).text().is_some());
    if more && rows.is_empty() {
        // Going on would read the same page for ever.
        return Err(Error::unexpected("OpenTable says that there is more and sends nothing"));
    }
    Ok(Page { rows, more })
}

impl<T> Page<'_, T> {
    /// The cursor behind the first `taken` records of this page.
    pub(crate) fn after(&self, offset: u64, taken: usize) -> Option<String> {
        let next = offset.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
        (self.more || taken < self.rows.len()).then(|| next.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Default, Debug)]
    #[serde(default)]
    struct Record<'a> {
        #[serde(borrow)]
        id: Scalar<'a>,
    }

    fn next(body: &str, offset: u64, taken: usize) -> Result<(usize, Option<String>)> {
        let answer = Response::new(200, &[], body);
        let page: Page<'_, Record<'_>> = read(&answer, offset, false)?;
        assert!(page.rows.iter().all(|row| row.record.id.id().is_some()));
        Ok((page.rows.len(), page.after(offset, taken)))
    }

    #[test]
    fn the_next_page_begins_where_this_one_was_left() {
        let body = r#"{"hasNextPage":true,"nextPageUrl":"https://elsewhere.example/","offset":5,"limit":2,"items":[{"id":1},{"id":2}]}"#;
        assert_eq!(next(body, 5, 2).unwrap(), (2, Some("7".into())));
        assert_eq!(next(body, 5, 1).unwrap(), (2, Some("6".into())));
        let last = r#"{"hasNextPage":"false","nextPageUrl":null,"offset":0,"items":[{"id":1},{"id":2}]}"#;
        assert_eq!(next(last, 0, 2).unwrap(), (2, None));
        assert_eq!(next(last, 0, 1).unwrap(), (2, Some("1".into())));
        let by_url = r#"{"nextPageUrl":"https://x","items":{"id":1}}"#;
        assert_eq!(next(by_url, 0, 1).unwrap(), (1, Some("1".into())));
        assert_eq!(next(r#"{"items":[]}"#, 0, 0).unwrap(), (0, None));
    }

    #[test]
    fn a_page_that_is_none_or_another_one_is_an_error() {
        for body in [
            "",
            "[]",
            "{}",
            "<html>",
            r#"{"items":7}"#,
            r#"{"hasNextPage":true,"items":[]}"#,
            r#"{"offset":3,"items":[]}"#,
            r#"{"offset":"x","items":[]}"#,
        ] {
            assert!(next(body, 0, 0).is_err(), "{body}");
        }
    }

    #[test]
    fn cursors_are_offsets() {
        assert_eq!((offset(None).unwrap(), offset(Some("1000")).unwrap()), (0, 1_000));
        for wrong in ["", "-1", "+1", "x", "99999999999999999999999"] {
            assert!(matches!(offset(Some(wrong)), Err(Error::Validation(_))), "{wrong}");
        }
    }
}
