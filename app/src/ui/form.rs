//! Pieces of forms: fields with their errors, choices, and buttons that ask before they act.

use leptos::prelude::*;

use crate::context::Request;
use crate::flash::Flash;

/// A button that opens a form in a panel: what has consequences is confirmed. Of the panels of a page, one is open at a time.
pub fn ask(button: impl IntoView, is_open: bool, form: impl IntoView) -> impl IntoView {
    view! { <details class="ask" name="panel" open=is_open><summary class="btn">{button}</summary><div class="panel">{form}</div></details> }
}

/// Makes a form act once, however often it is sent: the name of this very form on this very page, which is used up in the
/// transaction of the act. `name` tells it from the other forms of the page; the action gives it to
/// `actions::actor_once`.
pub fn once(request: &Request, name: &str) -> impl IntoView + use<> {
    let form = format!("{}.{name}", request.request_id);
    view! { <input type="hidden" name="form" value=form /> }
}

/// What an [`input`] is.
#[derive(Clone, Copy)]
pub struct Input {
    pub label: &'static str,
    pub name: &'static str,
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub maxlength: u32,
}

/// A field that has to be filled in, with what was typed and what was wrong with it. Passwords come back empty.
pub fn input(field: Input, flash: &Flash) -> impl IntoView + use<> {
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

/// What a [`text`] is.
#[derive(Clone, Copy)]
pub struct Text {
    pub id: &'static str,
    pub label: &'static str,
    pub name: &'static str,
    pub rows: u32,
    pub maxlength: u32,
    pub required: bool,
}

/// A field of several lines, with what was typed and what was wrong with it. The label stands beside it, not around it: what
/// is typed would become part of its name.
pub fn text(field: Text, value: &str, error: Option<String>) -> impl IntoView + use<> {
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

/// A text as the content of a `<textarea>`: browsers drop the first line end after the tag.
pub fn lines(text: &str) -> String {
    format!("\n{text}")
}

/// One box of [`checks`]: its value, its words, and what it means.
pub type Check = (String, &'static str, &'static str);

/// Several of many, sent as `name[]`.
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

/// A text that is shown this once, ready to be copied.
pub fn secret(label: &'static str, text: String) -> impl IntoView {
    view! {
        <label class="label secret">
            {label}
            <input class="field mono" readonly value=text />
        </label>
    }
}
