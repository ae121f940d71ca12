//! The control layer: the outcomes of leads, and the figures that measure how well qualification works.
//!
//! Everything here is arithmetic on small structs filled by the store; nothing reads a clock.

pub mod bucket;
pub mod calibration;
pub mod continuity;
pub mod kpi;
pub mod outcome;
pub mod release;
pub mod switches;
