//! The help text of each page.

use leptos::prelude::*;

use super::menu::Section;
use crate::ui::icon::{Icon, icon};

/// Renders the help button, which unfolds a description of the page.
pub fn help(section: Section) -> impl IntoView {
    let paragraphs = section.help().iter().map(|text| view! { <p>{*text}</p> }).collect_view();
    view! {
        <details class="help" name="panel">
            <summary class="btn plain">{icon(Icon::Question)}<span class="help-word">"Help"</span></summary>
            <div class="panel">
                <div id="help-text">{paragraphs}</div>
                <p class="meta with-scripts">"Press "<kbd>"?"</kbd>" for the keys of this page."</p>
            </div>
        </details>
    }
}
