//! Loads all data of the page.

use std::collections::BTreeMap;

use engine::ids::{DecisionId, LeadId};
use engine::rules::analysis::NearestResult;
use serde_json::Value as Json;
use store::erasure::{HeldRecord, stored_about};
use store::leads::Lead;
use store::log::{StoredEvent, event, stored_decisions};
use store::outcomes::{self, Outcome};
use store::queue::{PastVerdict, verdicts_of};
use store::reads::frame::{WorkflowName, names_of, names_of_actors, workflow_names};
use store::reads::lead_page::{self, DecisionProof, LeadTimeline};
use store::sync::lists::{Effect, effects_of_lead};
use uuid::Uuid;

use super::decision::ExplainedDecision;
use crate::error::{Error, Missing, Result};
use crate::pages::frame::PageContext;
use crate::texts::texts;
use crate::ui::clock::Clock;
use crate::ui::words;

/// Maximum number of other decisions shown folded.
pub(super) const OTHERS: usize = 20;
/// Maximum number of effects to load for a lead.
const EFFECTS: i64 = 200;

/// Selects the decision to show; defaults to the newest.
#[derive(Clone, Debug, Default)]
pub struct LeadQuery {
    /// Selects a decision by ID.
    pub decision: Option<String>,
    /// Selects the latest decision of this workflow.
    pub workflow: Option<String>,
    /// Also finds the smallest change that would lead to another decision.
    pub nearest: bool,
    /// Loads the decision only, without history, outcomes and effects.
    pub decision_only: bool,
}

/// Data of the lead page.
pub struct LeadData {
    /// The lead's profile.
    pub lead: Lead,
    /// The selected decision.
    pub decided: Option<ExplainedDecision>,
    /// The smallest change that would lead to another decision, if requested.
    pub nearest: Option<NearestResult>,
    /// Other decisions, newest first.
    pub others: Vec<ExplainedDecision>,
    /// Whether more decisions exist than are loaded.
    pub is_cut: bool,
    /// The lead's latest decision across all workflows.
    pub newest: Option<DecisionId>,
    /// The event that explains the selected decision.
    pub event: Option<StoredEvent>,
    /// Events, decisions and merges of the lead.
    pub history: LeadTimeline,
    /// Reported outcomes of the lead.
    pub outcomes: Vec<Outcome>,
    /// Verdicts of people in the queue, newest first.
    pub verdicts: Vec<PastVerdict>,
    /// Effects of the lead, newest first.
    pub effects: Vec<Effect>,
    /// Pause reasons of the paused destinations, by name.
    pub paused: BTreeMap<String, String>,
    /// Hashes that prove the log, for an erased person.
    pub proof: Option<DecisionProof>,
    /// Names of the people who merged leads, as the audit log names actors.
    pub actors: BTreeMap<String, String>,
    /// Records that destinations still hold about an erased person.
    pub held: Option<Vec<HeldRecord>>,
    /// Time of the erasure.
    pub erased_at: Option<chrono::DateTime<chrono::Utc>>,
    /// All workflows.
    pub workflows: Vec<WorkflowName>,
    /// Names of people by e-mail address.
    pub people: BTreeMap<String, String>,
    /// The current time and the viewer's time zone.
    pub clock: Clock,
}

