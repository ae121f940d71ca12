//! `meshline erase`: erases a person.

use clap::Args;
use engine::ids::LeadId;
use service::erasure;
use store::erasure::{StoredAboutPerson, stored_about};
use store::outcomes::{self, OutcomeSubject};
use store::{Actor, Store, leads};

use super::{CommandError, Database, exit};

/// Options of `erase`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    database: Database,
    /// ID or e-mail address of the lead.
    #[arg(value_name = "LEAD")]
    lead: String,
    /// Reason, kept in the audit log. Leave personal data out of it.
    #[arg(long, value_name = "TEXT", default_value = "Erased on the command line")]
    reason: String,
    /// Erase without asking. Without it, the command only shows what it would erase.
    #[arg(long)]
    yes: bool,
}

/// Erases a person, or shows what would be erased.
pub(super) async fn run(options: Options) -> Result<u8, CommandError> {
    let store = options.database.connect().await?.background();
    let lead = find(&store, &options.lead).await?;
    if leads::get(&store, lead).await?.erased {
        println!("lead {lead} has already been erased");
        show_held(&stored_about(&store, lead).await?);
        return Ok(exit::FINE);
    }
    let stored = stored_about(&store, lead).await?;
    if !options.yes {
        show(&stored);
        show_held(&stored);
        return Err(CommandError::Usage(
            "nothing was erased: this cannot be undone, so add --yes to confirm".into(),
        ));
    }
    for erased in erasure::erase(&store, &Actor::command("erase"), lead, &options.reason).await? {
        println!("erased: lead {erased}");
    }
    show_held(&stored);
    Ok(exit::FINE)
}

/// Finds a lead by its ID or e-mail address.
async fn find(store: &Store, text: &str) -> Result<LeadId, CommandError> {
    if let Ok(id) = text.parse::<LeadId>() {
        return Ok(id);
    }
    let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
    let found =
        outcomes::find(&mut connection, store.keyring(), &OutcomeSubject::Email(text.to_owned())).await?;
    found.ok_or_else(|| CommandError::Usage("no lead has this ID or e-mail address".into()))
}

fn show(stored: &StoredAboutPerson) {
    for lead in &stored.leads {
        println!("would erase: lead {lead}");
    }
    let StoredAboutPerson { events, decisions, identities, waiting, .. } = stored;
    println!(
        "would destroy: the profile, {identities} identities, and the key to {events} events and the inputs of {decisions} decisions"
    );
    println!("would withdraw: {waiting} waiting deliveries");
}

fn show_held(stored: &StoredAboutPerson) {
    if stored.held.is_empty() {
        println!("no destination holds anything about this person");
    }
    for record in &stored.held {
        let last = engine::time::stamp(record.last_at);
        println!(
            "still at {}: {} ({} deliveries, last {last})",
            record.destination, record.remote_key, record.deliveries
        );
    }
}
