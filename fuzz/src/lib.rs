//! What is thrown at the rule language by libFuzzer, and what has to hold whatever is thrown. `cargo xtask fuzz` builds
//! and runs the programs in `bin/`.

pub mod checker;
pub mod conditions;
pub mod evaluator;
pub mod parser;
pub mod said;
pub mod seeds;
pub mod watch;
