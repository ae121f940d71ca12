//! The pages, rendered on the server only. Each reads the store and gives a [`frame::Page`].

mod control;
mod dashboard;
mod filters;
mod frame;
mod gate;
mod lead;
mod leads;
mod period;
mod queue;
mod sync;

pub use control::{Account, AuditLog, Keys, People};
pub use dashboard::Dashboard;
pub use gate::{NotFound, SetUp, SignIn};
pub use lead::LeadPage;
pub use leads::Leads;
pub use queue::Queue;
pub use sync::{EffectPage, Effects, Jobs, Outbox};

use leptos::prelude::*;

/// There is no home page yet: it leads on to the leads.
#[component]
pub fn Home() -> impl IntoView {
    leptos_axum::redirect("/leads");
}
