//! Expressions of any type: everything of a condition that is more than fields compared with values.
//!
//! A tree is typed (`check`) into a term, whose work is bounded before it ever runs, and run by one
//! evaluator (`run`). In a rule such a condition is an atom of its code (`Program`).

mod arithmetic;
mod calls;
pub(super) mod check;
mod clock;
mod closed;
mod collections;
mod functions;
mod operators;
mod parts;
mod pattern;
pub(super) mod run;
pub(super) mod term;
mod types;
mod value;

pub use closed::{Binding, Evaluation, check as check_expression, evaluate};
pub use types::{Size, Type};
pub use value::{Key, Text, Val};

use super::code::Read;
use super::eval::Machine;
use crate::decision::Outcome3;
use run::{Run, Stop};
use term::Term;

/// A condition that the evaluator runs, and what it looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    term: Term,
    /// The fields it reads as values.
    pub(super) reads: Box<[Read]>,
    /// The fields it looks at only from outside.
    pub(super) observes: Box<[u16]>,
    work: u64,
}

impl Program {
    /// Of a term that takes so much work at worst, every text being as long as it may be.
    pub(super) fn new(term: Term, work: u64) -> Self {
        let work = term.light_work().unwrap_or(work).min(work);
        Self { reads: term.reads().into(), observes: term.observes().into(), term, work }
    }

    /// Steps that it takes for a lead whose texts are short.
    pub(super) fn steps(&self) -> u64 {
        self.work.saturating_mul(8)
    }

    /// What it comes to for a lead.
    pub(super) fn outcome<'a>(&'a self, machine: Machine<'a>) -> Outcome3 {
        Run::new(machine).outcome(&self.term)
    }

    /// What keeps it from being told, if anything does.
    pub(super) fn stop<'a>(&'a self, machine: Machine<'a>) -> Option<Stop> {
        Run::new(machine).value(&self.term).err()
    }

    /// Tells the look-ups their new numbers.
    pub(super) fn renumber(&mut self, number: &dyn Fn(u32) -> u32) {
        self.term.renumber(number);
    }
}
