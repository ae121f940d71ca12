//! The user interface: pages rendered on the server, and islands for the parts that run in the browser.
//!
//! Architecture invariant: pages read the store directly and exist on the server only; islands depend on neither store nor
//! engine, so that neither ships to a browser.

// Views are deeply nested types, and computing their layout exceeds the default limit.
#![recursion_limit = "512"]

#[cfg(feature = "ssr")]
pub mod access;
#[cfg(feature = "ssr")]
pub mod actions;
#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod context;
#[cfg(feature = "ssr")]
pub mod csv_file;
#[cfg(feature = "ssr")]
pub mod error;
#[cfg(feature = "ssr")]
pub mod exports;
#[cfg(feature = "ssr")]
pub mod flash;
pub mod islands;
#[cfg(feature = "ssr")]
pub mod lists;
#[cfg(feature = "ssr")]
mod missing;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
mod texts;
#[cfg(feature = "ssr")]
mod ui;

/// The version of Meshline, which all crates of the workspace share.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
