//! Parts of forms: fields with their errors, choices, and buttons that ask for confirmation.

use leptos::prelude::*;

use crate::context::Request;
use crate::flash::Flash;

/// Renders a button that opens a form in a panel, so that acts with consequences need a confirmation. Only one panel of a page
/// is open at a time.
pub fn ask(button: impl IntoView, is_open: bool, form: impl IntoView) -> impl IntoView {
    view! { <details class="ask" name="panel" open=is_open><summary class="btn">{button}</summary><div class="panel">{form}</div></details> }
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
pub struct Input<Label = &'static str> {
    pub label: Label,
    pub name: &'static str,
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub maxlength: u32,
}

/// Renders a required field with its submitted value and error. Passwords are not filled in again.
pub fn input<Label: IntoView>(field: Input<Label>, flash: &Flash) -> impl IntoView + use<Label> {
    let Input { label, name, kind, autocomplete, maxlength } = field;
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
                    value=typed aria-invalid=invalid aria-describedby=described
                />
            </label>
            {error.map(|error| view! { <p id=id class="tone" data-a="bad">{error}</p> })}
        </div>
    }
}

/// The properties of a [`text`].
#[derive(Clone, Copy)]
pub struct Text<Label = &'static str> {
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
    field: Text<Label>,
    value: &str,
    error: Option<String>,
) -> impl IntoView + use<Label> {
    let Text { id, label, name, rows, maxlength, required } = field;
    let problem = format!("{id}-error");
    let described = error.is_some().then(|| problem.clone());
    view! {
        <div class="label">
            <label for=id>{label}</label>
            <textarea
                id=id class="field" name=name rows=rows.to_string() maxlength=maxlength.to_string() required=required
                aria-invalid=error.is_some().then_some("true") aria-describedby=described
            >{lines(value)}</textarea>
        </div>
        {error.map(|error| view! { <p id=problem class="tone" data-a="bad">{error}</p> })}
    }
}

/// Returns a text as the content of a `<textarea>`. Browsers drop the first line end after the tag.
pub fn lines(text: &str) -> String {
    format!("\n{text}")
}

/// A box of [`checks`]: its value, its label and its description.
pub type Check = (String, &'static str, &'static str);

/// Renders a group of check boxes, sent as `name[]`.
pub fn checks(
    legend: &'static str,
    name: &'static str,
    all: Vec<Check>,
    chosen: &[String],
    error: Option<String>,
) -> impl IntoView + use<> {
    let one = |(value, words, about): Check| {
        let checked = chosen.contains(&value);
        view! {
            <label class="check">
                <input type="checkbox" name=format!("{name}[]") value=value checked=checked />
                <span>{words}<small>{about}</small></span>
            </label>
        }
    };
    view! {
        <fieldset class="checks">
            <legend>{legend}</legend>
            {all.into_iter().map(one).collect_view()}
            {error.map(|error| view! { <p class="tone" data-a="bad" role="alert">{error}</p> })}
        </fieldset>
    }
}

/// Renders a text that is shown only once, ready to copy.
pub fn secret(label: impl IntoView, text: String) -> impl IntoView {
    view! {
        <label class="label secret">
            {label}
            <input class="field mono" readonly value=text />
        </label>
    }
}
