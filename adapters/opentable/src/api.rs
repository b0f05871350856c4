//! Paths, sending, pages by number, and the check of a connection.

use moulin_adapter::booking::ReservationQuery;
use moulin_adapter::http::{self, Idempotency, Method, Request, Response, path_segment};
use moulin_adapter::prelude::*;

use crate::{describe, error, platform, seed};

/// True for the vendor's platform, false for the specification's API.
pub(crate) fn is_platform() -> bool {
    connection::flavor() == describe::PLATFORM
}

/// The restaurant's number.
pub(crate) fn restaurant() -> Result<String> {
    connection::required_setting("restaurant_id")
}

/// A GET request. OpenTable wants to be told that JSON is expected.
pub(crate) fn get(target: impl Into<String>) -> Request {
    http::get(target).header("accept", "application/json")
}

/// A write. OpenTable knows a repetition by `X-Request-Id`, which every POST, PUT and PATCH must have.
pub(crate) fn write(method: Method, target: impl Into<String>, id: Option<&str>) -> Request {
    let request = http::request(method, target).header("accept", "application/json").header_opt("x-request-id", id);
    if id.is_some() { request.idempotency(Idempotency::Keyed) } else { request }
}

/// Path of something below the restaurant in the specification's API.
pub(crate) fn below_restaurant(rest: &str) -> Result<String> {
    Ok(format!("/api/v3/restaurant/{}/{rest}", path_segment(&restaurant()?)))
}

/// Sends, and turns an answer that is not 2xx, or says `error` in a 200, into its error.
pub(crate) fn send(request: Request) -> Result<Response> {
    accepted(request.send()?)
}

/// The answer itself unless it is a refusal.
pub(crate) fn accepted(answer: Response) -> Result<Response> {
    let answer = answer.success(error::from_answer)?;
    match error::hidden_in(&answer) {
        Some(error) => Err(error),
        None => Ok(answer),
    }
}

/// True when an answer has no body, as after a 204.
pub(crate) fn is_empty(answer: &Response) -> bool {
    answer.body().iter().all(u8::is_ascii_whitespace)
}

/// Asks for one reservation: proves the credentials and the restaurant.
pub(crate) fn check() -> Result<Health> {
    let restaurant = restaurant()?;
    let (today, _) = calendar::to_local(calendar::now());
    let query = ReservationQuery {
        from: today,
        to: today,
        statuses: Vec::new(),
        limit: Some(1),
        cursor: None,
        include_raw: false,
    };
    if is_platform() {
        platform::reservations::probe()?;
    } else {
        seed::reservations::list(&query)?;
    }
    Ok(Health { account: Some(restaurant), message: None })
}

/// A page of a list asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Page {
    pub(crate) number: u64,
    pub(crate) limit: u32,
}

impl Page {
    /// The cursor is the number of the page.
    pub(crate) fn new(cursor: Option<&str>, limit: Option<u32>, most: u32) -> Result<Self> {
        let number = match cursor {
            None => 1,
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| *number >= 1)
                .ok_or_else(|| Error::invalid("cursor", "is not one that this adapter gave"))?,
        };
        Ok(Self { number, limit: limit.unwrap_or(most).clamp(1, most) })
    }

    /// The cursor of the next page: while the total says that there is more, or without a total while pages are full.
    pub(crate) fn next(self, answer: &Paging<'_>, count: usize) -> Result<Option<String>> {
        let answered = answer.page.integer("page")?;
        if answered.is_some_and(|number| u64::try_from(number) != Ok(self.number)) {
            // Going on would read the same page for ever.
            return Err(Error::unexpected(format!("page {} was asked for and another one came", self.number)));
        }
        let size = match answer.size.integer("per_page")? {
            Some(size) if size > 0 => u64::try_from(size).unwrap_or(u64::MAX),
            _ => u64::from(self.limit),
        };
        let more = match answer.total.integer("total")? {
            Some(total) => self.number.saturating_mul(size) < u64::try_from(total).unwrap_or(0),
            None => u64::try_from(count).unwrap_or(u64::MAX) >= size,
        };
        Ok((count > 0 && more).then(|| self.number.saturating_add(1).to_string()))
    }
}

/// What an answer says about its page.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paging<'a> {
    pub(crate) page: Scalar<'a>,
    pub(crate) size: Scalar<'a>,
    pub(crate) total: Scalar<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paging<'a>(page: &'a str, size: &'a str, total: &'a str) -> Paging<'a> {
        let scalar = Scalar::from_json;
        Paging { page: scalar(page), size: scalar(size), total: scalar(total) }
    }

    #[test]
    fn limits_and_cursors_are_bounded() {
        assert_eq!(Page::new(None, None, 100).unwrap(), Page { number: 1, limit: 100 });
        assert_eq!(Page::new(Some("3"), Some(500), 50).unwrap(), Page { number: 3, limit: 50 });
        assert_eq!(Page::new(None, Some(0), 50).unwrap().limit, 1);
        for wrong in ["0", "x", "-1", ""] {
            assert!(matches!(Page::new(Some(wrong), None, 50), Err(Error::Validation(_))), "{wrong}");
        }
    }

    #[test]
    fn the_total_says_whether_there_is_more_and_else_a_full_page() {
        let page = Page { number: 1, limit: 2 };
        for (answer, count, next) in [
            (paging("1", "2", "3"), 2, Some("2")),
            (paging("\"1\"", "2", "\"2\""), 2, None),
            (paging("", "", ""), 2, Some("2")),
            (paging("", "", ""), 1, None),
            (paging("1", "2", "9"), 0, None),
            // The vendor's own page size counts when it took less than was asked for.
            (paging("1", "1", "2"), 1, Some("2")),
        ] {
            assert_eq!(page.next(&answer, count).unwrap().as_deref(), next, "{answer:?}");
        }
        assert!(page.next(&paging("2", "2", "9"), 2).is_err());
        assert!(page.next(&paging("1", "2", "\"many\""), 2).is_err());
    }
}
