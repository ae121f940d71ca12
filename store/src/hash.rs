//! Hashes of log rows, and the text forms that columns take in them.

use engine::canonical::{self, Digest};
use serde::{Serialize, Serializer};

use crate::error::Result;

/// Returns the SHA-256 of the canonical JSON (RFC 8785) of a row and its table name. Ciphertexts are hashed as
/// stored, so that the hash still verifies after the key is destroyed.
///
/// # Errors
/// Returns [`crate::Error::Corrupt`] if a column cannot be serialized as JSON.
pub fn row_hash<T: Serialize>(table: &str, row: &T) -> Result<Digest> {
    #[derive(Serialize)]
    struct Leaf<'a, T> {
        table: &'a str,
        row: &'a T,
    }
    Ok(canonical::digest(&Leaf { table, row })?)
}

/// Serializes bytes as hexadecimal digits, for `#[serde(serialize_with = "hex")]`.
///
/// # Errors
/// Returns an error if the serializer fails.
pub fn hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    // Rows hold kilobytes of ciphertext; formatting them byte by byte would cost more than hashing them.
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    serializer.serialize_str(&text)
}

/// Serializes a nullable column like [`hex`].
///
/// # Errors
/// Returns an error if the serializer fails.
pub fn hex_or_null<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => hex(bytes, serializer),
        None => serializer.serialize_none(),
    }
}

/// Serializes a nullable instant with six fractional digits.
///
/// # Errors
/// Returns an error if the serializer fails.
pub fn stamp_or_null<S: Serializer>(
    at: &Option<chrono::DateTime<chrono::Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    at.map(engine::time::stamp).serialize(serializer)
}
