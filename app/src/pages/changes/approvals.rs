//! The approvals of a change, and the acts of those who review it.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::actor::Role;
use store::changes::{ChangeState, ReviewVerdict};

use super::change::ChangeData;
use crate::actions::changes::{ReturnChange, SignChange, StartOverChange, WithdrawChange};
use crate::texts::texts;
use crate::ui::form::{TextAreaProps, ask, once, text};
use crate::ui::icon::{Icon, icon};

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
            let said = view! { <small>{said.s0}{loaded.clock.stamp_in_sentence(review.at)}{said.s1}</small> };
            (Icon::Check, Either::Left(said))
        }
        None => (
            Icon::Clock,
            Either::Right(view! { <small class="quiet">{texts().changes_not_approved()}</small> }),
        ),
    };
    view! { <li class="pair-line" data-a=signed.map(|_| "good")>{icon(sign)}<span>{role.title()}{said}</span></li> }
}

/// What the viewer may do with a submitted change.
struct Reviewer {
    has_approved: bool,
    /// The roles in which the viewer can approve it.
    roles: Vec<Role>,
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
    Reviewer {
        has_approved,
        roles: if can_approve { held.clone().filter(is_open).collect() } else { Vec::new() },
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
            view! { <button class=class form=SAY_FORM formaction=SignChange::PATH name="role" value=role.to_string()>{icon(Icon::Approve)}{texts().changes_approve_as(role.title())}</button> }
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
