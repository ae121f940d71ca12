//! Evaluates rules for many leads at once, for simulations: runs the same compiled rules as single decisions,
//! over columns.
//!
//! [`Columns`] hold the fields of many leads, one column per field. A [`Plan`] binds a rule set to them and
//! returns [`Plan::counts`] or, lead by lead, [`Plan::stops`]; [`ScanStops::matrix`] compares two of the latter. A
//! [`RuleResults`] caches the result of each rule while a draft is edited. Conditions that columns cannot answer
//! directly are evaluated row by row with the row engine, so the two always agree.

mod binding;
mod bits;
mod column;
mod columns;
mod histogram;
mod lanes;
mod lookups;
mod plan;
mod run;
mod stops;
mod what_if;

pub use bits::SimdLevel;
pub use columns::{Columns, ColumnsBuilder};
pub use histogram::{Histogram, ValueCounts};
pub use lookups::Lookups;
pub use plan::Plan;
pub use stops::{ScanStops, StopMatrix, StopTransition};
pub use what_if::RuleResults;
