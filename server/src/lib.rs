//! The server process: HTTP, background tasks and commands.

pub mod api;
pub mod cli;
pub mod http;
pub mod router;
pub mod signals;
pub mod tasks;

/// Many small values are allocated on one thread and freed on another, on which the system allocator spends a third of the total
/// time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
