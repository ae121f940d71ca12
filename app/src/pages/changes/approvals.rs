//! The approvals of a change, and the acts of those who review it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::Store;
use store::actor::Role;
use store::changes::{ChangeState, Review, ReviewVerdict};
use store::people::{self, RoleTerm};
use store::reads::frame::names_of_actors;

use super::change::ChangeData;
use crate::actions::changes::{ReturnChange, SignChange, StartOverChange, WithdrawChange};
use crate::texts::{part, texts};
use crate::ui::clock::Clock;
use crate::ui::form::{TextAreaProps, ask, once, text};
use crate::ui::icon::{Icon, icon};
use crate::ui::{roles, words};

/// How the reviewers, and the viewer, hold the roles that approve.
pub struct HeldRoles {
    /// The viewer's roles.
    terms: Vec<RoleTerm>,
    /// The names of those who gave the reviewers their roles.
    givers: BTreeMap<String, String>,
}

impl HeldRoles {
    /// Loads them.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn load(store: &Store, viewer: PersonId, reviews: &[Review]) -> store::Result<Self> {
        let givers: Vec<String> = reviews.iter().filter_map(|review| review.role_given_by.clone()).collect();
        let (terms, givers) =
            tokio::try_join!(people::terms(store, viewer), names_of_actors(store, &givers))?;
        Ok(Self { terms, givers })
    }

    /// Returns when approvals of the viewer in a role begin to count; `None` if they do.
    fn waits_until(&self, role: Role, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let term = self.terms.iter().find(|term| term.role == role)?;
        term.counts_from.filter(|_| !term.counts(now))
    }

    /// Describes since when and from whom a reviewer held the role of an approval; `None` if that was before it was recorded.
    fn of_approval(&self, review: &Review, clock: Clock) -> Option<String> {
        let giver = words::actor(review.role_given_by.as_ref()?, &self.givers);
        Some(texts().role_terms_of_approval(clock.in_sentence(review.role_since?), giver))
    }
}

/// Id of the comment form, which the buttons in the bar send.
pub const SAY_FORM: &str = "say";

/// Renders a required text of a few sentences. Its id is that of its error in a flash.
fn required_text(
    id: &'static str,
    name: &'static str,
    label: String,
    typed: &str,
    error: Option<String>,
) -> impl IntoView + use<> {
    text(TextAreaProps { id, label, name, rows: 3, maxlength: 5_000, required: true }, typed, error)
}

/// Renders the required approvals. Withdrawing is here, apart from the acts of reviewers.
pub fn section(loaded: &ChangeData) -> impl IntoView + use<> {
    let signers = loaded.approvers();
    let rows = signers.iter().map(|role| signature(loaded, *role)).collect_view();
    let head = match loaded.change.state {
        ChangeState::Draft => texts().changes_needs_approval(),
        _ => texts().changes_approvals(),
    };
    let is_open = loaded.change.state == ChangeState::Submitted;
    view! {
        <section>
            <h2>{head}</h2>
            <ul class="plain-list signatures">{rows}</ul>
            {is_open.then(|| about_you(loaded))}
            {is_open.then(|| withdrawing(loaded)).flatten()}
        </section>
    }
}

fn signature(loaded: &ChangeData, role: Role) -> impl IntoView + use<> {
    let signed = loaded
        .reviews
        .iter()
        .find(|review| review.verdict == ReviewVerdict::Approve && review.role == Some(role));
    let (sign, said) = match signed {
        Some(review) => {
            let said = texts().changes_approved_by_at(&review.name);
            let held = loaded.held.of_approval(review, loaded.clock);
            let said = view! {
                <small>{part(said.s0)}{loaded.clock.stamp_in_sentence(review.at)}{part(said.s1)}</small>
                {held.map(|held| view! { <small class="quiet">{held}</small> })}
            };
            (Icon::Check, Either::Left(said))
        }
        None => (
            Icon::Clock,
            Either::Right(view! { <small class="quiet">{texts().changes_not_approved()}</small> }),
        ),
    };
    view! { <li class="pair-line" data-a=signed.map(|_| "good")>{icon(sign)}<span>{roles::title(role)}{said}</span></li> }
}

/// What the viewer may do with a submitted change.
struct Reviewer {
    has_approved: bool,
    /// The roles in which the viewer can approve it.
    roles: Vec<Role>,
    /// A role of the viewer that would approve it, but does not count yet, and from when it does.
    too_new: Option<(Role, DateTime<Utc>)>,
    may_return: bool,
}

