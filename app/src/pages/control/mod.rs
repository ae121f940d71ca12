//! Access control: people, API keys, the viewer's account and the audit log.

mod account;
mod audit_entry;
mod audit_log;
mod keys;
mod people;
mod person;
mod role_terms;
mod settings;

pub use account::Account;
pub use audit_log::AuditList;
pub use keys::KeyList;
pub use people::PeopleList;
pub use person::PersonPage;
pub use settings::Settings;
