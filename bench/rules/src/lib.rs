//! What the rule engine is measured and compared on: the reference workload, and rule sets and leads by chance.

pub mod differ;
pub mod draw;
pub mod general;
pub mod random;
pub mod reference;
pub mod sets;

/// [`differ::run`] for JavaScript, as one line: what was found, or the first difference.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn differ_line(seed: u32, cases: u32) -> String {
    match differ::run(seed.into(), cases.into()) {
        Ok(done) => done.to_string(),
        Err(difference) => difference,
    }
}
