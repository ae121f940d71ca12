//! Files that only their owner can read, and passwords for them.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Returns a password of 192 random bits, in hexadecimal digits.
///
/// # Errors
/// Returns an error if the system's source of randomness cannot be read.
pub fn password() -> Result<String> {
    let mut bytes = [0; 24];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("reading /dev/urandom")?;
    Ok(hex(&bytes))
}

/// Writes a file with mode 0600 atomically.
///
/// # Errors
/// Returns an error if it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let half = path.with_extension("half-written");
    // A leftover file might have another mode, which opening it would keep.
    if half.exists() {
        fs::remove_file(&half)?;
    }
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&half, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

/// Returns the first 16 hexadecimal digits of the SHA-256, for use in names.
pub fn short_hash(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes)[..8])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
