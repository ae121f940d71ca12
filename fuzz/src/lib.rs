//! Fuzz targets for the rule language, and the properties that must hold for any input. `cargo xtask fuzz`
//! builds and runs the programs in `bin/`.

pub mod checker;
pub mod conditions;
pub mod evaluator;
pub mod parser;
pub mod places;
pub mod seeds;
pub mod watch;
