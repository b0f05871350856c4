//! The embedder's face.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt};
use serde_json::{Map, Value};
use thiserror::Error;
use url::Url;

use crate::auth::{self, Callback, ConnectError, Link};
use crate::client::{Booking, Crm, Pos, Suppliers};
use crate::config::{Config, ConnectionConfig, Limits, Problem};
use crate::connections::{self, Connection, ConnectionStatus, Shared};
use crate::egress::Transport;
use crate::engine::{Engine, EngineError};
use crate::error::Error;
use crate::model::adapter::Health;
use crate::operations::{self, Answer, Operation};
use crate::registry::{self, AdapterStatus, ExportCheck, Inspection, Registry, RetiringStatus, Watch};
use crate::store::{SqliteStore, Store, StoreError};
use crate::telemetry::scrub::Scrubber;
use crate::upkeep::Upkeep;
use crate::vault::{self, Snapshot, Vault};

/// A running host: adapters in service and connections to call them through. Cheap to clone; it stops when the last
/// clone goes.
///
/// ```no_run
/// use futures::StreamExt;
/// use moulin_host::{Host, config, model::pos::TransactionQuery};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::start(config::load(&["moulin.toml"])?).await?;
/// let query = TransactionQuery { from: "2025-04-01T00:00:00Z".parse()?, to: "2025-04-02T00:00:00Z".parse()?, ..Default::default() };
/// let mut sales = host.pos("till")?.list_transactions(query);
/// while let Some(sale) = sales.next().await {
///     println!("{}", sale?.total);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Host(Arc<Inner>);

struct Inner {
    connections: BTreeMap<String, Connection>,
    shared: Arc<Shared>,
    // These end with the host.
    _watch: Option<Watch>,
    _vault_watch: vault::Watch,
    _upkeep: Upkeep,
}

/// Why the host does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The engine cannot be set up.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The adapters' folder cannot be read.
    #[error(
        "host.adapters: cannot read the folder {folder}: {source}; create it and put adapters into it, or correct the setting"
    )]
    Adapters {
        /// The folder.
        folder: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The folder cannot be watched.
    #[error("cannot watch the adapters' folder: {0}; set host.watch = false to do without")]
    Watch(#[from] notify::Error),
    /// The configuration does not fit the adapters.
    #[error("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Config {
        /// What is wrong, and where.
        problems: Vec<Problem>,
    },
}

