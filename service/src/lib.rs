//! The use cases of Meshline: deciding leads, changing what decides, importing, applying files, sending letters.
//!
//! Architecture invariant: every use case is a function in this crate. The store persists, pages render, and the server listens.
//! This crate renders no page and serves no HTTP.

pub mod affected;
pub mod apply;
mod assignees;
pub mod availability;
pub mod bundles;
pub mod change;
pub mod compute;
pub mod credentials;
pub mod decide;
pub mod erasure;
pub mod error;
pub mod figures;
pub mod import;
pub mod mail;
pub mod release;
pub mod run;
pub mod switches;
#[cfg(feature = "testing")]
pub mod testing;
pub mod titles;

pub use bundles::Bundles;
pub use decide::Pipeline;
pub use error::{Error, Result};
