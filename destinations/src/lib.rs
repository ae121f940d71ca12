//! The systems that Meshline writes effects to. Each has a file of its own that implements [`destination::Destination`] and makes
//! repeated writes harmless in the way that its system allows.
//!
//! Architecture invariant: this crate does not know the outbox, never retries on its own and remembers nothing that it wrote. A
//! destination returns the result of each write; the caller decides whether and when to try again.

pub mod caldav;
pub mod credentials;
pub mod destination;
mod http;
pub mod kinds;
pub mod network;
#[cfg(feature = "testing")]
pub mod testing;
pub mod warehouse;
pub mod webhook;

pub use credentials::{AccessToken, AccessTokens, Credential, CredentialError};
pub use destination::{
    ChangeCursor, Changes, ConnectionTestError, Destination, DestinationLimits, Lookup, ReadError,
    RemoteRecord, WriteError, WriteReceipt, WriteRequest,
};
pub use kinds::{DestinationFile, DestinationKind, OpenError, SecretSource, kinds, open};
