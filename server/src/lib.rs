//! The process: HTTP, tasks and commands.

pub mod api;
pub mod cli;
pub mod http;
pub mod router;
pub mod signals;
pub mod tasks;

/// What a process does is made of many small pieces that one thread makes and another drops, which costs the system's
/// allocator a third of all time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
