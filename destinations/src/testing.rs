//! Servers that tests write to.

pub mod radicale;
