//! Records outcomes: what happened to leads after they were decided.

use engine::ids::{LeadId, OutcomeId};
use store::ingest::{self, KeyClaim, KeyClaimResult};
use store::outcomes::{self, OutcomeInput, OutcomeRow, OutcomeSubject};
use store::refresh::Topic;

use super::{Pipeline, Receipt, TRIES};

/// A recorded outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedOutcome {
    /// The outcome's id.
    pub outcome_id: OutcomeId,
    /// The lead that it belongs to.
    pub lead_id: LeadId,
    /// Whether it had been recorded before.
    pub repeat: bool,
}

/// Why an outcome was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutcomeRefusal {
    /// The key was used for another body.
    #[error("this idempotency key was already used with a different body")]
    KeyReused,
    /// The subject matches no lead, or more than one.
    #[error("no lead, or more than one, matches")]
    UnknownLead,
    /// The person was erased.
    #[error("the person was erased")]
    Erased,
}

/// An outcome with its idempotency key.
#[derive(Clone, Debug)]
pub struct OutcomeSignal {
    /// The scope in which the key is unique: `outcome`, or the scope of an import.
    pub scope: String,
    /// The idempotency key.
    pub key: String,
    /// The canonical body, which distinguishes a repeat from another use of the key.
    pub body: Vec<u8>,
    /// The lead, as the caller identifies it.
    pub subject: OutcomeSubject,
    /// The outcome to record.
    pub input: OutcomeInput,
}

impl Pipeline {
    /// Records outcomes in one transaction and returns one result per outcome, in order.
    ///
    /// # Errors
    /// Returns an error if the database fails. No outcome was recorded in that case.
    pub async fn record_outcomes(
        &self,
        receipt: &Receipt,
        signals: &[OutcomeSignal],
    ) -> store::Result<Vec<Result<RecordedOutcome, OutcomeRefusal>>> {
        let mut tries = 0;
        loop {
            match self.try_outcomes(receipt, signals).await {
                Err(error) if error.is_transient() && tries < TRIES => tries += 1,
                other => return other,
            }
        }
    }

    async fn try_outcomes(
        &self,
        receipt: &Receipt,
        signals: &[OutcomeSignal],
    ) -> store::Result<Vec<Result<RecordedOutcome, OutcomeRefusal>>> {
        let keyring = self.store().keyring();
        let mut tx = self.store().begin().await?;
        let named = resolve(&mut tx, keyring, signals).await?;
        let keys = outcomes::lock_leads(&mut tx, keyring, &named.iter().flatten().copied().collect()).await?;
        let mut answers: Vec<Result<RecordedOutcome, OutcomeRefusal>> = Vec::with_capacity(signals.len());
        let mut claims = Vec::new();
        for (n, (signal, lead)) in signals.iter().zip(&named).enumerate() {
            // Only a storable outcome claims its key, so a caller that sends an outcome before its lead can send it again.
            answers.push(match lead.map(|lead| (lead, keys.get(&lead))) {
                None => Err(OutcomeRefusal::UnknownLead),
                Some((lead, Some(Some(key)))) => {
                    let id = engine::ids::mint_nth(receipt.received_at, n, rand::random());
                    let scope = signal.scope.clone();
                    let claim =
                        KeyClaim::new(keyring, scope, &signal.key, &signal.body, id, receipt.received_at);
                    claims.push((
                        n,
                        claim,
                        OutcomeRow::new(
                            id,
                            lead,
                            key,
                            &signal.input,
                            receipt.received_at,
                            &receipt.received_from,
                        ),
                    ));
                    Ok(RecordedOutcome { outcome_id: id.into(), lead_id: lead, repeat: false })
                }
                Some(_) => Err(OutcomeRefusal::Erased),
            });
        }
        let wanted: Vec<KeyClaim> = claims.iter().map(|(_, claim, _)| claim.clone()).collect();
        let claimed = ingest::claim_keys(&mut tx, &wanted).await?;
        let mut rows = Vec::new();
        for ((n, _, row), claimed) in claims.into_iter().zip(claimed) {
            match claimed {
                KeyClaimResult::Fresh => rows.push(row),
                KeyClaimResult::Repeat(first) => {
                    answers[n] = Ok(RecordedOutcome {
                        outcome_id: first.into(),
                        lead_id: row.lead_id.into(),
                        repeat: true,
                    })
                }
                KeyClaimResult::Other => answers[n] = Err(OutcomeRefusal::KeyReused),
            }
        }
        outcomes::insert(&mut tx, &rows).await?;
        let leads: Vec<_> = rows.iter().map(|row| row.lead_id).collect();
        store::queue::close(&mut tx, &leads).await?;
        tx.commit().await?;
        if !rows.is_empty() {
            self.store().mark(&[Topic::Leads, Topic::Queue]);
        }
        Ok(answers)
    }
}

async fn resolve(
    tx: &mut sqlx::PgConnection,
    keyring: &store::Keyring,
    signals: &[OutcomeSignal],
) -> store::Result<Vec<Option<LeadId>>> {
    let ids: Vec<uuid::Uuid> = signals
        .iter()
        .filter_map(|signal| if let OutcomeSubject::Lead(id) = &signal.subject { Some(id.0) } else { None })
        .collect();
    let followed = outcomes::follow(tx, &ids).await?;
    let mut named = Vec::with_capacity(signals.len());
    for signal in signals {
        named.push(match &signal.subject {
            OutcomeSubject::Lead(id) => followed.get(&id.0).copied().map(LeadId),
            other => outcomes::find(tx, keyring, other).await?,
        });
    }
    Ok(named)
}
