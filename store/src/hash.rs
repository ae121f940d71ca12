//! Hashes of log rows and the text forms their columns have in them.

use engine::canonical::{self, Digest};
use serde::{Serialize, Serializer};

use crate::error::Result;

/// SHA-256 over the canonical JSON (RFC 8785) of a row and the name of its table. Ciphertexts stand in it as they are
/// stored, so that the hash still verifies when the key is gone.
///
/// # Errors
/// [`crate::Error::Corrupt`] when a column cannot be JSON.
pub fn row_hash<T: Serialize>(table: &str, row: &T) -> Result<Digest> {
    #[derive(Serialize)]
    struct Leaf<'a, T> {
        table: &'a str,
        row: &'a T,
    }
    Ok(canonical::digest(&Leaf { table, row })?)
}

/// Bytes as hexadecimal digits, for `#[serde(serialize_with = "hex")]`.
///
/// # Errors
/// Those of the serializer.
pub fn hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    // Ciphertexts of kilobytes in each row: formatting byte by byte would cost more than hashing them.
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    serializer.serialize_str(&text)
}

/// [`hex`] for a column that may be null.
///
/// # Errors
/// Those of the serializer.
pub fn hex_or_null<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => hex(bytes, serializer),
        None => serializer.serialize_none(),
    }
}

/// An instant with six digits, for a column that may be null.
///
/// # Errors
/// Those of the serializer.
pub fn stamp_or_null<S: Serializer>(
    at: &Option<chrono::DateTime<chrono::Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    at.map(engine::time::stamp).serialize(serializer)
}
