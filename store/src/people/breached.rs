//! Passwords that an installation refuses in addition to the common ones, such as those from data breaches.

use std::fs::File;
use std::io::{BufRead, BufReader, Error, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::secret::{PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS};

/// A set of passwords, as 8 bytes of the hash of each, sorted. Two different passwords share them once in 10¹¹ checks against a
/// list of 100 million.
#[derive(Clone, Default)]
pub struct BreachedPasswords(Vec<u64>);

/// Reason why a file is not a list of passwords.
#[derive(Debug, thiserror::Error)]
pub enum BreachedListError {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] Error),
    /// The file contains hashes instead of passwords.
    #[error("it contains hashes; provide plain passwords, one per line")]
    Hashes,
    /// The file contains no password that a person could choose.
    #[error(
        "it contains no password of at least {PASSWORD_MIN_CHARS} characters; provide one password per line"
    )]
    Empty,
}

impl BreachedPasswords {
    /// Reads a file of one password per line. Case does not count. Lines that could not be chosen as passwords are skipped.
    ///
    /// # Errors
    /// Returns an error that says what is wrong with the file.
    pub fn read(file: &Path) -> Result<Self, BreachedListError> {
        Self::read_from(BufReader::with_capacity(1 << 20, File::open(file)?))
    }

    fn read_from(mut lines: impl BufRead) -> Result<Self, BreachedListError> {
        // Longer lines are read in pieces, none of which is a password.
        const LONGEST: u64 = PASSWORD_MAX_BYTES as u64 + 2;
        let (mut hashes, mut line, mut is_first, mut is_rest) = (Vec::new(), Vec::new(), true, false);
        loop {
            line.clear();
            if lines.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let is_whole = line.ends_with(b"\n") || (line.len() as u64) < LONGEST;
            if let Ok(text) = std::str::from_utf8(&line)
                && is_whole
                && !is_rest
            {
                let text = text.trim_end_matches(['\r', '\n']);
                // Further down, people have taken hashes for passwords.
                if is_first && is_sha1(text) {
                    return Err(BreachedListError::Hashes);
                }
                if text.chars().count() >= PASSWORD_MIN_CHARS {
                    hashes.push(hash(text));
                }
            }
            (is_first, is_rest) = (false, !is_whole);
        }
        if hashes.is_empty() {
            return Err(BreachedListError::Empty);
        }
        hashes.sort_unstable();
        hashes.dedup();
        hashes.shrink_to_fit();
        Ok(Self(hashes))
    }

    /// Returns whether a password is in the list.
    pub fn contains(&self, password: &str) -> bool {
        self.0.binary_search(&hash(password)).is_ok()
    }

    /// Returns the number of passwords.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no list.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for BreachedPasswords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BreachedPasswords({})", self.len())
    }
}

/// Returns whether a line is an entry of a list of hashes: 40 hexadecimal digits, and a count if there is one.
fn is_sha1(line: &str) -> bool {
    let digits = line.split(':').next().unwrap_or(line);
    digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn hash(password: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = Sha256::digest(password.to_lowercase()).into();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<BreachedPasswords, BreachedListError> {
        BreachedPasswords::read_from(text)
    }

    #[test]
    fn every_line_that_could_be_chosen_is_in_the_list() {
        let long = "x".repeat(3 * PASSWORD_MAX_BYTES);
        let text =
            format!("Sunny Side Down\r\nshort\n\n{long}\nünïcödé-şifre\nsunny side down\nno line end here");
        let list = read(&[b"latin\xe9 is no UTF-8\n", text.as_bytes()].concat()).unwrap();
        assert_eq!(list.len(), 3);
        for password in ["sunny side down", "SUNNY SIDE DOWN", "Ünïcödé-Şifre", "no line end here"] {
            assert!(list.contains(password), "{password}");
        }
        for password in ["short", "sunny side down\r", "", &"x".repeat(PASSWORD_MAX_BYTES)] {
            assert!(!list.contains(password), "{password}");
        }
        assert!(BreachedPasswords::default().is_empty());
        assert!(!BreachedPasswords::default().contains("sunny side down"));
    }

    #[test]
    fn a_file_that_would_protect_no_one_is_refused() {
        assert!(matches!(read(b""), Err(BreachedListError::Empty)));
        assert!(matches!(read(b"short\nshorter\n"), Err(BreachedListError::Empty)));
        let hashes =
            b"000000005AD76BD555C1D6D771DE417A4B87E4B4:10\n00000000A8DAE4228F821FB418F59826079BF368:4\n";
        assert!(matches!(read(hashes), Err(BreachedListError::Hashes)));
        let missing = BreachedPasswords::read(Path::new("/nowhere/list.txt")).unwrap_err();
        assert!(missing.to_string().starts_with("it cannot be read: "), "{missing}");
    }
}
