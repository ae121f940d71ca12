//! One-time messages that an action passes to the next page in a cookie.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use store::Keyring;
use store::people::sessions::SessionIdHash;

/// What every cookie is sealed for.
const PURPOSE: &str = "meshline_flash";
/// Lifetime of the cookie in seconds if no page reads it. The seal enforces it, since a stolen cookie does not expire.
const MAX_AGE_S: i64 = 60;
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
    /// A key or link that is shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<FlashSecret>,
    /// The submitted values by field name, never a password.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

/// A secret, and the only page that shows it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlashSecret {
    text: String,
    page: String,
}

impl std::fmt::Debug for FlashSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FlashSecret").field("page", &self.page).finish_non_exhaustive()
    }
}

/// What a cookie is bound to. Only the session that caused a message reads it, within a minute.
pub struct FlashSeal<'a> {
    /// The key.
    pub keyring: &'a Keyring,
    /// The current instant.
    pub now: DateTime<Utc>,
    /// The browser's session, if it has one.
    pub session: Option<SessionIdHash>,
    /// The path of the page that shows the message.
    pub page: &'a str,
    /// Whether the cookie is restricted to HTTPS.
    pub is_secure: bool,
}

#[derive(Serialize, Deserialize)]
struct SealedFlash {
    at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    flash: Flash,
}

/// Returns the name of the cookie. Over HTTPS, the prefix keeps other subdomains from setting it.
pub fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-meshline_flash" } else { "meshline_flash" }
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

    /// Adds a key or link, which only the next page shows.
    pub fn secret(mut self, text: impl Into<String>) -> Self {
        self.secret = Some(FlashSecret { text: text.into(), page: String::new() });
        self
    }

    /// Returns the key or link to show.
    pub fn secret_text(&self) -> Option<String> {
        self.secret.as_ref().map(|secret| secret.text.clone())
    }

    /// Returns the `Set-Cookie` header that carries the flash. The cookie is sealed: only this server can put text into a page,
    /// and a key or link that is shown once cannot leak.
    pub fn cookie(&self, seal: &FlashSeal<'_>) -> String {
        let mut flash = self.clone();
        if let Some(secret) = &mut flash.secret {
            seal.page.clone_into(&mut secret.page);
        }
        let session = seal.session.map(|session| session.to_string());
        let mut sealed = SealedFlash { at: seal.now.timestamp(), session, flash };
        if sealed.encode().len() > MAX_BYTES {
            sealed.flash.values.clear();
        }
        let value = URL_SAFE_NO_PAD.encode(seal.keyring.seal_cookie(&sealed.encode(), PURPOSE));
        set_cookie(&value, MAX_AGE_S, seal.is_secure)
    }

    /// Returns the `Set-Cookie` header that removes the cookie.
    pub fn removal(is_secure: bool) -> String {
        set_cookie("", 0, is_secure)
    }

    /// Reads the cookie's value. Returns `None` if this server did not seal it, if it is too old, if another session caused it, or if
    /// it has a secret for another page.
    pub fn read(value: &str, seal: &FlashSeal<'_>) -> Option<Self> {
        let body = URL_SAFE_NO_PAD.decode(value).ok()?;
        let body = seal.keyring.open_cookie(&body, PURPOSE).ok()?;
        let sealed: SealedFlash = serde_json::from_slice(&body).ok()?;
        // In both directions, since clocks of several processes differ.
        let is_recent = (seal.now.timestamp() - sealed.at).abs() <= MAX_AGE_S;
        let is_own = sealed.session.is_none() || sealed.session == seal.session.map(|id| id.to_string());
        let is_for_page = sealed
            .flash
            .secret
            .as_ref()
            .is_none_or(|secret| sealed.session.is_some() && secret.page == seal.page);
        (is_recent && is_own && is_for_page).then_some(sealed.flash)
    }
}

impl SealedFlash {
    fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

fn set_cookie(value: &str, max_age_s: i64, is_secure: bool) -> String {
    let (name, secure) = (cookie_name(is_secure), if is_secure { "; Secure" } else { "" });
    format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn seal(keyring: &Keyring) -> FlashSeal<'_> {
        let session = Some(SessionIdHash([7; 32]));
        FlashSeal { keyring, now: Utc::now(), session, page: "/keys", is_secure: true }
    }

    fn value(cookie: &str) -> &str {
        cookie.strip_prefix("__Host-meshline_flash=").unwrap().split(';').next().unwrap()
    }

    #[test]
    fn a_flash_comes_back_as_it_went_and_only_from_this_server() {
        let (ours, other) = (Keyring::new(&[1; 32]), Keyring::new(&[2; 32]));
        let flash = Flash::new("Wrong.")
            .error("password", "Too short; \"really\".")
            .value("email", "ana@acme.example");
        let cookie = flash.cookie(&seal(&ours));
        assert!(cookie.ends_with("; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"));
        assert_eq!(Flash::read(value(&cookie), &seal(&ours)), Some(flash.clone()));
        assert_eq!(Flash::read(value(&cookie), &seal(&other)), None);
        assert_eq!(Flash::read("", &seal(&ours)), None);
        assert_eq!(Flash::read(&format!("{}x", value(&cookie)), &seal(&ours)), None);
    }

    #[test]
    fn a_secret_is_for_one_page_one_session_and_one_minute() {
        let keyring = Keyring::new(&[1; 32]);
        let cookie = Flash::new("The key.").secret("ml_abc").cookie(&seal(&keyring));
        assert!(cookie.len() < 4_096);
        let sealed = URL_SAFE_NO_PAD.decode(value(&cookie)).unwrap();
        for secret in ["ml_abc", "The key"] {
            assert!(!sealed.windows(secret.len()).any(|part| part == secret.as_bytes()));
        }
        let read = |seal: FlashSeal<'_>| Flash::read(value(&cookie), &seal);
        let shown = read(seal(&keyring)).unwrap();
        assert_eq!(shown.secret_text().as_deref(), Some("ml_abc"));
        assert!(!format!("{shown:?}").contains("ml_abc"));
        let late = Utc::now() + TimeDelta::seconds(75);
        assert_eq!(read(FlashSeal { now: late, ..seal(&keyring) }), None);
        assert_eq!(read(FlashSeal { page: "/people/1", ..seal(&keyring) }), None);
        assert_eq!(read(FlashSeal { session: Some(SessionIdHash([8; 32])), ..seal(&keyring) }), None);
        assert_eq!(read(FlashSeal { session: None, ..seal(&keyring) }), None);
    }

    #[test]
    fn a_message_for_people_who_are_not_signed_in_has_no_session_and_no_secret() {
        let keyring = Keyring::new(&[1; 32]);
        let signed_out = || FlashSeal { session: None, ..seal(&keyring) };
        let cookie = Flash::new("You are signed out.").cookie(&signed_out());
        assert!(Flash::read(value(&cookie), &signed_out()).is_some());
        assert!(Flash::read(value(&cookie), &seal(&keyring)).is_some(), "signed in meanwhile");
        let cookie = Flash::new("The key.").secret("ml_abc").cookie(&signed_out());
        assert_eq!(Flash::read(value(&cookie), &signed_out()), None);
    }

    #[test]
    fn what_does_not_fit_a_cookie_is_left_out() {
        let keyring = Keyring::new(&[1; 32]);
        let cookie = Flash::new("Wrong.").value("note", "x".repeat(5_000)).cookie(&seal(&keyring));
        assert_eq!(Flash::read(value(&cookie), &seal(&keyring)), Some(Flash::new("Wrong.")));
    }
}
