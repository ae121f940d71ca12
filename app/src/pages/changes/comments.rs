//! The comments on a change, and on those that it was started from.

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::changes::{ChangeState, Review, ReviewVerdict};

use super::approvals::SAY_FORM;
use super::change::ChangeData;
use crate::actions::changes::CommentChange;
use crate::texts::texts;
use crate::ui::form::{TextAreaProps, once, text};
use crate::ui::{roles, words};

/// Renders the comments and reviews, oldest first, and the comment form.
pub fn section(loaded: &ChangeData) -> Option<impl IntoView + use<>> {
    // A draft has no reviewers yet who could read a comment.
    let form = (loaded.change.state != ChangeState::Draft).then(|| say(loaded));
    let spoken: Vec<&Review> = loaded.discussion.iter().filter(|review| !review.comment.is_empty()).collect();
    let is_empty = spoken.is_empty();
    let rows = spoken.into_iter().map(|review| comment(loaded, review)).collect_view();
    (form.is_some() || !is_empty).then(|| {
        view! { <section><h2>{texts().changes_comments()}</h2><ol class="plain-list comments">{rows}</ol>{form}</section> }
    })
}

fn comment(loaded: &ChangeData, review: &Review) -> impl IntoView + use<> {
    let did = match (review.verdict, review.role) {
        (ReviewVerdict::Approve, Some(role)) => texts().changes_approved_as(roles::title(role)),
        (ReviewVerdict::Return, _) => texts().changes_requested(),
        _ => String::new(),
    };
    let number = review.change;
    let on = (number != loaded.change.number)
        .then(|| view! { <a class="quiet" href=format!("/changes/{number}")>{texts().changes_comment_on(number.to_string())}</a> });
    view! {
        <li>
            <p class="row">
                <span class="avatar" aria-hidden="true">{words::initials(&review.name)}</span><b>{review.name.clone()}</b>
                <span class="quiet">{did}</span>{on}<span class="quiet push">{loaded.clock.stamp(review.at)}</span>
            </p>
            <p class="why">{review.comment.clone()}</p>
        </li>
    }
}

/// Renders the comment form. The buttons that approve the change send it too, so that a comment goes with the approval.
fn say(loaded: &ChangeData) -> impl IntoView + use<> {
    let errors = &loaded.flash.errors;
    let error = errors.get("said").cloned();
    let values = &loaded.flash.values;
    let typed = values.get("said").or_else(|| values.get("comment")).cloned().unwrap_or_default();
    let live: Vec<String> = loaded.live.iter().map(ToString::to_string).collect();
    let hash = loaded.change.hash.map(|hash| hash.to_string()).unwrap_or_default();
    let field = TextAreaProps {
        id: "comment",
        label: texts().changes_comment(),
        name: "comment",
        rows: 2,
        maxlength: 5_000,
        required: false,
    };
    view! {
        <form id=SAY_FORM class="stack-form" method="post" action=CommentChange::PATH>
            {once(&loaded.request, "say")}
            <input type="hidden" name="number" value=loaded.change.number.to_string() />
            <input type="hidden" name="hash" value=hash />
            <input type="hidden" name="live" value=live.join(",") />
            {text(field, &typed, error)}
            <button class="btn">{texts().changes_comment_add()}</button>
        </form>
    }
}
