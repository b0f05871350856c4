//! One call of one export, in an instance of its own.

use tokio::time::timeout_at;
use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex, ComponentNamedList, Instance, InstancePre, Lift, Lower};

use super::meter::Metered;
use super::{Ceiling, Engine, Fault};
use crate::imports::CallState;

/// Proves that an export of an instance has the types an operation calls it with.
pub type Typecheck = fn(&Instance, &mut Store<CallState>, &ComponentExportIndex) -> wasmtime::Result<()>;

/// A component linked and ready to be instantiated for calls.
pub struct Prepared {
    pre: InstancePre<CallState>,
}

impl Prepared {
    pub(crate) const fn new(pre: InstancePre<CallState>) -> Self {
        Self { pre }
    }

    /// The component.
    pub fn component(&self) -> &Component {
        self.pre.component()
    }

    /// Finds a function of an exported interface.
    pub fn export(&self, interface: &str, function: &str) -> Option<ComponentExportIndex> {
        let interface = self.component().get_export_index(None, interface)?;
        self.component().get_export_index(Some(&interface), function)
    }

    /// Whether the component exports this interface.
    pub fn exports(&self, interface: &str) -> bool {
        self.component().get_export_index(None, interface).is_some()
    }
}

impl Engine {
    /// Calls an export with these parameters in a fresh instance, and drops the instance.
    ///
    /// # Errors
    /// [`Fault`] for every end but the adapter's own answer.
    pub(crate) async fn call<P, R>(
        &self,
        prepared: &Prepared,
        export: &ComponentExportIndex,
        state: CallState,
        params: P,
    ) -> Result<R, Fault>
    where
        P: ComponentNamedList + Lower + Send + Sync + 'static,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        self.with_instance(prepared, state, async |store, instance| {
            let function = instance.get_typed_func::<P, R>(&mut *store, export)?;
            function.call_async(store, params).await
        })
        .await
    }

    /// Instantiates and checks exports, without calling any.
    pub(crate) async fn typecheck(
        &self,
        prepared: &Prepared,
        state: CallState,
        exports: Vec<(String, ComponentExportIndex, Typecheck)>,
    ) -> Result<(), Fault> {
        self.with_instance(prepared, state, async |store, instance| {
            Ok(exports.into_iter().find_map(|(name, index, check)| {
                let error = check(&instance, store, &index).err()?;
                Some(Fault::Contract(format!("{name}: {}", error.root_cause())))
            }))
        })
        .await?
        .map_or(Ok(()), Err)
    }

    async fn with_instance<R>(
        &self,
        prepared: &Prepared,
        state: CallState,
        work: impl AsyncFnOnce(&mut Store<CallState>, Instance) -> wasmtime::Result<R>,
    ) -> Result<R, Fault> {
        let limits = state.limits().clone();
        let deadline = state.deadline();
        // Never closed.
        let _turn = match timeout_at(deadline, self.turns.acquire()).await {
            Ok(turn) => turn,
            Err(_) => return Err(Ceiling::Deadline(limits.deadline).into()),
        };
        let mut store = Store::new(self.wasmtime(), state);
        store.limiter(|state| state.limiter());
        // Armed before instantiation: a component's start function is guest code too.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);

        let call = async {
            let instance = prepared.pre.instantiate_async(&mut store).await.map_err(Stage::Start)?;
            work(&mut store, instance).await.map_err(Stage::Run)
        };
        let outcome = timeout_at(deadline, Metered::new(Box::pin(call), limits.cpu)).await;
        if let Some(ceiling) = store.data().hidden_ceiling() {
            return Err(ceiling.into());
        }
        let refused = store.data().memory_refused().then_some(limits.memory_mib);
        match outcome {
            Err(_) => Err(Ceiling::Deadline(limits.deadline).into()),
            Ok(None) => Err(Ceiling::Cpu(limits.cpu).into()),
            Ok(Some(Ok(answer))) => Ok(answer),
            Ok(Some(Err(Stage::Run(error)))) => Err(Fault::of(&error, refused)),
            Ok(Some(Err(Stage::Start(error)))) => Err(match Fault::of(&error, refused) {
                // No guest code ran into a trap, so the engine itself could not start it.
                Fault::Trap(_) if error.downcast_ref::<wasmtime::Trap>().is_none() => {
                    Fault::Start(error.root_cause().to_string())
                }
                fault => fault,
            }),
        }
    }
}

/// Where wasmtime's error arose.
enum Stage {
    Start(wasmtime::Error),
    Run(wasmtime::Error),
}
