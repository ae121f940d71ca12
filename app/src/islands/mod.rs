//! Code that runs in the browser. Every page works without it.
//!
//! Architecture invariant: islands depend on neither store nor engine; they find everything they need in the page.

mod chart_hover;
#[cfg(feature = "hydrate")]
mod fields;
mod keyboard;
mod keys;
mod refresh;
mod submit_on_change;
mod triage;
mod unsaved;
mod upload;

pub use chart_hover::ChartHover;
pub use keyboard::Keyboard;
pub use keys::Keys;
pub use refresh::Refresh;
pub use submit_on_change::SubmitOnChange;
pub use triage::Triage;
pub use unsaved::Unsaved;
pub use upload::{Upload, UploadTexts};
