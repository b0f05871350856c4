//! What a connection shows to people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Connection;
use super::check::flavor;
use crate::auth::AccountStatus;
use crate::contract::v1::exports;

/// Whether a connection can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// Its adapter is in service and its configuration fits.
    Ready,
    /// It cannot be used; the reason says why.
    Unavailable,
}

/// A connection as an operator sees it. No secret is in it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionStatus {
    /// Its name.
    pub name: String,
    /// Identifier of its adapter.
    pub adapter: String,
    /// The vendor's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Domains its adapter has operations of.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Flavour of the vendor's API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flavor: Option<String>,
    /// Where the API is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// How it authenticates.
    pub auth_method: String,
    /// Its credentials; absent where the connection itself cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountStatus>,
    /// Whether it can be used.
    pub state: ConnectionState,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Connection {
    /// How the connection is now. Sends nothing to the vendor.
    pub fn status(&self) -> ConnectionStatus {
        let generation = self.generation();
        let bound = generation.as_ref().map_err(Clone::clone).and_then(|generation| self.bind(generation));
        let config = &self.0.config;
        let description = generation.as_ref().ok().map(|generation| &generation.description);
        let flavor = description.and_then(|description| flavor(config, description));
        ConnectionStatus {
            name: self.name().to_owned(),
            adapter: self.adapter().to_owned(),
            vendor: description.map(|description| description.vendor.clone()),
            domains: generation.as_ref().map_or_else(
                |_| Vec::new(),
                |generation| {
                    generation.interfaces.iter().map(|interface| exports::domain(interface).to_owned()).collect()
                },
            ),
            flavor: flavor.map(|flavor| flavor.id.clone()),
            base_url: config
                .base_url
                .as_ref()
                .map(ToString::to_string)
                .or_else(|| flavor.map(|flavor| flavor.base_url.clone())),
            auth_method: config.auth.method().to_owned(),
            account: bound.as_ref().ok().map(|bound| bound.scope.egress.credentials().status()),
            state: if bound.is_ok() { ConnectionState::Ready } else { ConnectionState::Unavailable },
            reason: bound.err().map(|error| match error {
                crate::error::Error::Unavailable { reason, .. } => reason,
                error => error.to_string(),
            }),
        }
    }
}
