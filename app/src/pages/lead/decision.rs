//! A decision and its explanation.

use std::sync::Arc;

use engine::bundle::StoredPick;
use engine::content::{EventDocument, ExtractionContext, UnreadValue};
use engine::decision::Decision;
use engine::ids::EventId;
use engine::rules::Explanation;
use engine::rules::analysis::NearestResult;
use engine::rules::pick::Member;
use service::Bundles;
use service::bundles::ReadableBundle;
use service::figures::is_reproduced;
use store::log::{StoredDecision, StoredEvent};

use crate::error::{Error, Result};

/// A decision and its explanation.
pub struct ExplainedDecision {
    /// The decision as stored.
    pub stored: StoredDecision,
    /// The bundle that decided.
    pub rules: Arc<ReadableBundle>,
    /// The explanation of each rule; `None` once the person is erased.
    pub explanation: Option<Explanation>,
}

impl ExplainedDecision {
    /// Explains a stored decision.
    ///
    /// # Errors
    /// Returns an error if its bundle cannot be read.
    pub async fn explain(bundles: &Bundles, stored: StoredDecision) -> store::Result<Self> {
        let rules = bundles.readable(&stored.decision.bundle).await?;
        let (as_of, conditions) = (stored.decision.as_of, &stored.decision.conditions);
        let explain = |snapshot| rules.bundle.explain(snapshot, as_of, conditions);
        let explanation = stored.decision.content_snapshot.as_ref().map(explain);
        Ok(Self { stored, rules, explanation })
    }

    /// Returns the decision.
    pub fn decision(&self) -> &Decision {
        &self.stored.decision
    }

    /// Returns the event that explains the decision: the one that triggered it, or else the newest one that
    /// a field was read from.
    pub fn event(&self) -> Option<EventId> {
        let fields = self.decision().content_snapshot.iter().flat_map(|snapshot| snapshot.fields.values());
        let read = fields.flat_map(|field| &field.evidence).map(|evidence| evidence.event_id).max();
        self.decision().event_id.or(read)
    }

    /// Returns how the assignee was picked; `None` if the decision picks no one.
    pub fn pick(&self) -> Option<StoredPick> {
        serde_json::from_value(self.stored.pick.clone()?).ok()
    }

    /// Returns all members of the pool that the assignee was picked from.
    pub fn members(&self) -> Vec<Member> {
        let pool = self.pick().and_then(|pick| Some(self.rules.bundle.pool(&pick.pool)?.1));
        pool.map(|pool| pool.members.clone()).unwrap_or_default()
    }

    /// Returns the values of the event that could not be read, with reasons. Only successful reads are
    /// stored, so this reads the event again; the same map always gives the same result for the same event.
    pub fn not_read(&self, event: &StoredEvent) -> Vec<UnreadValue> {
        let Some(document) = &event.body else { return Vec::new() };
        self.rules.bundle.read(&EventDocument { id: event.id, document }, &ExtractionContext::default()).1
    }

    /// Returns the smallest change to the inputs that would have changed the decision; `None` once the
    /// person is erased.
    ///
    /// # Errors
    /// Returns [`Error::Internal`] if the server shuts down during the search.
    pub async fn nearest(&self) -> Result<Option<NearestResult>> {
        let Some(snapshot) = self.decision().content_snapshot.clone() else { return Ok(None) };
        let (rules, as_of) = (self.rules.clone(), self.decision().as_of);
        // Large rule sets need many attempts, which would otherwise block other requests.
        let found = tokio::task::spawn_blocking(move || rules.bundle.nearest_change(&snapshot, as_of));
        found.await.map(Some).map_err(|_| Error::Internal)
    }

    /// Returns whether the person was erased along with the inputs.
    pub fn is_erased(&self) -> bool {
        self.explanation.is_none()
    }

    /// Returns whether the rules still reproduce the decision from the stored inputs. A mismatch means that
    /// the log or the bundle was tampered with.
    pub fn is_true_to_log(&self) -> bool {
        self.explanation.as_ref().is_none_or(|explanation| is_reproduced(self.decision(), explanation))
    }
}
