//! Keys and ciphertexts.
//!
//! The master key wraps one data key per lead, and immutable rows hold ciphertext under that data key. Destroying the
//! data key therefore erases the person and leaves every hash in the log intact. AES-256-GCM (NIST SP 800-38D) with
//! random 96-bit nonces: a data key seals few messages and the master key one per lead, both far below the limit of
//! 2³² in §8.3.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// First byte of every ciphertext, which identifies the encryption scheme.
const SCHEME: u8 = 1;
const NONCE_BYTES: usize = 12;

/// The master key and the keys derived from it. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    master: Aes256Gcm,
    cookie: Aes256Gcm,
    lookup: Hmac<Sha256>,
    fingerprint: [u8; 32],
}

/// Key of one lead's immutable rows.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

/// The location that a ciphertext is bound to; it cannot be opened anywhere else.
#[derive(Clone, Copy)]
pub struct CiphertextLocation<'a> {
    /// Table and column, for example `events.body`.
    pub column: &'a str,
    /// ID of the row.
    pub row: uuid::Uuid,
}

impl CiphertextLocation<'_> {
    fn bytes(self) -> Vec<u8> {
        [self.column.as_bytes(), b"\0", self.row.as_bytes()].concat()
    }
}

impl Keyring {
    /// Creates a keyring from 32 secret bytes.
    pub fn new(master: &[u8; 32]) -> Self {
        let derive = |purpose: &str| -> [u8; 32] { mac(&new_mac(master), purpose.as_bytes()) };
        Self {
            master: Aes256Gcm::new(&derive("wrap").into()),
            cookie: Aes256Gcm::new(&derive("cookie").into()),
            lookup: new_mac(&derive("lookup")),
            fingerprint: derive("fingerprint"),
        }
    }

