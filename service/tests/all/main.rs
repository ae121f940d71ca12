//! Tests the use cases on a real Postgres, each with its own database. A single binary, since linking takes longer than the
//! tests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where something goes wrong")]

mod changes;
mod queue;
mod releases;
mod updates;
