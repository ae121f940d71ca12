//! What Meshline does: decide about leads, change what decides, import, apply files, write letters.
//!
//! Architecture invariant: every use case is a function here; the store keeps, the pages show, the server listens. Nothing
//! here renders a page or speaks HTTP to a caller.

pub mod apply;
pub mod availability;
pub mod bundles;
pub mod change;
pub mod credentials;
pub mod decide;
pub mod error;
pub mod figures;
pub mod import;
pub mod letters;
pub mod release;
pub mod run;
pub mod surroundings;
pub mod switches;
#[cfg(feature = "testing")]
pub mod testing;
pub mod titles;

pub use bundles::Bundles;
pub use decide::Pipeline;
pub use error::{Error, Result};
