//! Deletes uploaded files that no import needs any more, since they contain personal data.

use std::path::Path;
use std::time::Duration;

use chrono::Utc;
use service::import::ImportFolder;
use store::runs::{unfinished, uploads};
use store::{Error, Store};
use uuid::Uuid;

/// How long to keep uploaded files after their upload or the end of their import.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);
/// How long to keep unfinished uploads after their last chunk.
const KEPT_UNFINISHED: Duration = Duration::from_secs(3 * 24 * 3_600);

/// Deletes outdated files and returns a summary.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn delete(store: &Store, data_dir: Option<&Path>) -> Result<String, Error> {
    let Some(data_dir) = data_dir else { return Ok("This process has no data directory.".into()) };
    let outdated = uploads::outdated(store, Utc::now() - KEPT).await?;
    for upload in &outdated {
        if remove(ImportFolder::new(data_dir, *upload).path()).await {
            uploads::forget(store, *upload).await?;
        }
    }
    // A chunk that arrives after this finds no upload, and the browser sends the file again from the start.
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

/// Deletes folders that a crashed process left without a database record, and returns their number.
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

/// Removes a folder and returns whether it no longer exists.
async fn remove(folder: &Path) -> bool {
    match tokio::fs::remove_dir_all(folder).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(folder = %folder.display(), %error, "an uploaded file could not be deleted");
            false
        }
        _ => true,
    }
}