/// Loads the data of the lead page.
///
/// # Errors
/// Returns [`Error::NotFound`] if the lead does not exist or the decision belongs to another lead.
pub async fn load(here: &PageContext, id: LeadId, asked: &LeadQuery) -> Result<LeadData> {
    let store = &here.request.store;
    let history = async {
        if asked.decision_only { Ok(LeadTimeline::default()) } else { lead_page::history(store, id).await }
    };
    let (lead, history, workflows) =
        tokio::try_join!(store::leads::get(store, id), history, workflow_names(store))?;
    let newest =
        lead.workflows.iter().max_by_key(|standing| standing.as_of).map(|standing| standing.decision_id);
    let chosen = chosen(&lead, asked)?.or(newest);
    let mut ids: Vec<Uuid> = history
        .decisions
        .iter()
        .map(|entry| entry.id)
        .filter(|id| Some(*id) != chosen.map(|id| id.0))
        .collect();
    let is_cut = ids.len() > OTHERS;
    ids.truncate(OTHERS);
    let mut others = Vec::with_capacity(ids.len());
    let mut decided = None;
    for stored in
        stored_decisions(store, &ids.into_iter().chain(chosen.map(|id| id.0)).collect::<Vec<_>>()).await?
    {
        if stored.decision.lead_id != id {
            return Err(Error::NotFound { what: Missing::Decision });
        }
        let explained = ExplainedDecision::explain(&here.request.bundles, stored).await?;
        if Some(explained.decision().decision_id) == chosen {
            decided = Some(explained);
        } else {
            others.push(explained);
        }
    }
    others.sort_by_key(|other| std::cmp::Reverse(other.decision().as_of));
    let event = match &decided {
        Some(decided) => match decided.event() {
            Some(id) => Some(event(store, id).await?),
            None => None,
        },
        None => None,
    };
    let (erased_at, proof) = match (&decided, lead.erased) {
        (decided, true) => {
            let of =
                decided.as_ref().map(|decided| (decided.decision().decision_id, decided.decision().event_id));
            let proof = match of {
                Some((decision, event)) => Some(lead_page::proof(store, decision, event).await?),
                None => None,
            };
            (lead_page::erased_at(store, id).await?, proof)
        }
        _ => (None, None),
    };
    let actors: Vec<String> = history.merges.iter().map(|merge| merge.by_whom.clone()).collect();
    let actors = names_of_actors(store, &actors).await?;
    let held =
        if lead.erased && !asked.decision_only { Some(stored_about(store, id).await?.held) } else { None };
    let (outcomes, verdicts, effects, paused): (Vec<Outcome>, Vec<PastVerdict>, Vec<Effect>, _) =
        if asked.decision_only {
            Default::default()
        } else {
            tokio::try_join!(
                outcomes::of_lead(store, id),
                verdicts_of(store, id),
                effects_of_lead(store, id, None, EFFECTS),
                lead_page::paused_destinations(store),
            )?
        };
    let mut known = addresses(&lead, &history, &outcomes, decided.as_ref());
    known.extend(verdicts.iter().filter_map(|past: &PastVerdict| past.assignee.clone()));
    let people = names_of(store, &known).await?;
    let nearest = match &decided {
        Some(decided) if asked.nearest => decided.nearest().await?,
        _ => None,
    };
    Ok(LeadData {
        decided,
        nearest,
        others,
        is_cut,
        newest,
        event,
        outcomes,
        verdicts,
        effects,
        paused,
        history,
        lead,
        proof,
        held,
        actors,
        erased_at,
        workflows,
        people,
        clock: here.clock,
    })
}

/// Returns the decision that the URL selects.
fn chosen(lead: &Lead, asked: &LeadQuery) -> Result<Option<DecisionId>> {
    if let Some(id) = &asked.decision {
        return id.parse().map(Some).map_err(|_| Error::NotFound { what: Missing::Decision });
    }
    let standing = asked
        .workflow
        .as_ref()
        .and_then(|name| lead.workflows.iter().find(|standing| standing.workflow == *name));
    Ok(standing.map(|standing| standing.decision_id))
}

/// Returns the e-mail addresses of all people to name: assignees, pool members, reporters of outcomes, and
/// authors of overrides.
fn addresses(
    lead: &Lead,
    history: &LeadTimeline,
    outcomes: &[Outcome],
    decided: Option<&ExplainedDecision>,
) -> Vec<String> {
    let picked =
        history.decisions.iter().filter_map(|entry| entry.parameters.get("assignee").and_then(Json::as_str));
    let named = outcomes.iter().filter_map(|outcome| outcome.by.clone());
    let members = decided.into_iter().flat_map(ExplainedDecision::members).map(|member| member.person);
    let overrides = decided.into_iter().flat_map(|decided| decided.decision().human_overrides.iter());
    let overrides = overrides.map(|human| human.by.clone());
    let mut all: Vec<String> = picked
        .map(str::to_owned)
        .chain(lead.assignee.clone())
        .chain(named)
        .chain(members)
        .chain(overrides)
        .collect();
    all.sort();
    all.dedup();
    all
}

impl LeadData {
    /// Returns the lead's display name and its remaining contact data.
    pub fn who(&self) -> (String, String) {
        if self.lead.erased {
            return (texts().lead_erased_person(), String::new());
        }
        let lead = &self.lead;
        words::lead(
            lead.name.as_ref(),
            lead.company.as_ref(),
            lead.email.as_ref(),
            lead.external_id.as_deref(),
        )
    }

    /// Returns the person's verdict on a decision that stands: the newest one, unless it took another one back.
    pub fn standing_verdict(&self, decision: DecisionId) -> Option<&PastVerdict> {
        let newest = self.verdicts.iter().find(|past| past.decision_id == decision.0)?;
        Some(newest).filter(|past| past.kind != <&str>::from(store::queue::Kind::GiveBack))
    }

    /// Returns the title of a workflow.
    pub fn workflow(&self, id: Uuid) -> String {
        self.workflows
            .iter()
            .find(|workflow| workflow.id == id)
            .map_or_else(String::new, |workflow| workflow.title.clone())
    }

    /// Returns the name of a person, or the e-mail address if no name exists.
    pub fn person(&self, email: &str) -> String {
        self.people.get(email).cloned().unwrap_or_else(|| email.to_owned())
    }
}
