//! Tests of the store on a real Postgres, each with its own database. They share one program because linking takes longer than the
//! tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic fails the test")]

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
