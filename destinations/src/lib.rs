//! The systems that effects are written to: one file each behind one trait, each with its own way of being written to
//! twice without harm.
//!
//! Architecture invariant: nothing here knows the outbox, retries by itself or remembers what it wrote. A destination
//! tells what became of one write; whether and when it is tried again is decided by whoever asked for it.

pub mod caldav;
pub mod destination;
mod http;
pub mod kinds;
#[cfg(feature = "testing")]
pub mod testing;
pub mod warehouse;
pub mod webhook;

pub use destination::{Destination, Limits, ReadError, Receipt, Record, Request, TestFailed, WriteError};
pub use kinds::{DestinationFile, Kind, OpenError, SecretSource, kinds, open};
