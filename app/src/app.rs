//! The root component: every page by its path.

use engine::change::Kind;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::pages::{
    Account, AuditLog, ChangePage, Changes, Dashboard, EffectPage, Effects, FirstRun, Forgot, Home, Jobs,
    Keys, LeadPage, Leads, NotFound, Outbox, People, PersonPage, Queue, ReleasePage, Releases, Search, SetUp,
    Settings, SignIn, Styleguide, SubjectPage, Subjects,
};

/// All pages. Each is rendered as a whole before it is sent, so that status and title are right.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Home ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async />
                <Route path=path!("/first-run") view=FirstRun ssr=SsrMode::Async />
                <Route path=path!("/forgot") view=Forgot ssr=SsrMode::Async />
                <Route path=path!("/setup/:token") view=SetUp ssr=SsrMode::Async />
                <Route path=path!("/queue") view=Queue ssr=SsrMode::Async />
                <Route path=path!("/leads") view=Leads ssr=SsrMode::Async />
                <Route path=path!("/leads/:id") view=LeadPage ssr=SsrMode::Async />
                <Route path=path!("/sync") view=Outbox ssr=SsrMode::Async />
                <Route path=path!("/sync/effects") view=Effects ssr=SsrMode::Async />
                <Route path=path!("/sync/effects/:id") view=EffectPage ssr=SsrMode::Async />
                <Route path=path!("/sync/jobs") view=Jobs ssr=SsrMode::Async />
                <Route path=path!("/rules") view=|| view! { <Subjects kind=Kind::RuleSet /> } ssr=SsrMode::Async />
                <Route path=path!("/rules/:name") view=|| view! { <SubjectPage kind=Kind::RuleSet /> } ssr=SsrMode::Async />
                <Route path=path!("/lists") view=|| view! { <Subjects kind=Kind::List /> } ssr=SsrMode::Async />
                <Route path=path!("/lists/:name") view=|| view! { <SubjectPage kind=Kind::List /> } ssr=SsrMode::Async />
                <Route path=path!("/pools") view=|| view! { <Subjects kind=Kind::Pool /> } ssr=SsrMode::Async />
                <Route path=path!("/pools/:name") view=|| view! { <SubjectPage kind=Kind::Pool /> } ssr=SsrMode::Async />
                <Route path=path!("/maps") view=|| view! { <Subjects kind=Kind::Map /> } ssr=SsrMode::Async />
                <Route path=path!("/maps/:name") view=|| view! { <SubjectPage kind=Kind::Map /> } ssr=SsrMode::Async />
                <Route path=path!("/fields") view=|| view! { <Subjects kind=Kind::Catalogue /> } ssr=SsrMode::Async />
                <Route path=path!("/fields/:name") view=|| view! { <SubjectPage kind=Kind::Catalogue /> } ssr=SsrMode::Async />
                <Route path=path!("/changes") view=Changes ssr=SsrMode::Async />
                <Route path=path!("/changes/:number") view=ChangePage ssr=SsrMode::Async />
                <Route path=path!("/releases") view=Releases ssr=SsrMode::Async />
                <Route path=path!("/releases/:number") view=ReleasePage ssr=SsrMode::Async />
                <Route path=path!("/audit") view=AuditLog ssr=SsrMode::Async />
                <Route path=path!("/people") view=People ssr=SsrMode::Async />
                <Route path=path!("/people/:id") view=PersonPage ssr=SsrMode::Async />
                <Route path=path!("/settings") view=Settings ssr=SsrMode::Async />
                <Route path=path!("/search") view=Search ssr=SsrMode::Async />
                <Route path=path!("/keys") view=Keys ssr=SsrMode::Async />
                <Route path=path!("/account") view=Account ssr=SsrMode::Async />
                <Route path=path!("/styleguide") view=Styleguide ssr=SsrMode::Async />
                <Route path=path!("/dashboard") view=Dashboard ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
