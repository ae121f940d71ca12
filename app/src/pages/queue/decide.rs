//! The verdict forms. They work without scripts and have keyboard shortcuts.

use engine::action::Action;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use serde_json::Value as Json;
use store::queue::Kind;

use super::load::{OpenLead, QueueData};
use crate::actions::queue::{DecideLead, GiveBackLead, OTHER_REASON, REASON_CHARS, REASONS, decided as done};
use crate::flash::Flash;
use crate::pages::frame::PageContext;
use crate::pages::lead::decision::ExplainedDecision;
use crate::texts::{part, texts};
use crate::ui::chip::action_chip;
use crate::ui::{titles, words};

/// Renders the hidden fields that identify the lead and preserve the filters.
pub fn named(loaded: &QueueData, open: &OpenLead) -> impl IntoView + use<> {
    let shown = loaded.shown.pairs().map(|(name, value)| {
        view! { <input type="hidden" name=format!("shown[{name}]") value=value.to_owned() /> }
    });
    view! {
        <input type="hidden" name="lead" value=open.place.lead.to_string() />
        <input type="hidden" name="workflow" value=open.workflow.clone() />
        {shown.collect_view()}
    }
}

/// Renders the suggested action with its assignee or stage.
pub fn suggestion(open: &OpenLead, suggested: Action) -> impl IntoView + use<> {
    let (before, middle, to, after) = match target(open, suggested) {
        Some(Target::Person(name, None)) => {
            let said = texts().queue_suggest_person();
            (part(said.s0), part(said.s1), name, part(said.s2))
        }
        Some(Target::Person(name, Some(pool))) => {
            let said = texts().queue_suggest_rotation(pool);
            (part(said.s0), part(said.s1), name, part(said.s2))
        }
        Some(Target::Stage(stage)) => {
            let said = texts().queue_suggest_stage();
            (part(said.s0), part(said.s1), stage, part(said.s2))
        }
        None => return Either::Left(action_chip(suggested)),
    };
    Either::Right(view! { {before}{action_chip(suggested)}{middle}<b>{to}</b>{after} })
}

/// The target of a suggested action.
enum Target {
    /// The name of an AE, and the title of the pool whose turn it is.
    Person(String, Option<String>),
    /// The title of a stage.
    Stage(String),
}

fn target(open: &OpenLead, suggested: Action) -> Option<Target> {
    let act = open.suggestion.as_ref()?;
    match (suggested, &open.turn) {
        (Action::Assign, Some(turn)) => {
            let person = turn.person.as_ref()?;
            let (_, name) = turn.members.iter().find(|(email, _)| email == person)?;
            Some(Target::Person(name.clone(), turn.pool.as_deref().map(titles::pool)))
        }
        (Action::Advance, _) => {
            let stage = act.parameters.get("stage").and_then(Json::as_str)?;
            Some(Target::Stage(words::stage_named(stage)))
        }
        _ => None,
    }
}

/// Renders the forms to accept, change or disqualify.
pub fn forms(
    here: &PageContext,
    loaded: &QueueData,
    open: &OpenLead,
    decided: &ExplainedDecision,
    flash: &Flash,
) -> impl IntoView + use<> {
    let others = open.claim.as_ref().is_some_and(|claim| claim.person_id != loaded.viewer);
    if !here.may::<DecideLead>() {
        return Either::Left(view! { <p class="meta">{texts().queue_who_decides()}</p> });
    }
    let typed = Typed::read(flash);
    let stopped = open.is_stopped;
    let fields = || {
        view! {
            {named(loaded, open)}
            <input type="hidden" name="decision" value=decided.decision().decision_id.to_string() />
            {stopped.then(|| view! { <input type="hidden" name="stopped" value="true" /> })}
        }
    };
    let accept = (!others).then(|| accept(open, fields().into_any()));
    let change = (!others).then(|| change(open, &typed, fields().into_any()));
    let disqualify = (!others).then(|| disqualify(&typed, fields().into_any()));
    // Preserves the text typed before another person claimed the lead.
    let kept = (others && !typed.note.is_empty()).then(|| {
        let text = typed.note.clone();
        view! { <label class="label">{texts().queue_unsaved()}<textarea class="field" rows="3" readonly>{crate::ui::form::lines(&text)}</textarea></label> }
    });
    Either::Right(view! {
        <div class="row decide">{accept}{change}{disqualify}</div>
        {kept}
    })
}

