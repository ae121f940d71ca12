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
use crate::texts::texts;
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
const CONFIDENCES: [f64; 4] = [0.95, 0.9, 0.8, 0.5];
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
    pub fn chips(
        &self,
        workflows: &[WorkflowName],
        rules: &[RuleName],
        assignees: &[Person],
    ) -> Vec<Chip<String>> {
        let filter = &self.filter;
        let name = |email: &String| {
            assignees.iter().find(|person| person.email == *email).map(|person| person.name.clone())
        };
        let title = |id: &Uuid| {
            workflows.iter().find(|workflow| workflow.id == *id).map(|workflow| workflow.title.clone())
        };
        let rule = |rule: &RuleFilter| match rule {
            RuleFilter::Default => texts().leads_no_rule(),
            RuleFilter::Rule(id) => rules
                .iter()
                .find(|rule| rule.rule_id == *id)
                .map_or_else(|| id.clone(), |rule| rule.title().to_owned()),
        };
        let has_period = filter.from.is_some() || filter.to.is_some();
        let all = [
            (texts().leads_filter_search(), &["q"][..], filter.text.clone()),
            (texts().leads_column_workflow(), &["workflow"], filter.workflow.as_ref().and_then(title)),
            (
                texts().leads_column_decision(),
                &["action"],
                filter.action.map(|action| words::action(action).to_owned()),
            ),
            (texts().leads_column_rule(), &["rule"], filter.rule.as_ref().map(rule)),
            (texts().leads_filter_queue(), &["queue"], filter.queue.map(queue_words)),
            (texts().leads_column_assigned_to(), &["assignee"], filter.assignee.as_ref().and_then(name)),
            (texts().leads_column_source(), &["source"], filter.source.as_deref().map(words::sentence)),
            (texts().leads_column_confidence(), &["confidence"], filter.confidence.map(at_least)),
            (
                texts().leads_column_stage(),
                &["stage"],
                filter.stage.map(|stage| words::stage(stage).to_owned()),
            ),
            (texts().leads_filter_counts(), &["counts"], filter.counts.map(counts_words)),
            (texts().leads_column_first(), &period::NAMES, has_period.then(|| self.period.words())),
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
    rule_choices.push((DEFAULT_RULE.into(), texts().leads_no_rule()));
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
                <span class="sr">{texts().leads_search()}</span>
                <input class="field" type="search" name="q" value=address.get("q").map(str::to_owned) placeholder=texts().leads_search() maxlength="200" />
            </label>
            <details class="more wide-open">
                <summary class="btn">
                    {icon(Icon::Filter)}{texts().leads_filters()}{(active > 0).then(|| view! { <span class="quiet">{active}</span> })}
                </summary>
                <div class="selects">
                    {select(texts().leads_column_workflow(), "workflow", texts().leads_any_workflow(), workflow_choices(workflows), address.get("workflow"))}
                    {select(texts().leads_column_rule(), "rule", texts().leads_any_rule(), rule_choices, address.get("rule"))}
                    {select(texts().leads_filter_queue(), "queue", texts().leads_any_queue(), queue_choices(), address.get("queue"))}
                    {select(texts().leads_column_assigned_to(), "assignee", texts().leads_anyone(), assignee_choices(assignees), address.get("assignee"))}
                    {select(texts().leads_column_source(), "source", texts().leads_any_source(), source_choices(sources), address.get("source"))}
                    {select(texts().leads_column_confidence(), "confidence", texts().leads_any_confidence(), confidence_choices(), address.get("confidence"))}
                    {select(texts().leads_column_stage(), "stage", texts().leads_any_stage(), stage_choices(), address.get("stage"))}
                    {select(texts().leads_column_first(), "period", texts().leads_any_time(), period_choices(), asked.period.name())}
                </div>
            </details>
            <button class="btn">{texts().leads_filter()}</button>
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
    CONFIDENCES.iter().map(|least| (least.to_string(), at_least(*least))).collect()
}

/// Returns the periods to choose from. `all` is missing because it is the default.
fn period_choices() -> Vec<FilterOption> {
    period::choices().into_iter().filter(|(name, _)| name != "all").collect()
}

fn queue_choices() -> Vec<FilterOption> {
    [QueueFilter::Any, QueueFilter::Sdr, QueueFilter::Manual, QueueFilter::None]
        .map(|queue| (<&str>::from(queue).to_owned(), queue_words(queue)))
        .into()
}

fn stage_choices() -> Vec<FilterOption> {
    OutcomeStage::VARIANTS.iter().map(|stage| (stage.to_string(), words::stage(*stage).to_owned())).collect()
}

fn at_least(confidence: f64) -> String {
    texts().leads_at_least(number::confidence(confidence))
}

fn queue_words(queue: QueueFilter) -> String {
    match queue {
        QueueFilter::Any => texts().leads_queue_any(),
        QueueFilter::Sdr => texts().leads_queue_sdr(),
        QueueFilter::Manual => texts().leads_queue_manual(),
        QueueFilter::None => texts().leads_queue_none(),
    }
}

fn counts_words(counts: FigurePart) -> String {
    match counts {
        FigurePart::Qualified => texts().leads_counts_qualified(),
        FigurePart::Judged => texts().leads_counts_judged(),
        FigurePart::FalsePositive => texts().leads_counts_false_positive(),
        FigurePart::Assigned => texts().leads_counts_assigned(),
        FigurePart::Converted => texts().leads_counts_converted(),
    }
}
