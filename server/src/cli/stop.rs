//! `meshline kill` and `meshline resume`: the kill switch.

use clap::Args;
use store::Actor;
use store::control::kill::{self, StopScope};

use super::{Database, Failure, exit};

/// What is stopped, or goes on.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// One workflow, by its name.
    #[arg(long, value_name = "NAME")]
    workflow: Option<String>,
    /// Every workflow.
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
    /// Why, for the people who find their leads in the queue.
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
}

/// Stops workflows. Once it has returned, nothing of theirs is committed to be sent, and nothing is taken to be sent.
pub(super) async fn kill(options: KillOptions) -> Result<u8, Failure> {
    let store = options.database.connect().await?;
    kill::kill(&store, &Actor::command("kill"), &options.which.scope(), &options.reason).await?;
    show(&store).await
}

/// Lets workflows go on.
pub(super) async fn resume(options: ResumeOptions) -> Result<u8, Failure> {
    let store = options.database.connect().await?;
    kill::resume(&store, &Actor::command("resume"), &options.which.scope()).await?;
    show(&store).await
}

/// Says what is stopped now.
async fn show(store: &store::Store) -> Result<u8, Failure> {
    let stops = kill::kill_switches(store).await?;
    if stops.is_empty() {
        println!("nothing is stopped");
    }
    for stop in stops {
        let what = stop.workflow.unwrap_or_else(|| "all workflows".into());
        println!("stopped: {what}, since {}: {}", engine::time::stamp(stop.killed_at), stop.reason);
    }
    Ok(exit::FINE)
}
