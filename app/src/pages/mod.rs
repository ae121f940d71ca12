//! The pages, rendered on the server only. Each reads the store and gives a `frame::Page`.

mod changes;
pub(crate) mod control;
pub(crate) mod dashboard;
pub(crate) mod frame;
mod gate;
mod help;
pub(crate) mod home;
pub(crate) mod lead;
pub(crate) mod leads;
mod list_tools;
mod palette;
mod period;
mod places;
pub(crate) mod queue;
mod releases;
pub mod search;
mod styleguide;
pub(crate) mod sync;
mod versions;

pub use changes::{ChangePage, Changes};
pub use control::{Account, AuditLog, Keys, People, PersonPage, Settings};
pub use dashboard::Dashboard;
pub use gate::{FirstRun, Forgot, NotFound, SetUp, SignIn};
pub use home::Home;
pub use lead::LeadPage;
pub use leads::Leads;
pub use queue::Queue;
pub use releases::{ReleasePage, Releases};
pub use search::Search;
pub use styleguide::Styleguide;
pub use sync::{EffectPage, Effects, Jobs, Outbox};
pub use versions::{SubjectPage, Subjects};
