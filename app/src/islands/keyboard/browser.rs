//! Handlers for keys, for input in the search field and for clicks.

use std::cell::Cell;
use std::time::Duration;

use super::panels;
use leptos::prelude::{document, set_timeout, window};
use leptos::task::spawn_local;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Element, Event, HtmlDialogElement, HtmlDocument, HtmlElement, HtmlInputElement, KeyboardEvent,
    MouseEvent, Response, js_sys,
};

/// Milliseconds in which a letter has to follow `g`.
const GO_MS: f64 = 1_500.0;
/// Time without input after which the search starts.
const TYPED: Duration = Duration::from_millis(120);

thread_local! {
    /// Until when a letter after `g` opens a page.
    static GO_UNTIL: Cell<f64> = const { Cell::new(0.0) };
    /// Counts searches, so that only the latest result is shown.
    static SEARCH: Cell<u32> = const { Cell::new(0) };
}

/// Adds the listeners, which stay for the lifetime of the page.
pub fn listen() {
    on("keydown", key);
    on("input", typed);
    on("click", clicked);
    on("click", panels::close_others);
    // With scripts, the link opens a dialog.
    if let Ok(Some(link)) = document().query_selector("[data-palette]") {
        let _ = link.set_attribute("aria-haspopup", "dialog");
    }
}

/// Adds a listener in the capture phase, before all others: a letter after `g` must not trigger a shortcut of the page.
fn on(name: &str, listener: fn(Event) -> Option<()>) {
    let closure = Closure::<dyn FnMut(Event)>::new(move |event| {
        listener(event);
    });
    let _ =
        document().add_event_listener_with_callback_and_bool(name, closure.as_ref().unchecked_ref(), true);
    closure.forget();
}

fn key(event: Event) -> Option<()> {
    let event: KeyboardEvent = event.dyn_into().ok()?;
    let key = event.key();
    if (event.ctrl_key() || event.meta_key()) && !event.alt_key() && key.eq_ignore_ascii_case("k") {
        open_palette();
        taken(&event);
        return None;
    }
    let target: Element = event.target()?.dyn_into().ok()?;
    if target.id() == "palette-q" {
        return walk(&event, &key);
    }
    if key == "Escape" && panels::close_last(&target).is_some() {
        taken(&event);
        return None;
    }
    let is_typing =
        || target.closest("input:not([type=checkbox],[type=radio]),textarea,select,[contenteditable],dialog");
    let is_off = || document().query_selector("[data-single-keys]");
    if event.ctrl_key()
        || event.meta_key()
        || event.alt_key()
        || is_typing().ok()?.is_some()
        || is_off().ok()?.is_some()
    {
        return None;
    }
    let now = event.time_stamp();
    if now < GO_UNTIL.take() && key.len() == 1 {
        if let Ok(Some(link)) = document().query_selector(&format!("[data-go='{}']", letter(&key))) {
            link.unchecked_into::<HtmlElement>().click();
            taken(&event);
        }
        return None;
    }
    match key.as_str() {
        "/" => open_palette(),
        "?" => open_keys()?,
        "g" => GO_UNTIL.set(now + GO_MS),
        _ => return None,
    }
    taken(&event);
    None
}

/// Returns a letter that is safe in a selector; other characters match nothing.
fn letter(key: &str) -> char {
    key.chars().next().filter(char::is_ascii_lowercase).unwrap_or('-')
}

fn taken(event: &Event) {
    event.prevent_default();
    event.stop_immediate_propagation();
}

fn dialog(id: &str) -> Option<HtmlDialogElement> {
    Some(document().get_element_by_id(id)?.unchecked_into())
}

fn field() -> Option<HtmlInputElement> {
    Some(document().get_element_by_id("palette-q")?.unchecked_into())
}

fn open_palette() {
    let (Some(palette), Some(field)) = (dialog("palette"), field()) else { return };
    if let Some(keys) = dialog("keys") {
        keys.close();
    }
    if !palette.open() {
        let _ = palette.show_modal();
    }
    field.select();
    search();
}

fn clicked(event: Event) -> Option<()> {
    let event: MouseEvent = event.dyn_into().ok()?;
    let target: Element = event.target()?.dyn_into().ok()?;
    let is_plain = !(event.ctrl_key() || event.meta_key() || event.shift_key());
    if target.closest("[data-palette]").ok()?.is_some() && is_plain {
        open_palette();
        taken(&event);
    } else if let Some(button) = target.closest("[data-copy]").ok()? {
        copy(&button)?;
    } else if target.has_type::<HtmlDialogElement>() {
        // The content covers the dialog, so a click on the dialog itself is one on its backdrop.
        target.unchecked_into::<HtmlDialogElement>().close();
    } else if target.closest("#palette [role=option], #keys a").ok()?.is_some() {
        // A link within the page would otherwise leave the dialog open.
        dialog("palette")?.close();
        dialog("keys")?.close();
    }
    None
}

