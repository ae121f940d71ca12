//! What the rule engine is measured and compared on: the reference workload, and rule sets and leads by chance.

pub mod differ;
pub mod draw;
pub mod random;
pub mod reference;

/// [`differ::run`] for JavaScript: a line that is the same wherever the answers are.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn digest(seed: u64, cases: u64) -> String {
    match differ::run(seed, cases) {
        Ok(done) => done.to_string(),
        Err(difference) => difference,
    }
}
