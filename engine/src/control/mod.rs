//! The control plane: what really happened to leads, and the figures that tell how qualification is doing.
//!
//! Everything here is arithmetic on small structs that the store fills; nothing reads a clock.

pub mod bucket;
pub mod calibration;
pub mod kpi;
pub mod outcome;
pub mod release;
