//! `meshline apply`: applies a workflow file.

use std::path::PathBuf;

use clap::Args;
use service::apply::{self, ApplyOptions};
use store::Actor;

use super::{CommandError, Database, exit};

/// Options of `apply`.
///
/// Lists, pools, destinations and workflows are applied together or not at all. New and changed content becomes drafts;
/// nothing that is live changes. Applying the same file again changes nothing.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ApplyFileOptions {
    #[command(flatten)]
    database: Database,

    /// Workflow file, YAML. Paths of files it refers to, such as lists, are relative to its folder.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Only show what would change, and exit with code 1 if anything would.
    #[arg(long)]
    plan: bool,

    /// Go live with workflows that have never been live. Later versions of a live workflow remain drafts.
    #[arg(long)]
    bootstrap: bool,
}

/// Runs the command.
pub(super) async fn run(options: ApplyFileOptions) -> Result<u8, CommandError> {
    let (file, secrets) = apply::read(&options.file)?;
    let store = options.database.connect().await?.background();
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
        (true, _) => println!("No changes."),
        (false, true) => return Ok(exit::DIFFERENCE),
        (false, false) => {}
    }
    Ok(exit::FINE)
}
