//! The rows of the list.

use std::collections::BTreeSet;

use leptos::either::Either;
use leptos::prelude::*;
use store::sync::{UnfinishedEffect, UnfinishedState};
use uuid::Uuid;

use crate::pages::sync::status::{EffectStatus, HoldReason};
use crate::pages::sync::try_again;
use crate::texts::texts;
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
) -> Table<'_, UnfinishedEffect, String> {
    let clock = known.clock;
    let is_again = |row: &UnfinishedEffect| row.state == UnfinishedState::Dead && known.may_replay;
    let attempts =
        |row: &UnfinishedEffect| view! { <span class:quiet=row.attempts == 0>{row.attempts}</span> };
    let again = move |row: &UnfinishedEffect| {
        is_again(row).then(|| {
            let (action, to) = (words::effect(&row.kind), titles::destination(&row.destination));
            try_again(row.effect_id, Some(texts().deliveries_retry_action(action, to)), &known.path, "btn")
        })
    };
    let mut columns = vec![
        Column::new("lead", texts().unfinished_column_lead(), "", who),
        Column::new("action", texts().unfinished_column_action(), "", |row: &UnfinishedEffect| {
            let href = format!("/sync/effects/{}", row.effect_id);
            view! { <a href=href>{words::effect(&row.kind)}</a> }
        }),
        Column::new("to", texts().unfinished_column_destination(), "", |row: &UnfinishedEffect| {
            titles::destination(&row.destination)
        })
        .label(texts().unfinished_column_destination()),
        Column::new("state", texts().unfinished_column_state(), "first", |row: &UnfinishedEffect| {
            state(row, known)
        }),
        Column::new("attempts", texts().unfinished_column_attempts(), "num", attempts)
            .label(texts().unfinished_column_attempts()),
        Column::new("error", texts().unfinished_column_error(), "wide error", |row: &UnfinishedEffect| {
            row.last_error.as_ref().map(|error| {
                let whole = row
                    .answer
                    .as_ref()
                    .map_or_else(|| error.clone(), |said| texts().effect_reason(error, said));
                let said = row.answer.clone().map(|said| view! { <small>{said}</small> });
                view! { <span title=whole>{error.clone()}{said}</span> }
            })
        }),
        Column::new("due", texts().unfinished_column_due(), "num quiet", move |row: &UnfinishedEffect| {
            clock.stamp(row.due_at)
        })
        .extra()
        .label(texts().unfinished_column_due()),
        Column::new(
            "decided",
            texts().unfinished_column_decided(),
            "num quiet",
            move |row: &UnfinishedEffect| clock.relative(row.created_at),
        )
        .label(texts().unfinished_column_decided())
        .sort("decided"),
    ];
    if is_any_dead {
        columns.push(Column::new("again", texts().unfinished_column_retry(), "end", again).tool());
    }
    let choose = is_any_dead.then(|| RowSelection {
        form: CHOSEN,
        name: "effects[]",
        is_all: is_all_chosen,
        row: Box::new(move |row: &UnfinishedEffect| {
            let to = titles::destination(&row.destination);
            let action = words::effect(&row.kind);
            let name = || match row.erased_at {
                Some(_) => texts().unfinished_select_erased(&action, &to),
                None => texts().unfinished_select(&action, &to, lead(row).0),
            };
            is_again(row).then(|| (row.effect_id.to_string(), name()))
        }),
    });
    Table { caption: texts().unfinished_title(), class: "unfinished", columns, choose }
}

fn state(row: &UnfinishedEffect, known: &EffectRowContext) -> impl IntoView + use<> {
    let when = match row.state {
        UnfinishedState::Ready => Some(texts().unfinished_due(known.clock.full(row.due_at))),
        UnfinishedState::Running => row.leased_until.map(|at| texts().unfinished_until(known.clock.full(at))),
        UnfinishedState::Dead => None,
        UnfinishedState::Expired => {
            row.expires_at.map(|at| texts().unfinished_expired_at(known.clock.full(at)))
        }
    };
    view! { <span title=when>{known.standing(row).chip(known.clock)}</span> }
}

/// Returns the display name of a row's lead and the remaining identity.
fn lead(row: &UnfinishedEffect) -> (String, String) {
    words::lead(row.name.as_ref(), row.company.as_ref(), row.email.as_ref(), row.external_id.as_deref())
}

fn who(row: &UnfinishedEffect) -> impl IntoView + use<> {
    let href = format!("/leads/{}", row.lead_id);
    if row.erased_at.is_some() {
        return Either::Left(
            view! { <a class="who quiet" href=href><b class="pair">{icon(Icon::Eraser)}{texts().deliveries_erased_person()}</b></a> },
        );
    }
    let (first, rest) = lead(row);
    Either::Right(view! { <a class="who" href=href><b>{first}</b>" "<span>{rest}</span></a> })
}
