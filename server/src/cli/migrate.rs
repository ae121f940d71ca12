//! `meshline migrate`.

use chrono::Utc;
use clap::Args;
use store::Keyring;

use super::{CommandError, Database, exit};

/// Options of `migrate`.
#[derive(Debug, Args)]
pub(crate) struct MigrateOptions {
    #[command(flatten)]
    database: Database,

    /// Drop the whole schema with all of its data.
    #[arg(long, hide = true)]
    down: bool,
}

/// Runs the command.
pub(super) async fn run(options: MigrateOptions) -> Result<u8, CommandError> {
    let url = options.database.url()?;
    if options.down {
        store::migrate::down(&url).await?;
        println!("The schema was dropped.");
        return Ok(exit::FINE);
    }
    let path = options.database.key_path();
    let is_new = !path.exists();
    let known = store::migrate::key_fingerprint(&url).await?;
    if let Some(fingerprint) = known.filter(|_| is_new) {
        return Err(CommandError::Usage(format!(
            "there is no key file {}, and this database was made with the master key {fingerprint}; put that key's file \
             there, or name it with --key-file or MESHLINE_KEY_FILE",
            path.display()
        )));
    }
    let keyring = Keyring::read_or_make(&path)?;
    if is_new {
        println!(
            "Created the master key {}. Keep a backup: without it, personal data cannot be read.",
            path.display()
        );
    }
    store::migrate::up(&url, &keyring, Utc::now()).await?;
    println!("The schema is up to date.");
    Ok(exit::FINE)
}
