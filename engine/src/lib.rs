//! The pure logic of Meshline: what a signal means (content), what is decided about it (rules), how an
//! effect is carried out once (sync) and how all of it is proven and measured (control).
//!
//! Architecture invariant: nothing here does I/O, reads a clock, draws a random number or looks at the
//! environment. Everything compiles to `wasm32-unknown-unknown` and gives the same bytes everywhere.

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
pub mod ids;
pub mod limits;
pub mod problem;
pub mod role;
pub mod rules;
pub mod sync;
pub mod time;
pub mod value;

/// Version of the meaning of rules, extraction and picks. It is part of every bundle: a change that could
/// alter the bytes of a stored decision gets a new number and leaves the old one in place.
pub const SEMANTICS_VERSION: u32 = 1;
