//! The use cases on a real Postgres, each test with a database of its own. One program: linking takes longer than the tests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where something goes wrong")]

mod changes;
mod queue;
mod releases;