impl Host {
    /// Loads the adapters, checks every connection against its adapter, and starts to watch the adapters' folder. Sends
    /// nothing to any vendor.
    ///
    /// A file that is refused does not keep the host from starting: only the connections that need it are unavailable.
    ///
    /// # Errors
    /// [`StartError`], with every problem of the configuration at once.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Self::builder(config).start().await
    }

    /// A host that differs from [`Host::start`]'s in some part.
    pub const fn builder(config: Config) -> HostBuilder {
        HostBuilder { config, transport: None, scrubber: None }
    }

    /// A connection by its name.
    ///
    /// # Errors
    /// [`Error::UnknownConnection`].
    pub fn connection(&self, name: &str) -> Result<Connection, Error> {
        self.0.connections.get(name).cloned().ok_or_else(|| Error::UnknownConnection {
            name: name.to_owned(),
            known: self.0.connections.keys().cloned().collect(),
        })
    }

    /// A till.
    ///
    /// # Errors
    /// [`Error::UnknownConnection`], or [`Error::WrongDomain`] if its adapter is none of a till.
    pub fn pos(&self, connection: &str) -> Result<Pos, Error> {
        Pos::new(self.connection(connection)?)
    }

    /// A supplier.
    ///
    /// # Errors
    /// As [`Host::pos`].
    pub fn suppliers(&self, connection: &str) -> Result<Suppliers, Error> {
        Suppliers::new(self.connection(connection)?)
    }

    /// A reservation book.
    ///
    /// # Errors
    /// As [`Host::pos`].
    pub fn booking(&self, connection: &str) -> Result<Booking, Error> {
        Booking::new(self.connection(connection)?)
    }

    /// A CRM.
    ///
    /// # Errors
    /// As [`Host::pos`].
    pub fn crm(&self, connection: &str) -> Result<Crm, Error> {
        Crm::new(self.connection(connection)?)
    }

    /// Calls an operation by name, JSON in and JSON out: one page of a list, or the answer.
    ///
    /// # Errors
    /// [`Error`] for every way it can fail.
    pub async fn call(
        &self,
        connection: &str,
        operation: &Operation,
        params: Map<String, Value>,
    ) -> Result<Answer, Error> {
        let connection = self.connection(connection)?;
        connection.require(operation.domain.interface(), operation.domain.name())?;
        (operation.call)(connection, params).await
    }

    /// Calls an operation by name and follows every page, the next one fetched while the caller works on one. An
    /// operation without pages gives its one answer.
    pub fn pages(
        &self,
        connection: &str,
        operation: &Operation,
        params: Map<String, Value>,
    ) -> BoxStream<'static, Result<Answer, Error>> {
        let ready = self.connection(connection).and_then(|connection| {
            connection.require(operation.domain.interface(), operation.domain.name())?;
            Ok(connection)
        });
        match ready {
            Ok(connection) => (operation.pages)(connection, params),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    /// Proves with a cheap request that a connection works.
    ///
    /// # Errors
    /// The class says what is wrong.
    pub async fn check(&self, connection: &str) -> Result<Health, Error> {
        self.connection(connection)?.check().await
    }

    /// Makes a link by which a person connects a connection's account at its vendor; it is good for ten minutes, once.
    ///
    /// `redirect_uri` is where the vendor sends the person then, unless the connection's configuration says where. Give
    /// what arrives there to [`Host::complete_authorisation`]. `browser` is something only that person's browser knows,
    /// such as a cookie, which must come with the redirect; none where the redirect comes to this process anyway.
    ///
    /// # Errors
    /// [`ConnectError`] in a sentence that says what to do.
    pub async fn authorise(
        &self,
        connection: &str,
        redirect_uri: &Url,
        browser: Option<&str>,
    ) -> Result<Link, ConnectError> {
        let connection = self.connection(connection).map_err(|error| ConnectError::Unavailable(error.to_string()))?;
        connection.authorise(redirect_uri, browser).await
    }

    /// Takes a vendor's redirect after [`Host::authorise`], in this process or another one on the same data folder: the
    /// name of the connection that is connected now.
    ///
    /// # Errors
    /// [`ConnectError`] in a sentence that says what to do. A link that failed is used up.
    pub async fn complete_authorisation(
        &self,
        callback: &Callback,
        browser: Option<&str>,
    ) -> Result<String, ConnectError> {
        let find = |name: &str| {
            let connection = self.connection(name).map_err(|error| ConnectError::Unavailable(error.to_string()));
            connection?.credentials()
        };
        let name = auth::complete(&self.0.shared.vault, callback, browser, find).await?;
        if let Ok(connection) = self.connection(&name) {
            // What the vendor told on the way may have changed where its API is.
            connection.load_account().await;
        }
        tracing::info!(connection = name, "the account is connected");
        Ok(name)
    }

    /// Every adapter in service and every file that is refused.
    pub fn adapters(&self) -> Vec<AdapterStatus> {
        self.0.shared.registry.status()
    }

    /// Replaced versions of adapters that calls still finish on.
    pub fn retiring(&self) -> Vec<RetiringStatus> {
        self.0.shared.registry.retiring()
    }

    /// Every connection, as it is now. Sends nothing.
    pub fn connections(&self) -> Vec<ConnectionStatus> {
        self.0.connections.values().map(Connection::status).collect()
    }

    /// Reads the adapters' folder now instead of when the watch notices a change. True if anything changed.
    ///
    /// # Errors
    /// What the system says if the folder cannot be read.
    pub async fn rescan(&self) -> std::io::Result<bool> {
        self.0.shared.registry.scan().await
    }

    /// Where secrets and tokens are kept, sealed.
    pub fn vault(&self) -> &Vault {
        &self.0.shared.vault
    }

    /// Has another value whenever somebody, this process or another, changed what the host keeps. A connection whose
    /// stored secret changed has the new value by then.
    pub fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.0.shared.changes.subscribe()
    }

    /// Knows every secret of this host, for texts and JSON that leave the program.
    pub fn scrubber(&self) -> &Scrubber {
        &self.0.shared.scrubber
    }

    /// Removes every secret this host knows from a text.
    pub fn scrub(&self, text: &str) -> String {
        self.0.shared.scrubber.clean(text).into_owned()
    }
}

