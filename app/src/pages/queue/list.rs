//! The list of waiting leads, most urgent first.

use chrono::{DateTime, Utc};
use engine::action::Action;
use engine::decision::UnknownReason;
use leptos::prelude::*;
use store::queue::{LIST_ROWS, WaitingLead};
use store::refresh::Topic;

use super::load::QueueData;
use crate::actions::queue::{QueueFilter, count, left};
use crate::texts::texts;
use crate::ui::clock::Clock;
use crate::ui::filters::{FilterOption, select};
use crate::ui::icon::{Icon, icon};
use crate::ui::{refresh, words};

/// Renders the list with its filters.
pub fn list(loaded: &QueueData) -> impl IntoView + use<> {
    let at = loaded.open.as_ref().and_then(|open| open.row);
    let handle = match at {
        Some(at) => texts().queue_position((at + 1).to_string(), count(loaded.total)),
        None => texts().queue_handle(count(loaded.total)),
    };
    let rows = loaded.rows.iter().enumerate().map(|(n, row)| entry(loaded, row, at == Some(n)));
    let rows = rows.collect_view();
    let end = if loaded.total > LIST_ROWS {
        texts().queue_most_urgent(LIST_ROWS.to_string(), count(loaded.total))
    } else {
        texts().queue_end()
    };
    let steps = view! { <span class="row">{step(loaded, at, true)}{step(loaded, at, false)}</span> };
    let list = view! { <ol aria-label=texts().queue_leads()>{rows}</ol><p class="meta end">{end}</p> };
    view! {
        <details class="list wide-open">
            <summary class="btn plain">{icon(Icon::Inbox)}<span>{handle}</span><span class="push quiet show-list">{texts().queue_show_list()}</span><span class="push quiet hide-list">{texts().queue_hide_list()}</span></summary>
            <div class="rows" role="region" aria-label=texts().queue_list() tabindex="0">
                <a class="skip" href="#work">{texts().queue_skip()}</a>
                <div class="list-head">
                    <span class="meta">{texts().queue_order()}</span>
                    <span class="push">{refresh::part("queue-steps", Topic::Queue, steps)}</span>
                </div>
                {filters(loaded)}
                {refresh::part("queue-list", Topic::Queue, list)}
            </div>
        </details>
    }
}

/// Renders the link to the next or the previous lead of the list.
fn step(loaded: &QueueData, at: Option<usize>, is_next: bool) -> impl IntoView + use<> {
    let to = match (at, is_next) {
        (Some(at), true) => Some(at + 1),
        (Some(at), false) => at.checked_sub(1),
        // The open lead has left the list, so the next one is the first.
        (None, true) => Some(0),
        (None, false) => None,
    };
    let row = to.and_then(|to| loaded.rows.get(to));
    let href = row.map(|row| loaded.shown.href(Some((row.lead_id.into(), &row.workflow))));
    let (key, words) = if is_next { ("j", texts().queue_next()) } else { ("k", texts().queue_previous()) };
    // Hidden rather than omitted at the ends of the list, because the island that moves through it without a
    // page load reuses the link.
    let is_hidden = href.is_none();
    view! {
        <a class="btn plain" href=href hidden=is_hidden data-step=key data-key=key data-key-help=words.clone() aria-keyshortcuts=key><span class="sr">{words.clone()}</span><kbd>{key.to_uppercase()}</kbd></a>
    }
}

fn entry(loaded: &QueueData, row: &WaitingLead, is_open: bool) -> impl IntoView + use<> {
    let (who, _) =
        words::lead(row.company.as_ref(), row.name.as_ref(), row.email.as_ref(), row.external_id.as_deref());
    let why = match row.name.as_ref().filter(|name| **name != who) {
        Some(name) => texts().queue_person_reason(name, why(loaded, row)),
        None => why(loaded, row),
    };
    let href = loaded.shown.href(Some((row.lead_id.into(), &row.workflow)));
    let others = row.taken_by.filter(|by| *by != loaded.viewer);
    let taken = match (row.taken_by, &row.taken_name, row.taken_until) {
        (Some(by), Some(name), Some(until)) => {
            let who = match by == loaded.viewer {
                true => texts().queue_claimed_by_you(),
                false => texts().queue_claimed_by(name),
            };
            let left = left(loaded.clock, until);
            Some(view! { <span class="pair" title=left>{icon(Icon::Person)}{who}</span> })
        }
        _ => None,
    };
    view! {
        <li>
            <a class="q" href=href aria-current=is_open.then_some("true") data-taken=others.map(|_| "")>
                {priority(row.priority)}
                <b>{who}</b>
                <span class="quiet">{waited(loaded.clock, row.queued_at)}</span>
                <small><span class="clip">{why}</span>{taken}</small>
            </a>
        </li>
    }
}

