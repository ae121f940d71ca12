//! `meshline replay`: replays stored decisions.

use clap::Args;
use engine::ids::DecisionId;

use super::{CommandError, Database, exit};
use service::decide::{Pipeline, ReplayRange, ReplayReport};

/// Options of `replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayOptions {
    #[command(flatten)]
    database: Database,

    /// Replay every stored decision.
    #[arg(long, conflicts_with = "decision", required_unless_present = "decision")]
    all: bool,

    /// Replay one decision.
    #[arg(value_name = "DECISION")]
    decision: Option<DecisionId>,
}

/// Runs the command.
pub(super) async fn run(options: ReplayOptions) -> Result<u8, CommandError> {
    let pipeline = Pipeline::new(options.database.connect().await?.background());
    match options.decision {
        Some(id) => one(&pipeline, id).await,
        None => all(&pipeline).await,
    }
}

async fn one(pipeline: &Pipeline, id: DecisionId) -> Result<u8, CommandError> {
    let replay = pipeline.replay(id).await?;
    if let (Some(false), difference) = (replay.same, replay.difference) {
        println!("decision {id} differs: {}", difference.unwrap_or_default());
        return Ok(exit::DIFFERENCE);
    }
    print_summary(u64::from(replay.same.is_some()), u64::from(replay.same.is_none()));
    Ok(exit::FINE)
}

async fn all(pipeline: &Pipeline) -> Result<u8, CommandError> {
    let (range, mut report) = (ReplayRange::default(), ReplayReport::default());
    while pipeline.replay_next(&range, &mut report).await? {}
    print_summary(report.same, report.erased);
    if report.different == 0 {
        return Ok(exit::FINE);
    }
    println!("{} decisions differ. The first of them:", report.different);
    for difference in &report.differences {
        let found = pipeline.replay(difference.decision_id).await?.difference.unwrap_or_default();
        println!("decision {} differs: {found}", difference.decision_id);
    }
    Ok(exit::DIFFERENCE)
}

fn print_summary(same: u64, erased: u64) {
    println!(
        "{same} decisions are identical byte for byte; {erased} could not be replayed because the person was erased."
    );
}
