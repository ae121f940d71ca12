//! The systems that effects are written to: one file each behind one trait, each with its own way of being written to
//! twice without harm.
//!
//! Architecture invariant: nothing here knows the outbox, retries by itself or remembers what it wrote. A destination
//! reports what became of each write; whether and when it is tried again is decided by the caller.

pub mod caldav;
pub mod credentials;
pub mod destination;
mod http;
pub mod kinds;
#[cfg(feature = "testing")]
pub mod testing;
pub mod warehouse;
pub mod webhook;

pub use credentials::{AccessToken, AccessTokens, Credential, CredentialError};
pub use destination::{
    ChangeCursor, Changes, Destination, Limits, Lookup, ReadError, Receipt, Record, TestFailed, WriteError,
    WriteRequest,
};
pub use kinds::{DestinationFile, Kind, OpenError, SecretSource, kinds, open};
