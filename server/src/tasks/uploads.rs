//! Deleting uploaded files that no import needs any more: they hold everybody's data.

use std::path::Path;
use std::time::Duration;

use chrono::Utc;
use service::import::ImportFolder;
use store::runs::{unfinished, uploads};
use store::{Error, Store};
use uuid::Uuid;

/// Uploaded files are kept for so long after they arrived, or after their import was over.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);
/// What has arrived of a file is kept for so long after its last chunk.
const KEPT_UNFINISHED: Duration = Duration::from_secs(3 * 24 * 3_600);

/// Deletes what is old enough; returns a sentence about it.
///
/// # Errors
/// When the database fails.
pub async fn delete(store: &Store, data_dir: Option<&Path>) -> Result<String, Error> {
    let Some(data_dir) = data_dir else { return Ok("This process has no data directory.".into()) };
    let outdated = uploads::outdated(store, Utc::now() - KEPT).await?;
    for upload in &outdated {
        if remove(ImportFolder::new(data_dir, *upload).path()).await {
            uploads::forget(store, *upload).await?;
        }
    }
    // A chunk that comes meanwhile finds that its upload is gone, and the file is sent again from its start.
    let abandoned = unfinished::forget_abandoned(store, Utc::now() - KEPT_UNFINISHED).await?;
    for upload in &abandoned {
        remove(ImportFolder::new(data_dir, *upload).path()).await;
    }
    let left = left_behind(store, data_dir).await?;
    Ok(match outdated.len() + abandoned.len() + left {
        0 => "None were old enough.".into(),
        many => format!("{many} deleted."),
    })
}

/// Deletes folders of which the database knows nothing, since the process ended; returns how many.
async fn left_behind(store: &Store, data_dir: &Path) -> Result<usize, Error> {
    let mut removed = 0;
    let Ok(mut folders) = tokio::fs::read_dir(data_dir.join("imports")).await else { return Ok(0) };
    while let Ok(Some(folder)) = folders.next_entry().await {
        let changed = folder.metadata().await.and_then(|folder| folder.modified()).ok();
        let is_old = changed.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > KEPT);
        let upload: Option<Uuid> = folder.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(upload) = upload.filter(|_| is_old)
            && !uploads::is_known(store, upload).await?
            && !unfinished::is_known(store, upload).await?
            && remove(&folder.path()).await
        {
            removed += 1;
        }
    }
    Ok(removed)
}

/// Removes a folder; returns whether it is gone.
async fn remove(folder: &Path) -> bool {
    match tokio::fs::remove_dir_all(folder).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(folder = %folder.display(), %error, "an uploaded file could not be deleted");
            false
        }
        _ => true,
    }
}
