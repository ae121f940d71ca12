//! Uploads a file in chunks, so that an interrupted upload can resume.
//!
//! The database records how much has arrived. A chunk counts once it is on the disk and its transaction is committed. Bytes that
//! a crashed process wrote beyond that are truncated before the next chunk.
//!
//! A chain of hashes identifies the content received so far: the hash after a chunk is SHA-256 over the previous hash and the
//! chunk's SHA-256. The browser computes the same chain from the selected file, and each chunk names the hash that it follows.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use engine::ids::{self, PersonId};
use sha2::{Digest as _, Sha256};
use store::actor::ActorId;
use store::runs::unfinished::{self, NewUpload, UnfinishedUpload};
use store::runs::uploads;
use store::{Actor, Store};
use uuid::Uuid;

use super::{ImportFolder, preview};
use crate::error::{Error, Result};

/// Maximum size of a file in bytes.
pub const FILE_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Size of every chunk except the last: seconds on a slow connection, and little to send again.
pub const CHUNK_BYTES: u64 = 4 * 1024 * 1024;
/// Maximum number of unfinished uploads per person, which limits their disk space.
pub const UNFINISHED: u64 = 5;

/// A piece of a file.
#[derive(Clone, Debug)]
pub struct UploadChunk {
    /// The id of the upload.
    pub upload: Uuid,
    /// The position of the chunk in the file.
    pub offset: u64,
    /// The hash of everything before the chunk.
    pub after: [u8; 32],
    /// The chunk's content.
    pub bytes: Vec<u8>,
}

/// The result of sending a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendResult {
    /// The chunk was appended. Holds the upload's new state.
    Taken(UnfinishedUpload),
    /// The chunk does not follow the received content. Holds the upload's current state.
    Elsewhere(UnfinishedUpload),
}

/// Begins the upload of a file, or returns the person's unfinished upload of a file with this name and size. With `fresh`,
/// discards the content received so far because it belongs to another file.
///
/// # Errors
/// Returns [`Error::Invalid`] if the file is empty or too large or the person has too many unfinished uploads, and
/// [`Error::File`] if the disk refuses.
pub async fn begin(
    store: &Store,
    actor: &Actor,
    data_dir: &Path,
    file_name: &str,
    bytes: u64,
    fresh: bool,
) -> Result<UnfinishedUpload> {
    let person = person(actor)?;
    if bytes == 0 {
        return Err(Error::Invalid("the file is empty".into()));
    }
    if bytes > FILE_BYTES {
        return Err(Error::Invalid("the file is larger than 2 GB; split it and import the parts".into()));
    }
    let name = clean_name(file_name);
    let id = ids::mint(actor.now, rand::random());
    let new = NewUpload { id, file_name: &name, bytes: stored(bytes) };
    let mut tx = store.begin().await?;
    let mut upload = unfinished::begin(&mut tx, person, actor.now, new).await?;
    let mut replaced = None;
    if upload.id != id && (fresh || !is_there(&upload, &ImportFolder::new(data_dir, upload.id))) {
        unfinished::forget(&mut tx, upload.id).await?;
        replaced = Some(upload.id);
        upload = unfinished::begin(&mut tx, person, actor.now, new).await?;
    }
    if unfinished::count(&mut tx, person).await? > UNFINISHED {
        let why = format!("you have {UNFINISHED} unfinished uploads; finish or cancel one of them first");
        return Err(Error::Invalid(why));
    }
    let folder = ImportFolder::new(data_dir, upload.id);
    folder.create().map_err(|error| broken(&folder, error))?;
    tx.commit().await?;
    if let Some(replaced) = replaced {
        remove(&ImportFolder::new(data_dir, replaced)).await;
    }
    Ok(upload)
}

/// Appends the next chunk to a person's upload.
///
/// # Errors
/// Returns [`Error::Store`] with [`store::Error::NotFound`] if the person has no such upload, [`Error::Invalid`] if the chunk
/// does not have the expected length, and [`Error::File`] if the disk refuses.
pub async fn append(
    store: &Store,
    actor: &Actor,
    data_dir: &Path,
    chunk: UploadChunk,
) -> Result<AppendResult> {
    let mut tx = store.begin().await?;
    let upload = unfinished::lock(&mut tx, person(actor)?, chunk.upload).await?;
    let (received, bytes) = (counted(upload.received), counted(upload.bytes));
    let folder = ImportFolder::new(data_dir, upload.id);
    let follows = chunk.offset == received && upload.received_hash == chunk.after;
    if !follows || received == bytes || !is_there(&upload, &folder) {
        return Ok(AppendResult::Elsewhere(upload));
    }
    let expected = CHUNK_BYTES.min(bytes - received);
    let length = chunk.bytes.len() as u64;
    if length != expected {
        return Err(Error::Invalid(format!("the chunk has {length} bytes, but {expected} were expected")));
    }
    let path = folder.clone();
    let written = tokio::task::spawn_blocking(move || {
        write(&path, received, &chunk.bytes)?;
        Ok(next_hash(chunk.after, &chunk.bytes))
    });
    let hash = written.await.map_err(|_| Error::Interrupted)?.map_err(|error| broken(&folder, error))?;
    unfinished::advance(&mut tx, upload.id, actor.now, stored(received + length), hash).await?;
    tx.commit().await?;
    Ok(AppendResult::Taken(UnfinishedUpload {
        received: stored(received + length),
        received_hash: hash.to_vec(),
        ..upload
    }))
}

