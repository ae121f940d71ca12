//! Rules: the language, its checks, and how rules make decisions.
//!
//! A condition is parsed into a tree ([`parse`]), compiled to code ([`check`] reports problems on the way), and
//! run by one interpreter ([`RuleSet::decide_row`]). Everything else builds on it: decisions with their trace
//! ([`RuleSet::decide`]), explanations ([`RuleSet::explain`]) and simulations ([`simulate`]). For many leads at
//! once, [`vector`] runs the same code.
//!
//! Unknown values remain unknown: conditions have four results (see [`kleene`]), rules are scanned in order,
//! and the scan stops at the first rule that is not false. A field that was not found, or was read with too
//! little confidence, can therefore only lead to the safe default.

pub mod analysis;
pub mod ast;
mod check;
mod code;
mod compare;
mod eval;
pub mod explain;
pub mod file;
mod free_mail;
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
mod unknown;
mod unparse;
pub mod vector;
mod why;
mod words;
pub mod yaml;
mod yaml_errors;

pub use analysis::Analysis;
pub use check::{AS_OF, check};
pub use explain::Explanation;
pub use file::{RuleDefinition, RuleSetFile};
pub use lists::{EntryMatch, ReferenceList, Step};
pub use numeric::Numeric;
pub use parse::parse;
pub use row::{Datum, Reading, Row, RowCell, Slot, instant};
pub use rule_set::{Inputs, ListLookup, Rule, RuleAction, RuleSet, ScanStop, Verdict};
pub use simulate::Simulation;
pub use table::Table;
pub use unparse::{quoted, unparse};
pub use words::{Macro, RESERVED, UnsupportedSyntax};
