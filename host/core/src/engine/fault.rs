//! The ways a call ends without the adapter's own answer.

use std::time::Duration;

use thiserror::Error;
use wasmtime::Trap;
use wasmtime_wasi::I32Exit;

/// A ceiling of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Ceiling {
    /// Guest, network and waiting together.
    #[error("the call took longer than its deadline of {0:?} (limits.deadline)")]
    Deadline(Duration),
    /// Computing time of the guest.
    #[error("the adapter computed for longer than {0:?} (limits.cpu)")]
    Cpu(Duration),
    /// Linear memory or tables.
    #[error("the adapter wanted more than {0} MiB of memory (limits.memory_mib)")]
    Memory(u32),
    /// The guest's stack.
    #[error("the adapter's stack overflowed: it recursed too deeply")]
    Stack,
    /// Bytes of the vendor's answers.
    #[error("the vendor's answers to one call are larger than {0} bytes (limits.response_mib)")]
    Response(u64),
    /// Requests to the vendor.
    #[error("the adapter sent more than {0} requests (limits.requests)")]
    Requests(u32),
    /// Lines logged or printed.
    #[error("the adapter logged more than {0} lines (limits.log_lines)")]
    LogLines(u32),
}

impl Ceiling {
    /// The limit's name, a label for logs and metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Deadline(_) => "deadline",
            Self::Cpu(_) => "cpu",
            Self::Memory(_) => "memory",
            Self::Stack => "stack",
            Self::Response(_) => "response",
            Self::Requests(_) => "requests",
            Self::LogLines(_) => "log_lines",
        }
    }
}

/// Why a call ended without the adapter's own answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// It went over a ceiling.
    #[error(transparent)]
    Ceiling(#[from] Ceiling),
    /// It trapped: a panic, an access out of bounds, an unreachable instruction.
    #[error("the adapter crashed: {0}")]
    Trap(String),
    /// It called `exit`.
    #[error("the adapter ended itself with exit status {0}")]
    Exit(i32),
    /// It lacks an export, or one has other types.
    #[error("the adapter's export does not fit the contract: {0}")]
    Contract(String),
    /// The engine could not run it: no slot left in the pool, no memory.
    #[error("the adapter could not be started: {0}")]
    Start(String),
}

impl Fault {
    /// The cause in what wasmtime reports, given what the call's own meters say.
    pub(super) fn of(error: &wasmtime::Error, memory_refused: Option<u32>) -> Self {
        if let Some(ceiling) = error.downcast_ref::<Ceiling>() {
            return Self::Ceiling(*ceiling);
        }
        if let Some(exit) = error.downcast_ref::<I32Exit>() {
            return Self::Exit(exit.0);
        }
        match (error.downcast_ref::<Trap>(), memory_refused) {
            (Some(Trap::StackOverflow), _) => Self::Ceiling(Ceiling::Stack),
            (_, Some(mib)) => Self::Ceiling(Ceiling::Memory(mib)),
            // The root cause only: the frames before it name functions of the adapter's toolchain.
            _ => Self::Trap(error.root_cause().to_string()),
        }
    }
}
