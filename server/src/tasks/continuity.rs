//! Notices when the database goes back in time, and when the clock of this machine is wrong.
//!
//! The high-water mark is kept in the data directory, a file for each installation. It is written by rename, so a reader
//! finds the old or the new mark, and it is on the disk when the next one is committed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::control::continuity::{Continuity, HighWaterMark};
use store::installation;
use store::suspension::Suspension;
use store::{Error, Store};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::tasks::outage::DatabaseOutage;

/// The time between heartbeats. A loss is certain to be noticed if it reaches further back than this.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// The time between two comparisons of the clocks.
const CLOCK_CHECK: Duration = Duration::from_secs(60);

/// The file that keeps the high-water mark of an installation.
#[derive(Clone, Debug)]
pub struct MarkFile {
    path: PathBuf,
}

impl MarkFile {
    /// Returns the file of an installation in a data directory.
    pub fn new(data_dir: &Path, installation: Uuid) -> Self {
        Self { path: data_dir.join("high-water-marks").join(format!("{installation}.json")) }
    }

    /// Reads the mark; `None` if no process has written one.
    ///
    /// # Errors
    /// Returns an error that names the file if it cannot be read or does not contain a mark.
    pub fn read(&self) -> std::io::Result<Option<HighWaterMark>> {
        let failed = |error: &dyn std::fmt::Display, kind: std::io::ErrorKind| {
            let path = self.path.display();
            std::io::Error::new(kind, format!("the high-water mark {path} cannot be read: {error}"))
        };
        match std::fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| failed(&error, std::io::ErrorKind::InvalidData)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&error, error.kind())),
        }
    }

    /// Writes a mark, unless another process that shares the directory has written a higher one.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn write(&self, mark: &HighWaterMark) -> std::io::Result<()> {
        let order = |mark: &HighWaterMark| (mark.incarnation, mark.high_water_mark);
        if self.read().ok().flatten().is_some_and(|written| order(&written) >= order(mark)) {
            return Ok(());
        }
        let folder = self.path.parent().unwrap_or(&self.path);
        std::fs::create_dir_all(folder)?;
        let half = self.path.with_extension(format!("{:016x}", rand::random::<u64>()));
        let written = std::fs::File::create(&half).and_then(|mut file| {
            serde_json::to_writer(&mut file, mark)?;
            file.write_all(b"\n")?;
            file.sync_all()
        });
        if let Err(error) = written.and_then(|()| std::fs::rename(&half, &self.path)) {
            std::fs::remove_file(&half).ok();
            return Err(error);
        }
        std::fs::File::open(folder)?.sync_all()
    }
}

/// Compares the database with the mark of an earlier process before this one serves.
///
/// # Errors
/// Returns [`Error::Suspended`] if commits are missing, or may be missing without a mark to tell.
pub async fn admit(store: &Store, file: &MarkFile) -> Result<(), AdmitError> {
    if let Some(mark) = file.read()? {
        store.remember(mark);
    }
    let continuity = installation::heartbeat(store).await?;
    let refused = match continuity {
        Continuity::Same => None,
        Continuity::Moved => {
            tracing::warn!(
                "the database was restored or moved, and no commit is known to be missing; a new incarnation began"
            );
            None
        }
        Continuity::Unknown => Some(Suspension::Unknown),
        Continuity::WentBack => Some(Suspension::WentBack),
    };
    match refused {
        None => Ok(()),
        Some(suspension) => Err(Error::Suspended(suspension).into()),
    }
}

/// The reason why a process is not admitted.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// The file cannot be read.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The database failed, or is not the one that the mark describes.
    #[error("{0}")]
    Store(#[from] Error),
}

/// Raises the high-water mark and compares the clocks until the token is cancelled. Without a file, the mark is kept in
/// memory only.
pub async fn run(store: Store, file: Option<MarkFile>, shutdown: CancellationToken) {
    let mut watch = Watch { store, file, is_writable: true, clock_checked: None, suspension: None };
    let mut trouble = DatabaseOutage::default();
    while !shutdown.is_cancelled() {
        match watch.look().await {
            Ok(()) => {
                trouble.over("checking the database");
                tokio::select! {
                    () = tokio::time::sleep(HEARTBEAT) => {}
                    () = watch.store.in_doubt() => {}
                    () = shutdown.cancelled() => {}
                }
            }
            Err(error) => trouble.wait("checking the database", &error, &shutdown).await,
        }
    }
    // Covers what was committed since the last heartbeat.
    if let Err(error) = watch.look().await {
        tracing::warn!(%error, "stopped without a last heartbeat");
    }
}

struct Watch {
    store: Store,
    file: Option<MarkFile>,
    /// Whether the last write of the file succeeded.
    is_writable: bool,
    clock_checked: Option<Instant>,
    /// The suspension that was logged last.
    suspension: Option<Suspension>,
}

impl Watch {
    async fn look(&mut self) -> Result<(), Error> {
        if self.clock_checked.is_none_or(|at| at.elapsed() >= CLOCK_CHECK) {
            self.store.check_clock().await?;
            self.clock_checked = Some(Instant::now());
        }
        if installation::heartbeat(&self.store).await? == Continuity::Moved {
            tracing::warn!(
                "the database moved, and no commit is known to be missing; a new incarnation began"
            );
        }
        self.log();
        self.keep().await;
        Ok(())
    }

    /// Logs that the process was suspended or resumes.
    fn log(&mut self) {
        let now = self.store.suspension();
        if now.map(|now| std::mem::discriminant(&now))
            != self.suspension.map(|was| std::mem::discriminant(&was))
        {
            match now {
                Some(suspension) => tracing::error!(%suspension, "decisions and deliveries are suspended"),
                None => tracing::info!("decisions and deliveries resume"),
            }
        }
        self.suspension = now;
    }

    /// Writes the file. A full disk does not stop the process; the mark stays in memory.
    async fn keep(&mut self) {
        let (Some(file), Some(mark)) = (self.file.clone(), self.store.high_water_mark()) else { return };
        let written = tokio::task::spawn_blocking(move || file.write(&mark)).await;
        let written = written.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        if let Err(error) = &written
            && self.is_writable
        {
            tracing::error!(%error, "the high-water mark cannot be written; after a restart, lost commits may go unnoticed");
        }
        self.is_writable = written.is_ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_kept_and_never_lowered() {
        let folder = tempfile::tempdir().unwrap();
        let mark = |incarnation, high_water_mark| HighWaterMark {
            installation: Uuid::from_u128(1),
            incarnation,
            high_water_mark,
        };
        let file = MarkFile::new(folder.path(), Uuid::from_u128(1));
        assert_eq!(file.read().unwrap(), None);
        for (written, kept) in [((0, 5), (0, 5)), ((0, 4), (0, 5)), ((0, 6), (0, 6)), ((9, 2), (9, 2))] {
            file.write(&mark(written.0, written.1)).unwrap();
            assert_eq!(file.read().unwrap(), Some(mark(kept.0, kept.1)));
        }
        let names = std::fs::read_dir(file.path.parent().unwrap()).unwrap().count();
        assert_eq!(names, 1, "no half-written file is left");
        std::fs::write(&file.path, "{").unwrap();
        assert!(file.read().unwrap_err().to_string().contains(&*file.path.to_string_lossy()));
    }
}
