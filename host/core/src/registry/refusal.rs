//! Why a file does not become an adapter.

use thiserror::Error;

use crate::engine::Fault;

/// Why a `.wasm` file is not taken into service.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// It is larger than any adapter.
    #[error("is larger than {limit_mib} MiB; an adapter, Python's included, is smaller")]
    TooLarge {
        /// The limit.
        limit_mib: u64,
    },
    /// It is no WebAssembly at all.
    #[error("is not WebAssembly; copy the component that the build made (target wasm32-wasip2)")]
    NotWasm,
    /// It is a core module.
    #[error(
        "is a core module, not a component; build it for wasm32-wasip2, or wrap it with `wasm-tools component new`"
    )]
    CoreModule,
    /// It is cut off or damaged.
    #[error("is truncated or damaged ({0}); copy it again")]
    Damaged(String),
    /// It imports something the host does not have.
    #[error("imports {0}, which the host does not give; an adapter may import moulin:* and WASI 0.2")]
    ForbiddenImport(String),
    /// It was built for a newer contract.
    #[error("needs {needed}, and this host has {has}; update Moulin, or build the adapter for the older contract")]
    NewerContract {
        /// The interface with its version.
        needed: String,
        /// The version this host has.
        has: String,
    },
    /// It lacks an export.
    #[error("does not export {0}; build it with the SDK's export macro for its domain")]
    MissingExport(String),
    /// An import or export has other types than the contract's.
    #[error("does not fit the contract: {0}; build it against the released WIT files")]
    WrongType(String),
    /// `describe` did not answer.
    #[error("failed to describe itself: {0}")]
    Describe(Fault),
    /// `describe` answered something unusable.
    #[error("describes itself wrongly: {0}")]
    Description(String),
    /// It would reach origins that the version in service does not.
    #[error("asks for {}, which the version in service does not; if you agree, restart Moulin with it", origins.join(", "))]
    AsksForMore {
        /// The origins.
        origins: Vec<String>,
    },
    /// Another file has the same adapter.
    #[error("is the adapter {id}, which {other} is already; remove one of the two files")]
    Duplicate {
        /// The adapter.
        id: String,
        /// The other file.
        other: String,
    },
}
