//! Pages by cursor: opaque, good for five minutes, and only with the parameters it was given for.

use std::borrow::Borrow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::error::ApiError;

const LIFE: Duration = Duration::from_secs(300);

/// What a cursor says: where to go on, how many pages were given, for which request, and since when.
#[derive(Serialize, Deserialize)]
struct Place {
    offset: usize,
    pages: u32,
    of: String,
    at_ms: u64,
}

/// The book of cursors: only the time they are counted from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursors(Instant);

impl Cursors {
    pub(super) fn new() -> Self {
        Self(Instant::now())
    }

    fn now_ms(self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A list to cut a page from.
pub(super) struct Listing<'a> {
    /// Member of the answer that holds the rows; left out when there are none.
    pub(super) name: &'a str,
    pub(super) limit: usize,
    pub(super) cursor: Option<&'a str>,
    /// What has to stay the same from page to page.
    pub(super) request: &'a str,
    /// The vendor may give short and empty pages that are not the last.
    pub(super) uneven: bool,
}

impl Listing<'_> {
    /// The answer: a page of the rows, and a cursor if there is more.
    pub(super) fn cut<R: Borrow<Value>>(&self, cursors: Cursors, rows: Vec<R>) -> Result<Value, ApiError> {
        let of = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{} {}", self.name, self.request)));
        let wrong = |why: &str| ApiError::field("INVALID_CURSOR", "cursor", why);
        let place = match self.cursor.filter(|cursor| !cursor.is_empty()) {
            None => Place { offset: 0, pages: 0, of: of.clone(), at_ms: cursors.now_ms() },
            Some(cursor) => URL_SAFE_NO_PAD
                .decode(cursor)
                .ok()
                .and_then(|bytes| serde_json::from_slice::<Place>(&bytes).ok())
                .ok_or_else(|| wrong("The cursor is not valid."))?,
        };
        if place.of != of {
            return Err(wrong("The cursor belongs to a request with other parameters."));
        }
        if u128::from(cursors.now_ms().saturating_sub(place.at_ms)) > LIFE.as_millis() {
            return Err(wrong("The cursor has expired."));
        }
        let take = match place.pages {
            1 if self.uneven && self.limit > 10 => self.limit - 7,
            2 if self.uneven => 0,
            _ => self.limit,
        };
        let total = rows.len();
        let page: Vec<Value> = rows.iter().skip(place.offset).take(take).map(|row| row.borrow().clone()).collect();
        let offset = place.offset + page.len();
        let mut body = Map::new();
        // Unused keys are left out: an empty list is no list.
        if !page.is_empty() {
            body.insert(self.name.to_owned(), page.into());
        }
        if offset < total {
            let next = Place { offset, pages: place.pages + 1, of, at_ms: cursors.now_ms() };
            let text = json!(next).to_string();
            body.insert("cursor".to_owned(), URL_SAFE_NO_PAD.encode(text).into());
        }
        Ok(Value::Object(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing<'a>(cursor: Option<&'a str>, request: &'a str) -> Listing<'a> {
        Listing { name: "rows", limit: 20, cursor, request, uneven: true }
    }

    fn rows() -> Vec<Value> {
        (0..60).map(Value::from).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn pages_may_be_short_or_empty_and_still_lead_on() {
        let cursors = Cursors::new();
        let (mut sizes, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = listing(cursor.as_deref(), "a").cut(cursors, rows()).unwrap();
            sizes.push(page["rows"].as_array().map_or(0, Vec::len));
            assert_eq!(page.get("rows").is_some(), sizes.last() != Some(&0));
            let Some(next) = page["cursor"].as_str() else { break };
            cursor = Some(next.to_owned());
        }
        assert_eq!(sizes, [20, 13, 0, 20, 7]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cursor_dies_and_belongs_to_its_request() {
        let cursors = Cursors::new();
        let first = listing(None, "a").cut(cursors, rows()).unwrap();
        let cursor = first["cursor"].as_str();
        assert!(listing(cursor, "a").cut(cursors, rows()).is_ok());
        assert!(listing(cursor, "b").cut(cursors, rows()).is_err());
        assert!(listing(Some("x"), "a").cut(cursors, rows()).is_err());
        tokio::time::advance(LIFE + Duration::from_millis(1)).await;
        assert!(listing(cursor, "a").cut(cursors, rows()).is_err());
    }
}
