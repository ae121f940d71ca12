//! The filters of the list, in the URL and on screen.

use engine::action::Action;
use engine::control::outcome::OutcomeStage;
use leptos::prelude::*;
use store::people::Person;
use store::reads::frame::{RuleName, WorkflowName};
use store::reads::leads_list::{FigurePart, LeadListFilter, LeadListSort, QueueFilter, RuleFilter};
use strum::VariantArray as _;
use uuid::Uuid;

use crate::pages::period::{self, Period, PeriodKind};
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::icon::{Icon, icon};
use crate::ui::table::ListOrder;
use crate::ui::{number, words};

/// Query parameters that hold the filters.
pub const NAMES: [&str; 13] = [
    "q",
    "workflow",
    "action",
    "rule",
    "queue",
    "assignee",
    "source",
    "confidence",
    "stage",
    "counts",
    "period",
    "from",
    "to",
];
/// Lower bounds of the confidence to choose from.
const CONFIDENCES: [(&str, &str); 4] =
    [("0.95", "0.95 or more"), ("0.9", "0.90 or more"), ("0.8", "0.80 or more"), ("0.5", "0.50 or more")];
/// Sort columns; the first is the default.
const SORTS: [&str; 2] = ["decided", "first"];
/// Value of the `rule` parameter that selects leads decided by the default.
const DEFAULT_RULE: &str = "-";
/// Longest search text, in characters; no name is longer.
const TEXT_CHARS: usize = 200;

/// The parsed request for the list.
pub struct LeadListQuery {
    /// The filters as given in the URL.
    pub address: Address,
    /// The same filters, parsed. Invalid values are ignored.
    pub filter: LeadListFilter,
    /// The sort order as shown in the column headers.
    pub sorted: ListOrder,
    /// The same sort order for the query.
    pub sort: LeadListSort,
    period: Period,
}

impl LeadListQuery {
    /// Parses the filters from the URL.
    pub fn read(address: Address, clock: Clock, workflows: &[WorkflowName], assignees: &[Person]) -> Self {
        let assignee =
            address.get("assignee").and_then(|id| assignees.iter().find(|one| one.id.to_string() == id));
        let workflow =
            address.get("workflow").and_then(|name| workflows.iter().find(|workflow| workflow.name == name));
        let rule = address.get("rule").map(|rule| {
            if rule == DEFAULT_RULE { RuleFilter::Default } else { RuleFilter::Rule(rule.to_owned()) }
        });
        let period = Period::read(&address, PeriodKind::All, clock);
        let filter = LeadListFilter {
            workflow: workflow.map(|workflow| workflow.id),
            action: address.parsed::<Action>("action"),
            rule,
            queue: address.parsed::<QueueFilter>("queue"),
            stage: address.parsed::<OutcomeStage>("stage"),
            text: address
                .get("q")
                .map(|text| text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS).collect()),
            from: period.from(),
            to: period.to(),
            counts: address.parsed::<FigurePart>("counts"),
            assignee: assignee.map(|person| person.email.clone()),
            source: address.get("source").map(|source| source.chars().take(TEXT_CHARS).collect()),
            confidence: address.parsed::<f64>("confidence").filter(|least| (0.0..=1.0).contains(least)),
            lead: None,
        };
        let mut sorted = ListOrder::read(&address, &SORTS);
        if filter.has_period() {
            sorted.by = "first";
        }
        let sort = LeadListSort { by_first: sorted.by == "first", order: sorted.order };
        Self { filter, sorted, sort, period, address }
    }

    /// Returns whether any filter is active.
    pub fn is_narrowed(&self) -> bool {
        self.filter != LeadListFilter::default()
    }

    /// Describes the active filters.
    pub fn chips(&self, workflows: &[WorkflowName], rules: &[RuleName], assignees: &[Person]) -> Vec<Chip> {
        let filter = &self.filter;
        let name = |email: &String| {
            assignees.iter().find(|person| person.email == *email).map(|person| person.name.clone())
        };
        let title = |id: &Uuid| {
            workflows.iter().find(|workflow| workflow.id == *id).map(|workflow| workflow.title.clone())
        };
        let rule = |rule: &RuleFilter| match rule {
            RuleFilter::Default => "None, by default".to_owned(),
            RuleFilter::Rule(id) => rules
                .iter()
                .find(|rule| rule.rule_id == *id)
                .map_or_else(|| id.clone(), |rule| rule.title().to_owned()),
        };
        let has_period = filter.from.is_some() || filter.to.is_some();
        let all = [
            ("Search", &["q"][..], filter.text.clone()),
            ("Workflow", &["workflow"], filter.workflow.as_ref().and_then(title)),
            ("Decision", &["action"], filter.action.map(|action| words::action(action).to_owned())),
            ("Rule", &["rule"], filter.rule.as_ref().map(rule)),
            ("Waits for", &["queue"], filter.queue.map(|queue| queue_words(queue).to_owned())),
            ("Assigned to", &["assignee"], filter.assignee.as_ref().and_then(name)),
            ("Source", &["source"], filter.source.as_deref().map(words::sentence)),
            (
                "Confidence",
                &["confidence"],
                filter.confidence.map(|least| format!("{} or more", number::confidence(least))),
            ),
            ("Stage", &["stage"], filter.stage.map(|stage| words::stage(stage).to_owned())),
            ("Counts as", &["counts"], filter.counts.map(|counts| counts_words(counts).to_owned())),
            ("First decided", &period::NAMES, has_period.then(|| self.period.words())),
        ];
        let bare = self.address.start();
        all.into_iter()
            .filter_map(|(name, names, value)| {
                Some(Chip { name, value: value?, href: bare.without(names).href() })
            })
            .collect()
    }
}

