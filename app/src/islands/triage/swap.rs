//! Replacing the open lead with another one of the list.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::{Set as _, WriteSignal, document, set_timeout, window};
use leptos::task::spawn_local;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, DomParser, Element, Event, HtmlElement, MouseEvent, Response, ScrollIntoViewOptions,
    ScrollLogicalPosition, SupportedType,
};

use crate::islands::fields;

/// Milliseconds in which a prefetched lead is fresh. Short, because other people work on the queue as well.
const FRESH_MS: f64 = 5_000.0;
/// The maximum number of cached leads.
const KEPT: usize = 8;
/// Time a lead stays open before its neighbours are prefetched, so that skimming the list fetches nothing.
const REST: Duration = Duration::from_millis(80);
/// Offsets of the leads to prefetch: two down the list and one up.
const AHEAD: [i32; 3] = [1, 2, -1];

struct Triage {
    /// The address of the lead to show.
    target: RefCell<String>,
    /// Fetched leads: time, address and page.
    kept: RefCell<VecDeque<(f64, String, Rc<str>)>>,
    moves: Cell<u32>,
    say: WriteSignal<String>,
}

/// Adds the listeners, which stay for the lifetime of the page.
pub fn start(say: WriteSignal<String>) {
    let triage = Rc::new(Triage {
        target: RefCell::new(here()),
        kept: RefCell::default(),
        moves: Cell::default(),
        say,
    });
    let this = triage.clone();
    listen(&document(), "click", move |event| {
        this.clicked(&event);
    });
    let this = triage.clone();
    listen(&window(), "popstate", move |_| {
        // A link to an anchor within the page keeps the lead.
        if *this.target.borrow() != here() {
            this.go(here());
        }
    });
    triage.fetch_ahead();
}

fn listen(target: &web_sys::EventTarget, name: &str, listener: impl Fn(Event) + 'static) {
    let closure = Closure::<dyn Fn(Event)>::new(listener);
    let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// Returns the path and query of the page.
fn here() -> String {
    let location = window().location();
    format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default())
}

fn now() -> f64 {
    web_sys::js_sys::Date::now()
}

impl Triage {
    fn clicked(self: &Rc<Self>, event: &Event) -> Option<()> {
        let event = event.dyn_ref::<MouseEvent>()?;
        let is_plain = event.button() == 0
            && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
        if event.default_prevented() || !is_plain {
            return None;
        }
        let target = event.target()?.dyn_into::<Element>().ok()?;
        let link = target.closest(".queue ol a.q, .queue a[data-step]").ok()??;
        event.prevent_default();
        let to = match link.get_attribute("data-step").as_deref() {
            Some("j") => self.beside(1)?,
            Some(_) => self.beside(-1)?,
            None => {
                fold_list();
                link
            }
        };
        let href = to.get_attribute("href")?;
        let _ = window().history().ok()?.push_state_with_url(&JsValue::NULL, "", Some(&href));
        self.go(href);
        Some(())
    }

    /// Returns the link `steps` rows below the open lead.
    fn beside(&self, steps: i32) -> Option<Element> {
        let all = links();
        let at = self.place(&all);
        let to = match at {
            Some(at) => i32::try_from(at).ok()? + steps,
            // The open lead has left the list, so the next one is at the top.
            None => steps - 1,
        };
        all.into_iter().nth(usize::try_from(to).ok()?)
    }

    /// Returns the row of the lead to show.
    fn place(&self, all: &[Element]) -> Option<usize> {
        let target = self.target.borrow();
        let is_it = |link: &Element| link.get_attribute("href").as_deref() == Some(target.as_str());
        all.iter().position(is_it).or_else(|| all.iter().position(|link| link.has_attribute("aria-current")))
    }

    /// Shows the lead at an address: immediately if it was prefetched, or else once it loads, unless the person has moved on.
    fn go(self: &Rc<Self>, href: String) {
        self.target.replace(href.clone());
        let this_move = self.moves.get() + 1;
        self.moves.set(this_move);
        self.mark(&href);
        if let Some(page) = self.known(&href) {
            self.show(&href, &page);
            return;
        }
        if let Some(pane) = document().get_element_by_id("work") {
            let _ = pane.set_attribute("aria-busy", "true");
        }
        let this = self.clone();
        spawn_local(async move {
            let fetched = this.fetch(&href).await;
            if this.moves.get() != this_move {
                return;
            }
            match fetched {
                Some(page) => this.show(&href, &page),
                // The session has ended or the lead does not exist. The page itself explains it.
                None => drop(window().location().assign(&href)),
            }
        });
    }