fn reviewer(loaded: &ChangeData) -> Reviewer {
    let (change, viewer) = (&loaded.change, &loaded.viewer);
    let is_approval = |verdict: ReviewVerdict| verdict == ReviewVerdict::Approve;
    let has_approved =
        loaded.reviews.iter().any(|review| is_approval(review.verdict) && review.person == viewer.id);
    let is_stranger = change.state == ChangeState::Submitted && !loaded.is_editor();
    let held = change.required.iter().copied().filter(|role| viewer.roles.contains(role));
    let is_open = |role: &Role| !loaded.reviews.iter().any(|review| review.role == Some(*role));
    let can_approve = is_stranger && !has_approved && !change.is_outdated();
    let waits = |role: &Role| loaded.held.waits_until(*role, loaded.clock.now);
    let (new, counting): (Vec<Role>, Vec<Role>) =
        held.clone().filter(is_open).partition(|role| waits(role).is_some());
    Reviewer {
        has_approved,
        roles: if can_approve { counting } else { Vec::new() },
        too_new: new.into_iter().filter(|_| can_approve).find_map(|role| Some((role, waits(&role)?))),
        may_return: is_stranger && !has_approved && held.count() > 0,
    }
}

fn about_you(loaded: &ChangeData) -> Option<AnyView> {
    let reviewer = reviewer(loaded);
    let said = if loaded.is_editor() {
        texts().changes_you_edited()
    } else if reviewer.has_approved {
        texts().changes_you_approved()
    } else if !reviewer.may_return {
        texts().changes_you_cannot()
    } else if let Some((role, from)) = reviewer.too_new {
        texts().role_terms_not_yet(roles::title(role), loaded.clock.in_sentence(from))
    } else {
        return None;
    };
    Some(view! { <p class="meta">{said}</p> }.into_any())
}

/// Renders the acts on a closed or submitted change, for the bar.
pub fn bar(loaded: &ChangeData) -> Option<AnyView> {
    match loaded.change.state {
        ChangeState::Submitted => reviewing(loaded),
        ChangeState::Returned | ChangeState::Withdrawn => Some(again(loaded).into_any()),
        ChangeState::Draft | ChangeState::Approved => None,
    }
}

fn reviewing(loaded: &ChangeData) -> Option<AnyView> {
    let reviewer = reviewer(loaded);
    if reviewer.roles.is_empty() && !reviewer.may_return {
        return None;
    }
    let buttons = reviewer
        .roles
        .iter()
        .enumerate()
        .map(|(index, role)| {
            let class = if index == 0 { "btn primary" } else { "btn" };
            view! { <button class=class form=SAY_FORM formaction=SignChange::PATH name="role" value=role.to_string()>{icon(Icon::Approve)}{texts().changes_approve_as(roles::title(role))}</button> }
        })
        .collect_view();
    Some(view! { {request_changes(loaded)}{buttons} }.into_any())
}

fn request_changes(loaded: &ChangeData) -> impl IntoView + use<> {
    let error = loaded.flash.errors.get("return").cloned();
    let typed = loaded.flash.values.get("return").cloned().unwrap_or_default();
    let hash = loaded.change.hash.map(|hash| hash.to_string()).unwrap_or_default();
    let form = view! {
        <form class="stack-form" method="post" action=ReturnChange::PATH>
            <input type="hidden" name="number" value=loaded.change.number.to_string() />
            <input type="hidden" name="hash" value=hash />
            {required_text("return", "comment", texts().changes_request_what(), &typed, error.clone())}
            <button class="btn danger">{texts().changes_return()}</button>
        </form>
    };
    ask(texts().changes_request(), error.is_some(), form)
}

fn withdrawing(loaded: &ChangeData) -> Option<impl IntoView + use<>> {
    loaded.may_write().then(|| {
        let error = loaded.flash.errors.get("reason").cloned();
        let reason = (!loaded.is_mine()).then(|| {
            let author = loaded.change.author_name.clone().unwrap_or_else(|| texts().changes_someone_else());
            view! {
                <p>{texts().changes_withdraw_other(author)}</p>
                {required_text("reason", "reason", texts().changes_reason(), "", error.clone())}
            }
        });
        let form = view! {
            <form class="stack-form" method="post" action=WithdrawChange::PATH>
                <input type="hidden" name="number" value=loaded.change.number.to_string() />
                <p>{texts().changes_withdraw_about()}</p>
                {reason}
                <button class="btn danger">{texts().changes_withdraw_change()}</button>
            </form>
        };
        ask(texts().changes_withdraw(), error.is_some(), form)
    })
}

/// Renders the form that starts a new draft from a closed change.
fn again(loaded: &ChangeData) -> impl IntoView + use<> {
    view! {
        <form method="post" action=StartOverChange::PATH>
            {once(&loaded.request, "again")}
            <input type="hidden" name="number" value=loaded.change.number.to_string() />
            <button class="btn primary">{icon(Icon::Edit)}{texts().changes_continue()}</button>
        </form>
    }
}
