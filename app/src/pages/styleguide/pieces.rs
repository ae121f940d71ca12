//! Text, controls, messages, disclosures and lists.

use engine::action::Action;
use engine::decision::Outcome3;
use leptos::prelude::*;
use store::reads::keyset::{AdjacentPages, Cursor, Order};
use strum::VariantArray as _;

use super::{PieceGroup, Theme, example};
use crate::flash::Flash;
use crate::ui::chip::{ConditionResult, action_chip, dotted, truth, unknown_chip};
use crate::ui::clock::Clock;
use crate::ui::confidence::confidence;
use crate::ui::dialog::dialog;
use crate::ui::filters::{Address, Chip, chips};
use crate::ui::form::{InputProps, ask, checks, input};
use crate::ui::icon::{Icon, icon};
use crate::ui::note::{self, Tone};
use crate::ui::progress::progress;
use crate::ui::table::{Column, ListOrder, RowCount, Table, pager};

const HERE: &str = "/styleguide";

pub fn words() -> PieceGroup {
    let actions =
        |_| Action::VARIANTS.iter().map(|action| view! { {action_chip(*action)}" " }).collect_view();
    let truths = |_| {
        let all = [
            ConditionResult::Told(Outcome3::True),
            ConditionResult::Told(Outcome3::False),
            ConditionResult::Told(Outcome3::Unknown),
            ConditionResult::Told(Outcome3::Error),
            ConditionResult::NotReached,
        ];
        view! { <span class="row">{all.map(truth).collect_view()}</span> }
    };
    let dots = |_| {
        let all = [("good", "Works"), ("info", "Running"), ("warn", "Waits"), ("bad", "Failed")];
        view! { <span class="row">{all.map(|(tone, text)| dotted(tone, text)).collect_view()}</span> }
    };
    let badges = |_| view! { <span class="row"><span class="tag">"Read"</span><span class="tag">"Send events"</span></span> };
    let sure = |_| view! { <span class="row">{confidence(0.91, Some(0.85))}{confidence(0.62, Some(0.85))}{confidence(0.4, None)}</span> };
    PieceGroup {
        name: "Words",
        about: "Decisions, results of conditions, and states",
        examples: vec![
            example("Actions", actions),
            example("Not known", |_| unknown_chip("Not enough information")),
            example("True, false, unknown, error, not reached", truths),
            example("States", dots),
            example("Badges", badges),
            example("Confidence against its threshold", sure),
        ],
    }
}

pub fn buttons_and_fields() -> PieceGroup {
    let buttons = |_| {
        view! {
            <span class="row">
                <button class="btn primary" type="button">"Primary, one a page"</button>
                <button class="btn" type="button">"Usual"</button>
                <button class="btn plain" type="button">"Plain"</button>
                <button class="btn danger" type="button">"Cannot be undone"</button>
                <button class="btn" type="button" disabled>"Not now"</button>
                <button class="btn plain icon" type="button" title="Sign out">{icon(Icon::SignOut)}<span class="sr">"Sign out"</span></button>
            </span>
        }
    };
    let field = |error: bool| {
        move |theme: Theme| {
            let name = if error {
                theme.pick("wrong-light", "wrong-dark")
            } else {
                theme.pick("name-light", "name-dark")
            };
            let flash = if error {
                Flash::default().error(name, "Say what the key is for.").value(name, " ")
            } else {
                Flash::default().value(name, "website")
            };
            input(
                InputProps {
                    label: "What it is for",
                    name,
                    kind: "text",
                    autocomplete: "off",
                    maxlength: 100,
                },
                &flash,
            )
        }
    };
    let boxes = |theme: Theme| {
        let all = vec![
            ("read".to_owned(), "Read", "Leads, decisions and metrics"),
            ("ingest".to_owned(), "Send events", "Forms and mail"),
        ];
        checks("It may", theme.pick("light", "dark"), all, &["read".to_owned()], None)
    };
    let segments = |theme: Theme| {
        view! { <nav class="seg" aria-label=theme.pick("Period", "Period, dark")><a href=HERE aria-current="true">"7 days"</a><a href=HERE>"30 days"</a></nav> }
    };
    let tabs = |_| {
        view! {
            <ul class="tabs">
                <li><a href=HERE aria-current="true">"All"<b>"12"</b></a></li>
                <li data-a="bad"><a href=HERE><span class="dot"></span>"Failed"<b>"3"</b></a></li>
            </ul>
        }
    };
    PieceGroup {
        name: "Controls",
        about: "28 px high, 40 under a finger; errors stand at their field and keep what was typed",
        examples: vec![
            example("Buttons", buttons),
            example("Field", field(false)),
            example("Field with an error", field(true)),
            example("Choices", boxes),
            example("One of several", segments),
            example("Tabs", tabs),
        ],
    }
}