    fn known(&self, href: &str) -> Option<Rc<str>> {
        let mut kept = self.kept.borrow_mut();
        kept.retain(|(at, ..)| now() - at < FRESH_MS);
        kept.iter().find(|(_, known, _)| known == href).map(|(.., page)| page.clone())
    }

    async fn fetch(&self, href: &str) -> Option<Rc<str>> {
        // The server does not extend a claim for this request, because prefetching a lead is not viewing it.
        let url = format!("{href}{}refresh=1", if href.contains('?') { '&' } else { '?' });
        let response: Response = JsFuture::from(window().fetch_with_str(&url)).await.ok()?.dyn_into().ok()?;
        if !response.ok() || response.redirected() {
            return None;
        }
        let page: Rc<str> = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?.into();
        let mut kept = self.kept.borrow_mut();
        kept.retain(|(_, known, _)| known != href);
        kept.push_back((now(), href.to_owned(), page.clone()));
        while kept.len() > KEPT {
            kept.pop_front();
        }
        Some(page)
    }

    fn show(self: &Rc<Self>, href: &str, page: &str) {
        if self.put(page).is_none() {
            // The response is a different page.
            let _ = window().location().assign(href);
            return;
        }
        self.fetch_ahead();
    }

    /// Replaces the open lead with the one of a fetched page.
    fn put(&self, page: &str) -> Option<()> {
        let fresh = DomParser::new().ok()?.parse_from_string(page, SupportedType::TextHtml).ok()?;
        let (old, new) = (document().get_element_by_id("work")?, fresh.get_element_by_id("work")?);
        let current = fresh.query_selector(".queue ol a.q[aria-current]").ok()?;
        old.replace_with_with_node_1(&document().adopt_node(&new).ok()?).ok()?;
        if let (Some(old), Some(new)) = (handle(&document()), handle(&fresh)) {
            old.set_inner_html(&new.inner_html());
        }
        document().set_title(&fresh.title());
        if let Some(href) = current.and_then(|link| link.get_attribute("href")) {
            self.mark(&href);
        }
        window().scroll_to_with_x_and_y(0.0, 0.0);
        self.say.set(document().get_element_by_id("w-t")?.text_content().unwrap_or_default());
        Some(())
    }

    /// Marks the row of the lead and points the links to the next and previous lead at its neighbours.
    fn mark(&self, href: &str) {
        for link in links() {
            if link.get_attribute("href").as_deref() == Some(href) {
                let _ = link.set_attribute("aria-current", "true");
                let options = ScrollIntoViewOptions::new();
                options.set_block(ScrollLogicalPosition::Nearest);
                link.scroll_into_view_with_scroll_into_view_options(&options);
            } else {
                let _ = link.remove_attribute("aria-current");
            }
        }
        for (key, steps) in [("j", 1), ("k", -1)] {
            let Ok(Some(step)) = document().query_selector(&format!(".queue a[data-step={key}]")) else {
                continue;
            };
            let beside = self.beside(steps).and_then(|link| link.get_attribute("href"));
            let _ = step.toggle_attribute_with_force("hidden", beside.is_none());
            if let Some(href) = beside {
                let _ = step.set_attribute("href", &href);
            }
        }
    }

    /// Prefetches the leads beside the open one once the person stays with it.
    fn fetch_ahead(self: &Rc<Self>) {
        let (this, at) = (self.clone(), self.moves.get());
        let fetch = move || {
            spawn_local(async move {
                for steps in AHEAD {
                    if this.moves.get() != at {
                        return;
                    }
                    let href = this.beside(steps).and_then(|link| link.get_attribute("href"));
                    if let Some(href) = href.filter(|href| this.known(href).is_none()) {
                        this.fetch(&href).await;
                    }
                }
            });
        };
        set_timeout(fetch, REST);
    }
}

/// Returns the rows of the list.
fn links() -> Vec<Element> {
    fields::all(None, ".queue ol a.q")
}

/// Returns the button that opens the list on a narrow screen and shows which lead is open.
fn handle(page: &Document) -> Option<Element> {
    page.query_selector(".queue > .list > summary").ok()?
}

/// Closes the list if it covers the lead.
fn fold_list() -> Option<()> {
    let handle = handle(&document())?.dyn_into::<HtmlElement>().ok()?;
    if handle.offset_height() > 0 {
        handle.closest("details").ok()??.remove_attribute("open").ok()?;
    }
    Some(())
}