/// Formats how long a lead has waited, in its natural unit: `42 min`, `3 h`, `12 days`, `2 months`.
pub fn waited(clock: Clock, since: DateTime<Utc>) -> String {
    let waited = clock.now - since;
    match (waited.num_minutes(), waited.num_hours(), waited.num_days()) {
        (..1, ..) => texts().queue_just_now(),
        (minutes @ ..120, ..) => texts().queue_minutes(minutes.to_string()),
        (_, hours @ ..48, _) => texts().queue_hours(hours.to_string()),
        (.., days @ ..60) => texts().queue_days(days),
        (.., days) => texts().queue_months(days / 30),
    }
}

/// Renders three bars, filled according to the priority.
pub fn priority(priority: i32) -> impl IntoView {
    let word = match priority {
        3.. => texts().queue_priority_high(),
        2 => texts().queue_priority_medium(),
        _ => texts().queue_priority_low(),
    };
    let bar = move |n: i32| (priority < n).then_some("off");
    view! {
        <svg class="i prio" viewBox="0 0 16 16" role="img" aria-label=word>
            <rect x="2" y="9" width="3" height="5" rx="1"></rect>
            <rect class=bar(2) x="6.5" y="6" width="3" height="8" rx="1"></rect>
            <rect class=bar(3) x="11" y="3" width="3" height="11" rx="1"></rect>
        </svg>
    }
}

/// Describes in a few words why the lead waits.
fn why(loaded: &QueueData, row: &WaitingLead) -> String {
    let because: Vec<UnknownReason> = serde_json::from_value(row.because.clone()).unwrap_or_default();
    let rules = row.bundle.as_ref().and_then(|bundle| loaded.rules.get(bundle));
    let field = |name: &String| {
        rules.map_or_else(|| words::sentence(name), |rules| rules.bundle.catalogue.title(name))
    };
    if let Some(by) = &row.rejected_by {
        return texts().queue_rejected_by(by);
    }
    match (row.held_by.as_ref(), because.first()) {
        (Some(_), Some(UnknownReason::Missing { field: name })) => texts().queue_missing(field(name)),
        (Some(_), Some(UnknownReason::LowConfidence { field: name, .. })) => {
            texts().queue_uncertain(field(name))
        }
        (Some(_), _) => texts().queue_not_evaluated(),
        (None, _) if row.queue == "manual" => texts().queue_workflow_stopped(),
        (None, _) => match row.action.parse() {
            Ok(Action::Assign) => texts().queue_no_one(),
            Ok(Action::Escalate) => texts().queue_escalated(),
            _ => texts().queue_no_rule(),
        },
    }
}

fn filters(loaded: &QueueData) -> impl IntoView + use<> {
    let QueueFilter { workflow, queue, action, of } = &loaded.shown;
    let active = loaded.shown.pairs().count();
    let named = |value: &String| Some(value.clone()).filter(|value| !value.is_empty());
    let workflows: Vec<FilterOption> =
        loaded.workflows.iter().map(|known| (known.name.clone(), known.title.clone())).collect();
    let queues = ["sdr", "manual"].map(|name| (name.to_owned(), words::queue(name).to_owned())).to_vec();
    let actions =
        [Action::Assign, Action::Advance, Action::Escalate, Action::Hold, Action::Nurture, Action::Reject]
            .map(|one| (<&str>::from(one).to_owned(), suggested(one)))
            .to_vec();
    let own = vec![("mine".to_owned(), texts().queue_me())];
    view! {
        <details class="narrow" open={active > 0}>
            <summary class="btn plain">{icon(Icon::Filter)}{texts().queue_filter()}{(active > 0).then(|| view! { <span class="quiet">{active}</span> })}</summary>
            <form method="get" action="/queue" role="search" aria-label=texts().queue_filter_queue()>
                {(loaded.workflows.len() > 1).then(|| select(texts().queue_workflow(), "workflow", texts().queue_any_workflow(), workflows, named(workflow).as_deref()))}
                {select(texts().queue_queue(), "queue", texts().queue_both(), queues, named(queue).as_deref())}
                {select(texts().queue_suggested(), "action", texts().queue_any_suggestion(), actions, named(action).as_deref())}
                {select(texts().queue_of(), "of", texts().queue_anyone(), own, named(of).as_deref())}
                <span class="row">
                    <button class="btn">{texts().queue_filter()}</button>
                    {(active > 0).then(|| view! { <a class="btn plain" href="/queue">{texts().queue_clear()}</a> })}
                </span>
            </form>
        </details>
    }
}

/// Returns the label of a suggested action in the filter.
fn suggested(action: Action) -> String {
    match action {
        Action::Hold => texts().queue_nothing_suggested(),
        Action::Escalate => texts().queue_escalated(),
        other => words::action(other).to_owned(),
    }
}
