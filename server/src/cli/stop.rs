//! `meshline kill` and `meshline resume`: stop and resume workflows.

use clap::Args;
use store::Actor;
use store::control::kill::{self, StopScope};

use super::{CommandError, Database, exit};

/// The workflows to stop or resume.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// Name of one workflow.
    #[arg(long, value_name = "NAME")]
    workflow: Option<String>,
    /// All workflows.
    #[arg(long)]
    all: bool,
}

impl Which {
    fn scope(self) -> StopScope {
        self.workflow.map_or(StopScope::All, StopScope::Workflow)
    }
}

/// Options of `kill`.
#[derive(Debug, Args)]
pub(crate) struct KillOptions {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    which: Which,
    /// Reason, shown to the people who find the leads in their queue.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Options of `resume`.
#[derive(Debug, Args)]
pub(crate) struct ResumeOptions {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    which: Which,
    /// Reason, recorded in the audit log.
    #[arg(long, value_name = "TEXT", default_value = "Resumed from the command line")]
    reason: String,
}

/// Stops workflows. After it returns, no more of their effects are committed or claimed.
pub(super) async fn kill(options: KillOptions) -> Result<u8, CommandError> {
    let store = options.database.connect_to_any_schema().await?.access();
    let problems =
        kill::kill(&store, &Actor::command("kill"), &options.which.scope(), &options.reason).await?;
    for problem in problems {
        eprintln!("meshline: stopped, but {problem}");
    }
    show(&store).await
}

/// Resumes workflows.
pub(super) async fn resume(options: ResumeOptions) -> Result<u8, CommandError> {
    let store = options.database.connect_to_any_schema().await?.access();
    kill::resume(&store, &Actor::command("resume"), &options.which.scope(), &options.reason).await?;
    show(&store).await
}

/// Prints the stopped workflows.
async fn show(store: &store::Store) -> Result<u8, CommandError> {
    let stops = kill::kill_switches(store).await?;
    if stops.is_empty() {
        println!("no workflow is stopped");
    }
    for stop in stops {
        let what = stop.workflow.unwrap_or_else(|| "all workflows".into());
        println!("stopped: {what}, since {}: {}", engine::time::stamp(stop.killed_at), stop.reason);
    }
    Ok(exit::FINE)
}
