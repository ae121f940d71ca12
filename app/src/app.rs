//! The root component: every page by its path.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::pages::{
    Account, AuditLog, Dashboard, EffectPage, Effects, Home, Jobs, Keys, LeadPage, Leads, NotFound, Outbox,
    People, Queue, SetUp, SignIn,
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
                <Route path=path!("/setup/:token") view=SetUp ssr=SsrMode::Async />
                <Route path=path!("/queue") view=Queue ssr=SsrMode::Async />
                <Route path=path!("/leads") view=Leads ssr=SsrMode::Async />
                <Route path=path!("/leads/:id") view=LeadPage ssr=SsrMode::Async />
                <Route path=path!("/sync") view=Outbox ssr=SsrMode::Async />
                <Route path=path!("/sync/effects") view=Effects ssr=SsrMode::Async />
                <Route path=path!("/sync/effects/:id") view=EffectPage ssr=SsrMode::Async />
                <Route path=path!("/sync/jobs") view=Jobs ssr=SsrMode::Async />
                <Route path=path!("/audit") view=AuditLog ssr=SsrMode::Async />
                <Route path=path!("/people") view=People ssr=SsrMode::Async />
                <Route path=path!("/keys") view=Keys ssr=SsrMode::Async />
                <Route path=path!("/account") view=Account ssr=SsrMode::Async />
                <Route path=path!("/dashboard") view=Dashboard ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