/// A host to be.
pub struct HostBuilder {
    config: Config,
    transport: Option<Arc<dyn Transport>>,
    scrubber: Option<Scrubber>,
}

impl HostBuilder {
    /// Lets the host tell this scrubber every secret it learns, so that what the program itself writes can be cleaned:
    /// its log lines above all.
    #[must_use]
    pub fn scrubber(mut self, scrubber: Scrubber) -> Self {
        self.scrubber = Some(scrubber);
        self
    }

    /// Puts something in the place of the network: an embedder's test, or recorded traffic. Grants, credentials, limits
    /// and deadlines hold as ever.
    #[must_use]
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Starts it; see [`Host::start`].
    ///
    /// # Errors
    /// As [`Host::start`].
    pub async fn start(self) -> Result<Host, StartError> {
        let Self { config, transport, scrubber } = self;
        let data = config.host.data.relative();
        let engine = Arc::new(Engine::new(config.host.limits.memory_mib, Some(&data.join("compiled")))?);
        let scrubber = scrubber.unwrap_or_default();
        let folder = config.host.adapters.relative();
        let limits = config.host.limits.clone();
        let registry = Registry::new(engine.clone(), folder.clone(), limits.clone(), scrubber.clone(), export_checks());
        let registry = Arc::new(registry);
        let unreadable = |source| StartError::Adapters { folder: folder.display().to_string(), source };
        registry.scan().await.map_err(unreadable)?;

        let problems = problems(&config, &registry);
        if !problems.is_empty() {
            return Err(StartError::Config { problems });
        }
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&data)?);
        let vault = Vault::new(store.clone(), config.vault.key_source(&data));
        let (secrets, names) = (Snapshot::default(), config.vault_references().into_keys().collect());
        // Before they are read: what is stored meanwhile is read again.
        let changes = tokio::sync::watch::Sender::new(vault.revision().await.unwrap_or_default());
        // Each of these is said with the connection that needs it.
        secrets.load(&vault, &names).await;
        warn_of_secrets(&config, &secrets);
        learn_secrets(&config, &secrets, &scrubber);
        let watch = if config.host.watch { Some(Watch::start(registry.clone())?) } else { None };
        let vault_watch = vault::Watch::start(vault.clone(), secrets.clone(), names, changes.clone());
        let shared = Arc::new(Shared { engine, registry, store, vault, secrets, changes, limits, scrubber, transport });
        let connections: BTreeMap<_, _> = config
            .connections
            .into_iter()
            .map(|(name, config)| (name.clone(), Connection::new(name, config, shared.clone())))
            .collect();
        for connection in connections.values() {
            connection.load_account().await;
        }
        let upkeep = Upkeep::start(shared.changes.subscribe(), connections.values().cloned().collect());
        let inner = Inner { connections, shared, _watch: watch, _vault_watch: vault_watch, _upkeep: upkeep };
        Ok(Host(Arc::new(inner)))
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("connections", &self.0.connections.keys()).finish_non_exhaustive()
    }
}

