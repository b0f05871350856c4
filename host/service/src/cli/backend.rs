//! What commands ask: a host started here, or a running service.

use futures::StreamExt;
use futures::stream::BoxStream;
use jiff::tz::TimeZone;
use moulin_host::Host;
use moulin_host::model::adapter::Health;
use moulin_host::operations::{Answer, Operation};
use serde_json::{Map, Value};

use super::failure::Failure;
use super::remote::Remote;
use crate::http::{AdapterStatus, ConnectionView};
use crate::problem::Problem;

/// A host started here, or a running service.
pub(crate) enum Backend {
    /// Started here, for this command.
    Local(Host),
    /// Running elsewhere.
    Remote(Remote),
}

impl Backend {
    /// Adapters in service and files that were refused.
    pub(crate) async fn adapters(&self) -> Result<Vec<AdapterStatus>, Failure> {
        match self {
            Self::Local(host) => Ok(host.adapters()),
            Self::Remote(remote) => Ok(remote.adapters().await?),
        }
    }

    /// Every connection.
    pub(crate) async fn connections(&self) -> Result<Vec<ConnectionView>, Failure> {
        match self {
            Self::Local(host) => Ok(ConnectionView::all(host)),
            Self::Remote(remote) => Ok(remote.connections().await?),
        }
    }

    /// The time zone of a connection's restaurant.
    pub(crate) async fn time_zone(&self, connection: &str) -> Result<TimeZone, Failure> {
        match self {
            Self::Local(host) => Ok(host.connection(connection)?.time_zone().clone()),
            Self::Remote(remote) => {
                let zone = remote.connection(connection).await?.time_zone;
                TimeZone::get(&zone)
                    .map_err(|_| Failure::Other(format!("the service names a time zone that is unknown here: {zone}")))
            }
        }
    }

    /// Proves that a connection works.
    pub(crate) async fn check(&self, connection: &str) -> Result<Health, Failure> {
        match self {
            Self::Local(host) => Ok(host.check(connection).await.map_err(|error| Problem::of(error, host))?),
            Self::Remote(remote) => Ok(remote.check(connection).await?),
        }
    }

    /// One page of a list, or the one answer.
    pub(crate) async fn call(
        &self,
        connection: &str,
        operation: &'static Operation,
        params: Map<String, Value>,
    ) -> Result<Answer, Problem> {
        match self {
            Self::Local(host) => {
                let answer = host.call(connection, operation, params).await;
                answer.map_err(|error| Problem::of(error, host).of_call(connection, operation.name))
            }
            Self::Remote(remote) => remote.call(connection, operation, &params).await,
        }
    }

    /// Every page.
    pub(crate) fn pages<'a>(
        &'a self,
        connection: &'a str,
        operation: &'static Operation,
        params: Map<String, Value>,
    ) -> BoxStream<'a, Result<Answer, Problem>> {
        match self {
            Self::Local(host) => host
                .pages(connection, operation, params)
                .map(move |page| page.map_err(|error| Problem::of(error, host).of_call(connection, operation.name)))
                .boxed(),
            Self::Remote(remote) => remote.pages(connection, operation, params).boxed(),
        }
    }
}
