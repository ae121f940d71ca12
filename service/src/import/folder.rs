//! The folder of an uploaded file during its upload and import.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// The folder of one upload in the data directory. It holds personal data, so only the server's user has access.
#[derive(Clone, Debug)]
pub struct ImportFolder(PathBuf);

impl ImportFolder {
    /// Creates the path of an upload's folder without touching the disk.
    pub fn new(data_dir: &Path, upload: Uuid) -> Self {
        Self(data_dir.join("imports").join(upload.to_string()))
    }

    /// Creates the folder and its parent, readable only by the server's user.
    ///
    /// # Errors
    /// Returns an error if the disk refuses.
    pub fn create(&self) -> std::io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        // An earlier version may have created the parent with wider permissions.
        for folder in [self.0.parent(), Some(&self.0)].into_iter().flatten() {
            std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        }
        Ok(())
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the path of the file during the upload.
    pub fn incoming(&self) -> PathBuf {
        self.0.join("incoming")
    }

    /// Returns the path of the complete file.
    pub fn file(&self) -> PathBuf {
        self.0.join("file")
    }

    /// Returns the path of the rejected rows. The file exists only if rows were rejected.
    pub fn rejects(&self) -> PathBuf {
        self.0.join("rejects.csv")
    }
}
