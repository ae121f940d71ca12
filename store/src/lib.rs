//! Persistence: everything Meshline stores, and every SQL statement.
//!
//! Architecture invariant: nothing here compiles a bundle, evaluates a rule, renders a page or calls another system.
//! A function that writes on behalf of a person takes an [`Actor`] and writes the audit row in the same transaction.

pub mod actor;
pub mod availability;
pub mod changes;
pub mod channel;
mod columns;
pub mod control;
pub mod credentials;
pub mod destinations;
mod disk;
mod entity;
pub mod erasure;
pub mod error;
pub mod hash;
pub mod imports;
pub mod ingest;
pub mod installation;
pub mod keyring;
pub mod layers;
pub mod leads;
pub mod log;
pub mod merges;
pub mod migrate;
pub mod notices;
mod orm;
pub mod outcomes;
pub mod people;
pub mod pool;
pub mod queue;
pub mod reads;
pub mod refresh;
pub mod releases;
pub mod runs;
pub mod schema;
pub mod settings;
pub mod suspension;
pub mod switches;
pub mod sync;
#[cfg(feature = "testing")]
pub mod testing;
pub mod titles;
pub mod views;
pub mod workflows;

pub use actor::Actor;
pub use error::{Error, Result};
pub use keyring::Keyring;
pub use pool::Store;
