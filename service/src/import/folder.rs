//! Where an uploaded file is while it is imported.

use std::path::{Path, PathBuf};

use uuid::Uuid;

/// The folder of one upload in the data directory.
#[derive(Clone, Debug)]
pub struct ImportFolder(PathBuf);

impl ImportFolder {
    /// The folder of an upload, whether it is there or not.
    pub fn new(data_dir: &Path, upload: Uuid) -> Self {
        Self(data_dir.join("imports").join(upload.to_string()))
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
