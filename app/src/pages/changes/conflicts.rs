//! The notice about an outdated change, and the conflicts to resolve when it is brought up to date.

use engine::change::{MergeConflict, MergeSide};
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use service::change::MergePreview;
use store::changes::ChangeState;

use super::change::ChangeData;
use crate::actions::changes::{StartOverChange, UpdateChange};
use crate::texts::texts;
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
    let (newest, is_draft) = (change.newest_version.to_string(), change.state == ChangeState::Draft);
    let said = match is_draft {
        true => texts().changes_outdated_submit(&newest),
        false => texts().changes_outdated_approve(&newest),
    };
    let way = match (is_draft, loaded.may_write(), &loaded.view.merge) {
        (_, false, _) => {
            let said = match &change.author_name {
                Some(author) => texts().changes_outdated_author(author, newest),
                None => texts().changes_outdated_owner(newest),
            };
            view! { <p>{said}</p> }.into_any()
        }
        (false, true, _) => over(loaded).into_any(),
        (true, true, None) => view! { <p>{texts().changes_outdated_errors()}</p> }.into_any(),
        (true, true, Some(merge)) => update(loaded, merge).into_any(),
    };
    let body = view! { <div class="outdated"><p><strong>{texts().changes_outdated()}</strong>" "{said}</p>{way}</div> };
    Some(note(Tone::Bad, body).into_any())
}

/// Renders the form that continues a submitted change in a draft.
fn over(loaded: &ChangeData) -> impl IntoView + use<> {
    let newest = loaded.change.newest_version;
    let conflicts = loaded.view.merge.as_ref().map_or(0, |merge| merge.conflicts.len());
    let conflicts = (conflicts > 0).then(|| {
        let said = texts().changes_update_conflicts(conflicts, number::count(conflicts as i64));
        view! { " "{said} }
    });
    view! {
        <form method="post" action=StartOverChange::PATH>
            {once(&loaded.request, "over")}
            <input type="hidden" name="number" value=loaded.change.number.to_string() />
            <p>{texts().changes_update_about()}{conflicts}</p>
            <button class="btn primary">{icon(Icon::Edit)}{texts().changes_update(newest.to_string())}</button>
        </form>
    }
}

fn update(loaded: &ChangeData, merge: &MergePreview) -> impl IntoView + use<> {
    let change = &loaded.change;
    let version = merge.version;
    let all = merge.conflicts.iter().enumerate();
    let conflicts = all.map(|(index, conflict)| one(loaded, index, conflict, version)).collect_view();
    let about = match merge.conflicts.len() {
        0 => texts().changes_merge_clean(version.to_string()),
        many => texts().changes_merge_conflicts(many, version.to_string()),
    };
    view! {
        <form method="post" action=UpdateChange::PATH>
            <input type="hidden" name="number" value=change.number.to_string() />
            <input type="hidden" name="revision" value=change.revision.to_string() />
            <input type="hidden" name="version" value=version.to_string() />
            <p>{about}</p>
            {conflicts}
            <button class="btn primary">{texts().changes_update(version.to_string())}</button>
        </form>
    }
}

fn one(loaded: &ChangeData, index: usize, conflict: &MergeConflict, version: u32) -> impl IntoView + use<> {
    let name = format!("choices[{index}]");
    let side = |side: MergeSide, title: String, text: &Option<String>| {
        let text = match text {
            Some(text) => view! { <pre class="code">{loaded.view.names.text(text)}</pre> }.into_any(),
            None => view! { <p class="quiet">{texts().changes_merge_removed()}</p> }.into_any(),
        };
        view! {
            <label class="side">
                <span class="check"><input type="radio" name=name.clone() value=side.to_string() required /><b>{title}</b></span>
                {text}
            </label>
        }
    };
    let before = conflict.base.as_ref().map(|text| {
        let title = texts().changes_version_title(loaded.change.base_version.to_string());
        view! { <details class="fold"><summary>{title}</summary><pre class="code">{loaded.view.names.text(text)}</pre></details> }
    });
    view! {
        <fieldset class="conflict">
            <legend>{loaded.view.names.text(&conflict.subject)}</legend>
            <div class="sides">
                {side(MergeSide::Ours, texts().changes_merge_ours(), &conflict.ours)}
                {side(MergeSide::Theirs, texts().changes_version_title(version.to_string()), &conflict.theirs)}
            </div>
            {before}
        </fieldset>
    }
}
