//! Lists `{"payments":[…],"cursor":"…"}`.
//!
//! Square has no limit for some lists and takes it for advice in others, and one of its items may be several products.
//! So a page of Square's may be given out in several: the cursor is `3:c`, to go on behind the third record of the page
//! that Square's cursor `c` leads to.

use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::Deserialize;

use crate::error;

/// Where in a list one stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Place<'a> {
    skip: usize,
    /// Square's own cursor.
    pub(crate) cursor: Option<&'a str>,
}

impl<'a> Place<'a> {
    pub(crate) fn of(cursor: Option<&'a str>) -> Result<Self> {
        let Some(cursor) = cursor else { return Ok(Self::default()) };
        let place = cursor.split_once(':').and_then(|(skip, cursor)| {
            let skip = skip.parse().ok()?;
            Some(Self { skip, cursor: Some(cursor).filter(|cursor| !cursor.is_empty()) })
        });
        place
            .filter(|place| *place != Self::default())
            .ok_or_else(|| Error::invalid("cursor", "is not one that this adapter gave"))
    }

    /// What of a page of Square's was not given out yet, at most so many records, and the cursor behind them.
    pub(crate) fn cut<T>(
        &self,
        mut items: Vec<T>,
        limit: Option<u32>,
        next: Option<String>,
    ) -> Result<(Vec<T>, Option<String>)> {
        if next.is_some() && next.as_deref() == self.cursor {
            // It would be read for ever.
            return Err(Error::unexpected("Square names the same page as the next one"));
        }
        let mut items = items.split_off(self.skip.min(items.len()));
        let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit.max(1)).unwrap_or(usize::MAX));
        if items.len() <= limit {
            return Ok((items, next.map(|next| format!("0:{next}"))));
        }
        items.truncate(limit);
        let skip = self.skip.saturating_add(limit);
        Ok((items, Some(format!("{skip}:{}", self.cursor.unwrap_or_default()))))
    }
}

/// A page of Square's.
pub(crate) struct Page<'a, T> {
    pub(crate) rows: Vec<Row<'a, T>>,
    /// Square's cursor of the next page.
    pub(crate) next: Option<String>,
}

/// Reads the records under `name`. Square leaves out an empty list: `{}` is one, but an answer of other members is none.
pub(crate) fn read<'a, T: Deserialize<'a>>(answer: &'a Response, name: &str, include_raw: bool) -> Result<Page<'a, T>> {
    let body = answer.text()?;
    // `latest_time` and `count` may stand alone in answers without records.
    let [errors, list, cursor, latest, count] =
        read::members(body, ["errors", name, "cursor", "latest_time", "count"])?;
    error::inside(answer, errors)?;
    let known = [errors, list, cursor, latest, count].iter().any(Option::is_some);
    if !known && body.split_whitespace().collect::<String>() != "{}" {
        return Err(Error::unexpected(format!("the vendor's answer has neither `{name}` nor `cursor`")));
    }
    let rows = match list {
        None => Vec::new(),
        Some(list) if list.starts_with(['[', '{']) || list == "null" => read::rows(list, include_raw)?,
        Some(_) => return Err(Error::unexpected(format!("`{name}` of the vendor's answer is no list"))),
    };
    Ok(Page { rows, next: cursor.and_then(|cursor| Scalar::from_json(cursor).text()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Record<'a> {
        #[serde(borrow)]
        id: Scalar<'a>,
    }

    fn ids(body: &str) -> Result<(Vec<String>, Option<String>)> {
        let answer = Response::new(200, &[], body);
        let page = read::<Record<'_>>(&answer, "payments", true)?;
        Ok((page.rows.iter().filter_map(|row| row.record.id.id()).collect(), page.next))
    }

    #[test]
    fn an_empty_list_may_be_left_out_and_still_lead_on() {
        for body in ["{}", " { }\n", r#"{"payments":[]}"#, r#"{"payments":null,"cursor":""}"#, r#"{"errors":[]}"#] {
            assert_eq!(ids(body).unwrap(), (Vec::new(), None), "{body}");
        }
        assert_eq!(ids(r#"{"cursor":"bHZt"}"#).unwrap(), (Vec::new(), Some("bHZt".into())));
        let two = r#"{"payments":[{"id":"a"},{"id":"b"}],"cursor":"bHZtLXBhZ2UtMg"}"#;
        assert_eq!(ids(two).unwrap(), (vec!["a".into(), "b".into()], Some("bHZtLXBhZ2UtMg".into())));
    }

    #[test]
    fn what_is_no_list_is_an_error_and_not_an_empty_one() {
        for body in [
            "",
            "null",
            "[]",
            "<html>",
            r#"{"message":"busy"}"#,
            r#"{"payments":"no"}"#,
            r#"{"payments":[{"id":"a"}"#,
            r#"{"errors":[{"category":"API_ERROR","code":"INTERNAL_SERVER_ERROR"}],"payments":[{"id":"a"}]}"#,
        ] {
            assert!(matches!(ids(body), Err(Error::Api(_))), "{body}");
        }
    }

    #[test]
    fn a_page_is_given_out_in_parts() {
        let (part, next) = Place::default().cut(vec![1, 2, 3, 4, 5], Some(2), Some("c".into())).unwrap();
        assert_eq!((part, next.as_deref()), (vec![1, 2], Some("2:")));
        let place = Place::of(next.as_deref()).unwrap();
        let (part, next) = place.cut(vec![1, 2, 3, 4, 5], Some(3), Some("c".into())).unwrap();
        assert_eq!((part, next.as_deref()), (vec![3, 4, 5], Some("0:c")));
        let place = Place::of(next.as_deref()).unwrap();
        assert_eq!(place.cursor, Some("c"));
        assert_eq!(place.cut(vec![6], None, None).unwrap(), (vec![6], None));
        let beyond = Place::of(Some("7:c")).unwrap();
        assert_eq!(beyond.cut(vec![6], None, None).unwrap(), (Vec::new(), None));
    }

    #[test]
    fn a_page_that_leads_to_itself_and_a_foreign_cursor_are_errors() {
        assert!(Place::of(Some("0:c")).unwrap().cut(vec![1], None, Some("c".into())).is_err());
        for foreign in ["", "c", "0:", "-1:c", "x:c", ":c"] {
            assert!(matches!(Place::of(Some(foreign)), Err(Error::Validation(_))), "{foreign}");
        }
    }
}
