//! The whole product: over HTTP, as a program, and from event to delivery. One program, since each takes hundreds of
//! megabytes and longer to link than to run.

#![allow(clippy::large_futures, reason = "a test program has stack enough")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, and so do its helpers"
)]

mod lead;
mod lead_first;
mod mail;
mod support;

mod cli;
mod dispatch;
mod http;
mod intake;
mod pipeline;
mod profile;
mod promises;
mod schemas;
mod verdicts;
