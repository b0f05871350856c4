//! `POST …/search`: filter groups, or a text over the searchable properties.

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::properties::{Kind, Type, moment};
use super::store::{Record, Store};
use crate::amount::Decimal;

/// More cannot be paged through.
const MOST_RESULTS: usize = 10_000;

/// The body. All five members of the published schema must be there; the vendor itself is more patient.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Search {
    filter_groups: Vec<Group>,
    properties: Vec<String>,
    sorts: Vec<Value>,
    limit: usize,
    after: String,
    query: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    filters: Vec<Filter>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Filter {
    property_name: String,
    operator: String,
    value: Option<String>,
    high_value: Option<String>,
    values: Option<Vec<String>>,
}

/// What stands on the left of an operator.
enum Left {
    Absent,
    Text(String),
    /// A number, or a moment in milliseconds.
    Number(Decimal),
}

impl Search {
    /// The page of answers.
    pub(super) fn run(&self, store: &Store, kind: Kind, custom: bool) -> Result<Value, ApiError> {
        self.check(kind, custom)?;
        let start: usize = match self.after.as_str() {
            "" => 0,
            text => text.parse().map_err(|_| ApiError::validation("after must be a paging cursor"))?,
        };
        if start + self.limit > MOST_RESULTS {
            return Err(ApiError::validation(format!("Searches are limited to {MOST_RESULTS} results")));
        }
        let found: Vec<&Record> = store.alive(kind).filter(|record| self.holds(record, kind, custom)).collect();
        let names = || self.properties.iter().map(String::as_str).filter(|name| kind.property(name, custom).is_some());
        let page: Vec<_> = found
            .iter()
            .skip(start)
            .take(self.limit)
            .map(|record| record.show(kind.always().iter().copied().chain(names())))
            .collect();
        let mut body = json!({ "total": found.len(), "results": page });
        if start + self.limit < found.len()
            && let Some(fields) = body.as_object_mut()
        {
            fields.insert("paging".to_owned(), json!({ "next": { "after": (start + self.limit).to_string() } }));
        }
        Ok(body)
    }

    fn check(&self, kind: Kind, custom: bool) -> Result<(), ApiError> {
        let filters = || self.filter_groups.iter().flat_map(|group| &group.filters);
        if !(1..=200).contains(&self.limit) {
            return Err(ApiError::validation("limit must be 1 to 200"));
        }
        if self.filter_groups.len() > 5
            || filters().count() > 18
            || self.filter_groups.iter().any(|group| group.filters.is_empty() || group.filters.len() > 6)
        {
            return Err(ApiError::validation("at most 5 filterGroups with 1 to 6 filters, 18 in all"));
        }
        if self.query.as_ref().is_some_and(|query| query.chars().count() > 3_000) {
            return Err(ApiError::validation("query must be at most 3000 characters"));
        }
        if !self.sorts.is_empty() {
            return Err(ApiError::validation("sorts are not simulated here"));
        }
        for filter in filters() {
            let name = &filter.property_name;
            let associated = name == "associations.contact" && kind != Kind::Contact;
            if !associated && kind.property(name, custom).is_none() {
                return Err(ApiError::validation(format!(
                    "There was a problem with the request: {name} does not exist"
                )));
            }
            filter.check()?;
        }
        Ok(())
    }

    fn holds(&self, record: &Record, kind: Kind, custom: bool) -> bool {
        let of = |name: &str| left(record, kind, name, custom);
        let filtered = self.filter_groups.is_empty()
            || self
                .filter_groups
                .iter()
                .any(|group| group.filters.iter().all(|filter| filter.holds(&of(&filter.property_name))));
        filtered && self.query.as_ref().is_none_or(|query| query_holds(record, kind, query))
    }
}

/// Every word of the query begins a word of one of the searchable properties.
fn query_holds(record: &Record, kind: Kind, query: &str) -> bool {
    let searchable: &[&str] = match kind {
        Kind::Contact => &["firstname", "lastname", "email", "phone", "company"],
        Kind::Deal => &["dealname", "pipeline", "dealstage", "description"],
        Kind::Note => &["hs_note_body"],
    };
    let all: Vec<String> =
        searchable.iter().filter_map(|name| record.value(name)).map(|text| text.to_lowercase()).collect();
    query.to_lowercase().split_whitespace().all(|word| {
        all.iter()
            .any(|text| text.starts_with(word) || text.split([' ', '@', '.', '-']).any(|part| part.starts_with(word)))
    })
}

