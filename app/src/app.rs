//! The root component, which routes paths to pages.

use engine::change::Kind;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute as _};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{NestedRoute, ParamSegment, SsrMode, path};
use strum::VariantArray as _;

use crate::pages::{
    Account, ChangePage, Dashboard, EffectPage, ErasePage, FirstRun, Forgot, Home, ImportMapping,
    ImportUpload, Jobs, LIST_PAGES, LeadPage, MergePage, Merges, NotFound, Outbox, PersonPage, Queue,
    ReleasePage, ResumePage, RunPage, Search, SetUp, Settings, SignIn, Styleguide, SubjectPage, Subjects,
};
use crate::routes::{RouteList, StaticPath};

/// Routes all pages. Each page is rendered completely before it is sent, so that its status and title are right.
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
                <Route path=path!("/leads/:id") view=LeadPage ssr=SsrMode::Async />
                <Route path=path!("/leads/:id/erase") view=ErasePage ssr=SsrMode::Async />
                <Route path=path!("/merges") view=Merges ssr=SsrMode::Async />
                <Route path=path!("/merges/:lead/:other") view=MergePage ssr=SsrMode::Async />
                <Route path=path!("/sync") view=Outbox ssr=SsrMode::Async />
                <Route path=path!("/sync/effects/:id") view=EffectPage ssr=SsrMode::Async />
                <Route path=path!("/sync/resume") view=ResumePage ssr=SsrMode::Async />
                <Route path=path!("/sync/jobs") view=Jobs ssr=SsrMode::Async />
                <Route path=path!("/runs/:id") view=RunPage ssr=SsrMode::Async />
                <Route path=path!("/import") view=ImportUpload ssr=SsrMode::Async />
                <Route path=path!("/import/:id") view=ImportMapping ssr=SsrMode::Async />
                <VersionRoutes />
                <ListRoutes />
                <Route path=path!("/changes/:number") view=ChangePage ssr=SsrMode::Async />
                <Route path=path!("/releases/:number") view=ReleasePage ssr=SsrMode::Async />
                <Route path=path!("/people/:id") view=PersonPage ssr=SsrMode::Async />
                <Route path=path!("/settings") view=Settings ssr=SsrMode::Async />
                <Route path=path!("/search") view=Search ssr=SsrMode::Async />
                <Route path=path!("/account") view=Account ssr=SsrMode::Async />
                <Route path=path!("/styleguide") view=Styleguide ssr=SsrMode::Async />
                <Route path=path!("/dashboard") view=Dashboard ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

/// Adds two routes for each kind of version: the overview and the detail page.
#[component(transparent)]
fn VersionRoutes() -> AnyNestedRoute {
    let path = |kind: Kind| StaticPath(kind.spec().path);
    let all = |kind: Kind| {
        let view = move || view! { <Subjects kind=kind /> }.into_any();
        NestedRoute::new((path(kind),), view).ssr_mode(SsrMode::Async)
    };
    let one = |kind: Kind| {
        let view = move || view! { <SubjectPage kind=kind /> }.into_any();
        NestedRoute::new((path(kind), ParamSegment("name")), view).ssr_mode(SsrMode::Async)
    };
    let kinds = || Kind::VARIANTS.iter().copied();
    (RouteList(kinds().map(all).collect()), RouteList(kinds().map(one).collect())).into_any_nested_route()
}

/// Adds the routes of the list pages.
#[component(transparent)]
fn ListRoutes() -> AnyNestedRoute {
    let routes = LIST_PAGES
        .iter()
        .map(|list| NestedRoute::new((StaticPath(list.info.path),), list.view).ssr_mode(SsrMode::Async));
    RouteList(routes.collect()).into_any_nested_route()
}
