//! One of two leads that are compared.

use std::collections::BTreeMap;

use engine::ids::LeadId;
use leptos::either::Either;
use leptos::prelude::*;
use store::Store;
use store::leads::{self, Lead};
use store::merges::{self, KnownBy};
use store::outcomes::{self, Outcome};
use store::reads::frame::{WorkflowName, names_of};
use store::reads::lead_page::{self, LeadTimeline};

use crate::error::Result;
use crate::texts::{part, texts};
use crate::ui::clock::Clock;
use crate::ui::{number, words};

/// A lead with everything that the comparison shows.
pub struct ComparedLead {
    pub lead: Lead,
    identities: Vec<KnownBy>,
    history: LeadTimeline,
    outcomes: Vec<Outcome>,
    people: BTreeMap<String, String>,
}

impl ComparedLead {
    /// Loads a lead.
    ///
    /// # Errors
    /// Returns an error if the lead does not exist or the database fails.
    pub async fn load(store: &Store, id: LeadId) -> Result<Self> {
        let (lead, identities, history, outcomes) = tokio::try_join!(
            leads::get(store, id),
            merges::known_by(store, id),
            lead_page::history(store, id),
            outcomes::of_lead(store, id),
        )?;
        let assignee: Vec<String> = lead.assignee.clone().into_iter().collect();
        let people = names_of(store, &assignee).await?;
        Ok(Self { lead, identities, history, outcomes, people })
    }

    /// Returns the lead's display name.
    pub fn name(&self) -> String {
        if self.lead.erased {
            return texts().merges_erased_person();
        }
        let Lead { name, company, email, external_id, .. } = &self.lead;
        words::lead(name.as_ref(), company.as_ref(), email.as_ref(), external_id.as_deref()).0
    }

    /// Returns the cells of the comparison, in the order of [`rows`].
    pub fn cells(&self, workflows: &[WorkflowName], clock: Clock) -> Vec<ComparedCell> {
        let lead = &self.lead;
        let text = |value: &Option<String>| ComparedCell::text(value.clone());
        let assignee = lead.assignee.as_ref().map(|email| self.people.get(email).unwrap_or(email).clone());
        let events = self.history.events.len() as i64;
        vec![
            text(&lead.name),
            text(&lead.email),
            text(&lead.company),
            text(&lead.domain),
            text(&lead.external_id),
            ComparedCell::view(self.known()),
            ComparedCell::view(clock.stamp(lead.created_at)),
            ComparedCell::view(texts().merges_events_count(events, number::count(events))),
            ComparedCell::view(self.decisions(workflows, clock)),
            ComparedCell::text(assignee),
            ComparedCell::text(lead.stage.as_deref().map(words::stage_named)),
            ComparedCell::view(self.reported(clock)),
        ]
    }

    fn known(&self) -> impl IntoView + use<> {
        let line = |known: &KnownBy| {
            let identity = match known.kind.as_str() {
                "email" => texts().merges_known_email(),
                _ => texts().merges_known_id(&known.source),
            };
            let identity = match known.count {
                ..=1 => identity,
                count => texts().merges_known_several(identity, number::count(count)),
            };
            view! { <li>{identity}</li> }
        };
        view! { <ul class="plain-list">{self.identities.iter().map(line).collect_view()}</ul> }
    }

    fn decisions(&self, workflows: &[WorkflowName], clock: Clock) -> impl IntoView + use<> {
        let title = |name: &str| {
            let found = workflows.iter().find(|workflow| workflow.name == name);
            found.map_or_else(|| name.to_owned(), |workflow| workflow.title.clone())
        };
        let line = |state: &store::leads::LeadInWorkflow| {
            let workflow = title(&state.workflow);
            let (start, before, end) = match state.queue.as_deref() {
                None => {
                    let said = texts().merges_decision_in(workflow);
                    (part(said.s0), part(said.s1), part(said.s2))
                }
                Some("manual") => {
                    let said = texts().merges_decision_in_manual_queue(workflow);
                    (part(said.s0), part(said.s1), part(said.s2))
                }
                Some(_) => {
                    let said = texts().merges_decision_in_sdr_queue(workflow);
                    (part(said.s0), part(said.s1), part(said.s2))
                }
            };
            let href = format!("/leads/{}?decision={}", self.lead.lead_id, state.decision_id);
            let done = words::action_done(state.action);
            view! { <li>{start}<a href=href>{done}</a>{before}{clock.stamp_in_sentence(state.as_of)}{end}</li> }
        };
        view! { <ul class="plain-list">{self.lead.workflows.iter().map(line).collect_view()}</ul> }
    }

    fn reported(&self, clock: Clock) -> impl IntoView + use<> {
        let line = |outcome: &Outcome| {
            let stage = words::stage(outcome.stage);
            let Some(at) = outcome.at else { return Either::Left(view! { <li>{stage}</li> }) };
            let said = texts().merges_outcome_at();
            Either::Right(
                view! { <li>{part(said.s0)}{stage}{part(said.s1)}{clock.stamp_in_sentence(at)}{part(said.s2)}</li> },
            )
        };
        view! { <ul class="plain-list">{self.outcomes.iter().map(line).collect_view()}</ul> }
    }
}

/// Returns the heads of the rows of the comparison.
pub fn rows() -> [String; 12] {
    [
        texts().merges_name(),
        texts().merges_email(),
        texts().merges_company(),
        texts().merges_domain(),
        texts().merges_external_id(),
        texts().merges_known_by(),
        texts().merges_first_event(),
        texts().merges_events(),
        texts().merges_decisions(),
        texts().merges_assignee(),
        texts().merges_stage(),
        texts().merges_outcomes(),
    ]
}

/// A cell of the comparison. Texts of both sides are compared.
pub struct ComparedCell {
    pub text: Option<String>,
    pub shown: AnyView,
}

impl ComparedCell {
    fn text(text: Option<String>) -> Self {
        let shown = match &text {
            Some(text) => view! { <bdi>{text.clone()}</bdi> }.into_any(),
            None => view! { <span class="quiet">{texts().merges_unknown()}</span> }.into_any(),
        };
        Self { text, shown }
    }

    fn view(shown: impl IntoView + 'static) -> Self {
        Self { text: None, shown: shown.into_any() }
    }
}
