//! The rows of the list.

use std::collections::BTreeSet;

use leptos::either::Either;
use leptos::prelude::*;
use store::sync::{Unfinished, UnfinishedState};
use uuid::Uuid;

use crate::pages::sync::standing::{Hold, Standing};
use crate::pages::sync::try_again;
use crate::ui::clock::Clock;
use crate::ui::icon::{Icon, icon};
use crate::ui::words;

/// What the rows hang on beside themselves.
pub struct Known {
    /// Every workflow is stopped.
    pub is_all_stopped: bool,
    /// Workflows that are stopped.
    pub stopped: BTreeSet<Uuid>,
    /// Destinations that do not answer, by name.
    pub silent: BTreeSet<String>,
    /// The viewer may try again what failed.
    pub may_replay: bool,
    /// This very page.
    pub path: String,
    /// Where and when the viewer is.
    pub clock: Clock,
}

impl Known {
    fn standing(&self, row: &Unfinished) -> Standing {
        let hold = if self.is_all_stopped || self.stopped.contains(&row.workflow_id) {
            Some(Hold::Stopped)
        } else if row.paused_reason.is_some() {
            Some(Hold::Paused)
        } else {
            self.silent.contains(&row.destination).then_some(Hold::NoAnswer)
        };
        Standing {
            state: row.state,
            is_again: row.attempts > 0,
            due_at: Some(row.due_at),
            leased_until: row.leased_until,
            hold,
        }
    }
}

/// The list as a table.
pub fn table(rows: &[Unfinished], known: &Known) -> impl IntoView + use<> {
    let is_any_dead = known.may_replay && rows.iter().any(|row| row.state == UnfinishedState::Dead);
    let rows = rows.iter().map(|row| line(row, known, is_any_dead)).collect_view();
    view! {
        <table class="table stack sticky unfinished">
            <caption class="sr">"Actions that are not finished"</caption>
            <thead>
                <tr>
                    <th scope="col">"Lead"</th>
                    <th scope="col">"Action"</th>
                    <th scope="col">"To"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="num">"Attempts"</th>
                    <th scope="col">"Last error"</th>
                    <th scope="col" class="num">"Decided"</th>
                    {is_any_dead.then(|| view! { <th scope="col"><span class="sr">"Try again"</span></th> })}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn line(row: &Unfinished, known: &Known, has_buttons: bool) -> impl IntoView + use<> {
    let action = words::effect(&row.kind);
    let href = format!("/sync/effects/{}", row.effect_id);
    let standing = known.standing(row);
    let when = match row.state {
        UnfinishedState::Ready => Some(format!("Due {}", known.clock.full(row.due_at))),
        UnfinishedState::Running => row.leased_until.map(|at| format!("Until {}", known.clock.full(at))),
        UnfinishedState::Dead => None,
    };
    let error = row.last_error.clone();
    let attempts = if row.attempts == 0 { "num quiet" } else { "num" };
    let again = (row.state == UnfinishedState::Dead && known.may_replay)
        .then(|| try_again(row.effect_id, format!(": {action} to {}", row.destination), &known.path, "btn"));
    let again = has_buttons.then(|| view! { <td class="end">{again}</td> });
    view! {
        <tr>
            <th scope="row">{who(row)}</th>
            <td><a href=href>{action}</a></td>
            <td data-l="To">{row.destination.clone()}</td>
            <td class="first" title=when>{standing.chip(known.clock)}</td>
            <td class=attempts data-l="Attempts">{row.attempts}</td>
            <td class="wide error" title=error>{row.last_error.clone()}</td>
            <td class="num quiet" data-l="Decided">{known.clock.relative(row.created_at)}</td>
            {again}
        </tr>
    }
}

fn who(row: &Unfinished) -> impl IntoView + use<> {
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
