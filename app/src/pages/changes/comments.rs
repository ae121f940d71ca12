//! The comments on a change.

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::changes::{ChangeState, Review, ReviewVerdict};

use super::change::ChangeData;
use crate::actions::changes::CommentChange;
use crate::ui::form::{TextAreaProps, once, text};
use crate::ui::words;

const COMMENT: TextAreaProps = TextAreaProps {
    id: "comment",
    label: "Comment",
    name: "comment",
    rows: 2,
    maxlength: 5_000,
    required: true,
};

/// Renders the comments and reviews, oldest first, and the comment form.
pub fn section(loaded: &ChangeData) -> Option<impl IntoView + use<>> {
    // A draft has no reviewers yet, so it cannot have comments.
    let form = (loaded.change.state != ChangeState::Draft).then(|| say(loaded))?;
    let spoken = loaded.reviews.iter().filter(|review| !review.comment.is_empty());
    let rows = spoken.map(|review| comment(loaded, review)).collect_view();
    Some(view! { <section><h2>"Comments"</h2><ol class="plain-list comments">{rows}</ol>{form}</section> })
}

fn comment(loaded: &ChangeData, review: &Review) -> impl IntoView + use<> {
    let did = match (review.verdict, review.role) {
        (ReviewVerdict::Approve, Some(role)) => format!("approved as {}", role.title()),
        (ReviewVerdict::Return, _) => "sent it back".to_owned(),
        _ => String::new(),
    };
    view! {
        <li>
            <p class="row">
                <span class="avatar" aria-hidden="true">{words::initials(&review.name)}</span><b>{review.name.clone()}</b>
                <span class="quiet">{did}</span><span class="quiet push">{loaded.clock.stamp(review.at)}</span>
            </p>
            <p class="why">{review.comment.clone()}</p>
        </li>
    }
}

fn say(loaded: &ChangeData) -> impl IntoView + use<> {
    let error = loaded.flash.errors.get("said").cloned();
    let typed = loaded.flash.values.get("said").cloned().unwrap_or_default();
    view! {
        <form class="stack-form" method="post" action=CommentChange::PATH>
            {once(&loaded.request, "say")}
            <input type="hidden" name="number" value=loaded.change.number.to_string() />
            {text(COMMENT, &typed, error)}
            <button class="btn">"Comment"</button>
        </form>
    }
}
