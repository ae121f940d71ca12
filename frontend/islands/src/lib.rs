//! The WebAssembly entry point, which hydrates every island of a page and does nothing else.
#![cfg(target_arch = "wasm32")]

// Without a reference to the crate, the linker drops the functions that the islands export.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Hydrates the islands. The page's script calls it once after the module has loaded.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
