//! Servers for tests to write to.

pub mod radicale;
