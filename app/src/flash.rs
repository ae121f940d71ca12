//! One-time messages that an action passes to the next page in a cookie.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use store::Keyring;

/// The cookie's name.
pub const COOKIE: &str = "meshline_flash";
/// Lifetime of the cookie in seconds if no page reads it.
const MAX_AGE_S: u32 = 60;
/// The maximum size in bytes before encryption. Sealing and base64 add a third, and browsers drop cookies beyond 4096 bytes.
const MAX_BYTES: usize = 2_800;

/// A message, the invalid fields and the submitted values. Pages read it as a Leptos context.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// The message at the top of the page.
    pub message: String,
    /// Whether the message says that something failed or is wrong.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_problem: bool,
    /// The problem with each invalid field, by the field's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, String>,
    /// The submitted values by field name, never a password.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

impl Flash {
    /// Creates a flash with a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Creates a flash that says what failed or is wrong.
    pub fn problem(message: impl Into<String>) -> Self {
        Self { is_problem: true, ..Self::new(message) }
    }

    /// Adds the problem with a field. Without a message of its own, the flash says the problem too.
    pub fn error(mut self, field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        self.is_problem = true;
        if self.message.is_empty() {
            self.message.clone_from(&message);
        }
        self.errors.insert(field.to_owned(), message);
        self
    }

    /// Adds the submitted value of a field.
    pub fn value(mut self, field: &str, text: impl Into<String>) -> Self {
        self.values.insert(field.to_owned(), text.into());
        self
    }

    /// Returns the `Set-Cookie` header that carries the flash. The cookie is sealed: only this server can put text into a page,
    /// and a key or link that is shown once cannot leak.
    pub fn cookie(&self, keyring: &Keyring, secure: bool) -> String {
        let mut body = self.encode();
        if body.len() > MAX_BYTES {
            body = Self { values: BTreeMap::new(), ..self.clone() }.encode();
        }
        let sealed = URL_SAFE_NO_PAD.encode(keyring.seal_cookie(&body, COOKIE));
        let secure = if secure { "; Secure" } else { "" };
        format!("{COOKIE}={sealed}; Path=/; Max-Age={MAX_AGE_S}; HttpOnly; SameSite=Lax{secure}")
    }

    /// Returns the `Set-Cookie` header that removes the cookie.
    pub fn removal() -> String {
        format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    }

    /// Reads the cookie's value, or returns `None` if this server did not seal it.
    pub fn read(value: &str, keyring: &Keyring) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
        serde_json::from_slice(&keyring.open_cookie(&sealed, COOKIE).ok()?).ok()
    }

    fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(cookie: &str) -> &str {
        cookie.strip_prefix("meshline_flash=").unwrap().split(';').next().unwrap()
    }

    #[test]
    fn a_flash_comes_back_as_it_went_and_only_from_this_server() {
        let (ours, other) = (Keyring::new(&[1; 32]), Keyring::new(&[2; 32]));
        let flash = Flash::new("Wrong.")
            .error("password", "Too short; \"really\".")
            .value("email", "ana@acme.example");
        let cookie = flash.cookie(&ours, true);
        assert!(cookie.ends_with("; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"));
        assert_eq!(Flash::read(value(&cookie), &ours), Some(flash.clone()));
        assert_eq!(Flash::read(value(&cookie), &other), None);
        assert_eq!(Flash::read("", &ours), None);
        assert_eq!(Flash::read(&format!("{}x", value(&cookie)), &ours), None);
    }

    #[test]
    fn nobody_reads_a_flash_but_this_server() {
        let cookie = Flash::new("The key.").value("secret", "ml_abc").cookie(&Keyring::new(&[1; 32]), true);
        assert!(cookie.len() < 4_096);
        let sealed = URL_SAFE_NO_PAD.decode(value(&cookie)).unwrap();
        for secret in ["ml_abc", "The key"] {
            assert!(!sealed.windows(secret.len()).any(|part| part == secret.as_bytes()));
        }
    }

    #[test]
    fn what_does_not_fit_a_cookie_is_left_out() {
        let keyring = Keyring::new(&[1; 32]);
        let cookie = Flash::new("Wrong.").value("note", "x".repeat(5_000)).cookie(&keyring, false);
        assert_eq!(Flash::read(value(&cookie), &keyring), Some(Flash::new("Wrong.")));
    }
}
