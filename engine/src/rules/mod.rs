//! Rules: the language they are written in, how they are checked, and how they decide.
//!
//! A condition goes from text to tree ([`parse`]), from tree to code ([`check`] says what is wrong on the way),
//! and is run by one interpreter ([`RuleSet::decide_row`]) on which all else is built: decisions with their trace
//! ([`RuleSet::decide`]), explanations ([`RuleSet::explain`]) and simulations ([`simulate`]). Over many leads at once the same code is run by [`vector`].
//!
//! What is not known stays unknown: conditions have four outcomes (see [`kleene`]), rules are scanned in order,
//! and the scan stops at the first that is not false. So no decision but the safe default can depend on a field
//! that was not found, or not read surely enough.

pub mod analysis;
pub mod ast;
mod blame;
mod check;
mod code;
mod compare;
mod eval;
pub mod explain;
pub mod file;
mod general;
pub mod kleene;
mod leads_csv;
mod legal_forms;
mod list_csv;
pub mod lists;
mod literal;
mod matching;
mod numeric;
mod operand;
mod parse;
pub mod pick;
mod row;
mod rule_set;
pub mod simulate;
pub mod table;
mod token;
pub mod typed;
mod unparse;
pub mod vector;
mod why;
mod words;
pub mod yaml;

pub use analysis::Analysis;
pub use check::{AS_OF, check};
pub use explain::Explanation;
pub use file::{RuleDefinition, RuleSetFile};
pub use lists::{Match, ReferenceList, Step};
pub use numeric::Numeric;
pub use parse::parse;
pub use row::{Cell, Datum, Reading, Row, Slot, instant};
pub use rule_set::{Act, Inputs, Question, Rule, RuleSet, Stop, Verdict};
pub use simulate::Simulation;
pub use table::Table;
pub use unparse::{quoted, unparse};
pub use words::{LeftOut, Macro, RESERVED};
