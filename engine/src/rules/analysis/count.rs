//! Counts the leads that findings affect: leads that match a rule but never reach it, that are held at a rule
//! that never applies, that reach a rule with a constant part or an empty list, or that no rule decides.

use super::{Analysis, FindingKind};
use crate::decision::Outcome3;
use crate::rules::row::Row;
use crate::rules::rule_set::{Inputs, RuleSet, ScanStop};
use crate::rules::vector::{Columns, Lookups, Plan};

impl Analysis {
    /// Counts the leads of columns.
    pub fn count_columns(&mut self, rules: &RuleSet, columns: &Columns, lookups: &mut Lookups<'_>) {
        let mut plan = Plan::new(rules, columns, lookups);
        let counts = plan.counts();
        let stopped = |rule: usize| counts.fired[rule] + counts.held[rule];
        for finding in &mut self.findings {
            let leads = match (finding.rule, &finding.kind) {
                (None, FindingKind::Gap) => counts.default,
                (Some(rule), FindingKind::Unsatisfiable { .. }) => counts.held[rule],
                (
                    Some(rule),
                    FindingKind::Unreachable { .. }
                    | FindingKind::Duplicate { .. }
                    | FindingKind::Contradicting { .. },
                ) => plan.holding(rule),
                (Some(rule), FindingKind::OutOfRange { .. } | FindingKind::EmptyList { .. }) => {
                    counts.total() - (0..rule).map(stopped).sum::<u64>()
                }
                _ => continue,
            };
            *finding.leads.get_or_insert(0) += leads;
        }
    }

    /// Counts one lead.
    pub fn count(&mut self, rules: &RuleSet, inputs: &Inputs<'_>) {
        let loaded = rules.load(inputs);
        self.count_row(rules, &loaded.row());
    }

    /// Counts one lead given as a row.
    pub fn count_row(&mut self, rules: &RuleSet, row: &Row<'_>) {
        let stop = rules.decide_row(row);
        let machine = rules.machine(row);
        for finding in &mut self.findings {
            let is_concerned = match (finding.rule, &finding.kind) {
                (None, FindingKind::Gap) => stop == ScanStop::Default,
                (Some(rule), FindingKind::Unsatisfiable { .. }) => stop == ScanStop::Held(rule),
                (
                    Some(rule),
                    FindingKind::Unreachable { .. }
                    | FindingKind::Duplicate { .. }
                    | FindingKind::Contradicting { .. },
                ) => {
                    rules.rules().get(rule).is_some_and(|rule| machine.outcome(&rule.code) == Outcome3::True)
                }
                (Some(rule), FindingKind::OutOfRange { .. } | FindingKind::EmptyList { .. }) => match stop {
                    ScanStop::Fired(last) | ScanStop::Held(last) => rule <= last,
                    ScanStop::Default => true,
                },
                _ => continue,
            };
            *finding.leads.get_or_insert(0) += u64::from(is_concerned);
        }
    }
}