    /// Reads the key file, which holds 64 hexadecimal digits and is private.
    ///
    /// # Errors
    /// Returns [`Error::Key`] if the file cannot be read, is readable by others, or has other content.
    pub fn read(path: &Path) -> Result<Self> {
        if is_open_to_others(path) {
            return Err(Error::Key(format!(
                "other users may access the key file {0}; run `chmod 600 {0}` as its owner",
                path.display()
            )));
        }
        let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
            Error::Key(format!(
                "the key file {} cannot be read ({error}); MESHLINE_KEY_FILE names it",
                path.display()
            ))
        })?;
        let wrong =
            || Error::Key(format!("the key file {} does not hold 64 hexadecimal digits", path.display()));
        let text = text.trim();
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut master = Zeroizing::new([0; 32]);
        for (byte, pair) in master.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = std::str::from_utf8(pair)
                .ok()
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .ok_or_else(wrong)?;
        }
        Ok(Self::new(&master))
    }

    /// Reads the key file, or creates it with a new key (mode 0600) if it does not exist.
    ///
    /// # Errors
    /// Returns [`Error::Key`] if the file can be neither read nor created.
    pub fn read_or_make(path: &Path) -> Result<Self> {
        if !path.exists() {
            let failed = |error: std::io::Error| {
                Error::Key(format!(
                    "the key file {} cannot be made ({error}); MESHLINE_KEY_FILE names another place",
                    path.display()
                ))
            };
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(failed)?;
            }
            let key: Zeroizing<[u8; 32]> = Zeroizing::new(rand::random());
            let text: Zeroizing<String> =
                Zeroizing::new(key.iter().map(|byte| format!("{byte:02x}")).collect());
            match private_file(path)
                .and_then(|mut file| writeln!(file, "{}", *text).and_then(|()| file.sync_all()))
            {
                // Another process created the file after the check, so its key is the one to use.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                other => other.map_err(failed)?,
            }
        }
        Self::read(path)
    }

    /// Returns the default path of the key file, in the user's state directory (XDG Base Directory Specification).
    pub fn default_path() -> PathBuf {
        let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || {
            std::env::var_os("HOME")
                .map_or_else(|| PathBuf::from("/var/lib"), |home| PathBuf::from(home).join(".local/state"))
        };
        state.unwrap_or_else(home).join("meshline/master.key")
    }

    /// Returns a fingerprint that identifies the key without revealing it.
    pub fn fingerprint(&self) -> String {
        self.fingerprint[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns the keyed HMAC-SHA256 of a value, so that it can be looked up without being stored. `domain` separates
    /// uses.
    pub fn lookup(&self, domain: &str, value: &[u8]) -> [u8; 32] {
        let mut state = self.lookup.clone();
        state.update(domain.as_bytes());
        state.update(b"\0");
        state.update(value);
        state.finalize().into_bytes().into()
    }

    /// Generates a data key, and returns it along with its wrapped form for the lead's row.
    pub fn new_data_key(&self, lead: uuid::Uuid) -> (DataKey, Vec<u8>) {
        let key = DataKey(Zeroizing::new(rand::random()));
        let wrapped =
            seal(&self.master, key.0.as_slice(), CiphertextLocation { column: "leads.data_key", row: lead });
        (key, wrapped)
    }

    /// Unwraps the data key of a lead's row.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if it was wrapped by another master key.
    pub fn unwrap_data_key(&self, lead: uuid::Uuid, wrapped: &[u8]) -> Result<DataKey> {
        let plain = Zeroizing::new(open(
            &self.master,
            wrapped,
            CiphertextLocation { column: "leads.data_key", row: lead },
        )?);
        let key = <[u8; 32]>::try_from(plain.as_slice())
            .map_err(|_| Error::Corrupt("a data key has the wrong length".into()))?;
        Ok(DataKey(Zeroizing::new(key)))
    }

    /// Seals a secret that does not belong to a lead, for example a destination's password.
    pub fn seal(&self, plain: &[u8], place: CiphertextLocation<'_>) -> Vec<u8> {
        seal(&self.master, plain, place)
    }

    /// Opens what [`Keyring::seal`] sealed.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if the key, the place or the bytes do not match.
    pub fn open(&self, sealed: &[u8], place: CiphertextLocation<'_>) -> Result<Zeroizing<Vec<u8>>> {
        open(&self.master, sealed, place).map(Zeroizing::new)
    }

    /// Seals the content of a short-lived cookie. It uses a separate key, since any visitor can make the server seal
    /// one.
    pub fn seal_cookie(&self, plain: &[u8], name: &str) -> Vec<u8> {
        seal(&self.cookie, plain, CiphertextLocation { column: name, row: uuid::Uuid::nil() })
    }

    /// Opens what [`Keyring::seal_cookie`] sealed.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if the key, the name or the bytes do not match.
    pub fn open_cookie(&self, sealed: &[u8], name: &str) -> Result<Zeroizing<Vec<u8>>> {
        open(&self.cookie, sealed, CiphertextLocation { column: name, row: uuid::Uuid::nil() })
            .map(Zeroizing::new)
    }
}

impl DataKey {
    /// Seals part of an immutable row.
    pub fn seal(&self, plain: &[u8], place: CiphertextLocation<'_>) -> Vec<u8> {
        seal(&Aes256Gcm::new((&*self.0).into()), plain, place)
    }

    /// Opens what [`DataKey::seal`] sealed.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if the key, the place or the bytes do not match.
    pub fn open(&self, sealed: &[u8], place: CiphertextLocation<'_>) -> Result<Vec<u8>> {
        open(&Aes256Gcm::new((&*self.0).into()), sealed, place)
    }
}

fn seal(cipher: &Aes256Gcm, plain: &[u8], place: CiphertextLocation<'_>) -> Vec<u8> {
    let nonce: [u8; NONCE_BYTES] = rand::random();
    let payload = Payload { msg: plain, aad: &place.bytes() };
    let sealed = cipher.encrypt(Nonce::from_slice(&nonce), payload);
    // AES-GCM only fails for messages over 64 GiB; `engine::limits` bounds every message here.
    let sealed = sealed.unwrap_or_default();
    [&[SCHEME], nonce.as_slice(), &sealed].concat()
}

fn open(cipher: &Aes256Gcm, sealed: &[u8], place: CiphertextLocation<'_>) -> Result<Vec<u8>> {
    let corrupt = || Error::Corrupt(format!("{} of {} does not open with this key", place.column, place.row));
    let (scheme, rest) = sealed.split_first().ok_or_else(corrupt)?;
    if *scheme != SCHEME || rest.len() < NONCE_BYTES {
        return Err(corrupt());
    }
    let (nonce, message) = rest.split_at(NONCE_BYTES);
    cipher
        .decrypt(Nonce::from_slice(nonce), Payload { msg: message, aad: &place.bytes() })
        .map_err(|_| corrupt())
}

fn new_mac(key: &[u8; 32]) -> Hmac<Sha256> {
    // HMAC pads a short key with zeros to the block length (RFC 2104 §2). Padding it here makes this call infallible.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    <Hmac<Sha256> as Mac>::new((&block).into())
}

fn mac(state: &Hmac<Sha256>, message: &[u8]) -> [u8; 32] {
    let mut state = state.clone();
    state.update(message);
    state.finalize().into_bytes().into()
}

/// Returns whether others than the owner have access to a file. The group of root does not count: systemd hands a
/// service its credentials as files of root with an access list, whose mask shows in the place of the group.
#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).is_ok_and(|file| {
        let is_roots = file.uid() == 0 && file.gid() == 0;
        file.mode() & if is_roots { 0o007 } else { 0o077 } != 0
    })
}

