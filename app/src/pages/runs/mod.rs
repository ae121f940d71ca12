//! The list of runs, and a page for each.

mod result;
mod run;

pub use run::RunPage;

use std::collections::BTreeMap;

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_query_map;
use service::run::RunKind;
use store::live::Topic;
use store::reads::frame::{WorkflowName, names_of_actors, workflow_names};
use store::runs::{self, Cursor, PAGE_ROWS, Run, RunFilter, RunState};
use strum::VariantArray as _;
use uuid::Uuid;

use crate::actions::runs::{StartImport, StartReplay};
use crate::error::Result;
use crate::flash::Flash;
use crate::pages::frame::{Here, Page, page};
use crate::pages::list_tools::tools;
use crate::pages::places::Section;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, Choice, chips, select};
use crate::ui::form::{ask, once};
use crate::ui::icon::Icon;
use crate::ui::table::{Column, Count, Sorted, Table, pager};
use crate::ui::{live, note, words};

/// Where the list is.
const PATH: &str = "/runs";
/// The names of its filters in the address.
const NAMES: [&str; 2] = ["kind", "state"];
/// Periods to replay, in days.
const PERIODS: [(&str, &str); 3] = [("7", "Last 7 days"), ("30", "Last 30 days"), ("90", "Last 90 days")];

/// The runs.
#[component]
pub fn Runs() -> impl IntoView {
    let address = Address::of_list(PATH, &use_query_map().get_untracked(), &NAMES);
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Runs, move |here| load(here, RunList::read(address), flash))
}

/// What was asked for.
struct RunList {
    address: Address,
    kind: Option<RunKind>,
    state: Option<RunState>,
    sorted: Sorted,
    cursor: Cursor,
}

impl RunList {
    fn read(address: Address) -> Self {
        let before = address.parsed::<Uuid>("before").map(Cursor::Before);
        let after = address.parsed::<Uuid>("after").map(Cursor::After);
        Self {
            kind: address.parsed("kind"),
            state: address.parsed("state"),
            sorted: Sorted::read(&address, &["when"]),
            cursor: before.or(after).unwrap_or_default(),
            address,
        }
    }

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

async fn load(here: Here, list: RunList, flash: Flash) -> Result<Page> {
    let store = &here.request.store;
    let RunList { address, sorted, cursor, .. } = &list;
    let filter = RunFilter { kind: list.kind.map(|kind| kind.to_string()), state: list.state };
    let found = runs::page(store, &filter, sorted.order, *cursor, PAGE_ROWS).await?;
    let who: Vec<String> = found.runs.iter().map(|run| run.created_by.clone()).collect();
    let names = names_of_actors(store, &who).await?;
    let workflows = if here.may::<StartReplay>() { workflow_names(store).await? } else { Vec::new() };
    let bar = view! {
        <h1>"Runs"</h1>
        <span class="meta">"Long work, with its progress"</span>
        <span class="push row">
            {here.may::<StartImport>().then(|| view! { <a class="btn" href="/import">"Import leads"</a> })}
            {here.may::<StartReplay>().then(|| replay(&here, &workflows))}
        </span>
    };
    let table = table(&names, here.clock);
    let tools = tools(&here, &flash, address, &table, None).await?;
    let rows = if found.runs.is_empty() {
        let text = "Imports, replays and the impact of changes appear here when they start.";
        Either::Left(note::empty(Icon::Clock, "No runs", view! { <p>{text}</p> }))
    } else {
        let count = Count { rows: found.runs.len(), called: ("run", "runs"), cut: false, by_name: false };
        let rows = table.view(&found.runs, address, Some(*sorted));
        Either::Right(view! { {rows}{pager(address, sorted.order, cursor, &count, found.beside)} })
    };
    let body = view! {
        <div class="filters">
            {form(&list)}
            {chips(list.chips(), address.start().without(&NAMES).href())}
        </div>
        <div class="tabs-row">{tools}</div>
        {live::part("runs", Topic::Runs, rows)}
        {live::hear(&[Topic::Runs])}
    };
    Ok(Page { title: "Runs".into(), bar: bar.into_any(), body: body.into_any() })
}

fn form(list: &RunList) -> impl IntoView + use<> {
    let kinds: Vec<Choice> =
        RunKind::VARIANTS.iter().map(|kind| (kind.to_string(), words::run_kind(*kind).to_owned())).collect();
    let states: Vec<Choice> = RunState::VARIANTS
        .iter()
        .map(|state| (state.to_string(), words::run_state(*state).1.to_owned()))
        .collect();
    view! {
        <form role="search" method="get" action=PATH aria-label="Find runs">
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
            view! { <a href=format!("{PATH}/{}", run.id)>{title(run)}</a> }
        }),
        Column::new("state", "State", "first", state),
        Column::new("progress", "Progress", "wide", result::in_a_line),
        Column::new("by", "Started by", "", move |run: &Run| words::actor(&run.created_by, names))
            .label("Started by"),
        Column::new("when", "Started", "num", move |run: &Run| clock.stamp(run.created_at))
            .sort("when")
            .label("Started"),
        Column::new("process", "Process", "quiet", |run: &Run| run.runner.clone()).label("Process").extra(),
    ];
    Table { caption: "Runs and their states", class: "runs", columns, choose: None }
}

/// What a run is called.
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

/// Where a run stands, as a word in its colour.
fn state(run: &Run) -> impl IntoView + use<> {
    let (tone, word) = match (run.state.parse(), &run.cancelled_by) {
        (Ok(RunState::Running), Some(_)) => ("warn", "Cancelling"),
        (Ok(state), _) => words::run_state(state),
        (Err(_), _) => ("unknown", "Unknown"),
    };
    dotted(tone, word)
}

fn replay(here: &Here, workflows: &[WorkflowName]) -> impl IntoView + use<> {
    let workflows: Vec<Choice> =
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
