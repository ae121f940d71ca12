//! Filters of the queue.

use engine::action::Action;
use engine::ids::LeadId;
use serde::{Deserialize, Serialize};
use store::queue::QueueListFilter;
use store::reads::frame::WorkflowName;

use crate::actions::LocalPath;
use crate::context::Viewer;

/// The filters of the queue, as the address and every form on the page carry them; empty ones do not apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueFilter {
    /// The workflow's name.
    pub workflow: String,
    /// `sdr` or `manual`.
    pub queue: String,
    /// What the rules suggest.
    pub action: String,
    /// `mine`: what the viewer works on or is assigned.
    pub of: String,
}

impl QueueFilter {
    /// Returns the names and values that are set.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("workflow", &self.workflow),
            ("queue", &self.queue),
            ("action", &self.action),
            ("of", &self.of),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.as_str()))
    }

    /// Converts to the store's filter. Values that do not parse do not apply.
    pub fn filter(&self, workflows: &[WorkflowName], viewer: Option<&Viewer>) -> QueueListFilter {
        let workflow = workflows.iter().find(|known| known.name == self.workflow).map(|known| known.id);
        let queue = ["sdr", "manual"].into_iter().find(|queue| *queue == self.queue);
        let of = viewer.filter(|_| self.of == "mine").map(|viewer| (viewer.id, viewer.email.clone()));
        QueueListFilter { workflow, queue, suggested: self.action.parse::<Action>().ok(), of }
    }

    /// Returns the address of the queue with these filters and, if given, an open lead.
    pub fn href(&self, open: Option<(LeadId, &str)>) -> String {
        let own = self.pairs().map(|(name, value)| (name, value.to_owned()));
        let open = open
            .into_iter()
            .flat_map(|(lead, workflow)| [("lead", lead.to_string()), ("in", workflow.to_owned())]);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let pairs: Vec<String> = own
            .chain(open)
            .map(|(name, value)| {
                format!("{name}={}", value.chars().filter(|c| is_plain(*c)).collect::<String>())
            })
            .collect();
        if pairs.is_empty() { "/queue".into() } else { format!("/queue?{}", pairs.join("&")) }
    }

    /// Like [`Self::href`], as a redirect target.
    pub fn path(&self, open: Option<(LeadId, &str)>) -> LocalPath {
        crate::actions::back_to(Some(&self.href(open)), "/queue")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_what_is_set_and_nothing_strange() {
        let shown = QueueFilter {
            workflow: "inbound-form".into(),
            action: "assign&x=1//".into(),
            ..QueueFilter::default()
        };
        assert_eq!(QueueFilter::default().href(None), "/queue");
        assert_eq!(shown.href(None), "/queue?workflow=inbound-form&action=assignx1");
        let lead = LeadId(uuid::Uuid::nil());
        assert_eq!(
            QueueFilter::default().href(Some((lead, "revive"))),
            "/queue?lead=00000000-0000-0000-0000-000000000000&in=revive"
        );
    }
}
