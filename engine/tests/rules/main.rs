//! Tests the rule layer through its public interface.

#![allow(clippy::expect_used, reason = "the helpers of tests are tests")]

mod analysis;
mod checker;
mod decide;
mod explain;
mod expressions;
mod file;
mod generate;
mod kleene;
mod language;
mod leads;
mod oracle;
mod pick;
mod simulate;
mod syntax;
mod table;
mod unknowns;
mod vector;
