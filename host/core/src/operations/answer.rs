//! Answers as JSON: each record with the vendor it came from.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use wasmtime::component::{ComponentType, Lift};

use crate::error::Error;
use crate::model::Page;

/// What an operation answers, as JSON.
///
/// Every record carries `vendor`, the adapter's identifier. The host adds it: an adapter cannot claim to be another, and
/// a string in every record would cost a copy out of the sandbox each.
#[derive(Debug, Clone)]
pub enum Answer {
    /// One page of a list.
    Page {
        /// The records.
        items: Vec<Box<RawValue>>,
        /// Cursor of the next page; none on the last one.
        next: Option<String>,
    },
    /// A list that has no pages.
    List {
        /// The records.
        items: Vec<Box<RawValue>>,
    },
    /// One record.
    Record(Box<RawValue>),
}

impl Answer {
    /// The records, one or many.
    pub fn records(&self) -> &[Box<RawValue>] {
        match self {
            Self::Page { items, .. } | Self::List { items } => items,
            Self::Record(record) => std::slice::from_ref(record),
        }
    }

    /// Cursor of the next page.
    pub fn next(&self) -> Option<&str> {
        match self {
            Self::Page { next, .. } => next.as_deref(),
            Self::List { .. } | Self::Record(_) => None,
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Record(record) => record.serialize(serializer),
            Self::Page { items, .. } | Self::List { items } => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("items", items)?;
                if let Some(next) = self.next() {
                    map.serialize_entry("next", next)?;
                }
                map.end()
            }
        }
    }
}

/// What an operation's export answers with, turned into JSON.
pub(crate) trait Output: ComponentType + Lift + Send + Sync + 'static {
    /// One record of it.
    type Record: Serialize + schemars::JsonSchema;

    /// As JSON, with the vendor in each record.
    fn into_answer(self, vendor: &str) -> Result<Answer, Error>;
}

impl<T> Output for Page<T>
where
    T: ComponentType + Lift + Serialize + schemars::JsonSchema + Send + Sync + 'static,
{
    type Record = T;

    fn into_answer(self, vendor: &str) -> Result<Answer, Error> {
        Ok(Answer::Page { items: records(&self.items, vendor)?, next: self.next })
    }
}

impl<T> Output for Vec<T>
where
    T: ComponentType + Lift + Serialize + schemars::JsonSchema + Send + Sync + 'static,
{
    type Record = T;

    fn into_answer(self, vendor: &str) -> Result<Answer, Error> {
        Ok(Answer::List { items: records(&self, vendor)? })
    }
}

/// Marks the records that are an answer by themselves.
macro_rules! single_record {
    ($($type:ty),* $(,)?) => { $(
        impl $crate::operations::Output for $type {
            type Record = Self;

            fn into_answer(self, vendor: &str) -> Result<$crate::operations::Answer, $crate::error::Error> {
                $crate::operations::answer::one(&self, vendor)
            }
        }
    )* };
}
pub(super) use single_record;

/// One record as the answer.
pub(super) fn one<T: Serialize>(item: &T, vendor: &str) -> Result<Answer, Error> {
    record(item, vendor).map(Answer::Record)
}

fn records<T: Serialize>(items: &[T], vendor: &str) -> Result<Vec<Box<RawValue>>, Error> {
    items.iter().map(|item| record(item, vendor)).collect()
}

/// A record's JSON object with `vendor` put in front. Spliced as text, because going through a map of values costs five
/// times as much.
fn record<T: Serialize>(item: &T, vendor: &str) -> Result<Box<RawValue>, Error> {
    let text = serde_json::to_string(item).map_err(Error::json)?;
    let vendor = serde_json::to_string(vendor).map_err(Error::json)?;
    let spliced = match text.strip_prefix('{') {
        Some("}") => format!("{{\"vendor\":{vendor}}}"),
        Some(rest) => format!("{{\"vendor\":{vendor},{rest}"),
        None => text,
    };
    RawValue::from_string(spliced).map_err(Error::json)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_says_where_it_came_from() {
        for (value, expected) in
            [(json!({"id": "1"}), json!({"vendor": "me\"tro", "id": "1"})), (json!({}), json!({"vendor": "me\"tro"}))]
        {
            let record = record(&value, "me\"tro").unwrap();
            assert_eq!(serde_json::from_str::<serde_json::Value>(record.get()).unwrap(), expected);
        }
    }
}
