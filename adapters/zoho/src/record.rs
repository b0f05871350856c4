//! Records of any module, and pages `{"data":[…],"info":{"more_records":…}}`. No record at all is 204 without a body.

use std::collections::BTreeMap;

use moulin_adapter::http::{Request, Response};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error;

/// The vendor's largest page.
pub(crate) const MAX: u32 = 200;
/// Pages by number, and searches, end here.
const END: u32 = 2_000;

/// A record: fields by their API names.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Record<'a>(#[serde(borrow)] BTreeMap<String, &'a RawValue>);

/// What a lookup field points to.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Target<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    name: Scalar<'a>,
}

impl<'a> Record<'a> {
    /// A field; absent when it is.
    pub(crate) fn get(&self, name: &str) -> Scalar<'a> {
        self.0.get(name).map(|raw| Scalar::from_json(raw.get())).unwrap_or_default()
    }

    /// The record's number.
    pub(crate) fn id(&self) -> Result<String> {
        self.get("id").required_id("id")
    }

    fn target(&self, name: &str) -> Target<'a> {
        let raw = self.0.get(name).map(|raw| raw.get()).filter(|raw| raw.starts_with('{'));
        raw.and_then(|raw| serde_json::from_str(raw).ok()).unwrap_or_default()
    }

    /// The number of what a lookup points to; a text field may hold it too.
    pub(crate) fn lookup_id(&self, name: &str) -> Option<String> {
        self.target(name).id.id().or_else(|| self.get(name).id())
    }

    /// The name of what a lookup points to; a text field may hold it too.
    pub(crate) fn lookup_name(&self, name: &str) -> Option<String> {
        self.target(name).name.text().or_else(|| self.get(name).text())
    }
}

/// Where a page lies: by its number, or by the token of the page before (version 8, beyond 2000 records).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum At {
    Page(u32),
    Token(String),
}

impl At {
    /// The cursor of the contract: a number, or `token:` and the vendor's.
    pub(crate) fn of(cursor: Option<&str>) -> Result<Self> {
        let Some(cursor) = cursor else { return Ok(Self::Page(1)) };
        let wrong = || Error::invalid("cursor", "is not one of this list");
        match cursor.strip_prefix("token:") {
            Some(token) if !token.is_empty() && token.len() <= 2_048 => Ok(Self::Token(token.to_owned())),
            Some(_) => Err(wrong()),
            None => cursor.parse().ok().filter(|page| *page >= 1).map(Self::Page).ok_or_else(wrong),
        }
    }

    /// The parameters of a request.
    pub(crate) fn on(&self, request: Request, limit: u32) -> Request {
        match self {
            Self::Page(number) => request.query("page", number),
            Self::Token(token) => request.query("page_token", token),
        }
        .query("per_page", limit)
    }

    /// An error where the vendor would refuse, in words that say what to do.
    pub(crate) fn within_search(&self, limit: u32) -> Result<()> {
        match self {
            Self::Page(number) if number.saturating_mul(limit) > END => {
                Err(Error::validation(format!("Zoho CRM gives {END} results of a search; narrow it")))
            }
            _ => Ok(()),
        }
    }
}

/// How many records to ask for.
pub(crate) fn limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(MAX).clamp(1, MAX)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Info<'a> {
    #[serde(borrow)]
    page: Scalar<'a>,
    more_records: Scalar<'a>,
    next_page_token: Scalar<'a>,
}

/// A page as read.
pub(crate) struct Page<'a> {
    pub(crate) rows: Vec<Row<'a, Record<'a>>>,
    pub(crate) next: Option<String>,
}

/// The records of an answer to a request for that page.
pub(crate) fn page<'a>(answer: &'a Response, at: &At, limit: u32, include_raw: bool) -> Result<Page<'a>> {
    if answer.status() == 204 {
        return Ok(Page { rows: Vec::new(), next: None });
    }
    let [data, info] = read::members(answer.text()?, ["data", "info"])?;
    let data = data.filter(|json| json.starts_with('[')).ok_or_else(|| error::in_success(answer, "data"))?;
    let rows: Vec<Row<'_, Record<'_>>> = read::rows(data, include_raw)?;
    let info = info.map(serde_json::from_str::<Option<Info<'_>>>).transpose()?.flatten().unwrap_or_default();
    let next = next(&info, at, limit, rows.len())?;
    Ok(Page { rows, next })
}