#[cfg(not(unix))]
fn is_open_to_others(_path: &Path) -> bool {
    false
}

#[cfg(unix)]
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(row: u128) -> CiphertextLocation<'static> {
        CiphertextLocation { column: "events.body", row: uuid::Uuid::from_u128(row) }
    }

    #[test]
    fn a_ciphertext_opens_only_in_its_place_and_with_its_key() {
        let keyring = Keyring::new(&[7; 32]);
        let (key, wrapped) = keyring.new_data_key(uuid::Uuid::from_u128(1));
        let sealed = key.seal(b"hello", place(1));
        assert_eq!(
            keyring
                .unwrap_data_key(uuid::Uuid::from_u128(1), &wrapped)
                .unwrap()
                .open(&sealed, place(1))
                .unwrap(),
            b"hello"
        );
        assert!(key.open(&sealed, place(2)).is_err());
        assert!(keyring.unwrap_data_key(uuid::Uuid::from_u128(2), &wrapped).is_err());
        assert!(Keyring::new(&[8; 32]).unwrap_data_key(uuid::Uuid::from_u128(1), &wrapped).is_err());
        let mut cut = sealed;
        cut.pop();
        assert!(key.open(&cut, place(1)).is_err());
    }

    #[test]
    fn the_key_file_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/master.key");
        let made = Keyring::read_or_make(&path).unwrap();
        assert_eq!(made.fingerprint(), Keyring::read_or_make(&path).unwrap().fingerprint());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&path, "no key").unwrap();
        assert!(matches!(Keyring::read(&path), Err(Error::Key(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_may_read_is_refused_with_what_to_do() {
        use std::os::unix::fs::{PermissionsExt as _, chown};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        Keyring::read_or_make(&path).unwrap();
        let with_mode = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            Keyring::read(&path).map(drop)
        };
        for mode in [0o604, 0o644, 0o602] {
            let Err(Error::Key(why)) = with_mode(mode) else { panic!("{mode:o} is taken") };
            assert!(why.contains(&format!("`chmod 600 {}`", path.display())), "{why}");
        }
        for mode in [0o600, 0o400] {
            with_mode(mode).unwrap();
        }
        // Only root can give the file to another group, and to itself.
        if chown(&path, None, Some(1)).is_ok() {
            assert!(with_mode(0o640).is_err() && with_mode(0o440).is_err());
            chown(&path, Some(0), Some(0)).unwrap();
            with_mode(0o440).unwrap();
        }
    }
}
