//! Notes, empty states and flash messages.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::texts::texts;

/// The severity of a note.
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

/// Renders a note on a tinted background; `children` are paragraphs.
pub fn note(tone: Tone, children: impl IntoView) -> impl IntoView {
    view! { <div class="note" data-a=tone.name()>{icon(tone.icon())}{children}</div> }
}

/// Renders a flash message. Dismissing it loads the page again, which shows a message only once.
pub fn flash(text: String, is_problem: bool, page: Option<String>) -> impl IntoView {
    let away = page.map(|page| {
        view! { <a class="btn plain icon" href=page title=texts().note_dismiss()>{icon(Icon::Cross)}<span class="sr">{texts().note_dismiss()}</span></a> }
    });
    let (tone, sign) = if is_problem { ("bad", Icon::Alert) } else { ("info", Icon::Info) };
    view! { <div class="note flash" data-a=tone>{icon(sign)}<p role="status">{text}</p>{away}</div> }
}

/// Renders placeholder lines while content is loading.
pub fn skeleton(lines: usize) -> impl IntoView {
    let lines = (0..lines).map(|_| view! { <span></span> }).collect_view();
    view! { <div class="skeleton" role="status"><span class="sr">{texts().note_loading()}</span>{lines}</div> }
}

/// Renders an empty state with a hint on what to do.
pub fn empty(sign: Icon, title: impl IntoView, children: impl IntoView) -> impl IntoView {
    view! { <div class="empty">{icon(sign)}<h2>{title}</h2>{children}</div> }
}
