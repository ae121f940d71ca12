//! Static analysis of a rule set: rules that never apply, duplicate or contradicting rules, constant
//! conditions, and leads that no rule decides.
//!
//! The space of leads is split at every value that rules test (`space`). A condition is then a sum of boxes
//! (`formula`), and a rule is unreachable if the boxes of earlier rules cover its own (`cover`). A lead with
//! fewer known fields never matches a rule that it would not match with more of them, so fields are assumed to
//! be known, except where rules test whether, or with what confidence, they were read. Expressions that are not
//! analysed (comparisons with arithmetic, the contents of lists) can have any result, so a rule reported as
//! unreachable really is. A rule reported as reachable comes with a lead, verified by a decision. The work is
//! limited in steps, and anything beyond the limit is reported as undecided.

mod budget;
mod classes;
mod count;
mod counterfactual;
mod cover;
mod examine;
mod formula;
mod parts;
mod question;
mod set;
mod space;
mod witness;
mod words;

use std::collections::BTreeMap;

pub use self::counterfactual::{Counterfactual, FieldChange, NearestResult};
pub use self::witness::Witness;
use super::rule_set::RuleSet;
use crate::problem::Span;

/// All findings in the order of the rules; findings about the whole set come last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// The findings.
    pub findings: Vec<Finding>,
}

/// A finding about a rule or a rule set. Findings are hints and do not prevent a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The index of the rule; `None` for the whole set.
    pub rule: Option<usize>,
    /// The ID of the rule.
    pub rule_id: Option<String>,
    /// The affected part of the rule's condition.
    pub span: Option<Span>,
    /// The kind of finding.
    pub kind: FindingKind,
    /// A lead that demonstrates the finding: one that the rule is meant for, or that no rule decides. For a
    /// rule that contradicts itself, a lead that satisfies all of the parts except the last; for a constant
    /// part or an empty list, a lead for which it is evaluated.
    pub witness: Option<Witness>,
    /// The number of affected leads, once they have been counted.
    pub leads: Option<u64>,
}

/// The kind of a finding.
#[derive(Clone, Debug, PartialEq)]
pub enum FindingKind {
    /// No lead satisfies the condition, because of these parts.
    Unsatisfiable {
        /// The parts that contradict each other; removing any one of them resolves the conflict.
        parts: Vec<ConditionPart>,
    },
    /// Every lead that matches the rule is decided by one of these earlier rules.
    Unreachable {
        /// The IDs of the earlier rules that cover it together.
        by: Vec<String>,
    },
    /// An earlier rule has the same condition and the same action.
    Duplicate {
        /// The ID of the earlier rule.
        of: String,
    },
    /// An earlier rule has the same condition and another action.
    Contradicting {
        /// The ID of the earlier rule.
        with: String,
    },
    /// A part of the condition has the same result for every value of the field.
    OutOfRange {
        /// The part.
        part: ConditionPart,
        /// The constant result.
        holds: bool,
    },
    /// A list used by the rule is empty or missing.
    EmptyList {
        /// The name of the list.
        list: String,
    },
    /// Some leads are not decided by any rule.
    Gap,
    /// The analysis could not determine whether the rule can apply or, for the whole set, whether every lead is
    /// decided.
    NotDecided(InconclusiveReason),
}

/// A part of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionPart {
    /// The text of the part.
    pub text: String,
    /// The location in the condition.
    pub span: Span,
}

/// The reason why the analysis has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InconclusiveReason {
    /// The condition has too many cases.
    TooManyCases,
    /// The analysis would take too many steps.
    TooManySteps,
    /// The result depends on an expression that is not analysed, such as arithmetic.
    NotLookedInto,
}

impl RuleSet {
    /// Analyses the rule set. `lists` contains the number of entries of each list, where known.
    pub fn analyse(&self, lists: &BTreeMap<String, usize>) -> Analysis {
        Analysis { findings: examine::examine(self, lists) }
    }
}