fn left(record: &Record, kind: Kind, name: &str, custom: bool) -> Left {
    if name == "associations.contact" {
        return record.contact.map_or(Left::Absent, |id| Left::Text(id.to_string()));
    }
    let Some(text) = record.value(name) else { return Left::Absent };
    let number = match kind.property(name, custom) {
        Some(Type::Number) => Decimal::parse(&text),
        Some(Type::Moment | Type::Day | Type::ReadOnly) => {
            moment(&text).map(|at| Decimal::new(at.as_millisecond().into(), 0))
        }
        _ => None,
    };
    number.map_or(Left::Text(text), Left::Number)
}

impl Filter {
    fn check(&self) -> Result<(), ApiError> {
        let given = (self.value.is_some(), self.high_value.is_some(), self.values.is_some());
        let right = match self.operator.as_str() {
            "EQ" | "NEQ" | "LT" | "LTE" | "GT" | "GTE" | "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN" => {
                given == (true, false, false)
            }
            "BETWEEN" => given == (true, true, false),
            "IN" | "NOT_IN" => given == (false, false, true),
            "HAS_PROPERTY" | "NOT_HAS_PROPERTY" => given == (false, false, false),
            other => return Err(ApiError::validation(format!("Invalid input JSON: unknown operator {other}"))),
        };
        if right { Ok(()) } else { Err(ApiError::validation(format!("{} has the wrong values", self.operator))) }
    }

    fn holds(&self, left: &Left) -> bool {
        let value = self.value.as_deref().unwrap_or_default();
        let compare = |text: &str| match left {
            Left::Absent => None,
            Left::Text(have) => Some(have.as_str().cmp(text)),
            Left::Number(have) => {
                let other =
                    moment(text).filter(|_| text.contains('T')).map(|at| Decimal::new(at.as_millisecond().into(), 0));
                let difference = have.minus(other.or_else(|| Decimal::parse(text))?);
                Some(if difference.is_positive() {
                    std::cmp::Ordering::Greater
                } else if difference == Decimal::new(0, 0) {
                    std::cmp::Ordering::Equal
                } else {
                    std::cmp::Ordering::Less
                })
            }
        };
        let against = compare(value);
        match self.operator.as_str() {
            "EQ" => against.is_some_and(std::cmp::Ordering::is_eq),
            "NEQ" => !against.is_some_and(std::cmp::Ordering::is_eq),
            "LT" => against.is_some_and(std::cmp::Ordering::is_lt),
            "LTE" => against.is_some_and(std::cmp::Ordering::is_le),
            "GT" => against.is_some_and(std::cmp::Ordering::is_gt),
            "GTE" => against.is_some_and(std::cmp::Ordering::is_ge),
            "BETWEEN" => {
                let high = compare(self.high_value.as_deref().unwrap_or_default());
                against.is_some_and(std::cmp::Ordering::is_ge) && high.is_some_and(std::cmp::Ordering::is_le)
            }
            "IN" | "NOT_IN" => {
                let values = self.values.as_deref().unwrap_or_default();
                let among = values.iter().any(|value| compare(value).is_some_and(std::cmp::Ordering::is_eq));
                among == (self.operator == "IN")
            }
            "HAS_PROPERTY" => !matches!(left, Left::Absent),
            "NOT_HAS_PROPERTY" => matches!(left, Left::Absent),
            token => tokens_hold(left, value) == (token == "CONTAINS_TOKEN"),
        }
    }
}

/// Whether a word matches, `*` standing for any end or beginning.
fn tokens_hold(left: &Left, value: &str) -> bool {
    let Left::Text(text) = left else { return false };
    let (text, wanted) = (text.to_lowercase(), value.to_lowercase());
    let bare = wanted.trim_matches('*');
    text.split([' ', '@', '.', '-', '\'']).any(|word| match (wanted.starts_with('*'), wanted.ends_with('*')) {
        (true, true) => word.contains(bare),
        (true, false) => word.ends_with(bare),
        (false, true) => word.starts_with(bare),
        (false, false) => word == bare,
    })
}