/// Completes a person's upload, so that the file can be imported. Discards a file that is not a table.
///
/// # Errors
/// Returns [`Error::Invalid`] if content is missing or the file is not a table, and [`Error::Store`] with
/// [`store::Error::NotFound`] if the person has no such upload.
pub async fn finish(store: &Store, actor: &Actor, data_dir: &Path, id: Uuid) -> Result<()> {
    let mut tx = store.begin().await?;
    let upload = unfinished::lock(&mut tx, person(actor)?, id).await?;
    let folder = ImportFolder::new(data_dir, id);
    if upload.received != upload.bytes || !is_there(&upload, &folder) {
        return Err(Error::Invalid("the upload is incomplete; choose the file again to continue".into()));
    }
    // A process that crashed at this point may already have renamed the file.
    if folder.incoming().exists() {
        std::fs::rename(folder.incoming(), folder.file()).map_err(|error| broken(&folder, error))?;
    }
    let looked = check(&folder).await;
    if !matches!(looked, Ok(()) | Err(Error::Invalid(_))) {
        return looked;
    }
    if looked.is_ok() {
        uploads::add(&mut tx, actor, id, &upload.file_name, counted(upload.bytes)).await?;
    }
    unfinished::forget(&mut tx, id).await?;
    tx.commit().await?;
    if looked.is_err() {
        remove(&folder).await;
    }
    looked
}

/// Cancels a person's upload and discards its content.
///
/// # Errors
/// Returns [`Error::Store`] with [`store::Error::NotFound`] if the person has no such upload.
pub async fn cancel(store: &Store, actor: &Actor, data_dir: &Path, id: Uuid) -> Result<()> {
    let mut tx = store.begin().await?;
    unfinished::lock(&mut tx, person(actor)?, id).await?;
    unfinished::forget(&mut tx, id).await?;
    tx.commit().await?;
    remove(&ImportFolder::new(data_dir, id)).await;
    Ok(())
}

/// Accepts a file that was sent in a single request and is already in its folder. Discards a file that is not a table.
///
/// # Errors
/// Returns [`Error::Invalid`] if the file is not a table.
pub async fn accept(
    store: &Store,
    actor: &Actor,
    data_dir: &Path,
    id: Uuid,
    file_name: &str,
    bytes: u64,
) -> Result<()> {
    let folder = ImportFolder::new(data_dir, id);
    if let Err(error) = check(&folder).await {
        remove(&folder).await;
        return Err(error);
    }
    let mut tx = store.begin().await?;
    uploads::add(&mut tx, actor, id, &clean_name(file_name), bytes).await?;
    Ok(tx.commit().await?)
}

/// Creates an upload's file, accessible only to the server's user.
///
/// # Errors
/// Returns an error if the disk refuses.
pub fn create_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Returns the hash after a chunk, given the hash before it.
pub fn next_hash(before: [u8; 32], chunk: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(Sha256::digest(chunk));
    hash.finalize().into()
}

/// Checks that a file is a table.
async fn check(folder: &ImportFolder) -> Result<()> {
    let file = folder.file();
    let looked = tokio::task::spawn_blocking(move || preview::preview(&file)).await;
    looked.map_err(|_| Error::Interrupted)?.map(drop)
}

/// Returns whether the disk holds everything that counts as received.
fn is_there(upload: &UnfinishedUpload, folder: &ImportFolder) -> bool {
    let length = |path| std::fs::metadata(path).map_or(0, |file| file.len());
    counted(upload.received) <= length(folder.incoming()).max(length(folder.file()))
}

/// Writes a chunk at its position and truncates anything beyond it.
fn write(folder: &ImportFolder, offset: u64, bytes: &[u8]) -> std::io::Result<()> {
    let path = folder.incoming();
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.set_len(offset)?;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)?;
    // The database must not record bytes that could still be lost.
    file.sync_data()
}

async fn remove(folder: &ImportFolder) {
    if let Err(error) = tokio::fs::remove_dir_all(folder.path()).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(folder = %folder.path().display(), %error, "an upload could not be removed");
    }
}

/// Returns the file's name without directories and control characters.
fn clean_name(file_name: &str) -> String {
    let name: String = file_name.chars().filter(|letter| !letter.is_control()).collect();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let name: String = name.chars().take(uploads::FILE_NAME_CHARS).collect();
    if name.is_empty() { "file".to_owned() } else { name }
}

fn person(actor: &Actor) -> Result<PersonId> {
    match actor.who {
        ActorId::Person(person) => Ok(person),
        _ => Err(Error::Invalid("only a person can upload a file".into())),
    }
}

fn broken(folder: &ImportFolder, error: std::io::Error) -> Error {
    Error::File { path: folder.path().display().to_string(), error }
}

fn stored(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn counted(bytes: i64) -> u64 {
    u64::try_from(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_paths() {
        for (given, kept) in [
            ("leads.csv", "leads.csv"),
            ("C:\\data\\a.csv", "a.csv"),
            ("../x\n.csv", "x.csv"),
            (" / ", "file"),
        ] {
            assert_eq!(clean_name(given), kept);
        }
    }
}
