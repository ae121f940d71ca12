//! The process over HTTP: the real router on a port of its own, with a database of its own.

mod access;
mod accounts;
mod away;
mod batch;
mod bodies;
mod changes;
mod csrf;
mod decisions;
mod events;
mod lists;
mod notices;
mod openapi;
mod others;
mod outcomes;
mod people;
mod process;
mod refresh;
mod releases;
mod search;
mod sessions;
mod settings;
mod setup;
mod stop;
mod sync;
