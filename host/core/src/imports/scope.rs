//! What one call is about and what it may reach.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::time::Instant;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::log::{LogMeter, LogStream};
use super::wasi::HttpHooks;
use crate::auth::Secret;
use crate::cache::GuestCache;
use crate::config::Limits;
use crate::egress::{Budget, Egress};
use crate::engine::MemoryLimiter;
use crate::store::Store;
use crate::telemetry::scrub::Scrubber;

/// What an adapter may reach on behalf of one connection. Shared by all calls of that connection.
#[derive(Debug)]
pub struct Scope {
    /// The connection's name.
    pub connection: String,
    /// Flavour of the vendor's API.
    pub flavor: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The restaurant's time zone.
    pub time_zone: TimeZone,
    /// Settings with their defaults, no secret among them.
    pub settings: BTreeMap<String, String>,
    /// Secrets usable by name.
    pub secrets: BTreeMap<String, Secret>,
    /// The way to the vendor.
    pub egress: Arc<Egress>,
    /// The adapter's own cache.
    pub cache: Arc<GuestCache>,
    /// Durable values.
    pub store: Arc<dyn Store>,
}

/// Who is speaking, for log lines and errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallLabels {
    /// The adapter's identifier, or its file while it is being verified.
    pub adapter: String,
    /// The adapter's version.
    pub version: String,
    /// The connection; empty during verification.
    pub connection: String,
    /// The operation, such as `pos.list-transactions` or `describe`.
    pub operation: String,
}

/// The host's data of one call: lives in the instance's store and goes with it.
pub struct CallState {
    scope: Option<Arc<Scope>>,
    budget: Budget,
    limits: Limits,
    limiter: MemoryLimiter,
    log: LogMeter,
    wasi: WasiCtx,
    table: ResourceTable,
    http: WasiHttpCtx,
    hooks: HttpHooks,
}

impl CallState {
    /// A call in a scope; without one everything but computing and logging is refused.
    pub fn new(scope: Option<Arc<Scope>>, labels: CallLabels, limits: &Limits, scrubber: Scrubber) -> Self {
        let deadline = Instant::now() + limits.deadline;
        let budget = Budget::new(deadline, limits.requests, u64::from(limits.response_mib) << 20);
        let log = LogMeter::new(labels, limits.log_lines, scrubber);
        let mut wasi = WasiCtx::builder();
        // No arguments, environment, folders or sockets: the builder gives none unless asked.
        wasi.allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .stdout(LogStream::new(log.clone(), tracing::Level::INFO))
            .stderr(LogStream::new(log.clone(), tracing::Level::WARN));
        let hooks = HttpHooks::new(scope.as_ref().map(|scope| scope.egress.clone()), budget.clone());
        Self {
            scope,
            budget,
            limiter: MemoryLimiter::new(limits.memory_mib),
            limits: limits.clone(),
            log,
            wasi: wasi.build(),
            table: ResourceTable::new(),
            http: WasiHttpCtx::new(),
            hooks,
        }
    }

    pub(super) const fn scope(&self) -> Option<&Arc<Scope>> {
        self.scope.as_ref()
    }

    pub(super) const fn budget(&self) -> &Budget {
        &self.budget
    }

    pub(super) const fn log_meter(&self) -> &LogMeter {
        &self.log
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.budget.deadline()
    }

    pub(crate) const fn limiter(&mut self) -> &mut MemoryLimiter {
        &mut self.limiter
    }

    pub(crate) const fn memory_refused(&self) -> bool {
        self.limiter.refused()
    }

    /// A ceiling that the guest did not see because it was told of an ordinary failure (through `wasi:http`).
    pub(crate) fn hidden_ceiling(&self) -> Option<crate::engine::Ceiling> {
        self.hooks.ceiling()
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.hooks, table: &mut self.table, ctx: &mut self.http }
    }
}
