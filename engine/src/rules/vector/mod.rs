//! Rules over many leads at once, for simulations: the same compiled rules as for single decisions, run over columns.
//!
//! [`Columns`] hold what was read of many leads, a field beside the other. A [`Plan`] binds a rule set to them and tells
//! [`Plan::counts`] or, lead by lead, [`Plan::stops`], of which [`Stops::matrix`] compares two; a [`Sheet`] keeps what
//! each rule comes to while a draft is changed. What the columns have no quick question for is asked row by row of the
//! row engine, so both always agree.

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

pub use bits::Level;
pub use columns::{Builder, Columns};
pub use histogram::{Histogram, Spread};
pub use lookups::Lookups;
pub use plan::Plan;
pub use stops::{Matrix, Stops, Transition};
pub use what_if::Sheet;
