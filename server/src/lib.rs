//! The process: HTTP, the pipeline of a lead, tasks and commands.

pub mod cli;
pub mod pipeline;
pub mod registry;
pub mod tasks;
