//! The data on which the rule engine is measured and compared: the reference workload, and random rule sets and
//! leads.

pub mod differ;
pub mod draw;
pub mod general;
pub mod random;
pub mod reference;
pub mod sets;

/// Runs [`differ::run`] for JavaScript and returns one line: the summary, or the first difference.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn differ_line(seed: u32, cases: u32) -> String {
    match differ::run(seed.into(), cases.into()) {
        Ok(done) => done.to_string(),
        Err(difference) => difference,
    }
}
