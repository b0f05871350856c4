//! Every operation of the four domains, declared once.
//!
//! A line of [`catalog`] gives an operation's name, types and nature. From it come the typed client
//! ([`crate::client`]), the call into the adapter, the HTTP route, the OpenAPI schema, the command-line command and
//! the labels of logs and metrics.

mod answer;
mod catalog;
mod input;
pub(crate) mod invoke;
mod params;

use std::fmt;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use jiff::tz::TimeZone;
use schemars::{Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use answer::Answer;
pub(crate) use answer::Output;
pub(crate) use input::{Input, Paged};

use crate::connections::Connection;
use crate::contract::v1::exports;
use crate::engine::Typecheck;
use crate::error::Error;
use crate::model::ValidationError;

/// One of the four domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Domain {
    /// Tills.
    Pos,
    /// Suppliers.
    Suppliers,
    /// Reservation books.
    Booking,
    /// Customer relations.
    Crm,
}

impl Domain {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Pos, Self::Suppliers, Self::Booking, Self::Crm];

    /// The domain's name, as in `pos.list-transactions`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pos => "pos",
            Self::Suppliers => "suppliers",
            Self::Booking => "booking",
            Self::Crm => "crm",
        }
    }

    /// The interface an adapter of this domain exports.
    pub const fn interface(self) -> &'static str {
        match self {
            Self::Pos => exports::POS,
            Self::Suppliers => exports::SUPPLIERS,
            Self::Booking => exports::BOOKING,
            Self::Crm => exports::CRM,
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether an operation changes something at the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It only asks: a GET over HTTP.
    Read,
    /// It changes something: a POST over HTTP.
    Write,
}

/// Calls an operation with parameters in JSON, once.
type Call = fn(Connection, Map<String, Value>) -> BoxFuture<'static, Result<Answer, Error>>;
/// Calls it for every page.
type Pages = fn(Connection, Map<String, Value>) -> BoxStream<'static, Result<Answer, Error>>;

/// An operation: what it is called, takes and gives. All of them are in [`all`].
#[non_exhaustive]
pub struct Operation {
    /// Domain and function, such as `pos.list-transactions`.
    pub name: &'static str,
    /// The domain.
    pub domain: Domain,
    /// The function's name in the contract, such as `list-transactions`.
    pub function: &'static str,
    /// Whether it reads or writes.
    pub kind: Kind,
    /// Whether it answers page by page.
    pub paged: bool,
    /// Whether it answers with a list that has no pages. Neither this nor `paged`: with one record.
    pub list: bool,
    /// One sentence.
    pub summary: &'static str,
    /// The fields a person wants to see in a table, most telling first.
    pub columns: &'static [&'static str],
    pub(crate) params_schema: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) record_schema: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) typecheck: Typecheck,
    pub(crate) call: Call,
    pub(crate) pages: Pages,
}

impl Operation {
    /// JSON schema of the parameters, an object.
    pub fn params_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.params_schema)(generator)
    }

    /// JSON schema of one record of the answer, without the `vendor` that the host adds.
    pub fn record_schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.record_schema)(generator)
    }

    /// Parameters from texts, as in a query string or on a command line, guided by the schema: numbers, booleans, lists
    /// (repeated or separated by commas). A plain date where a moment is asked for is midnight in the zone.
    ///
    /// # Errors
    /// The parameters that are unknown or cannot be read.
    pub fn params_from_text(
        &self,
        pairs: impl IntoIterator<Item = (String, String)>,
        zone: &TimeZone,
    ) -> Result<Map<String, Value>, ValidationError> {
        params::from_text(self, pairs, zone)
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// An operation with its types.
pub(crate) trait OperationTypes: Send + Sync + 'static {
    /// What it takes.
    type Input: Input;
    /// What it answers with.
    type Output: Output;
    /// Everything else.
    const OPERATION: Operation;
}

/// Every operation, by domain.
pub fn all() -> &'static [Operation] {
    catalog::ALL
}

/// The operation of this name.
///
/// # Errors
/// [`Error::UnknownOperation`], which names the one most like it.
pub fn find(name: &str) -> Result<&'static Operation, Error> {
    all().iter().find(|operation| operation.name == name).ok_or_else(|| {
        let alike = |operation: &&Operation| common_pairs(operation.name, name);
        let nearest = all().iter().max_by_key(alike).filter(|operation| alike(operation) * 2 >= name.len());
        Error::UnknownOperation { name: name.to_owned(), nearest: nearest.map(|operation| operation.name) }
    })
}

/// Pairs of neighbouring letters two names share: a cheap measure that forgives order and typing errors.
fn common_pairs(left: &str, right: &str) -> usize {
    left.as_bytes().windows(2).filter(|pair| right.as_bytes().windows(2).any(|other| other == *pair)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_domain_and_function_and_unique() {
        let mut names: Vec<_> = all().iter().map(|operation| operation.name).collect();
        for operation in all() {
            assert_eq!(operation.name, format!("{}.{}", operation.domain, operation.function));
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().len());
    }

    #[test]
    fn an_unknown_name_brings_the_nearest() {
        for (wrong, right) in
            [("pos.list-transaction", "pos.list-transactions"), ("supplier.create-order", "suppliers.create-order")]
        {
            let error = find(wrong).unwrap_err().to_string();
            assert!(error.contains(right), "{error}");
        }
        assert!(!find("xyzzy").unwrap_err().to_string().contains("did you mean"));
    }
}