/// Verifies a `.wasm` file and says what it is, without taking it into service.
///
/// # Errors
/// A sentence that says why the file is no adapter.
pub async fn inspect(file: &Path) -> Result<Inspection, String> {
    let limits = Limits::default();
    let engine = Engine::new(limits.memory_mib, None).map_err(|error| error.to_string())?;
    registry::inspect(&engine, file, &limits, &export_checks())
        .await
        .map_err(|refusal| format!("{} {refusal}", file.display()))
}

/// The exports of every operation, for the registry to check.
fn export_checks() -> Vec<ExportCheck> {
    operations::all()
        .iter()
        .map(|operation| ExportCheck {
            interface: operation.domain.interface(),
            function: operation.function,
            typecheck: operation.typecheck,
        })
        .collect()
}

/// What does not fit between connections and adapters.
fn problems(config: &Config, registry: &Registry) -> Vec<Problem> {
    let status = registry.status();
    let mut found = Vec::new();
    for (name, connection) in &config.connections {
        if let Some(generation) = registry.current(&connection.adapter) {
            let misfits = connections::check(connection, &generation.description);
            found.extend(
                misfits.into_iter().map(|(key, message)| config.problem(format!("connections.{name}.{key}"), message)),
            );
            continue;
        }
        let refused = status.iter().find(|status| {
            status.refusal.is_some() && status.file.file_stem().is_some_and(|stem| *stem == *connection.adapter)
        });
        if let Some(refused) = refused {
            // A bad file is repaired by copying a good one, with the host running.
            tracing::error!(
                connection = %name, "unavailable: its adapter {} was refused ({})",
                connection.adapter, refused.file.display()
            );
            continue;
        }
        let known: Vec<_> = status.iter().filter_map(|status| status.id.as_deref()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let folder = registry.folder().display();
        found.push(config.problem(
            format!("connections.{name}.adapter"),
            format!(
                "there is no adapter \"{}\"; {folder} has {known}. Put {0}.wasm there, or name one of these",
                connection.adapter
            ),
        ));
    }
    found
}

/// Says which secrets stand where they should not, and which are not there: only their connections are unavailable.
fn warn_of_secrets(config: &Config, vault: &Snapshot) {
    for (name, connection) in &config.connections {
        for (key, secret) in connection.all_secrets() {
            if secret.is_literal() {
                let stored = stored_name(name, &key);
                tracing::warn!(
                    "connections.{name}.{key} holds the secret itself; configuration files are copied and committed. \
                     Store it with `moulin secret set {stored}` and write {{ secret = \"{stored}\" }} in its place"
                );
            } else if let Err(error) = secret.resolve(vault) {
                tracing::warn!("connections.{name} is unavailable: {key}: {error}");
            }
        }
    }
}

/// Tells the scrubber what the configuration holds, before anything is said: connections are bound one after the other,
/// and the first must not say the secret of the last.
fn learn_secrets(config: &Config, vault: &Snapshot, scrubber: &Scrubber) {
    for (_, secret) in config.connections.values().flat_map(ConnectionConfig::all_secrets) {
        if let Ok(secret) = secret.resolve(vault) {
            scrubber.add(secret.expose());
        }
    }
}

/// A name in the vault for a secret of a connection.
fn stored_name(connection: &str, key: &str) -> String {
    let key = key.rsplit('.').next().unwrap_or(key).to_ascii_lowercase();
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    format!("{connection}.{}", key.chars().map(plain).collect::<String>())
}

/// The vault of a configuration's data folder, for a program that stores secrets without starting adapters.
///
/// # Errors
/// [`StoreError`] if the data folder cannot be used.
pub fn open_vault(config: &Config) -> Result<Vault, StoreError> {
    let data = config.host.data.relative();
    Ok(Vault::new(Arc::new(SqliteStore::open(&data)?), config.vault.key_source(&data)))
}
