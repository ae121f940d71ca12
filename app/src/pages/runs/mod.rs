//! Runs: the list, and a page for each run.

mod result;
mod run;

pub use run::RunPage;

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use service::run::RunKind;
use store::Store;
use store::reads::frame::{WorkflowName, names_of_actors, workflow_names};
use store::refresh::Topic;
use store::runs::{self, PAGE_ROWS, Run, RunCursor, RunFilter, RunState};
use strum::VariantArray as _;
use uuid::Uuid;

use crate::actions::runs::{StartImport, StartReplay};
use crate::csv_file::instant;
use crate::error::Result;
use crate::flash::Flash;
use crate::lists::{ListInfo, RUNS};
use crate::pages::frame::PageContext;
use crate::pages::list_page::{ListFrame, ListPage, ListRequest, ListRows};
use crate::pages::menu::Section;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::form::{ask, once};
use crate::ui::icon::Icon;
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{note, words};

/// Query parameters that hold the filters.
const NAMES: [&str; 2] = ["kind", "state"];
/// Periods to replay, in days.
const PERIODS: [(&str, &str); 3] = [("7", "Last 7 days"), ("30", "Last 30 days"), ("90", "Last 90 days")];

/// The list of runs.
pub struct RunList {
    address: Address,
    kind: Option<RunKind>,
    state: Option<RunState>,
    sorted: ListOrder,
}

/// Data that the page shows in addition to the runs.
pub struct RunListExtras {
    names: BTreeMap<String, String>,
    workflows: Vec<WorkflowName>,
    clock: Clock,
}

impl ListPage for RunList {
    type Row = Run;
    type Place = Uuid;
    type Extras = RunListExtras;

    const INFO: ListInfo = RUNS;
    const FILTERS: &'static [&'static str] = &NAMES;
    const CALLED: (&'static str, &'static str) = ("run", "runs");
    const PAGE_ROWS: usize = PAGE_ROWS;
    const HEAD: &'static [&'static str] = &["Id", "Run", "State", "Progress", "Started", "Finished"];
    const TOPIC: Option<Topic> = Some(Topic::Runs);

    fn heading(_address: &Address) -> (Section, &'static str) {
        (Section::Runs, "Runs")
    }

    async fn read(_store: &Store, asked: ListRequest) -> Result<Self> {
        let address = asked.address;
        Ok(Self {
            kind: address.parsed("kind"),
            state: address.parsed("state"),
            sorted: ListOrder::read(&address, &["when"]),
            address,
        })
    }

    fn address(&self) -> &Address {
        &self.address
    }

    fn sorted(&self) -> ListOrder {
        self.sorted
    }

    async fn rows(&self, store: &Store, cursor: RunCursor, limit: usize) -> Result<ListRows<Run, Uuid>> {
        let filter = RunFilter { kind: self.kind.map(|kind| kind.to_string()), state: self.state };
        let found = runs::page(store, &filter, self.sorted.order, cursor, limit).await?;
        Ok(ListRows { rows: found.runs, beside: found.beside, cut: false, total: None })
    }

    async fn extras(&self, here: &PageContext, found: &ListRows<Run, Uuid>) -> Result<RunListExtras> {
        let store = &here.request.store;
        let who: Vec<String> = found.rows.iter().map(|run| run.created_by.clone()).collect();
        Ok(RunListExtras {
            names: names_of_actors(store, &who).await?,
            workflows: if here.may::<StartReplay>() { workflow_names(store).await? } else { Vec::new() },
            clock: here.clock,
        })
    }

    fn table<'a>(&'a self, extras: &'a RunListExtras) -> Table<'a, Run> {
        table(&extras.names, extras.clock)
    }

    fn surroundings(
        &self,
        here: &PageContext,
        _flash: &Flash,
        extras: &RunListExtras,
        _found: &ListRows<Run, Uuid>,
    ) -> ListFrame {
        let bar = view! {
            <h1>"Runs"</h1>
            <span class="meta">"Long work, with its progress"</span>
            <span class="push row">
                {here.may::<StartImport>().then(|| view! { <a class="btn" href="/import">"Import leads"</a> })}
                {here.may::<StartReplay>().then(|| replay(here, &extras.workflows))}
            </span>
        };
        ListFrame {
            bar: bar.into_any(),
            form: form(self).into_any(),
            chips: self.chips(),
            cleared: self.address.start().without(&NAMES).href(),
            tabs: ().into_any(),
            above: ().into_any(),
            below: ().into_any(),
        }
    }

    fn empty(&self, _extras: &RunListExtras, _found: &ListRows<Run, Uuid>) -> AnyView {
        let text = "Imports, replays and the impact of changes appear here when they start.";
        note::empty(Icon::Hourglass, "No runs", view! { <p>{text}</p> }).into_any()
    }

    async fn lines(&self, _store: &Store, rows: Vec<Run>) -> Result<Vec<Vec<String>>> {
        Ok(rows.iter().map(line).collect())
    }
}

