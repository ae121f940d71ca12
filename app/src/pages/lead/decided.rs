//! A decision together with what explains it.

use std::sync::Arc;

use engine::bundle::StoredPick;
use engine::content::{EventDocument, Known, NotRead};
use engine::decision::Decision;
use engine::ids::EventId;
use engine::rules::Explanation;
use engine::rules::analysis::Nearest;
use engine::rules::pick::Member;
use service::Bundles;
use service::bundles::ReadableBundle;
use service::figures::is_reproduced;
use store::log::{StoredDecision, StoredEvent};

use crate::error::{Error, Result};

/// A decision together with what explains it.
pub struct Decided {
    /// The decision as it is stored.
    pub stored: StoredDecision,
    /// The rules it was made by.
    pub rules: Arc<ReadableBundle>,
    /// Why, rule by rule; `None` once the person has been erased.
    pub explanation: Option<Explanation>,
}

impl Decided {
    /// Explains a decision.
    ///
    /// # Errors
    /// When its bundle cannot be read.
    pub async fn explain(bundles: &Bundles, stored: StoredDecision) -> store::Result<Self> {
        let rules = bundles.readable(&stored.decision.bundle).await?;
        let (as_of, conditions) = (stored.decision.as_of, &stored.decision.conditions);
        let explain = |snapshot| rules.bundle.explain(snapshot, as_of, conditions);
        let explanation = stored.decision.content_snapshot.as_ref().map(explain);
        Ok(Self { stored, rules, explanation })
    }

    /// The decision.
    pub fn decision(&self) -> &Decision {
        &self.stored.decision
    }

    /// The event whose text explains it: the one that was decided on, or the newest that a field was read from.
    pub fn event(&self) -> Option<EventId> {
        let fields = self.decision().content_snapshot.iter().flat_map(|snapshot| snapshot.fields.values());
        let read = fields.flat_map(|field| &field.evidence).map(|evidence| evidence.event_id).max();
        self.decision().event_id.or(read)
    }

    /// How the person was picked; nothing when nobody was to be picked.
    pub fn pick(&self) -> Option<StoredPick> {
        serde_json::from_value(self.stored.pick.clone()?).ok()
    }

    /// Everybody in the pool that was picked from.
    pub fn members(&self) -> Vec<Member> {
        let pool = self.pick().and_then(|pick| Some(self.rules.bundle.pool(&pick.pool)?.1));
        pool.map(|pool| pool.members.clone()).unwrap_or_default()
    }

    /// What stood in the event and could not be read, and why: read again, since only what was read is kept. The same map
    /// says the same of the same event.
    pub fn not_read(&self, event: &StoredEvent) -> Vec<NotRead> {
        let Some(document) = &event.body else { return Vec::new() };
        self.rules.bundle.read(&EventDocument { id: event.id, document }, &Known::default()).1
    }

    /// The nearest change that would have led to another decision; nothing once the person has been erased.
    ///
    /// # Errors
    /// [`Error::Internal`] when the server stops meanwhile.
    pub async fn nearest(&self) -> Result<Option<Nearest>> {
        let Some(snapshot) = self.decision().content_snapshot.clone() else { return Ok(None) };
        let (rules, as_of) = (self.rules.clone(), self.decision().as_of);
        // Many changes are tried where rules are many, which other requests are not to wait for.
        let found = tokio::task::spawn_blocking(move || rules.bundle.nearest_change(&snapshot, as_of));
        found.await.map(Some).map_err(|_| Error::Internal)
    }

    /// Whether the person was erased, and the inputs with them.
    pub fn is_erased(&self) -> bool {
        self.explanation.is_none()
    }

    /// Whether the rules come to the same on the stored inputs as they did then. They must; if not, something was
    /// tampered with.
    pub fn is_true_to_log(&self) -> bool {
        self.explanation.as_ref().is_none_or(|explanation| is_reproduced(self.decision(), explanation))
    }
}
