//! The store on a real Postgres, each test with a database of its own. One program: linking takes longer than the tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails where something goes wrong"
)]

mod effects;
mod flow;
mod guards;
mod kinds;
mod lists;
mod outbox;
mod people;
mod reads;
mod releases;
mod runs;
mod unfinished;
