//! The approvals of a change, and the forms to approve it or send it back.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::actor::Role;
use store::changes::{ChangeState, ReviewVerdict};

use super::change::ChangeData;
use crate::actions::changes::{ReturnChange, SignChange, StartChange, WithdrawChange};
use crate::ui::form::{TextAreaProps, ask, once, text};
use crate::ui::icon::{Icon, icon};

const ANYTHING: TextAreaProps = TextAreaProps {
    id: "sign",
    label: "Anything to say (optional)",
    name: "comment",
    rows: 2,
    maxlength: 5_000,
    required: false,
};
const DIFFERENT: TextAreaProps = TextAreaProps {
    id: "return",
    label: "What is to be different",
    name: "comment",
    rows: 3,
    maxlength: 5_000,
    required: true,
};

/// Renders the approvals and the actions available to the viewer.
pub fn section(loaded: &ChangeData) -> impl IntoView + use<> {
    let signers = loaded.approvers();
    let rows = signers.iter().map(|role| signature(loaded, *role)).collect_view();
    let head = if loaded.change.state == ChangeState::Draft { "Will be approved by" } else { "Approved by" };
    view! {
        <section>
            <h2>{head}</h2>
            <ul class="plain-list signatures">{rows}</ul>
            {acts(loaded).into_any()}
        </section>
    }
}

fn signature(loaded: &ChangeData, role: Role) -> impl IntoView + use<> {
    let signed = loaded
        .reviews
        .iter()
        .find(|review| review.verdict == ReviewVerdict::Approve && review.role == Some(role));
    let (sign, said) = match signed {
        Some(review) => (
            Icon::Check,
            Either::Left(
                view! { <small>{review.name.clone()}", "{loaded.clock.stamp_in_sentence(review.at)}</small> },
            ),
        ),
        None => (Icon::Clock, Either::Right(view! { <small class="quiet">"not yet"</small> })),
    };
    view! { <li class="pair-line" data-a=signed.map(|_| "good")>{icon(sign)}<span>{role.title()}{said}</span></li> }
}

fn acts(loaded: &ChangeData) -> impl IntoView + use<> {
    let change = &loaded.change;
    match change.state {
        ChangeState::Submitted => Either::Left(view! { {reviewing(loaded)}{taking_back(loaded)} }),
        ChangeState::Returned | ChangeState::Withdrawn => Either::Right(Either::Left(again(loaded))),
        ChangeState::Draft | ChangeState::Approved => Either::Right(Either::Right(())),
    }
}

/// Renders the approve and send-back forms for viewers who may review the change.
fn reviewing(loaded: &ChangeData) -> impl IntoView + use<> {
    let change = &loaded.change;
    let has_signed = loaded
        .reviews
        .iter()
        .any(|review| review.verdict == ReviewVerdict::Approve && review.person == loaded.viewer.id);
    if loaded.is_editor() {
        return Either::Left(
            view! { <p class="meta">"You edited this change, so someone else must approve it."</p> },
        );
    }
    if has_signed {
        return Either::Left(view! { <p class="meta">"You approved this."</p> });
    }
    let open: Vec<Role> = change
        .required
        .iter()
        .copied()
        .filter(|role| loaded.viewer.roles.contains(role))
        .filter(|role| !loaded.reviews.iter().any(|review| review.role == Some(*role)))
        .collect();
    let may_return = change.required.iter().any(|role| loaded.viewer.roles.contains(role));
    if open.is_empty() && !may_return {
        return Either::Left(
            view! { <p class="meta">"None of your roles can approve this. You can comment below."</p> },
        );
    }
    let hash = change.hash.map(|hash| hash.to_string()).unwrap_or_default();
    let buttons = open
        .iter()
        .enumerate()
        .map(|(index, role)| {
            let class = if index == 0 { "btn primary" } else { "btn" };
            view! { <button class=class name="role" value=role.to_string()>{icon(Icon::Approve)}{format!("Approve as {}", role.title())}</button> }
        })
        .collect_view();
    let typed = loaded.flash.values.get("comment").cloned().unwrap_or_default();
    let live: Vec<String> = loaded.live.iter().map(ToString::to_string).collect();
    let live = live.join(",");
    let sign = (!open.is_empty()).then(|| {
        view! {
            <form class="stack-form" method="post" action=SignChange::PATH>
                <input type="hidden" name="number" value=change.number.to_string() />
                <input type="hidden" name="hash" value=hash.clone() />
                <input type="hidden" name="live" value=live />
                {text(ANYTHING, &typed, None)}
                <div class="row">{buttons}</div>
            </form>
        }
    });
    Either::Right(view! { {sign}{send_back(loaded, hash)} })
}

fn send_back(loaded: &ChangeData, hash: String) -> impl IntoView + use<> {
    let error = loaded.flash.errors.get("return").cloned();
    let typed = loaded.flash.values.get("return").cloned().unwrap_or_default();
    let form = view! {
        <form class="stack-form" method="post" action=ReturnChange::PATH>
            <input type="hidden" name="number" value=loaded.change.number.to_string() />
            <input type="hidden" name="hash" value=hash />
            {text(DIFFERENT, &typed, error.clone())}
            <button class="btn danger">"Send it back"</button>
        </form>
    };
    ask("Request changes", error.is_some(), form)
}

fn taking_back(loaded: &ChangeData) -> impl IntoView + use<> {
    loaded.may_write().then(|| {
        let form = view! {
            <form class="stack-form" method="post" action=WithdrawChange::PATH>
                <input type="hidden" name="number" value=loaded.change.number.to_string() />
                <p>"Existing approvals will be discarded. Start a new draft from it to continue."</p>
                <button class="btn danger">"Take it back"</button>
            </form>
        };
        ask("Take it back", false, form)
    })
}

/// Renders the form that starts a new draft from the text of a closed change.
fn again(loaded: &ChangeData) -> impl IntoView + use<> {
    let change = &loaded.change;
    view! {
        <form method="post" action=StartChange::PATH>
            {once(&loaded.request, "again")}
            <input type="hidden" name="kind" value=change.kind.to_string() />
            <input type="hidden" name="name" value=change.name.clone() />
            <input type="hidden" name="change" value=change.number.to_string() />
            <button class="btn primary">{icon(Icon::Edit)}"Begin a new draft from it"</button>
        </form>
    }
}
