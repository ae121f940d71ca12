//! What can be said about a rule set before any lead comes: rules that never apply, that say the same, that ask for
//! nothing; and leads that no rule decides.
//!
//! The space of leads is cut at everything that the rules ask (`space`); a condition is then a sum of boxes
//! (`formula`), and "no lead gets here" is "the boxes before cover this one" (`cover`). A lead of which less is known
//! never fires a rule that it would not fire if more were known, so fields are taken for known, except where rules ask
//! whether or how surely they were read. What is not looked into (comparisons with arithmetic, which texts are in a
//! list) may be anything, so that what is called unreachable is unreachable; the other way round a lead is shown, and
//! has been decided on. Work is bounded by steps, and what the bound leaves open is said to be open.

mod asked;
mod budget;
mod classes;
mod count;
mod counterfactual;
mod cover;
mod examine;
mod formula;
mod lead;
mod parts;
mod set;
mod space;
mod words;

use std::collections::BTreeMap;

pub use self::counterfactual::{Counterfactual, Move, Nearest};
pub use self::lead::Witness;
use super::rule_set::RuleSet;
use crate::problem::Span;

/// Everything that was found, in the order of the rules; what is about the whole set comes last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// The findings.
    pub findings: Vec<Finding>,
}

/// Something worth knowing about a rule or a set. It forbids nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The index of the rule; `None` for the whole set.
    pub rule: Option<usize>,
    /// The rule's id.
    pub rule_id: Option<String>,
    /// The part of the rule's condition that it is about.
    pub span: Option<Span>,
    /// What it is.
    pub kind: FindingKind,
    /// A lead that shows it: one that the rule is for, or that no rule decides; of a rule that contradicts itself one for
    /// which all but the last of the parts hold; of an idle part or an empty list one that it is asked about.
    pub witness: Option<Witness>,
    /// How many of the leads at hand it concerns, once they were counted.
    pub leads: Option<u64>,
}

/// What a finding says.
#[derive(Clone, Debug, PartialEq)]
pub enum FindingKind {
    /// No lead makes the condition true, because of these parts of it.
    Unsatisfiable {
        /// The parts that contradict each other; leaving out any of them would do.
        parts: Vec<Part>,
    },
    /// Whatever makes it true is decided by one of these rules before.
    Unreachable {
        /// The ids of the earlier rules that cover it together.
        by: Vec<String>,
    },
    /// An earlier rule asks the same and does the same.
    Duplicate {
        /// Its id.
        of: String,
    },
    /// An earlier rule asks the same and does something else.
    Contradicting {
        /// Its id.
        with: String,
    },
    /// A part of the condition comes to the same for every value that the field can have.
    OutOfRange {
        /// The part.
        part: Part,
        /// What it always comes to.
        holds: bool,
    },
    /// A list that the rule asks has no entries, or is not there.
    EmptyList {
        /// Its name.
        list: String,
    },
    /// Leads that no rule decides.
    Gap,
    /// Whether the rule can ever apply, or with no rule whether every lead is decided, could not be told.
    NotDecided(NotDecided),
}

/// A piece of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its text.
    pub text: String,
    /// Where it stands in the condition.
    pub span: Span,
}

/// Why something could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDecided {
    /// The condition falls into more cases than are looked at.
    TooManyCases,
    /// More steps would have been needed than are taken for one set.
    TooManySteps,
    /// It hangs on something that is not looked into, such as what arithmetic comes to.
    NotLookedInto,
}

impl RuleSet {
    /// Looks for everything that is told about. `lists` says how many entries a list has, where that is known.
    pub fn analyse(&self, lists: &BTreeMap<String, usize>) -> Analysis {
        Analysis { findings: examine::examine(self, lists) }
    }
}
