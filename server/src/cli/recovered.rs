//! `meshline recovered`: continues after the database was restored or lost commits.

use clap::Args;
use store::Actor;
use store::installation::{self, RecoveryPreview};

use super::{CommandError, Database, exit};

/// Options of `recovered`.
#[derive(Debug, Args)]
pub(crate) struct RecoveredOptions {
    #[command(flatten)]
    database: Database,
    /// Reason, recorded in the audit log.
    #[arg(long, value_name = "TEXT", default_value = "Acknowledged on the command line")]
    reason: String,
    /// Only show what the command would do.
    #[arg(long)]
    plan: bool,
}

/// Begins a new incarnation, or shows what that means.
pub(super) async fn run(options: RecoveredOptions) -> Result<u8, CommandError> {
    let store = options.database.connect().await?.background();
    show(&installation::preview(&store).await?);
    if options.plan {
        println!("\nNothing was changed.");
        return Ok(exit::FINE);
    }
    let incarnation = installation::recover(&store, &Actor::command("recovered"), &options.reason).await?;
    println!(
        "\nIncarnation {incarnation} began. Start `meshline serve`; servers that are running resume within 10 seconds."
    );
    Ok(exit::FINE)
}

fn show(preview: &RecoveryPreview) {
    let last = match preview.last_decision_at {
        Some(at) => format!("the newest decision is from {}", engine::time::stamp(at)),
        None => "there are no decisions yet".into(),
    };
    println!("This database is in incarnation {}; {last}.", preview.incarnation);
    println!(
        "\
`meshline recovered` acknowledges that everything after that may be lost, and begins a new incarnation. It is recorded in
the audit log. It brings nothing back.

What destinations do next:
  - Decisions from now on count as newer than all earlier ones, including those that the database lost.
  - A lead about which decisions were lost keeps the lost one at destinations until the next decision about it.
    Send its events again with the same idempotency keys, or evaluate it again on its page.
  - {} waiting {} sent. Those that arrived before the loss keep their keys, so destinations ignore the repeat.
  - Webhook receivers must compare `incarnation` before `lead_sequence`.",
        preview.waiting,
        if preview.waiting == 1 { "delivery is" } else { "deliveries are" },
    );
}
