//! Parts of forms: fields with their errors, choices, and buttons that ask for confirmation.

use leptos::prelude::*;

use crate::context::Request;
use crate::flash::Flash;

/// Renders a button that opens a form in a panel, so that acts with consequences need a confirmation. Only one panel of a page
/// is open at a time.
pub fn ask(button: impl IntoView, is_open: bool, form: impl IntoView) -> impl IntoView {
    view! { <details class="ask" name="panel" open=is_open><summary class="btn">{button}</summary><div class="panel">{form}</div></details> }
}

/// Like [`ask`], for an act that takes something away. The button is outlined in red.
pub fn ask_danger(button: impl IntoView, is_open: bool, form: impl IntoView) -> impl IntoView {
    view! { <details class="ask" name="panel" open=is_open><summary class="btn danger">{button}</summary><div class="panel">{form}</div></details> }
}

/// Makes a form take effect only once, however often it is sent. The hidden input identifies this form on this page view, and
/// the transaction of the act consumes it. `name` distinguishes the forms of a page; the action passes the input to
/// `actions::actor_once`.
pub fn once(request: &Request, name: &str) -> impl IntoView + use<> {
    let form = format!("{}.{name}", request.request_id);
    view! { <input type="hidden" name="form" value=form /> }
}

/// The properties of an [`input`].
#[derive(Clone, Copy)]
pub struct InputProps<Label = &'static str> {
    pub label: Label,
    pub name: &'static str,
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub maxlength: u32,
}

/// Renders a required field with its submitted value and error. Passwords are not filled in again. The first field with an
/// error gets the focus, which brings it into view.
pub fn input<Label: IntoView>(field: InputProps<Label>, flash: &Flash) -> impl IntoView + use<Label> {
    let InputProps { label, name, kind, autocomplete, maxlength } = field;
    let error = flash.errors.get(name).cloned();
    let id = format!("{name}-error");
    let described = error.is_some().then(|| id.clone());
    let invalid = error.is_some().then_some("true");
    let typed = flash.values.get(name).cloned();
    view! {
        <div class="stacked">
            <label class="label">
                {label}
                <input
                    class="field" type=kind name=name required autocomplete=autocomplete maxlength=maxlength.to_string()
                    value=typed aria-invalid=invalid aria-describedby=described autofocus=error.is_some()
                />
            </label>
            {error.map(|error| view! { <p id=id class="tone" data-a="bad">{error}</p> })}
        </div>
    }
}

/// The properties of a [`text`].
#[derive(Clone, Copy)]
pub struct TextAreaProps<Label = &'static str> {
    pub id: &'static str,
    pub label: Label,
    pub name: &'static str,
    pub rows: u32,
    pub maxlength: u32,
    pub required: bool,
}

/// Renders a multi-line field with its submitted value and error. The label does not wrap the field: otherwise the field's
/// content would become part of its accessible name.
pub fn text<Label: IntoView>(
    field: TextAreaProps<Label>,
    value: &str,
    error: Option<String>,
) -> impl IntoView + use<Label> {
    let TextAreaProps { id, label, name, rows, maxlength, required } = field;
    let problem = format!("{id}-error");
    let described = error.is_some().then(|| problem.clone());
    view! {
        <div class="label">
            <label for=id>{label}</label>
            <textarea
                id=id class="field" name=name rows=rows.to_string() maxlength=maxlength.to_string() required=required
                aria-invalid=error.is_some().then_some("true") aria-describedby=described autofocus=error.is_some()
            >{lines(value)}</textarea>
        </div>
        {error.map(|error| view! { <p id=problem class="tone" data-a="bad">{error}</p> })}
    }
}

/// Returns a text as the content of a `<textarea>`. Leptos does not escape what is in one, and browsers drop the first line end
/// after the tag.
pub fn lines(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

/// A box of [`checks`]: its value, its label and its description.
pub type CheckboxOption<Words = &'static str> = (String, Words, Words);

/// Renders a group of check boxes, sent as `name[]`. An error stands above the boxes, and the first box gets the focus.
pub fn checks<Legend: IntoView, Words: IntoView>(
    legend: Legend,
    name: &'static str,
    all: Vec<CheckboxOption<Words>>,
    chosen: &[String],
    error: Option<String>,
) -> impl IntoView + use<Legend, Words> {
    let id = format!("{name}-error");
    let (described, is_wrong) = (error.is_some().then(|| id.clone()), error.is_some());
    let one = |(index, (value, words, about)): (usize, CheckboxOption<Words>)| {
        let checked = chosen.contains(&value);
        view! {
            <label class="check">
                <input type="checkbox" name=format!("{name}[]") value=value checked=checked autofocus=is_wrong && index == 0 />
                <span>{words}<small>{about}</small></span>
            </label>
        }
    };
    view! {
        <fieldset class="checks" aria-describedby=described>
            <legend>{legend}</legend>
            {error.map(|error| view! { <p id=id class="tone" data-a="bad" role="alert">{error}</p> })}
            {all.into_iter().enumerate().map(one).collect_view()}
        </fieldset>
    }
}

/// Renders a text that is shown only once, with a button that copies it. Without scripts, people select and copy it.
pub fn secret(label: impl IntoView, text: String) -> impl IntoView {
    view! {
        <div class="label secret">
            <label for="secret">{label}</label>
            <span class="row">
                <input id="secret" class="field mono" readonly value=text />
                <button type="button" class="btn with-scripts" data-copy="secret" aria-live="polite">"Copy"</button>
            </span>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_close_its_field() {
        let field =
            TextAreaProps { id: "why", label: "Why", name: "why", rows: 2, maxlength: 100, required: false };
        let html = text(field, "</textarea><script>alert(1)</script>", None).to_html();
        assert!(!html.contains("<script>"), "{html}");
    }
}
