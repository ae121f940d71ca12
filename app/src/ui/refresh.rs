//! Parts of a page that update while it is open. Without scripts they keep their initial state.

use leptos::prelude::*;
use store::refresh::Topic;

use crate::islands::Refresh;

/// Renders a part that updates when something of a topic changes. It must not contain islands.
pub fn part(id: &'static str, topic: Topic, children: impl IntoView + 'static) -> impl IntoView {
    let topic: &'static str = topic.into();
    view! { <div id=id data-refresh=topic>{children.into_any()}</div> }
}

/// Like [`part`], with a text that screen readers announce when it changes.
pub fn announced_part(
    id: &'static str,
    topic: Topic,
    said: String,
    children: impl IntoView + 'static,
) -> impl IntoView {
    let topic: &'static str = topic.into();
    view! { <div id=id data-refresh=topic data-say=said>{children.into_any()}</div> }
}

/// Like [`part`], for work that is in progress when the page is rendered and may be done before the browser subscribes.
pub fn part_due(id: &'static str, topic: Topic, children: impl IntoView + 'static) -> impl IntoView {
    let topic: &'static str = topic.into();
    view! { <div id=id data-refresh=topic data-due="">{children.into_any()}</div> }
}

/// Renders the island that updates all parts of a page; use it once per page.
pub fn subscribe(topics: &[Topic]) -> impl IntoView + use<> {
    let topics: Vec<&'static str> = topics.iter().map(Into::into).collect();
    view! { <Refresh topics=topics.join(",") /> }
}
