//! Parts of a page that stay as things are while it is open. With scripts off they are as they were when it was loaded.

use leptos::prelude::*;
use store::refresh::Topic;

use crate::islands::Refresh;

/// A part that changes when something of a topic does; nothing that runs in the browser is in it.
pub fn part(id: &'static str, topic: Topic, children: impl IntoView + 'static) -> impl IntoView {
    let topic: &'static str = topic.into();
    view! { <div id=id data-refresh=topic>{children.into_any()}</div> }
}

/// As [`part`], with words for those who hear the page, read out when they change.
pub fn part_saying(
    id: &'static str,
    topic: Topic,
    said: String,
    children: impl IntoView + 'static,
) -> impl IntoView {
    let topic: &'static str = topic.into();
    view! { <div id=id data-refresh=topic data-say=said>{children.into_any()}</div> }
}

/// As [`part`], for something that is under way when the page is made, and may be over when the browser begins to hear.
pub fn part_due(id: &'static str, topic: Topic, children: impl IntoView + 'static) -> impl IntoView {
    let topic: &'static str = topic.into();
    view! { <div id=id data-refresh=topic data-due="">{children.into_any()}</div> }
}

/// What hears for all parts of a page; once a page.
pub fn hear(topics: &[Topic]) -> impl IntoView + use<> {
    let topics: Vec<&'static str> = topics.iter().map(Into::into).collect();
    view! { <Refresh topics=topics.join(",") /> }
}
