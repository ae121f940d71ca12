//! The help text of each page.

use leptos::prelude::*;

use super::menu::Section;
use crate::texts::{part, texts};
use crate::ui::icon::{Icon, icon};

/// Renders the help button, which unfolds a description of the page.
pub fn help(section: Section) -> impl IntoView {
    let paragraphs = section.help().into_iter().map(|text| view! { <p>{text}</p> }).collect_view();
    let shortcuts = texts().help_shortcuts();
    view! {
        <details class="help" name="panel">
            <summary class="btn plain">{icon(Icon::Question)}<span class="help-word">{texts().help_title()}</span></summary>
            <div class="panel">
                <div id="help-text">{paragraphs}</div>
                <p class="meta with-scripts">{part(shortcuts.s0)}<kbd>"?"</kbd>{part(shortcuts.s1)}</p>
            </div>
        </details>
    }
}
