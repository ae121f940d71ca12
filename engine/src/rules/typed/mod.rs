//! Expressions of any type: every part of a condition beyond comparisons of fields with values.
//!
//! A tree is typed (`check`) into a term, whose work is bounded before it ever runs, and evaluated by one
//! evaluator (`run`). In a rule, the condition is an atom of its code (`Program`).

mod arithmetic;
mod calls;
pub(super) mod check;
mod clock;
mod closed;
mod collections;
mod functions;
mod operators;
mod parts;
pub(super) mod pattern;
pub(super) mod pattern_set;
pub(super) mod run;
pub(super) mod term;
mod types;
mod value;

pub use closed::{Evaluation, VariableValue, check as check_expression, evaluate};
pub use types::{SizeBound, TermType};
pub use value::{MapKey, SharedText, Val};

use super::code::FieldRead;
use super::eval::EvalContext;
use crate::decision::Outcome3;
use run::{Evaluator, NoValue};
use term::Term;

/// A condition for the evaluator, with the fields that it uses.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    term: Term,
    /// The fields whose values are read.
    pub(super) reads: Box<[FieldRead]>,
    /// The fields of which only presence or confidence is used.
    pub(super) observes: Box<[u16]>,
    work: u64,
}

impl Program {
    /// Creates a program from a term that takes this much work in the worst case, with every text as long as
    /// allowed.
    pub(super) fn new(term: Term, work: u64) -> Self {
        let work = term.light_work().unwrap_or(work).min(work);
        Self { reads: term.reads().into(), observes: term.observes().into(), term, work }
    }

    /// Returns the steps for a lead with short texts.
    pub(super) fn steps(&self) -> u64 {
        self.work.saturating_mul(8)
    }

    /// Returns the result for a lead.
    pub(super) fn outcome<'a>(&'a self, machine: EvalContext<'a>) -> Outcome3 {
        Evaluator::new(machine).outcome(&self.term)
    }

    /// Returns the reason why there is no result, if any.
    pub(super) fn stop<'a>(&'a self, machine: EvalContext<'a>) -> Option<NoValue> {
        Evaluator::new(machine).value(&self.term).err()
    }

    /// Updates the numbers of the look-ups.
    pub(super) fn renumber(&mut self, number: &dyn Fn(u32) -> u32) {
        self.term.renumber(number);
    }
}