/// Returns the chosen reason and the note of a rejected form. Free text in place of a reason counts as the note.
pub fn typed_reason(flash: &Flash) -> (String, String) {
    let text = |name: &str| flash.values.get(name).cloned().unwrap_or_default();
    let (reason, note) = (text("reason"), text("note"));
    if note.is_empty() && !reason.is_empty() && reason != OTHER_REASON && !REASONS.contains(&&*reason) {
        return (OTHER_REASON.to_owned(), reason);
    }
    (reason, note)
}

/// Input of a rejected form.
struct Typed {
    kind: Option<Kind>,
    action: String,
    assignee: String,
    reason: String,
    note: String,
    errors: std::collections::BTreeMap<String, String>,
}

impl Typed {
    fn read(flash: &Flash) -> Self {
        let text = |name: &str| flash.values.get(name).cloned().unwrap_or_default();
        let (reason, note) = typed_reason(flash);
        Self {
            kind: text("kind").parse().ok(),
            action: text("action"),
            assignee: text("assignee"),
            reason,
            note,
            errors: flash.errors.clone(),
        }
    }

    /// Returns the input if it belongs to this form.
    fn of(&self, kind: Kind) -> Option<&Self> {
        Some(self).filter(|typed| typed.kind == Some(kind))
    }
}

fn accept(open: &OpenLead, fields: AnyView) -> impl IntoView + use<> {
    let suggested = open.suggestion.as_ref().map_or(Action::Hold, |act| act.action);
    let action = suggested.agreed();
    if suggested != action {
        return Either::Left(advance(fields));
    }
    let whom = open.turn.as_ref().filter(|_| action == Action::Assign).map(|turn| {
        let pool = turn.pool.clone().map(|pool| view! { <input type="hidden" name="pool" value=pool /> });
        view! { {pool}{people(texts().queue_assign_to(), &turn.members, turn.person.as_deref(), None, "accept")} }
    });
    Either::Right(view! {
        <form class="row" method="post" action=DecideLead::PATH>
            {fields}
            <input type="hidden" name="kind" value=Kind::Accept.to_string() />
            <input type="hidden" name="action" value=action.to_string() />
            <button class="btn primary" data-key="a" data-key-help=texts().queue_accept() aria-keyshortcuts="a">{texts().queue_accept()}<kbd>{"A"}</kbd></button>
            {whom}
        </form>
    })
}

/// Renders a button that advances a lead without a suggestion. It has no shortcut and is not the primary
/// button, so that a person who accepts one lead after another with the key cannot advance this one by
/// mistake.
fn advance(fields: AnyView) -> impl IntoView {
    view! {
        <form class="row" method="post" action=DecideLead::PATH>
            {fields}
            <input type="hidden" name="kind" value=Kind::Accept.to_string() />
            <input type="hidden" name="action" value=Action::Advance.to_string() />
            <button class="btn">{words::action(Action::Advance)}</button>
        </form>
    }
}

fn change(open: &OpenLead, typed: &Typed, fields: AnyView) -> impl IntoView + use<> {
    let typed = typed.of(Kind::Change);
    let agreed = open.suggestion.as_ref().map_or(Action::Hold, |act| act.action).agreed();
    let everybody = open.everybody.clone();
    let option = |action: Action| {
        let value: &str = action.into();
        let selected = typed.is_some_and(|typed| typed.action == value);
        view! { <option value=value selected=selected>{words::action(action)}</option> }
    };
    // Without AEs, the lead cannot be assigned.
    let can = |action: &Action| *action != agreed && (*action != Action::Assign || !everybody.is_empty());
    let options =
        [Action::Advance, Action::Assign, Action::Nurture].into_iter().filter(can).map(option).collect_view();
    let error = |name: &str| typed.and_then(|typed| typed.errors.get(name).cloned());
    let chosen = typed.map(|typed| typed.assignee.clone()).filter(|email| !email.is_empty());
    let whom = people(texts().queue_to(), &everybody, chosen.as_deref(), error("assignee"), "change");
    view! {
        <details class="ask" name="panel" open=typed.is_some()>
            <summary class="btn" data-key="c" data-key-help=texts().queue_change() aria-keyshortcuts="c">{texts().queue_change()}<kbd>{"C"}</kbd></summary>
            <form class="panel" method="post" action=DecideLead::PATH>
                {fields}
                <input type="hidden" name="kind" value=Kind::Change.to_string() />
                <label class="label">{texts().queue_change_to()}<select class="field what" name="action">{options}</select></label>
                {field_error(error("action"), "change-action")}
                <div class="whom-to">{whom}</div>
                {why(typed, error("reason"), "change")}
                <button class="btn primary">{texts().queue_save_change()}<kbd>"↵"</kbd></button>
            </form>
        </details>
    }
}

