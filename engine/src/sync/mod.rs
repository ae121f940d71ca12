//! Carrying an effect out once: the keys that tell one write from another, and when a failed one is tried
//! again.
//!
//! The destinations do the I/O; what is here only computes. Randomness and the clock come in as arguments.

pub mod backoff;
pub mod flow;
pub mod keys;
