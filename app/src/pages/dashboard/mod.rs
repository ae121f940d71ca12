//! The dashboard: how qualification performs.

mod by_rule;
mod charts;
mod decisions;
mod figures;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use engine::control::kpi::MATURITY_DAYS;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use service::figures::FigureLookup;
use store::Store;
use store::reads::dashboard::{self as reads, BarWidth, Cohort};
use store::reads::frame::{WorkflowName, live_rules, workflow_names};
use store::refresh::Topic;

use self::decisions::DecisionExtent;
use super::frame::{PageContent, PageContext, page};
use super::menu::Section;
use super::period::{self, Period, PeriodKind, dates};
use crate::context::Request;
use crate::error::{Error, Missing, Result};
use crate::texts::texts;
use crate::ui::charts::Chart;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, select};
use crate::ui::icon::Icon;
use crate::ui::note::{self, Tone};
use crate::ui::{progress, refresh};

/// Query parameters that hold the filters.
const NAMES: [&str; 4] = ["workflow", "period", "from", "to"];

/// Renders the dashboard.
#[component]
pub fn Dashboard() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let address = Address::read("/dashboard", &query, &NAMES);
    page(Section::Dashboard, move |here| load(here, address))
}

/// The parsed request for a dashboard.
pub struct DashboardQuery {
    address: Address,
    workflow: Option<WorkflowName>,
    period: Period,
    cohort: Cohort,
    extent: DecisionExtent,
    step: BarWidth,
}

impl DashboardQuery {
    /// Parses the query parameters; returns `None` if no decision has been made yet.
    async fn read(
        store: &Store,
        address: Address,
        workflows: &[WorkflowName],
        clock: Clock,
    ) -> Result<Option<Self>> {
        let name = address.get("workflow");
        let workflow = name.and_then(|name| workflows.iter().find(|workflow| workflow.name == name)).cloned();
        let period = Period::read(&address, PeriodKind::Weeks, clock);
        let Some(extent) = reads::extent(store).await? else { return Ok(None) };
        // With a single workflow, filtering by it gives the same result as no filter, but runs faster.
        let only = workflows.first().filter(|_| workflows.len() == 1);
        let (from, to) = (period.from(), period.to());
        let workflow_id = workflow.as_ref().or(only).map(|workflow| workflow.id);
        let cohort = Cohort { workflow: workflow_id, from, to, ..Cohort::default() };
        let step = decisions::step(&cohort, extent);
        let cohort = Cohort { line_step: step, ..cohort };
        Ok(Some(Self { address, workflow, period, cohort, extent, step }))
    }

    /// Returns the key under which the figures are cached.
    fn key(&self, clock: Clock) -> (Cohort, BarWidth, Tz) {
        (self.cohort, self.step, clock.zone)
    }

    /// Returns the title of the workflow.
    fn workflow(&self) -> String {
        self.workflow
            .as_ref()
            .map_or_else(|| texts().dashboard_every_workflow(), |workflow| workflow.title.clone())
    }
}

/// Returns one of the charts of the dashboard with these query parameters, and the period and workflow in words.
///
/// # Errors
/// Returns [`Error::NotFound`] if no chart has this name, or another error if the database fails.
pub async fn chart(
    request: &Request,
    params: &ParamsMap,
    clock: Clock,
    name: &str,
) -> Result<(Chart, String)> {
    let store = &request.store;
    let not_found = || Error::NotFound { what: Missing::Chart };
    let address = Address::read("/dashboard", params, &NAMES);
    let workflows = workflow_names(store).await?;
    let asked = DashboardQuery::read(store, address, &workflows, clock).await?.ok_or_else(not_found)?;
    // A file download blocks until the figures are ready; the page shows progress instead.
    let figures = &request.figures;
    let counted = figures.wait_for_dashboard(store, &request.bundles, asked.key(clock), clock.now).await?;
    let counted = counted.ok_or_else(not_found)?;
    let all = charts::all(&asked, &counted, clock);
    let context = texts().dashboard_scope(asked.period.exact_words(), asked.workflow());
    let chart =
        all.into_iter().map(|(chart, _)| chart).find(|chart| chart.name == name).ok_or_else(not_found)?;
    Ok((chart, context))
}

