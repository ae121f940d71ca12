//! Native dialogs, which the browser opens and closes without a script.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::texts::texts;

/// Renders a button and the dialog it opens. Browsers that support `command` open it as a modal; older ones open it as a
/// popover. Acts with wide consequences belong in [`super::form::ask`], which opens in place on the page.
pub fn dialog(
    id: &'static str,
    button: impl IntoView,
    title: impl IntoView,
    content: impl IntoView,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    view! {
        <button class="btn" type="button" commandfor=id command="show-modal" popovertarget=id>{button}</button>
        <dialog class="dialog" id=id popover="auto" aria-labelledby=title_id.clone()>
            <header>
                <h2 id=title_id.clone()>{title}</h2>
                <button class="btn plain icon" type="button" commandfor=id command="close" popovertarget=id popovertargetaction="hide" title=texts().ui_close()>
                    {icon(Icon::Cross)}<span class="sr">{texts().ui_close()}</span>
                </button>
            </header>
            {content}
        </dialog>
    }
}
