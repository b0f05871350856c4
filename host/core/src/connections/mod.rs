//! Connections: the restaurant's accounts at vendors, each bound to the adapter in service.
//!
//! A connection is configuration. What it may reach ([`crate::imports::Scope`]) is made from it and the adapter's
//! description when it is first used, and made anew when another generation comes into service; credentials and limits
//! live on as long as what they were made from is the same.

mod account;
mod binding;
mod check;
mod scheme;
mod status;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::tz::TimeZone;
use wasmtime::component::{ComponentNamedList, Lift, Lower};

pub(crate) use check::check;
pub use status::{ConnectionState, ConnectionStatus};

use crate::cache::GuestCache;
use crate::config::{ConnectionConfig, Limits};
use crate::contract::v1::exports;
use crate::egress::Transport;
use crate::engine::{Engine, Fault};
use crate::error::{AdapterFault, Error};
use crate::imports::{CallLabels, CallState};
use crate::model::VendorError;
use crate::model::adapter::Health;
use crate::registry::{Generation, Registry};
use crate::store::Store;
use crate::telemetry::scrub::Scrubber;
use crate::vault::{Snapshot, Vault};
use binding::Binding;

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) vault: Vault,
    /// The vault's secrets that the configuration refers to.
    pub(crate) secrets: Snapshot,
    /// Another value whenever somebody changed the store.
    pub(crate) changes: tokio::sync::watch::Sender<u64>,
    pub(crate) limits: Limits,
    pub(crate) scrubber: Scrubber,
    /// What stands in the place of the network, if anything.
    pub(crate) transport: Option<Arc<dyn Transport>>,
}

/// A connection. Cheap to clone.
#[derive(Clone)]
pub struct Connection(Arc<Inner>);

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({} through {})", self.name(), self.adapter())
    }
}

struct Inner {
    name: String,
    config: ConnectionConfig,
    time_zone: TimeZone,
    cache: Arc<GuestCache>,
    shared: Arc<Shared>,
    binding: Mutex<Option<Arc<Binding>>>,
    /// The names of its secrets in the vault.
    secrets: Vec<String>,
    /// What the vendor told when the account was connected.
    facts: ArcSwap<BTreeMap<String, String>>,
}

impl Connection {
    pub(crate) fn new(name: String, config: ConnectionConfig, shared: Arc<Shared>) -> Self {
        // The configuration was checked when it was read.
        let time_zone = TimeZone::get(&config.time_zone).unwrap_or(TimeZone::UTC);
        let secrets = config.all_secrets().into_iter();
        let secrets = secrets.filter_map(|(_, secret)| secret.vault_name().map(str::to_owned)).collect();
        Self(Arc::new(Inner {
            name,
            config,
            time_zone,
            cache: Arc::default(),
            shared,
            binding: Mutex::default(),
            secrets,
            facts: ArcSwap::default(),
        }))
    }

    /// The name the restaurant gave it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Identifier of its adapter.
    pub fn adapter(&self) -> &str {
        &self.0.config.adapter
    }

    /// The restaurant's time zone.
    pub fn time_zone(&self) -> &TimeZone {
        &self.0.time_zone
    }

    /// Its adapter's generation in service.
    fn generation(&self) -> Result<Arc<Generation>, Error> {
        self.0.shared.registry.current(self.adapter()).ok_or_else(|| {
            let folder = self.0.shared.registry.folder().display();
            self.unavailable(format!(
                "its adapter {} is not in service; look at `moulin adapter list` and put a good file into {folder}",
                self.adapter()
            ))
        })
    }

    /// The binding to a generation: the one there is, or a new one.
    fn bind(&self, generation: &Arc<Generation>) -> Result<Arc<Binding>, Error> {
        let mut binding = self.0.binding.lock().unwrap_or_else(PoisonError::into_inner);
        let (facts, secrets) = (self.0.facts.load(), self.secrets_epoch());
        let fits = |bound: &&Arc<Binding>| {
            bound.generation >= generation.number && bound.secrets == secrets && *bound.facts == **facts
        };
        if let Some(bound) = binding.as_ref().filter(fits) {
            // A call that began just before a swap may come after one that began just after it; either fits.
            return Ok(bound.clone());
        }
        let made = Binding::new(self, generation, binding.as_deref()).map_err(|reason| self.unavailable(reason))?;
        let made = Arc::new(made);
        *binding = Some(made.clone());
        Ok(made)
    }

