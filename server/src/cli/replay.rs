//! `meshline replay`: every stored decision again.

use clap::Args;
use engine::ids::DecisionId;

use super::{Database, Failure, exit};
use service::decide::Pipeline;

/// Options of `replay`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    database: Database,

    /// Every stored decision.
    #[arg(long, conflicts_with = "decision", required_unless_present = "decision")]
    all: bool,

    /// One decision.
    #[arg(value_name = "DECISION")]
    decision: Option<DecisionId>,
}

/// Decisions read at once.
const PAGE: i64 = 1000;

/// Runs the command.
pub(super) async fn run(options: Options) -> Result<u8, Failure> {
    let pipeline = Pipeline::new(options.database.connect().await?);
    let (mut same, mut erased) = (0_u64, 0_u64);
    let mut after = None;
    loop {
        let ids = match options.decision {
            Some(id) => vec![id],
            None => store::log::decision_ids(pipeline.store(), after, PAGE).await?,
        };
        let Some(last) = ids.last().copied() else { break };
        for id in ids {
            let replay = pipeline.replay(id).await?;
            match (replay.same, replay.difference) {
                (Some(true), _) => same += 1,
                (None, _) => erased += 1,
                (Some(false), difference) => {
                    println!("decision {id} comes out differently: {}", difference.unwrap_or_default());
                    return Ok(exit::DIFFERENCE);
                }
            }
        }
        after = Some(last);
        if options.decision.is_some() {
            break;
        }
    }
    println!(
        "{same} decisions come out the same, byte for byte; {erased} cannot be told, because the person was erased."
    );
    Ok(exit::FINE)
}
