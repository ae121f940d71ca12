//! Secrets for signing in: passwords, and random tokens that are stored only as hashes.

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::{BreachedPasswords, blocklist};
use crate::error::{Error, Result};

/// Minimum length of a password in characters. Length is what makes guessing infeasible.
pub const PASSWORD_MIN_CHARS: usize = 12;
/// Maximum length of a password in bytes; hashing longer input would invite denial of service.
pub const PASSWORD_MAX_BYTES: usize = 1024;

/// Memory in KiB, passes and lanes per hash: the second option in the OWASP Password Storage Cheat Sheet.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Limits concurrent hashes. Each takes 19 MiB and a core for a while, and must not slow down decisions about leads.
static SLOTS: Semaphore = Semaphore::const_new(2);
/// Limits how many of the slots strangers take, so that one is always near for the others.
static STRANGER_SLOTS: Semaphore = Semaphore::const_new(1);

/// Whether a hash may use every slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashLane {
    /// Requests from networks that people signed in from before, and of people who proved who they are.
    Known,
    /// All other requests, which take one slot at most.
    Stranger,
}

/// A password that satisfies the length limits.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Reason why a text cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// The password is too short.
    #[error("A password has at least {PASSWORD_MIN_CHARS} characters.")]
    TooShort,
    /// The password is too long.
    #[error("A password has at most {PASSWORD_MAX_BYTES} bytes.")]
    TooLong,
    /// The password is among the most common ones.
    #[error("This is one of the most common passwords, which are guessed first. Choose another one.")]
    Common,
    /// The password is in the installation's list of refused ones.
    #[error("This password appeared in a data breach, so it is easy to guess. Choose another one.")]
    Breached,
    /// The password consists mostly of names that an attacker knows.
    #[error(
        "This password is easy to guess: it is mostly your name, your e-mail address or Meshline. Choose another one."
    )]
    Personal,
}

impl Password {
    /// Checks the length and that the password is not a common one, and nothing else, following NIST SP 800-63B §5.1.1.2.
    ///
    /// # Errors
    /// Returns [`PasswordProblem`] if the text is too short, too long or common.
    pub fn parse(text: &str) -> Result<Self, PasswordProblem> {
        if text.len() > PASSWORD_MAX_BYTES {
            return Err(PasswordProblem::TooLong);
        }
        if text.chars().count() < PASSWORD_MIN_CHARS {
            return Err(PasswordProblem::TooShort);
        }
        if blocklist::is_common(text) {
            return Err(PasswordProblem::Common);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// Checks that the password is more than the name and the address of the person whose it is.
    ///
    /// # Errors
    /// Returns [`PasswordProblem::Personal`] if it is not.
    pub fn for_person(self, name: &str, email: &str) -> Result<Self, PasswordProblem> {
        if blocklist::is_personal(&self.0, name, email) { Err(PasswordProblem::Personal) } else { Ok(self) }
    }

    /// Checks that the password is not in the installation's list of refused ones.
    ///
    /// # Errors
    /// Returns [`PasswordProblem::Breached`] if it is.
    pub fn not_in(self, breached: &BreachedPasswords) -> Result<Self, PasswordProblem> {
        if breached.contains(&self.0) { Err(PasswordProblem::Breached) } else { Ok(self) }
    }

    /// Hashes the password on a separate thread, and returns the hash in PHC format.
    ///
    /// # Errors
    /// Returns an error if hashing fails.
    pub async fn hash(self) -> Result<String> {
        run(HashLane::Known, move || hash_with(&self.0, &rand::random())).await?
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Returns whether a text matches a password hash. Without a hash it returns `false` and takes as long, so that the
/// response time does not reveal whether an account exists.
///
/// # Errors
/// Returns an error if the stored hash cannot be parsed.
pub async fn verify(text: &str, stored: Option<String>, lane: HashLane) -> Result<bool> {
    if text.len() > PASSWORD_MAX_BYTES {
        return Ok(false);
    }
    let text = Zeroizing::new(text.to_owned());
    run(lane, move || {
        let Some(stored) = stored else {
            return hash_with(&text, &[0; 16]).map(|_| false);
        };
        let hash = PasswordHash::new(&stored)
            .map_err(|_| Error::Corrupt("a password hash is not in PHC form".into()))?;
        Ok(hasher()?.verify_password(text.as_bytes(), &hash).is_ok())
    })
    .await?
}

/// Generates 32 random bytes in base64url. They cannot be guessed, so storing a plain hash is sufficient.
pub fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// Returns the hash that is stored for a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

async fn run<T: Send + 'static>(lane: HashLane, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let gone = || Error::Corrupt("hashing a password was broken off".into());
    let stranger = match lane {
        HashLane::Known => None,
        HashLane::Stranger => Some(STRANGER_SLOTS.acquire().await.map_err(|_| gone())?),
    };
    let slot = SLOTS.acquire().await.map_err(|_| gone())?;
    // The slots belong to the work: a request that is given up does not stop it.
    let work = move || {
        let _slots = (stranger, slot);
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| gone())
}

fn hash_with(text: &str, salt: &[u8; 16]) -> Result<String> {
    let failed =
        |error: argon2::password_hash::Error| Error::Corrupt(format!("hashing a password failed: {error}"));
    let salt = SaltString::encode_b64(salt).map_err(failed)?;
    Ok(hasher()?.hash_password(text.as_bytes(), &salt).map_err(failed)?.to_string())
}

fn hasher() -> Result<Argon2<'static>> {
    let (memory_kib, passes, lanes) = COST;
    let params = Params::new(memory_kib, passes, lanes, None)
        .map_err(|error| Error::Corrupt(format!("the cost of password hashes is wrong: {error}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_enough_and_not_too_long() {
        assert_eq!(Password::parse("elevenchars").err(), Some(PasswordProblem::TooShort));
        assert_eq!(Password::parse("ääääääääääää").err(), None);
        assert_eq!(Password::parse(&"x".repeat(1024)).err(), None);
        assert_eq!(Password::parse(&"x".repeat(1025)).err(), Some(PasswordProblem::TooLong));
        assert_eq!(Password::parse("Password1234").err(), Some(PasswordProblem::Common));
        let personal = Password::parse("Ana Ruiz 2026").unwrap().for_person("Ana Ruiz", "ana@acme.example");
        assert_eq!(personal.err(), Some(PasswordProblem::Personal));
        assert_eq!(format!("{:?}", Password::parse("correct horse battery").unwrap()), "Password(…)");
    }

    #[tokio::test]
    async fn a_password_opens_its_own_hash_only() {
        let hash = Password::parse("correct horse battery").unwrap().hash().await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("correct horse battery", Some(hash.clone()), HashLane::Stranger).await.unwrap());
        assert!(!verify("correct horse batterz", Some(hash), HashLane::Known).await.unwrap());
        assert!(!verify("correct horse battery", None, HashLane::Stranger).await.unwrap());
        assert!(verify("correct horse battery", Some("plain".into()), HashLane::Known).await.is_err());
    }

    #[test]
    fn tokens_have_256_bits_and_differ() {
        let (one, other) = (new_token(), new_token());
        assert_eq!(one.len(), 43);
        assert_ne!(one, other);
        assert_ne!(token_hash(&one), token_hash(&other));
    }
}