fn disqualify(typed: &Typed, fields: AnyView) -> impl IntoView + use<> {
    let typed = typed.of(Kind::Disqualify);
    let error = typed.and_then(|typed| typed.errors.get("reason").cloned());
    view! {
        <details class="ask" name="panel" open=typed.is_some()>
            <summary class="btn" data-key="d" data-key-help=texts().queue_disqualify() aria-keyshortcuts="d">{texts().queue_disqualify()}<kbd>{"D"}</kbd></summary>
            <form class="panel" method="post" action=DecideLead::PATH>
                {fields}
                <input type="hidden" name="kind" value=Kind::Disqualify.to_string() />
                {why(typed, error, "disqualify")}
                <button class="btn primary">{texts().queue_disqualify()}<kbd>"↵"</kbd></button>
            </form>
        </details>
    }
}

/// Renders the reasons as a select, so that they can be counted, with a note for the rest. The note is a single-line input, so
/// that Enter submits the form.
fn why(typed: Option<&Typed>, error: Option<String>, form: &'static str) -> impl IntoView + use<> {
    let id = format!("{form}-reason");
    let (described, invalid) = (error.is_some().then(|| id.clone()), error.is_some().then_some("true"));
    let chosen = typed.map(|typed| typed.reason.clone()).unwrap_or_default();
    let note = typed.map(|typed| typed.note.clone());
    let option =
        |reason: &&'static str| view! { <option value=*reason selected=chosen == *reason>{*reason}</option> };
    view! {
        <label class="label">
            {texts().queue_reason()}
            <select class="field" name="reason" required aria-invalid=invalid aria-describedby=described>
                <option value="">{texts().queue_choose_reason()}</option>
                {REASONS.iter().chain([&OTHER_REASON]).map(option).collect_view()}
            </select>
        </label>
        <label class="label">
            {texts().queue_note()}
            <input class="field" name="note" value=note maxlength=REASON_CHARS.to_string() autocomplete="off" />
        </label>
        {field_error(error, &id)}
    }
}

fn people(
    label: String,
    all: &[(String, String)],
    chosen: Option<&str>,
    error: Option<String>,
    form: &'static str,
) -> impl IntoView + use<> {
    let id = format!("{form}-assignee");
    let (described, invalid) = (error.is_some().then(|| id.clone()), error.is_some().then_some("true"));
    let option = |(email, name): &(String, String)| {
        let selected = chosen == Some(email.as_str());
        view! { <option value=email.clone() selected=selected>{name.clone()}</option> }
    };
    let options = all.iter().map(option).collect_view();
    view! {
        <label class="label">
            <span class=(form == "accept").then_some("sr")>{label}</span>
            <select class="field" name="assignee" aria-invalid=invalid aria-describedby=described>{options}</select>
        </label>
        {field_error(error, &id)}
    }
}

fn field_error(error: Option<String>, id: &str) -> impl IntoView + use<> {
    let id = id.to_owned();
    error.map(|error| view! { <p id=id class="tone" data-a="bad" role="alert">{error}</p> })
}

/// Renders the form that undoes the viewer's last verdict, while undoing is still possible.
pub fn take_back(loaded: &QueueData) -> impl IntoView + use<> {
    let (past, who) = loaded.last.as_ref().filter(|_| loaded.may)?;
    let workflow = loaded.workflows.iter().find(|known| known.id == past.workflow_id)?.name.clone();
    let action: Action = past.action.parse().ok()?;
    let shown = loaded.shown.pairs().map(|(name, value)| {
        view! { <input type="hidden" name=format!("shown[{name}]") value=value.to_owned() /> }
    });
    Some(view! {
        <form class="push row" method="post" action=GiveBackLead::PATH>
            <input type="hidden" name="lead" value=past.lead_id.to_string() />
            <input type="hidden" name="workflow" value=workflow />
            {shown.collect_view()}
            <span class="meta only-wide">{texts().queue_last(who, done(action))}</span>
            <button class="btn" data-key="z" data-key-help=texts().queue_undo_last() aria-keyshortcuts="z">{texts().queue_undo()}<kbd>{"Z"}</kbd></button>
        </form>
    })
}