pub fn messages() -> PieceGroup {
    let empty = |_| {
        let steps = view! { <p>"No lead passes all of these filters."</p><a class="btn" href=HERE>"Clear all filters"</a> };
        note::empty(Icon::Search, "No lead like this", steps)
    };
    let broken = |_| {
        let steps = view! { <p class="meta">"If you ask for help, tell this number: "<code>"0199a7c2"</code></p><a class="btn" href=HERE>"To the leads"</a> };
        note::empty(Icon::Alert, "Something went wrong on our side.", steps)
    };
    let stop = || view! { <button class="btn" type="button">"Stop trying"</button> }.into_any();
    PieceGroup {
        name: "Messages",
        about: "What happened, what is missing, how far it is, and what to do about it",
        examples: vec![
            example("Said once, dismissible", |_| {
                note::flash("“Mine” is saved.".into(), false, Some(HERE.into()))
            }),
            example("Warning", |_| {
                note::note(
                    Tone::Warn,
                    view! { <p><strong>"Paused. "</strong>"Pending actions are sent after you resume."</p> },
                )
            }),
            example("Bad", |_| {
                note::note(
                    Tone::Bad,
                    view! { <p><strong>"Stopped. "</strong>"Wrong pool since the release."</p> },
                )
            }),
            example("Empty", empty),
            example("Error page", broken),
            example("Progress, with a way to stop", move |_| {
                progress("Tried again", 640, 1_200, Some(stop()))
            }),
            example("Loading", |_| note::skeleton(3)),
        ],
    }
}

pub fn opened() -> PieceGroup {
    let asked = |_| {
        let form = view! { <p>"3 failed actions are sent again, each with the key it had."</p><button class="btn primary" type="button">"Try all 3 again"</button> };
        ask("Try all 3 again", false, form)
    };
    let dialogs = |theme: Theme| {
        let content =
            view! { <p>"Sums the amounts of opportunities of leads first decided in the period."</p> };
        dialog(theme.pick("d-light", "d-dark"), "What does it mean?", "Pipeline created", content)
    };
    let folded = |_| view! { <details class="fold"><summary>"Show as table"</summary><p>"What is folded away."</p></details> };
    PieceGroup {
        name: "What opens",
        about: "By the browser alone: all of it works with scripts off",
        examples: vec![
            example("Asks before it acts", asked),
            example("Dialog", dialogs),
            example("Folded", folded),
        ],
    }
}

struct Row {
    name: &'static str,
    action: Action,
    sure: f64,
}

pub fn lists(clock: Clock) -> PieceGroup {
    let table = move |_| {
        let columns = vec![
            Column::new("lead", "Lead", "", |row: &Row| row.name),
            Column::new("decision", "Decision", "first", |row: &Row| action_chip(row.action)),
            Column::new("sure", "Confidence", "num", |row: &Row| row.sure.to_string()).label("Confidence"),
            Column::new("decided", "Decided", "num quiet", move |_: &Row| clock.relative(clock.now))
                .sort("decided"),
        ];
        let rows = [
            Row { name: "Ana Ruiz", action: Action::Assign, sure: 0.91 },
            Row { name: "Kim Park", action: Action::Hold, sure: 0.42 },
        ];
        let sorted = ListOrder { by: "decided", order: Order::Newest };
        let table = Table { caption: "Leads", class: "", columns, choose: None };
        table.view(&rows, &Address::new(HERE), Some(sorted))
    };
    // The noun differs between themes, because it gives each of the two navigation landmarks a distinct label.
    let pages = |theme: Theme| {
        let count = RowCount {
            rows: theme.pick("50\u{a0}rows", "50\u{a0}acts").to_owned(),
            cut: false,
            by_name: false,
        };
        let beside = AdjacentPages { newer: Some(Cursor::After(7)), older: Some(Cursor::Before(3)) };
        pager(&Address::new(HERE), Order::Newest, &Cursor::Before(8), &count, beside)
    };
    let filters = |_| {
        let chip = |name, value: &str| Chip { name, value: value.to_owned(), href: HERE.into() };
        chips(vec![chip("Decision", "Hold"), chip("Stage", "Accepted")], HERE.into())
    };
    PieceGroup {
        name: "Lists",
        about: "Hairlines, figures to the right, heads in sight; two lines a row on a phone",
        examples: vec![example("Table", table), example("Pages", pages), example("Active filters", filters)],
    }
}
