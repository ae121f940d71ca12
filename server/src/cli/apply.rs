//! `meshline apply`: workflows and what decides in them, from a file.

use std::path::PathBuf;

use clap::Args;
use service::apply::{self, ApplyOptions};
use store::Actor;

use super::{Database, Failure, exit};

/// Options of `apply`.
///
/// Lists, pools, destinations and workflows are taken together or not at all. What is new or different becomes a draft;
/// nothing that is live changes. Applied again, the same file changes nothing.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Options {
    #[command(flatten)]
    database: Database,

    /// The file, YAML. Files it names (lists) are looked for beside it.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Only say what would change; exit code 1 if anything would.
    #[arg(long)]
    plan: bool,

    /// Put workflows live that never were. Later versions of a live workflow stay drafts.
    #[arg(long)]
    bootstrap: bool,
}

/// Runs the command.
pub(super) async fn run(options: Options) -> Result<u8, Failure> {
    let (file, secrets) = apply::read(&options.file)?;
    let store = options.database.connect().await?;
    let changes = apply::apply(
        &store,
        &Actor::command("apply"),
        &file,
        &secrets,
        ApplyOptions { bootstrap: options.bootstrap, plan: options.plan },
    )
    .await?;
    for change in &changes {
        println!("{change}");
    }
    match (changes.is_empty(), options.plan) {
        (true, _) => println!("Nothing to change."),
        (false, true) => return Ok(exit::DIFFERENCE),
        (false, false) => {}
    }
    Ok(exit::FINE)
}
