//! Servers for tests to write to, and what comparisons with other programs need.

pub mod calendars;
pub mod radicale;
