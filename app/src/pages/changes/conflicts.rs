//! The notice about an outdated change, and the conflicts to resolve when it is brought up to date.

use engine::change::{MergeConflict, MergeSide};
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use service::change::MergePreview;
use store::changes::ChangeState;

use super::change::ChangeData;
use crate::actions::changes::{StartOverChange, UpdateChange};
use crate::ui::form::once;
use crate::ui::icon::{Icon, icon};
use crate::ui::note::{Tone, note};
use crate::ui::number;

/// Renders the notice of an outdated change, with the way to update it for those who may edit it.
pub fn notice(loaded: &ChangeData) -> Option<AnyView> {
    let change = &loaded.change;
    if !change.is_outdated() {
        return None;
    }
    let (newest, is_draft) = (change.newest_version, change.state == ChangeState::Draft);
    let consequence = if is_draft { "submitted" } else { "approved" };
    let said = format!(
        "Version {newest} was approved after this change was written, so it cannot be {consequence}."
    );
    let way = match (is_draft, loaded.may_write(), &loaded.merge) {
        (_, false, _) => {
            let author = change.author_name.clone().unwrap_or_else(|| "Its author".into());
            view! { <p>{format!("{author} has to update it to version {newest}.")}</p> }.into_any()
        }
        (false, true, _) => over(loaded).into_any(),
        (true, true, None) => {
            view! { <p>"Fix the errors in the text and save, then update it."</p> }.into_any()
        }
        (true, true, Some(merge)) => update(loaded, merge).into_any(),
    };
    let body = view! { <div class="outdated"><p><strong>"Outdated. "</strong>{said}</p>{way}</div> };
    Some(note(Tone::Bad, body).into_any())
}

/// Renders the form that continues a submitted change in a draft.
fn over(loaded: &ChangeData) -> impl IntoView + use<> {
    let newest = loaded.change.newest_version;
    let conflicts = loaded.merge.as_ref().map_or(0, |merge| merge.conflicts.len());
    let conflicts = (conflicts > 0).then(|| {
        let many = number::plural(conflicts as i64, "conflict", "conflicts");
        format!(" You will resolve {many} there.")
    });
    view! {
        <form method="post" action=StartOverChange::PATH>
            {once(&loaded.request, "over")}
            <input type="hidden" name="number" value=loaded.change.number.to_string() />
            <p>"Updating withdraws this change and continues it in a draft that keeps summary, reason and comments."{conflicts}</p>
            <button class="btn primary">{icon(Icon::Edit)}{format!("Update to version {newest}")}</button>
        </form>
    }
}

fn update(loaded: &ChangeData, merge: &MergePreview) -> impl IntoView + use<> {
    let change = &loaded.change;
    let version = merge.version;
    let all = merge.conflicts.iter().enumerate();
    let conflicts = all.map(|(index, conflict)| one(loaded, index, conflict, version)).collect_view();
    let about = match merge.conflicts.len() {
        0 => format!("Your changes and those of version {version} do not conflict. Both are kept."),
        1 => format!(
            "You and version {version} changed the same part. Choose which one to keep; everything else is merged."
        ),
        many => format!(
            "You and version {version} changed the same {many} parts. Choose which ones to keep; everything else is merged."
        ),
    };
    view! {
        <form method="post" action=UpdateChange::PATH>
            <input type="hidden" name="number" value=change.number.to_string() />
            <input type="hidden" name="revision" value=change.revision.to_string() />
            <input type="hidden" name="version" value=version.to_string() />
            <p>{about}</p>
            {conflicts}
            <button class="btn primary">{format!("Update to version {version}")}</button>
        </form>
    }
}

fn one(loaded: &ChangeData, index: usize, conflict: &MergeConflict, version: u32) -> impl IntoView + use<> {
    let name = format!("choices[{index}]");
    let side = |side: MergeSide, title: String, text: &Option<String>| {
        let text = match text {
            Some(text) => view! { <pre class="code">{loaded.names.text(text)}</pre> }.into_any(),
            None => view! { <p class="quiet">"Removed"</p> }.into_any(),
        };
        view! {
            <label class="side">
                <span class="check"><input type="radio" name=name.clone() value=side.to_string() required /><b>{title}</b></span>
                {text}
            </label>
        }
    };
    let before = conflict.base.as_ref().map(|text| {
        let title = format!("Version {}", loaded.change.base_version);
        view! { <details class="fold"><summary>{title}</summary><pre class="code">{loaded.names.text(text)}</pre></details> }
    });
    view! {
        <fieldset class="conflict">
            <legend>{loaded.names.text(&conflict.subject)}</legend>
            <div class="sides">
                {side(MergeSide::Ours, "This draft".into(), &conflict.ours)}
                {side(MergeSide::Theirs, format!("Version {version}"), &conflict.theirs)}
            </div>
            {before}
        </fieldset>
    }
}
