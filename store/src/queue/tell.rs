//! What a verdict tells the workflow's destinations.
//!
//! Hand-written SQL: it shares the path of effects with the commit of events.

use engine::action::Action;
use engine::decision::{Decision, Mode};
use engine::effect::PersonVerdict;
use engine::ids::EffectId;
use sqlx::types::Json as Column;
use sqlx::{FromRow, PgConnection};

use super::Place;
use crate::error::Result;
use crate::ingest::{EffectRow, LeadThen, Profile, insert_effects};
use crate::keyring::DataKey;
use crate::workflows::{Definition, targets};

/// Gives a verdict its number among what was decided about the lead, and writes its effects to the destinations that take this
/// action, as a decision of it would have; answers whether there are any. In a stopped workflow they wait, as all of its
/// effects do. What was decided on trial has no effects.
pub(super) async fn tell(
    connection: &mut PgConnection,
    key: DataKey,
    place: Place,
    decision: &Decision,
    verdict: &PersonVerdict,
    action: Action,
) -> Result<bool> {
    if matches!(decision.mode, Mode::Historical | Mode::Simulation | Mode::Shadow) {
        return Ok(false);
    }
    let lead = number(connection, place, key).await?;
    let definition: Column<Definition> = sqlx::query_scalar("SELECT definition FROM workflows WHERE id = $1")
        .bind(place.workflow.0)
        .fetch_one(&mut *connection)
        .await?;
    let targets = targets(connection, definition.0).await?;
    let rows = targets
        .iter()
        .filter(|(_, target)| target.wants(action))
        .enumerate()
        .map(|(n, (destination, target))| {
            let id = EffectId(engine::ids::mint_nth(verdict.at, n, rand::random()));
            EffectRow::new(id, &lead, place.workflow, decision, Some(verdict), (*destination, target))
        })
        .collect::<Result<Vec<_>>>()?;
    insert_effects(connection, &rows).await?;
    Ok(!rows.is_empty())
}

/// The lead, whose row is locked, with its next number.
async fn number(connection: &mut PgConnection, place: Place, key: DataKey) -> Result<LeadThen> {
    #[derive(FromRow)]
    struct Row {
        sequence: i64,
        email: Option<String>,
        name: Option<String>,
        company: Option<String>,
        domain: Option<String>,
        external_source: Option<String>,
        external_id: Option<String>,
    }
    let row: Row = sqlx::query_as(
        "UPDATE leads SET sequence = sequence + 1 WHERE id = $1 \
         RETURNING sequence, email, name, company, domain, external_source, external_id",
    )
    .bind(place.lead.0)
    .fetch_one(connection)
    .await?;
    let profile = Profile {
        email: row.email,
        name: row.name,
        company: row.company,
        domain: row.domain,
        external_source: row.external_source,
        external_id: row.external_id,
    };
    Ok(LeadThen { id: place.lead, key, sequence: row.sequence, profile })
}
