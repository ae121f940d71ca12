//! Live updates of parts of a page.

use leptos::prelude::*;

/// Subscribes to `topics` and replaces each element with an id whose `data-refresh` names a changed topic. Reloads the page if
/// the new version no longer has that element.
///
/// A part in use (a changed field, an open panel, a ticked box) is replaced once the person is done. The text in `data-say` is
/// read out when it changes. A part with `data-due` is also fetched on connecting, because its change may have come before.
///
/// The page is fetched from its own address, or from the one in `data-refresh-from` if the page shows something else each time
/// it opens.
#[island]
pub fn Refresh(
    /// The topics, separated by commas.
    topics: String,
) -> impl IntoView {
    let (said, say) = signal(String::new());
    #[cfg(feature = "hydrate")]
    browser::start(topics, say);
    #[cfg(not(feature = "hydrate"))]
    let _ = (topics, say);
    view! { <output class="sr" aria-live="polite">{said}</output> }
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeSet;
    use std::rc::Rc;
    use std::time::Duration;

    use crate::islands::fields;
    use leptos::prelude::*;
    use leptos::wasm_bindgen::prelude::Closure;
    use leptos::wasm_bindgen::{JsCast as _, JsValue};
    use leptos::web_sys::{Document, Element, HtmlElement};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{DomParser, EventSource, MessageEvent, Response, SupportedType};

    /// Changes come in bursts, so the page is fetched once they settle.
    const SETTLE: Duration = Duration::from_millis(400);
    /// The minimum time between two fetches, and the delay before a postponed part is tried again.
    const REST: Duration = Duration::from_secs(2);
    /// Delay before reconnecting: starts at the first value and doubles up to the second.
    const BACK_OFF_MS: (u32, u32) = (1_000, 60_000);

    struct Hearing {
        topics: String,
        say: WriteSignal<String>,
        source: RefCell<Option<EventSource>>,
        changed: RefCell<BTreeSet<String>>,
        is_due: Cell<bool>,
        tries: Cell<u32>,
        has_heard: Cell<bool>,
    }

    pub fn start(topics: String, say: WriteSignal<String>) {
        let hearing = Rc::new(Hearing {
            topics,
            say,
            source: RefCell::default(),
            changed: RefCell::default(),
            is_due: Cell::default(),
            tries: Cell::default(),
            has_heard: Cell::default(),
        });
        // A hidden page needs no connection; browsers permit only six per site.
        let seen = hearing.clone();
        let on_visibility =
            Closure::<dyn Fn()>::new(move || if document().hidden() { seen.close() } else { seen.open() });
        let listened = document()
            .add_event_listener_with_callback("visibilitychange", on_visibility.as_ref().unchecked_ref());
        if listened.is_ok() {
            on_visibility.forget();
        }
        if !document().hidden() {
            hearing.open();
        }
    }

    impl Hearing {
        fn open(self: &Rc<Self>) {
            if self.source.borrow().is_some() {
                return;
            }
            let Ok(source) = EventSource::new(&format!("/refresh?topics={}", self.topics)) else { return };
            let this = self.clone();
            let changed = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                this.changed.borrow_mut().extend(event.data().as_string());
                this.refresh_in(SETTLE);
            });
            let this = self.clone();
            let opened = Closure::<dyn Fn()>::new(move || {
                this.tries.set(0);
                // Changes during a disconnect may have been missed. On the first connection, this applies only to parts that
                // are due.
                if this.has_heard.replace(true) {
                    this.changed.borrow_mut().extend(this.topics.split(',').map(str::to_owned));
                } else {
                    this.changed.borrow_mut().extend(topics_of(parts("[data-due]")));
                }
                if !this.changed.borrow().is_empty() {
                    this.refresh_in(SETTLE);
                }
            });
            let this = self.clone();
            let failed = Closure::<dyn Fn()>::new(move || this.again());
            let _ = source.add_event_listener_with_callback("changed", changed.as_ref().unchecked_ref());
            source.set_onopen(Some(opened.as_ref().unchecked_ref()));
            source.set_onerror(Some(failed.as_ref().unchecked_ref()));
            changed.forget();
            opened.forget();
            failed.forget();
            self.source.replace(Some(source));
        }

        fn close(&self) {
            if let Some(source) = self.source.take() {
                source.set_onerror(None);
                source.close();
            }
        }

        fn again(self: &Rc<Self>) {
            self.close();
            let wait = (BACK_OFF_MS.0 << self.tries.get().min(6)).min(BACK_OFF_MS.1);
            self.tries.set(self.tries.get() + 1);
            let this = self.clone();
            let open = move || {
                if !document().hidden() {
                    this.open();
                }
            };
            set_timeout(open, Duration::from_millis(wait.into()));
        }

        fn refresh_in(self: &Rc<Self>, wait: Duration) {
            if self.is_due.replace(true) {
                return;
            }
            let this = self.clone();
            let refresh = move || {
                leptos::task::spawn_local(async move {
                    let topics = this.changed.take();
                    // Topics of failed and postponed parts stay pending.
                    let left = match this.refresh(&topics).await {
                        Ok(left) => left,
                        Err(_) => topics,
                    };
                    this.changed.borrow_mut().extend(left);
                    let after = this.clone();
                    set_timeout(
                        move || {
                            after.is_due.set(false);
                            if !after.changed.borrow().is_empty() && after.source.borrow().is_some() {
                                after.refresh_in(SETTLE);
                            }
                        },
                        REST,
                    );
                });
            };
            set_timeout(refresh, wait);
        }

        /// Replaces the parts. Returns the topics of postponed ones.
        async fn refresh(&self, topics: &BTreeSet<String>) -> Result<BTreeSet<String>, JsValue> {
            let mut parts = parts("[data-refresh][id]");
            parts.retain(|part| {
                part.get_attribute("data-refresh").is_some_and(|topic| topics.contains(&topic))
            });
            if parts.is_empty() {
                return Ok(BTreeSet::new());
            }
            let from = address()?;
            let response: Response = JsFuture::from(window().fetch_with_str(&from)).await?.dyn_into()?;
            // The session has ended, so the response is another page.
            if !response.ok() || response.redirected() {
                return Ok(BTreeSet::new());
            }
            let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
            // The page shows something else by now, and these parts no longer belong to it.
            if address()? != from {
                return Ok(topics.clone());
            }
            let fresh = DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)?;
            let mut waiting = BTreeSet::new();
            for part in parts {
                let new = fresh.get_element_by_id(&part.id());
                if is_busy(&part) || (new.is_none() && is_written_in()) {
                    waiting.extend(part.get_attribute("data-refresh"));
                    continue;
                }
                // The page has changed as a whole, for example because its figures are ready.
                let Some(new) = new else { return window().location().reload().map(|()| BTreeSet::new()) };
                self.read_out(&part, &new);
                replace(&part, &new)?;
            }
            Ok(waiting)
        }

        fn read_out(&self, old: &Element, new: &Element) {
            if let Some(said) = new
                .get_attribute("data-say")
                .filter(|said| old.get_attribute("data-say").as_ref() != Some(said))
            {
                self.say.set(said);
            }
        }
    }

    fn parts(selector: &str) -> Vec<Element> {
        fields::all(None, selector)
    }

    /// Returns the address to fetch the page from.
    fn address() -> Result<String, JsValue> {
        let named = document().query_selector("[data-refresh-from]")?;
        match named.and_then(|element| element.get_attribute("data-refresh-from")) {
            Some(from) => Ok(from),
            None => window().location().href(),
        }
    }

    fn topics_of(parts: Vec<Element>) -> impl Iterator<Item = String> {
        parts.into_iter().filter_map(|part| part.get_attribute("data-refresh"))
    }

    /// Returns whether the person is using a part.
    fn is_busy(part: &Element) -> bool {
        let has = |what: &str| part.query_selector(what).is_ok_and(|found| found.is_some());
        has("details[open]")
            || has("input:checked")
            || has("dialog[open]")
            || has("form :focus:not(button)")
            || has(":popover-open")
            || fields::is_any_changed(fields::all(Some(part), "input:not([type=hidden]), textarea, option"))
    }

    /// Returns whether a reload would lose input anywhere on the page.
    fn is_written_in() -> bool {
        let writing = "form :focus:not(button), dialog[open], :popover-open";
        document().query_selector(writing).is_ok_and(|found| found.is_some())
    }

    fn replace(old: &Element, new: &Element) -> Result<(), JsValue> {
        let focused = document().active_element().filter(|focused| old.contains(Some(focused)));
        let found_by = focused.and_then(|focused| {
            let by = |name: &str| Some((name.to_owned(), focused.get_attribute(name)?.replace('\'', "\\'")));
            let (name, value) = by("id").or_else(|| by("data-key")).or_else(|| by("href"))?;
            Some(format!("[{name}='{value}']"))
        });
        let new = adopted(&document(), new)?;
        old.replace_with_with_node_1(&new)?;
        if let Some(found) = found_by.and_then(|by| new.query_selector(&by).ok().flatten()) {
            let _ = found.unchecked_into::<HtmlElement>().focus();
        }
        Ok(())
    }

    fn adopted(document: &Document, new: &Element) -> Result<Element, JsValue> {
        Ok(document.adopt_node(new)?.unchecked_into())
    }
}
