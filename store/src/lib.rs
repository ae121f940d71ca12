//! Everything that is kept, and every SQL statement.
//!
//! Architecture invariant: nothing here decides, renders or calls another system. What acts is told as an
//! [`Actor`], the first argument of every writing function, and the audit row is written in the same transaction.

pub mod actor;
pub mod availability;
pub mod changes;
mod columns;
pub mod control;
pub mod credentials;
pub mod destinations;
mod entity;
pub mod error;
pub mod hash;
pub mod imports;
pub mod ingest;
pub mod keyring;
pub mod layers;
pub mod leads;
pub mod live;
pub mod log;
pub mod migrate;
pub mod notices;
mod orm;
pub mod outcomes;
pub mod people;
pub mod pool;
pub mod queue;
pub mod reads;
pub mod releases;
pub mod runs;
pub mod settings;
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
