//! Tests of the whole product: over HTTP, as a program, and from event to delivery. They share one test program, because linking
//! each takes hundreds of megabytes and longer than running it.

#![allow(clippy::large_futures, reason = "test programs have enough stack")]
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

mod answers;
mod cli;
mod dispatch;
mod http;
mod identity;
mod intake;
mod pipeline;
mod previews;
mod profile;
mod promises;
mod recovered;
mod restore;
mod schemas;
mod serve;
mod switches;
mod upgrade;
mod verdicts;