/// Copies the field that a button names, and says so on the button. Uses the selection rather than the clipboard API, which
/// browsers offer only over HTTPS.
fn copy(button: &Element) -> Option<()> {
    let field = document().get_element_by_id(&button.get_attribute("data-copy")?)?;
    field.dyn_into::<HtmlInputElement>().ok()?.select();
    let page: HtmlDocument = document().dyn_into().ok()?;
    let is_copied = page.exec_command("copy").unwrap_or(false);
    let said = if is_copied { "data-copied" } else { "data-not-copied" };
    button.set_text_content(Some(&button.get_attribute(said)?));
    Some(())
}

fn typed(event: Event) -> Option<()> {
    let target: Element = event.target()?.dyn_into().ok()?;
    if target.id() == "palette-q" {
        let this = SEARCH.get() + 1;
        SEARCH.set(this);
        set_timeout(
            move || {
                if SEARCH.get() == this {
                    search();
                }
            },
            TYPED,
        );
    }
    None
}

/// Searches for the text in the field and shows the result, unless a newer search has started.
fn search() {
    let this = SEARCH.get() + 1;
    SEARCH.set(this);
    let Some(field) = field() else { return };
    spawn_local(async move {
        if let Ok(found) = fetch(&field.value()).await
            && SEARCH.get() == this
        {
            show(&found);
        }
    });
}

/// Fetches the options. Returns an error if the session has ended; Enter then opens a page that says so.
async fn fetch(text: &str) -> Result<String, JsValue> {
    let url = format!("/search/found?q={}", String::from(js_sys::encode_uri_component(text)));
    let response: Response = JsFuture::from(window().fetch_with_str(&url)).await?.unchecked_into();
    if !response.ok() || response.redirected() {
        return Err(JsValue::NULL);
    }
    Ok(JsFuture::from(response.text()?).await?.as_string().unwrap_or_default())
}

fn show(found: &str) -> Option<()> {
    document().get_element_by_id("palette-found")?.set_inner_html(found);
    let list = document().get_element_by_id("palette-list")?;
    document()
        .get_element_by_id("palette-said")?
        .set_text_content(list.get_attribute("data-said").as_deref());
    choose(0)
}

/// Handles the keys of the search: arrows move the selection and Enter opens it. Without a selection, Enter submits the form.
fn walk(event: &KeyboardEvent, key: &str) -> Option<()> {
    let at =
        field()?.get_attribute("aria-activedescendant").and_then(|id| id.strip_prefix("o-")?.parse().ok());
    let count: i32 =
        document().get_element_by_id("palette-list")?.get_attribute("data-count")?.parse().ok()?;
    match (key, at) {
        ("ArrowDown", at) if count > 0 => choose(at.map_or(0, |at: i32| (at + 1) % count)),
        ("ArrowUp", at) if count > 0 => choose(at.map_or(count - 1, |at: i32| (at + count - 1) % count)),
        ("Enter", Some(at)) => {
            document().get_element_by_id(&format!("o-{at}"))?.unchecked_into::<HtmlElement>().click();
            Some(())
        }
        _ => return None,
    };
    taken(event);
    None
}

fn choose(n: i32) -> Option<()> {
    let field = field()?;
    if let Ok(Some(old)) = document().query_selector("#palette-list [aria-selected=true]") {
        let _ = old.set_attribute("aria-selected", "false");
    }
    let id = format!("o-{n}");
    let Some(option) = document().get_element_by_id(&id) else {
        let _ = field.remove_attribute("aria-activedescendant");
        return None;
    };
    let _ = option.set_attribute("aria-selected", "true");
    let _ = field.set_attribute("aria-activedescendant", &id);
    option.scroll_into_view_with_bool(false);
    Some(())
}

/// Opens the list of shortcuts, including those that the page's elements declare.
fn open_keys() -> Option<()> {
    let keys = dialog("keys")?;
    let here = document().get_element_by_id("keys-here")?;
    let list = here.query_selector("ul").ok()??;
    list.set_text_content(None);
    let elements = document().query_selector_all("[data-key-help]").ok()?;
    for n in 0..elements.length() {
        let element: Element = elements.item(n)?.unchecked_into();
        let (line, key) = (document().create_element("li").ok()?, document().create_element("kbd").ok()?);
        line.set_text_content(element.get_attribute("data-key-help").as_deref());
        let declared = element.get_attribute("data-key").unwrap_or_default();
        // Uppercase, as on keyboards and buttons.
        let shown = if declared.len() == 1 { declared.to_uppercase() } else { declared };
        key.set_text_content(Some(&shown));
        line.append_child(&key).ok()?;
        list.append_child(&line).ok()?;
    }
    here.toggle_attribute_with_force("hidden", elements.length() == 0).ok()?;
    if let Some(help) = document().get_element_by_id("help-text") {
        document().get_element_by_id("keys-help")?.set_inner_html(&help.inner_html());
    }
    keys.show_modal().ok()
}