/// Formats a run as a row of the CSV export.
fn line(run: &Run) -> Vec<String> {
    vec![
        run.id.to_string(),
        title(run),
        run.state.parse().map_or_else(|_| run.state.clone(), |state| words::run_state(state).1.to_owned()),
        result::one_line(run),
        instant(Some(run.created_at)),
        instant(run.finished_at),
    ]
}

impl RunList {
    fn chips(&self) -> Vec<Chip> {
        let bare = self.address.start();
        let kind = self.kind.map(|kind| words::run_kind(kind).to_owned());
        let state = self.state.map(|state| words::run_state(state).1.to_owned());
        [("Kind", "kind", kind), ("State", "state", state)]
            .into_iter()
            .filter_map(|(name, key, value)| {
                Some(Chip { name, value: value?, href: bare.without(&[key]).href() })
            })
            .collect()
    }
}

fn form(list: &RunList) -> impl IntoView + use<> {
    let kinds: Vec<FilterOption> =
        RunKind::VARIANTS.iter().map(|kind| (kind.to_string(), words::run_kind(*kind).to_owned())).collect();
    let states: Vec<FilterOption> = RunState::VARIANTS
        .iter()
        .map(|state| (state.to_string(), words::run_state(*state).1.to_owned()))
        .collect();
    view! {
        <form role="search" method="get" action=RUNS.path aria-label="Find runs">
            {list.address.kept(&["sort", "cols"])}
            {select("Kind", "kind", "Any kind", kinds, list.address.get("kind"))}
            {select("State", "state", "Any state", states, list.address.get("state"))}
            <button class="btn">"Filter"</button>
        </form>
    }
}

fn table(names: &BTreeMap<String, String>, clock: Clock) -> Table<'_, Run> {
    let columns = vec![
        Column::new("run", "Run", "", |run: &Run| {
            view! { <a href=format!("/runs/{}", run.id)>{title(run)}</a> }
        }),
        Column::new("state", "State", "first", state),
        Column::new("progress", "Progress", "wide", result::one_line),
        Column::new("by", "Started by", "", move |run: &Run| words::actor(&run.created_by, names))
            .label("Started by"),
        Column::new("when", "Started", "num", move |run: &Run| clock.stamp(run.created_at))
            .sort("when")
            .label("Started"),
        Column::new("process", "Process", "quiet", |run: &Run| run.runner.clone()).label("Process").extra(),
    ];
    Table { caption: "Runs and their states", class: "runs", columns, choose: None }
}

/// Returns the title of a run.
fn title(run: &Run) -> String {
    let Ok(kind) = run.kind.parse::<RunKind>() else { return words::sentence(&run.kind) };
    let text = |name: &str| run.input.get(name).and_then(serde_json::Value::as_str);
    match kind {
        RunKind::Import => text("file_name")
            .map_or_else(|| words::run_kind(kind).to_owned(), |name| format!("Import of {name}")),
        RunKind::ChangeImpact => match run.input.get("change").and_then(serde_json::Value::as_i64) {
            Some(number) => format!("Impact of change #{number}"),
            None => words::run_kind(kind).to_owned(),
        },
        RunKind::ReplayDecisions | RunKind::ReplayDeliveries => words::run_kind(kind).to_owned(),
    }
}

/// Renders the state of a run with its color.
fn state(run: &Run) -> impl IntoView + use<> {
    let (tone, word) = match (run.state.parse(), &run.cancelled_by) {
        (Ok(RunState::Running), Some(_)) => ("warn", "Cancelling"),
        (Ok(state), _) => words::run_state(state),
        (Err(_), _) => ("unknown", "Unknown"),
    };
    dotted(tone, word)
}

fn replay(here: &PageContext, workflows: &[WorkflowName]) -> impl IntoView + use<> {
    let workflows: Vec<FilterOption> =
        workflows.iter().map(|known| (known.name.clone(), known.title.clone())).collect();
    let periods = PERIODS.iter().map(|(days, said)| ((*days).to_owned(), (*said).to_owned())).collect();
    let form = view! {
        <form method="post" action=StartReplay::PATH>
            {once(&here.request, "start-replay")}
            <p class="meta">"Decides stored decisions again, from the same inputs and by the same rules, and compares. Nothing is changed or sent."</p>
            {select("Workflow", "workflow", "All workflows", workflows, None)}
            {select("Period", "days", "All time", periods, None)}
            <button class="btn primary">"Replay decisions"</button>
        </form>
    };
    ask("Replay decisions", false, form)
}