/// Renders the form of all filters, sent as a plain GET.
pub fn form(
    asked: &LeadListQuery,
    workflows: &[WorkflowName],
    rules: &[RuleName],
    assignees: &[Person],
    sources: &[String],
) -> impl IntoView + use<> {
    let address = &asked.address;
    let is_shown =
        |rule: &&RuleName| asked.filter.workflow.is_none_or(|workflow| workflow == rule.workflow_id);
    let mut rule_choices: Vec<FilterOption> =
        rules.iter().filter(is_shown).map(|rule| (rule.rule_id.clone(), rule.title().to_owned())).collect();
    rule_choices.dedup();
    rule_choices.push((DEFAULT_RULE.into(), "None, by default".into()));
    let active = [
        &asked.filter.workflow.is_some(),
        &asked.filter.rule.is_some(),
        &asked.filter.queue.is_some(),
        &asked.filter.assignee.is_some(),
        &asked.filter.source.is_some(),
        &asked.filter.confidence.is_some(),
        &asked.filter.stage.is_some(),
    ];
    let active = active.into_iter().filter(|is| **is).count();
    let kept = if asked.period.name().is_some() {
        &["action", "counts", "sort", "cols"][..]
    } else {
        &["action", "counts", "sort", "cols", "from", "to"]
    };
    view! {
        <form role="search" method="get" action="/leads" data-submit-on-change="">
            {address.kept(kept)}
            <label class="search">
                {icon(Icon::Search)}
                <span class="sr">"Name, company or e-mail"</span>
                <input class="field" type="search" name="q" value=address.get("q").map(str::to_owned) placeholder="Name, company or e-mail" maxlength="200" />
            </label>
            <details class="more wide-open">
                <summary class="btn">
                    {icon(Icon::Filter)}"Filters"{(active > 0).then(|| view! { <span class="quiet">{active}</span> })}
                </summary>
                <div class="selects">
                    {select("Workflow", "workflow", "Any workflow", workflow_choices(workflows), address.get("workflow"))}
                    {select("Rule", "rule", "Any rule", rule_choices, address.get("rule"))}
                    {select("Waits for", "queue", "Any queue", queue_choices(), address.get("queue"))}
                    {select("Assigned to", "assignee", "Anyone", assignee_choices(assignees), address.get("assignee"))}
                    {select("Source", "source", "Any source", source_choices(sources), address.get("source"))}
                    {select("Confidence", "confidence", "Any confidence", confidence_choices(), address.get("confidence"))}
                    {select("Stage", "stage", "Any stage", stage_choices(), address.get("stage"))}
                    {select("First decided", "period", "Any time", period_choices(), asked.period.name())}
                </div>
            </details>
            <button class="btn">"Filter"</button>
        </form>
    }
}

fn workflow_choices(workflows: &[WorkflowName]) -> Vec<FilterOption> {
    workflows.iter().map(|workflow| (workflow.name.clone(), workflow.title.clone())).collect()
}

fn assignee_choices(assignees: &[Person]) -> Vec<FilterOption> {
    assignees.iter().map(|person| (person.id.to_string(), person.name.clone())).collect()
}

fn source_choices(sources: &[String]) -> Vec<FilterOption> {
    sources.iter().map(|source| (source.clone(), words::sentence(source))).collect()
}

fn confidence_choices() -> Vec<FilterOption> {
    CONFIDENCES.iter().map(|(least, text)| ((*least).to_owned(), (*text).to_owned())).collect()
}

/// Returns the periods to choose from. `all` is missing because it is the default.
fn period_choices() -> Vec<FilterOption> {
    period::choices().into_iter().filter(|(name, _)| name != "all").collect()
}

fn queue_choices() -> Vec<FilterOption> {
    [QueueFilter::Any, QueueFilter::Sdr, QueueFilter::Manual, QueueFilter::None]
        .map(|queue| (<&str>::from(queue).to_owned(), queue_words(queue).to_owned()))
        .into()
}

fn stage_choices() -> Vec<FilterOption> {
    OutcomeStage::VARIANTS.iter().map(|stage| (stage.to_string(), words::stage(*stage).to_owned())).collect()
}

fn queue_words(queue: QueueFilter) -> &'static str {
    match queue {
        QueueFilter::Any => "A person",
        QueueFilter::Sdr => "SDR queue",
        QueueFilter::Manual => "Manual queue",
        QueueFilter::None => "Nobody",
    }
}

fn counts_words(counts: FigurePart) -> &'static str {
    match counts {
        FigurePart::Qualified => "MQL→SQL",
        FigurePart::Judged => "Passed on and judged",
        FigurePart::FalsePositive => "False positive",
        FigurePart::Assigned => "Assigned by the system",
        FigurePart::Converted => "AE conversion",
    }
}
