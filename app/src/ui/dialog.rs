//! Dialogs: native ones, opened and closed by the browser without a script of ours.

use leptos::prelude::*;

use super::icon::{Icon, icon};

/// A button and the dialog it opens. Browsers that know `command` open it over everything else and keep the keyboard in
/// it; older ones open it as a popover. What has consequences on many things belongs into [`super::form::ask`], which
/// shows where on the page it stands.
pub fn dialog(
    id: &'static str,
    button: impl IntoView,
    title: &'static str,
    content: impl IntoView,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    view! {
        <button class="btn" type="button" commandfor=id command="show-modal" popovertarget=id>{button}</button>
        <dialog class="dialog" id=id popover="auto" aria-labelledby=title_id.clone()>
            <header>
                <h2 id=title_id.clone()>{title}</h2>
                <button class="btn plain icon" type="button" commandfor=id command="close" popovertarget=id popovertargetaction="hide" title="Close">
                    {icon(Icon::Cross)}<span class="sr">"Close"</span>
                </button>
            </header>
            {content}
        </dialog>
    }
}
