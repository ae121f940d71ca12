//! Carries out each effect exactly once: the keys that identify a write, and the schedule for retries.
//!
//! This module only computes; the destinations do the I/O. Random numbers and the current time are passed in.

pub mod backoff;
pub mod flow;
pub mod keys;
pub mod reply;
