//! The process over HTTP: the real router on a port of its own, with a database of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, and so do its helpers")]

#[path = "../lead/mod.rs"]
mod lead;
mod support;

mod access;
mod away;
mod batch;
mod bodies;
mod csrf;
mod decisions;
mod events;
mod outcomes;
mod people;
mod process;
mod sessions;
mod setup;
mod stop;
mod sync;
