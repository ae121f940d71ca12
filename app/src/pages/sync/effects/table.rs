//! The rows of the list.

use std::collections::BTreeSet;

use leptos::either::Either;
use leptos::prelude::*;
use store::sync::{UnfinishedEffect, UnfinishedState};
use uuid::Uuid;

use crate::pages::sync::status::{EffectStatus, HoldReason};
use crate::pages::sync::try_again;
use crate::ui::clock::Clock;
use crate::ui::icon::{Icon, icon};
use crate::ui::table::{Column, RowSelection, Table};
use crate::ui::{titles, words};

/// External state that affects the rows.
pub struct EffectRowContext {
    /// Whether every workflow is stopped.
    pub is_all_stopped: bool,
    /// Stopped workflows.
    pub stopped: BTreeSet<Uuid>,
    /// Destinations with an open circuit breaker, by name.
    pub silent: BTreeSet<String>,
    /// Whether the viewer may retry failed effects.
    pub may_replay: bool,
    /// URL of the current page.
    pub path: String,
    /// The current time and the viewer's time zone.
    pub clock: Clock,
}

impl EffectRowContext {
    fn standing(&self, row: &UnfinishedEffect) -> EffectStatus {
        let hold = if self.is_all_stopped || self.stopped.contains(&row.workflow_id) {
            Some(HoldReason::Stopped)
        } else if row.paused_reason.is_some() {
            Some(HoldReason::Paused)
        } else {
            self.silent.contains(&row.destination).then_some(HoldReason::NoAnswer)
        };
        EffectStatus {
            state: row.state,
            is_again: row.attempts > 0,
            due_at: Some(row.due_at),
            leased_until: row.leased_until,
            hold,
        }
    }
}

/// HTML id of the form that the checkboxes of the rows belong to.
pub const CHOSEN: &str = "chosen";

/// Builds the table; if any effect failed, with checkboxes and retry buttons.
pub fn table(
    known: &EffectRowContext,
    is_any_dead: bool,
    is_all_chosen: bool,
) -> Table<'_, UnfinishedEffect> {
    let clock = known.clock;
    let is_again = |row: &UnfinishedEffect| row.state == UnfinishedState::Dead && known.may_replay;
    let attempts =
        |row: &UnfinishedEffect| view! { <span class:quiet=row.attempts == 0>{row.attempts}</span> };
    let again = move |row: &UnfinishedEffect| {
        is_again(row).then(|| {
            let what = format!(": {} to {}", words::effect(&row.kind), titles::destination(&row.destination));
            try_again(row.effect_id, what, &known.path, "btn")
        })
    };
    let mut columns = vec![
        Column::new("lead", "Lead", "", who),
        Column::new("action", "Action", "", |row: &UnfinishedEffect| {
            let href = format!("/sync/effects/{}", row.effect_id);
            view! { <a href=href>{words::effect(&row.kind)}</a> }
        }),
        Column::new("to", "To", "", |row: &UnfinishedEffect| titles::destination(&row.destination))
            .label("To"),
        Column::new("state", "State", "first", |row: &UnfinishedEffect| state(row, known)),
        Column::new("attempts", "Attempts", "num", attempts).label("Attempts"),
        Column::new("error", "Last error", "wide error", |row: &UnfinishedEffect| {
            row.last_error.as_ref().map(|error| {
                let whole =
                    row.answer.as_ref().map_or_else(|| error.clone(), |said| format!("{error}: {said}"));
                let said = row.answer.clone().map(|said| view! { <small>{said}</small> });
                view! { <span title=whole>{error.clone()}{said}</span> }
            })
        }),
        Column::new("due", "Due", "num quiet", move |row: &UnfinishedEffect| clock.stamp(row.due_at))
            .extra()
            .label("Due"),
        Column::new("decided", "Decided", "num quiet", move |row: &UnfinishedEffect| {
            clock.relative(row.created_at)
        })
        .label("Decided")
        .sort("decided"),
    ];
    if is_any_dead {
        columns.push(Column::new("again", "Retry", "end", again).tool());
    }
    let choose = is_any_dead.then(|| RowSelection {
        form: CHOSEN,
        name: "effects[]",
        is_all: is_all_chosen,
        row: Box::new(move |row: &UnfinishedEffect| {
            let to = titles::destination(&row.destination);
            let words = || format!("Select {} to {to} of {}", words::effect(&row.kind), named(row));
            is_again(row).then(|| (row.effect_id.to_string(), words()))
        }),
    });
    Table { caption: "Actions that are not finished", class: "unfinished", columns, choose }
}

fn state(row: &UnfinishedEffect, known: &EffectRowContext) -> impl IntoView + use<> {
    let when = match row.state {
        UnfinishedState::Ready => Some(format!("Due {}", known.clock.full(row.due_at))),
        UnfinishedState::Running => row.leased_until.map(|at| format!("Until {}", known.clock.full(at))),
        UnfinishedState::Dead => None,
        UnfinishedState::Expired => row.expires_at.map(|at| format!("Expired {}", known.clock.full(at))),
    };
    view! { <span title=when>{known.standing(row).chip(known.clock)}</span> }
}

/// Returns the display name of a row's lead.
fn named(row: &UnfinishedEffect) -> String {
    if row.erased_at.is_some() {
        return "an erased person".into();
    }
    words::lead(row.name.as_ref(), row.company.as_ref(), row.email.as_ref(), row.external_id.as_deref()).0
}

fn who(row: &UnfinishedEffect) -> impl IntoView + use<> {
    let href = format!("/leads/{}", row.lead_id);
    if row.erased_at.is_some() {
        return Either::Left(
            view! { <a class="who quiet" href=href><b class="pair">{icon(Icon::Eraser)}"Erased person"</b></a> },
        );
    }
    let (first, rest) =
        words::lead(row.name.as_ref(), row.company.as_ref(), row.email.as_ref(), row.external_id.as_deref());
    Either::Right(view! { <a class="who" href=href><b>{first}</b>" "<span>{rest}</span></a> })
}
