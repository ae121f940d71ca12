//! Where an uploaded file is while it arrives and is imported.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// The folder of one upload in the data directory. It holds people's data, so that only the server's user opens it.
#[derive(Clone, Debug)]
pub struct ImportFolder(PathBuf);

impl ImportFolder {
    /// The folder of an upload, whether it is there or not.
    pub fn new(data_dir: &Path, upload: Uuid) -> Self {
        Self(data_dir.join("imports").join(upload.to_string()))
    }

    /// Makes the folder, and the one of all imports, for the server's user alone.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(&self) -> std::io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        // The one of all imports may be from a version that was not so strict.
        for folder in [self.0.parent(), Some(&self.0)].into_iter().flatten() {
            std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        }
        Ok(())
    }

    /// Returns the folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the path of the file while it arrives.
    pub fn incoming(&self) -> PathBuf {
        self.0.join("incoming")
    }

    /// Returns the path of the file once it has arrived whole.
    pub fn file(&self) -> PathBuf {
        self.0.join("file")
    }

    /// Returns the path of the rows that were rejected; there only when some were.
    pub fn rejects(&self) -> PathBuf {
        self.0.join("rejects.csv")
    }
}