    /// Grows when one of its secrets in the vault changes.
    fn secrets_epoch(&self) -> u64 {
        self.0.shared.secrets.epoch_of(self.0.secrets.iter().map(String::as_str))
    }

    fn unavailable(&self, reason: String) -> Error {
        Error::Unavailable { connection: self.name().to_owned(), adapter: self.adapter().to_owned(), reason }
    }

    /// Refuses a domain its adapter does not have.
    pub(crate) fn require(&self, interface: &str, domain: &'static str) -> Result<(), Error> {
        if self.generation()?.exports(interface) {
            return Ok(());
        }
        Err(Error::WrongDomain { connection: self.name().to_owned(), adapter: self.adapter().to_owned(), domain })
    }

    /// Proves with a cheap request that the connection works.
    ///
    /// # Errors
    /// The class says what is wrong.
    pub async fn check(&self) -> Result<Health, Error> {
        self.invoke::<(), Health>(exports::ADAPTER, "check", "check", ()).await
    }

    /// Instantiates the adapter in service and drops the instance, without calling it: shows that this machine can run
    /// it now.
    ///
    /// # Errors
    /// [`Error::Adapter`] if it cannot.
    pub async fn instantiate(&self) -> Result<(), Error> {
        let generation = self.generation()?;
        let binding = self.bind(&generation)?;
        let Shared { engine, limits, scrubber, .. } = &*self.0.shared;
        let labels = self.labels(&generation, "instantiate");
        let state = CallState::new(Some(binding.scope.clone()), labels.clone(), limits, scrubber.clone());
        let instantiated = engine.typecheck(&generation.prepared, state, Vec::new()).await;
        instantiated.map_err(|fault| self.fault(labels, fault))
    }

    fn labels(&self, generation: &Generation, operation: &str) -> CallLabels {
        CallLabels {
            adapter: generation.description.id.clone(),
            version: generation.description.version.clone(),
            connection: self.name().to_owned(),
            operation: operation.to_owned(),
        }
    }

    /// A fault, cleaned of secrets and written to the log.
    fn fault(&self, labels: CallLabels, mut fault: Fault) -> Error {
        if let Fault::Trap(text) = &mut fault {
            *text = self.0.shared.scrubber.clean_and_cut(text, LONGEST_TEXT);
        }
        let CallLabels { adapter, version, connection, operation } = labels;
        tracing::error!(%adapter, %version, %connection, %operation, "{fault}");
        Error::Adapter(AdapterFault { adapter, version, connection, operation, fault })
    }

    /// Calls a function of an interface in the generation now in service.
    pub(crate) async fn invoke<P, R>(
        &self,
        interface: &'static str,
        function: &'static str,
        operation: &str,
        params: P,
    ) -> Result<R, Error>
    where
        P: ComponentNamedList + Lower + Send + Sync + 'static,
        R: Lift + Send + Sync + 'static,
    {
        let generation = self.generation()?;
        let Some(export) = generation.exports.get(&(interface, function)) else {
            self.require(interface, exports::domain(interface))?;
            return Err(Error::Internal(format!("{interface}#{function} was not checked when the adapter was loaded")));
        };
        let binding = self.bind(&generation)?;
        let Shared { engine, limits, scrubber, .. } = &*self.0.shared;
        let labels = self.labels(&generation, operation);
        let state = CallState::new(Some(binding.scope.clone()), labels.clone(), limits, scrubber.clone());
        let called = engine.call::<P, (Result<R, VendorError>,)>(&generation.prepared, export, state, params).await;
        match called {
            Ok((Ok(answer),)) => Ok(answer),
            Ok((Err(mut error),)) => {
                for text in error.texts_mut() {
                    *text = scrubber.clean_and_cut(text, LONGEST_TEXT);
                }
                let CallLabels { adapter, connection, operation, .. } = labels;
                Err(Error::Vendor { connection, adapter, operation, error })
            }
            Err(fault) => Err(self.fault(labels, fault)),
        }
    }
}

/// Longest text of a guest's error that is passed on, in bytes.
const LONGEST_TEXT: usize = 2 << 10;