fn next(info: &Info<'_>, at: &At, limit: u32, count: usize) -> Result<Option<String>> {
    if let (At::Page(asked), Some(answered)) = (at, info.page.integer("info.page")?)
        && i64::from(*asked) != answered
    {
        // Going on would read the same page for ever.
        return Err(Error::unexpected(format!("page {asked} was asked for and page {answered} came")));
    }
    if !info.more_records.is_true() || count == 0 {
        return Ok(None);
    }
    match (info.next_page_token.text(), at) {
        (Some(token), At::Token(before)) if token == *before => {
            Err(Error::unexpected("Zoho CRM gave the same page twice"))
        }
        // By number as far as that goes: a token dies after a day.
        (Some(_), At::Page(number)) if number.saturating_add(1).saturating_mul(limit) <= END => {
            Ok(Some(number.saturating_add(1).to_string()))
        }
        (Some(token), _) => Ok(Some(format!("token:{token}"))),
        (None, At::Page(number)) => Ok(Some(number.saturating_add(1).to_string())),
        (None, At::Token(_)) => Err(Error::unexpected("Zoho CRM has more records and no token for them")),
    }
}

/// The one record of an answer; 204 and an empty list mean that there is none.
pub(crate) fn one(answer: &Response, include_raw: bool) -> Result<Row<'_, Record<'_>>> {
    let page = page(answer, &At::Token(String::new()), 1, include_raw)?;
    let row = page.rows.into_iter().next().ok_or_else(|| Error::not_found("Zoho CRM has no such record"))?;
    row.record.id()?;
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str, at: &At) -> Result<(usize, Option<String>)> {
        let answer = Response::new(200, &[], body);
        page(&answer, at, 200, false).map(|page| (page.rows.len(), page.next))
    }

    #[test]
    fn pages_go_on_while_there_are_more() {
        let body = |info: &str| format!(r#"{{"data":[{{"id":"1"}}],"info":{{{info}}}}}"#);
        let first = At::Page(1);
        assert_eq!(read(&body(r#""page":1,"more_records":true"#), &first).unwrap(), (1, Some("2".into())));
        assert_eq!(read(&body(r#""page":1,"more_records":false"#), &first).unwrap(), (1, None));
        assert_eq!(read(r#"{"data":[{"id":"1"}]}"#, &first).unwrap(), (1, None));
        assert!(read(&body(r#""page":1,"more_records":true"#), &At::Page(2)).is_err());
        let tokened = body(r#""page":10,"more_records":true,"next_page_token":"abc""#);
        assert_eq!(read(&tokened, &At::Page(10)).unwrap().1.as_deref(), Some("token:abc"));
        assert!(read(&tokened, &At::Token("abc".into())).is_err());
        assert_eq!(page(&Response::new(204, &[], ""), &first, 200, false).unwrap().rows.len(), 0);
    }

    #[test]
    fn cursors_are_checked() {
        assert_eq!(At::of(None).unwrap(), At::Page(1));
        assert_eq!(At::of(Some("7")).unwrap(), At::Page(7));
        assert_eq!(At::of(Some("token:x")).unwrap(), At::Token("x".into()));
        for wrong in ["0", "x", "-1", "", "token:"] {
            assert!(matches!(At::of(Some(wrong)), Err(Error::Validation(_))), "{wrong}");
        }
        assert!(At::Page(10).within_search(200).is_ok() && At::Page(11).within_search(200).is_err());
    }

    #[test]
    fn one_record_or_none() {
        let one = |status, body: &'static str| one(&Response::new(status, &[], body), false).map(|row| row.record.id());
        assert_eq!(one(200, r#"{"data":[{"id":"7"}]}"#).unwrap().unwrap(), "7");
        assert!(
            matches!(one(204, ""), Err(Error::NotFound(_)))
                && matches!(one(200, r#"{"data":[]}"#), Err(Error::NotFound(_)))
        );
        assert!(matches!(one(200, r#"{"data":[{}]}"#), Err(Error::Api(_))));
    }
}
