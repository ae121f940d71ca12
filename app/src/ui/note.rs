//! Notes, empty states and the line that is said once.

use leptos::prelude::*;

use super::icon::{Icon, icon};

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Warn,
    Bad,
}

impl Tone {
    fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    fn icon(self) -> Icon {
        match self {
            Self::Warn | Self::Bad => Icon::Alert,
        }
    }
}

/// A note on a soft ground; `children` are paragraphs.
pub fn note(tone: Tone, children: impl IntoView) -> impl IntoView {
    view! { <div class="note" data-a=tone.name()>{icon(tone.icon())}{children}</div> }
}

/// What the last form came to, said once. It goes with the next page, or at once: a page that is loaded again says nothing.
pub fn flash(text: String, page: Option<String>) -> impl IntoView {
    let away = page.map(|page| {
        view! { <a class="btn plain icon" href=page title="Dismiss">{icon(Icon::Cross)}<span class="sr">"Dismiss the message"</span></a> }
    });
    view! { <div class="note flash" data-a="info">{icon(Icon::Info)}<p role="status">{text}</p>{away}</div> }
}

/// What is being fetched, as quiet lines in the place it will take.
pub fn skeleton(lines: usize) -> impl IntoView {
    let lines = (0..lines).map(|_| view! { <span></span> }).collect_view();
    view! { <div class="skeleton" role="status"><span class="sr">"Loading"</span>{lines}</div> }
}

/// Nothing to show, and what to do about it.
pub fn empty(sign: Icon, title: &'static str, children: impl IntoView) -> impl IntoView {
    view! { <div class="empty">{icon(sign)}<h2>{title}</h2>{children}</div> }
}
