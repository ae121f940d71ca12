//! Tests the store on a real Postgres, with one database per test. The tests share a binary because linking takes longer than
//! running them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic fails the test")]

mod continuity;
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
mod shortages;
mod sign_in;
mod transactions;
mod unfinished;
