//! The process: HTTP, the pipeline of a lead, tasks and commands.

pub mod api;
pub mod apply_file;
pub mod cli;
pub mod http;
pub mod pipeline;
pub mod registry;
pub mod releases;
pub mod tasks;
