//! The pure logic of Meshline: what a signal means (content), which decision follows from it (rules), how each
//! effect is carried out exactly once (sync), and how results are proven and measured (control).
//!
//! Architecture invariant: nothing in this crate does I/O, reads a clock, draws random numbers or accesses the
//! environment. Everything compiles to `wasm32-unknown-unknown` and produces the same bytes on every platform.

pub mod action;
pub mod bundle;
pub mod canonical;
pub mod catalogue;
pub mod change;
pub mod content;
pub mod control;
pub mod decision;
pub mod effect;
pub mod event;
pub mod features;
pub mod identity;
pub mod ids;
pub mod limits;
pub mod problem;
pub mod role;
pub mod rules;
pub mod sync;
pub mod tabular;
pub mod time;
pub mod value;

/// The version of the semantics of rules, extraction and picks. It is part of every bundle: a change that could
/// alter the bytes of a stored decision gets a new version and keeps the old behaviour in place.
pub const SEMANTICS_VERSION: u32 = 1;
