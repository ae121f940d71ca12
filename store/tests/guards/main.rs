//! What the database refuses even to the owner of its tables: each trigger, each clause of the guard functions, each
//! constraint, and what the application's role may not do. `cargo xtask mutate triggers` takes them away one by one and looks
//! whether these tests notice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where something goes wrong")]

mod changes;
mod constraints;
mod log;
mod privileges;
mod reviews;
mod support;
mod versions;
