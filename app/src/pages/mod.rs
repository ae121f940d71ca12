//! The pages, rendered on the server only. Each reads the store and gives a [`frame::Page`].

mod changes;
mod control;
mod dashboard;
mod filters;
mod frame;
mod gate;
mod home;
mod lead;
mod leads;
mod period;
mod queue;
mod sync;
mod versions;

pub use changes::{ChangePage, Changes};
pub use control::{Account, AuditLog, Keys, People};
pub use dashboard::Dashboard;
pub use gate::{NotFound, SetUp, SignIn};
pub use home::Home;
pub use lead::LeadPage;
pub use leads::Leads;
pub use queue::Queue;
pub use sync::{EffectPage, Effects, Jobs, Outbox};
pub use versions::{SubjectPage, Subjects};
