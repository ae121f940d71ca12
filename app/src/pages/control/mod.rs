//! Who may do what, and who did: people, keys, one's own account and the audit log.

mod account;
pub(crate) mod audit_log;
mod keys;
pub(crate) mod people;
pub(crate) mod person;
mod settings;

pub use account::Account;
pub use audit_log::AuditLog;
pub use keys::Keys;
pub use people::People;
pub use person::PersonPage;
pub use settings::Settings;