async fn load(here: PageContext, address: Address) -> Result<PageContent> {
    let (store, clock) = (&here.request.store, here.clock);
    let workflows = workflow_names(store).await?;
    let heading = |meta: String| {
        view! { <h1>{texts().dashboard_title()}</h1><span class="meta">{meta}</span> }.into_any()
    };
    let page = |meta: String, body: AnyView| PageContent {
        title: texts().dashboard_title(),
        bar: heading(meta),
        body,
    };
    let Some(asked) = DashboardQuery::read(store, address, &workflows, clock).await? else {
        let steps = view! { <p>{texts().dashboard_none()}</p><a class="btn" href="/leads">{texts().dashboard_send_lead()}</a> };
        let body = note::empty(Icon::Dashboard, texts().dashboard_none_title(), steps);
        return Ok(page(String::new(), body.into_any()));
    };
    let of = asked.workflow();
    let meta =
        |as_of: DateTime<Utc>| texts().dashboard_scope_as_of(asked.period.words(), &of, clock.minute(as_of));
    let filters = filters(&asked.address, &asked.period, &workflows).into_any();
    if asked.period.is_reversed() {
        let body = view! { <div class="dash">{filters}</div> };
        return Ok(page(texts().dashboard_scope_invalid(of), body.into_any()));
    }
    let summary = match here
        .request
        .figures
        .dashboard(store, &here.request.bundles, asked.key(clock), clock.now)
        .await?
    {
        FigureLookup::Ready(summary) => summary,
        FigureLookup::Computing(since) => {
            // The charts that replace this message contain islands, which a partial refresh cannot start.
            // The whole page reloads instead.
            let adding =
                refresh::part_due("adding", Topic::Figures, progress::adding(since, &asked.address.href()));
            let body =
                view! { <div class="dash">{filters}{adding}{refresh::subscribe(&[Topic::Figures])}</div> };
            return Ok(page(meta(clock.now), body.into_any()));
        }
    };
    let meta = meta(summary.as_of);
    let Some(counted) = summary.value else {
        let message = view! { <p><strong>{texts().dashboard_too_many()}</strong>" "{texts().dashboard_too_many_next()}</p> };
        let body = view! { <div class="dash">{filters}{note::note(Tone::Warn, message)}</div> };
        return Ok(page(meta, body.into_any()));
    };
    let rules = live_rules(store).await?;
    let input = figures::FigureInput {
        clock,
        address: &asked.address,
        period: &asked.period,
        report: &counted.report,
        step: asked.step,
        pipeline: &counted.pipeline,
        complete: counted.complete,
    };
    let young = clock.now - TimeDelta::days(MATURITY_DAYS);
    let is_young = asked.cohort.to.is_none_or(|to| to > young);
    let note = is_young.then(|| texts().dashboard_young(MATURITY_DAYS, clock.day(young)));
    let body = view! {
        <div class="dash">
            {filters}
            <section aria-labelledby="h-kpi">
                <div class="sec-head"><h2 id="h-kpi">{texts().dashboard_figures()}</h2><span class="meta">{note}</span></div>
                {figures::kpis(&input).into_any()}
            </section>
            {charts::sections(&asked, &counted, clock).into_any()}
            {by_rule::section(&counted.report.by_rule, &rules, &workflows).into_any()}
        </div>
    };
    Ok(page(meta, body.into_any()))
}

/// Renders the periods as links, the custom range folded, and the workflow select.
fn filters(address: &Address, period: &Period, workflows: &[WorkflowName]) -> impl IntoView + use<> {
    let bare = address.without(&period::NAMES);
    let spans = [
        ("7d", texts().dashboard_days(7)),
        ("30d", texts().dashboard_days(30)),
        ("90d", texts().dashboard_days(90)),
        ("12w", texts().dashboard_weeks(period::WEEKS)),
        ("all", texts().dashboard_all_time()),
    ];
    let links = spans.map(|(name, words)| {
        let current = (period.name() == Some(name)).then_some("true");
        view! { <a href=bare.with("period", name).href() aria-current=current>{words}</a> }
    });
    let is_own = period.name().is_none();
    let choices = workflows.iter().map(|workflow| (workflow.name.clone(), workflow.title.clone())).collect();
    let by_workflow = (workflows.len() > 1).then(|| {
        view! {
            <form method="get" action="/dashboard">
                {address.kept(&period::NAMES)}
                {select(texts().dashboard_workflow(), "workflow", texts().dashboard_all_workflows(), choices, address.get("workflow"))}
                <button class="btn">{texts().dashboard_apply()}</button>
            </form>
        }
    });
    view! {
        <div class="periods">
            <nav class="seg" aria-label=texts().dashboard_period()>{links.collect_view()}</nav>
            <details class="own" open=is_own>
                <summary class="btn plain">{texts().dashboard_custom_range()}</summary>
                <form method="get" action="/dashboard">
                    {address.kept(&["workflow"])}
                    {dates(period, address)}
                    <button class="btn">{texts().dashboard_apply()}</button>
                </form>
            </details>
            {by_workflow}
        </div>
    }
}
