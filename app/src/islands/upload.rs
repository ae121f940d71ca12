//! Uploads of large files in chunks, which resume after an interruption.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What an upload shows, in the viewer's language. Values that are known only in the browser have placeholders:
/// `Uploading {file}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UploadTexts {
    /// The button that resumes the upload.
    pub resume: String,
    /// The button that cancels the upload.
    pub cancel: String,
    /// The start, with `{file}`.
    pub started: String,
    /// The progress, with `{file}`, `{done}` and `{total}`.
    pub progress: String,
    /// Like `progress`, when less than a minute is left.
    pub seconds_left: String,
    /// Like `progress`, with `{left}` minutes.
    pub minutes_left: String,
    /// Like `progress`, with `{left}` hours.
    pub hours_left: String,
    /// The part that was uploaded earlier is compared with the file, with `{done}` and `{total}`.
    pub checking: String,
    /// The server reads the whole file.
    pub finishing: String,
    /// The upload has stopped, and waits for the person.
    pub lost: String,
    /// The upload is about to be tried again.
    pub retrying: String,
    /// The browser cannot read the file.
    pub unreadable: String,
    /// The session has ended.
    pub signed_out: String,
    /// The server gave no reason, with `{status}`.
    pub refused: String,
    /// Sizes in kilobytes, megabytes and gigabytes, with `{size}`.
    pub sizes: [String; 3],
}

/// Takes over `form[data-upload]`: sends its file in chunks, shows the progress, and opens the next page once the server has
/// all of it. Parts of the same file that arrived earlier are skipped. Without scripts, and over plain HTTP, where browsers
/// offer no hashes, the browser submits the form itself.
#[island]
pub fn Upload(
    /// The decimal separator.
    mark: String,
    /// What the upload shows.
    texts: UploadTexts,
) -> impl IntoView {
    let (resume, cancel_upload) = (texts.resume.clone(), texts.cancel.clone());
    let shown = Shown {
        is_open: RwSignal::new(false),
        has_failed: RwSignal::new(false),
        said: RwSignal::new(String::new()),
        told: RwSignal::new(String::new()),
        share: RwSignal::new(0.0),
    };
    let (cancel, again) = handlers(shown, mark, texts);
    view! {
        <div class="uploading" hidden=move || !shown.is_open.get()>
            <div class="progress">
                <label>
                    <span>{move || shown.said.get()}</span>
                    <progress max="1" prop:value=move || shown.share.get()></progress>
                </label>
            </div>
            <p class="row">
                <button type="button" class="btn primary" hidden=move || !shown.has_failed.get() on:click=move |_| again()>
                    {resume}
                </button>
                <button type="button" class="btn" on:click=move |_| cancel()>{cancel_upload}</button>
            </p>
        </div>
        <output class="sr" aria-live="polite">{move || shown.told.get()}</output>
    }
}

/// The visible state of an upload.
#[derive(Clone, Copy)]
struct Shown {
    is_open: RwSignal<bool>,
    /// Whether it needs the person to resume.
    has_failed: RwSignal<bool>,
    /// The progress as text.
    said: RwSignal<String>,
    /// The text for screen readers: the start and a failure, not each chunk.
    told: RwSignal<String>,
    /// The progress from 0 to 1.
    share: RwSignal<f64>,
}

type Handler = Box<dyn Fn()>;

#[cfg(feature = "hydrate")]
fn handlers(shown: Shown, mark: String, texts: UploadTexts) -> (Handler, Handler) {
    browser::start(shown, mark, texts)
}

#[cfg(not(feature = "hydrate"))]
fn handlers(_shown: Shown, _mark: String, _texts: UploadTexts) -> (Handler, Handler) {
    (Box::new(|| ()), Box::new(|| ()))
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    use leptos::prelude::*;
    use leptos::wasm_bindgen::prelude::Closure;
    use leptos::wasm_bindgen::{JsCast as _, JsValue};
    use leptos::web_sys::{Event, HtmlElement, HtmlInputElement};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::js_sys::{ArrayBuffer, Date, JSON, Object, Promise, Reflect, Uint8Array};
    use web_sys::{AbortController, Blob, File, RequestInit, Response};

    use super::{Handler, Shown, UploadTexts};
    use crate::islands::fields;

    /// Consecutive failed attempts before the upload pauses.
    const TRIES: u32 = 6;
    /// Delay between attempts in milliseconds: starts at the first value and doubles up to the second.
    const BACK_OFF_MS: (u32, u32) = (500, 15_000);
    /// The endpoint that starts and continues uploads.
    const UPLOADS: &str = "/import/uploads";

    type Hash = [u8; 32];

    /// The reason an upload stopped.
    enum Trouble {
        /// A retry may succeed.
        Passing,
        /// The bytes on the server belong to a different file of the same name.
        OtherFile,
        /// The server rejected the upload, or the file cannot be read.
        Refused(String),
        /// The person cancelled it.
        Cancelled,
    }

    impl From<JsValue> for Trouble {
        fn from(_: JsValue) -> Self {
            Self::Passing
        }
    }

    /// The server's progress.
    struct Arrived {
        id: String,
        bytes: f64,
        hash: String,
        chunk: f64,
    }

    struct Upload {
        file: File,
        shown: Shown,
        mark: String,
        texts: UploadTexts,
        /// The hash after each chunk computed so far.
        hashes: RefCell<Vec<Hash>>,
        id: RefCell<Option<String>>,
        abort: AbortController,
        is_cancelled: Cell<bool>,
        failures: Cell<u32>,
    }

    /// Listens to the form. Returns handlers that cancel the upload and resume it.
    pub fn start(shown: Shown, mark: String, texts: UploadTexts) -> (Handler, Handler) {
        let current: Rc<RefCell<Option<Rc<Upload>>>> = Rc::default();
        if window().is_secure_context() {
            let (current, mark) = (current.clone(), mark);
            let submitted = Closure::<dyn Fn(Event)>::new(move |event: Event| {
                let Some(file) = chosen() else { return };
                let Ok(abort) = AbortController::new() else { return };
                event.prevent_default();
                let upload = Rc::new(Upload {
                    file,
                    shown,
                    mark: mark.clone(),
                    texts: texts.clone(),
                    hashes: RefCell::default(),
                    id: RefCell::default(),
                    abort,
                    is_cancelled: Cell::default(),
                    failures: Cell::default(),
                });
                current.replace(Some(upload.clone()));
                leptos::task::spawn_local(upload.run());
            });
            for form in fields::all(None, "form[data-upload]") {
                let _ = form.add_event_listener_with_callback("submit", submitted.as_ref().unchecked_ref());
            }
            submitted.forget();
        }
        let to_cancel = current.clone();
        let cancel = move || {
            if let Some(upload) = to_cancel.borrow().clone() {
                leptos::task::spawn_local(upload.cancel());
            }
        };
        let again = move || {
            if let Some(upload) = current.borrow().clone() {
                leptos::task::spawn_local(upload.run());
            }
        };
        (Box::new(cancel), Box::new(again))
    }

    impl Upload {
        async fn run(self: Rc<Self>) {
            self.open(true);
            self.shown.has_failed.set(false);
            self.shown.told.set(filled(&self.texts.started, &[("file", &self.file.name())]));
            self.failures.set(0);
            let mut fresh = false;
            loop {
                match self.attempt(fresh).await {
                    Ok(next) => {
                        let _ = window().location().assign(&next);
                        return;
                    }
                    Err(_) if self.is_cancelled.get() => return,
                    Err(Trouble::OtherFile) => fresh = true,
                    Err(Trouble::Refused(why)) => return self.refuse(&why),
                    Err(Trouble::Passing | Trouble::Cancelled) => {
                        fresh = false;
                        let failures = self.failures.get() + 1;
                        self.failures.set(failures);
                        if failures > TRIES {
                            self.shown.said.set(self.texts.lost.clone());
                            self.shown.told.set(self.texts.lost.clone());
                            self.shown.has_failed.set(true);
                            return;
                        }
                        self.shown.said.set(self.texts.retrying.clone());
                        sleep((BACK_OFF_MS.0 << failures.min(6)).min(BACK_OFF_MS.1)).await;
                    }
                }
            }
        }

        /// Sends the missing part of the file. Returns the page to open.
        async fn attempt(&self, fresh: bool) -> Result<String, Trouble> {
            let mut arrived = self.begin(fresh).await?;
            let hash = self.hash_until(&arrived).await?;
            if hex(&hash) != arrived.hash {
                return Err(Trouble::OtherFile);
            }
            let (from, since) = (arrived.bytes, Date::now());
            let size = self.file.size();
            while arrived.bytes < size {
                self.show(arrived.bytes, (arrived.bytes - from) / (Date::now() - since).max(1.0));
                let piece = self.piece(arrived.bytes, arrived.chunk)?;
                let next = self.hash_after(arrived.bytes, arrived.chunk).await?;
                let address =
                    format!("{UPLOADS}/{}?offset={}&after={}", arrived.id, arrived.bytes, arrived.hash);
                let answer = self.post(&address, "application/octet-stream", &piece).await?;
                arrived.bytes = number(&answer, "received")?;
                arrived.hash = text(&answer, "hash")?;
                if arrived.hash != hex(&next) {
                    return Err(Trouble::Passing);
                }
                self.failures.set(0);
            }
            self.shown.share.set(1.0);
            self.shown.said.set(self.texts.finishing.clone());
            let address = format!("{UPLOADS}/{}/finish", arrived.id);
            let answer = self.post(&address, "application/json", &JsValue::from_str("{}")).await?;
            text(&answer, "next")
        }

        async fn begin(&self, fresh: bool) -> Result<Arrived, Trouble> {
            let file = Object::new();
            Reflect::set(&file, &"name".into(), &self.file.name().into())?;
            Reflect::set(&file, &"bytes".into(), &self.file.size().into())?;
            Reflect::set(&file, &"fresh".into(), &fresh.into())?;
            let body = JSON::stringify(&file)?;
            let answer = self.post(UPLOADS, "application/json", &body).await?;
            let id = text(&answer, "id")?;
            self.id.replace(Some(id.clone()));
            Ok(Arrived {
                id,
                bytes: number(&answer, "received")?,
                hash: text(&answer, "hash")?,
                chunk: number(&answer, "chunk")?,
            })
        }

        /// Returns the hash of this file up to the bytes that have arrived.
        async fn hash_until(&self, arrived: &Arrived) -> Result<Hash, Trouble> {
            let (mut at, mut hash) = (0.0, [0; 32]);
            while at < arrived.bytes {
                if self.is_cancelled.get() {
                    return Err(Trouble::Cancelled);
                }
                self.shown.share.set(at / self.file.size());
                let [done, total] = self.sizes(at, arrived.bytes);
                let said = filled(&self.texts.checking, &[("done", &done), ("total", &total)]);
                self.shown.said.set(said);
                hash = self.hash_after(at, arrived.chunk).await?;
                at += arrived.chunk;
            }
            Ok(hash)
        }

        /// Returns the hash after the chunk at `offset`. Requires the hashes before it.
        async fn hash_after(&self, offset: f64, chunk: f64) -> Result<Hash, Trouble> {
            let number = (offset / chunk) as usize;
            if let Some(known) = self.hashes.borrow().get(number) {
                return Ok(*known);
            }
            let before = match number.checked_sub(1) {
                Some(before) => self.hashes.borrow().get(before).copied().ok_or(Trouble::Passing)?,
                None => [0; 32],
            };
            let unreadable = |_| Trouble::Refused(self.texts.unreadable.clone());
            let bytes =
                JsFuture::from(self.piece(offset, chunk)?.array_buffer()).await.map_err(unreadable)?;
            let of_chunk = digest(&bytes.unchecked_into()).await?;
            let both = Uint8Array::new_with_length(64);
            both.subarray(0, 32).copy_from(&before);
            both.subarray(32, 64).copy_from(&of_chunk);
            let hash = digest(&both.buffer()).await?;
            self.hashes.borrow_mut().push(hash);
            Ok(hash)
        }

        fn piece(&self, offset: f64, chunk: f64) -> Result<Blob, Trouble> {
            let end = (offset + chunk).min(self.file.size());
            Ok(self.file.slice_with_f64_and_f64(offset, end)?)
        }

        /// Sends a request and returns its JSON response.
        async fn post(&self, address: &str, kind: &str, body: &JsValue) -> Result<JsValue, Trouble> {
            let init = RequestInit::new();
            init.set_method("POST");
            init.set_body(body);
            init.set_signal(Some(&self.abort.signal()));
            let headers = Object::new();
            Reflect::set(&headers, &"content-type".into(), &kind.into())?;
            Reflect::set(&headers, &"accept".into(), &"application/json".into())?;
            init.set_headers(&headers);
            let answer = JsFuture::from(window().fetch_with_str_and_init(address, &init)).await?;
            let answer: Response = answer.dyn_into()?;
            // Without a session, the response may be the sign-in page.
            if answer.redirected() {
                return Err(Trouble::Refused(self.texts.signed_out.clone()));
            }
            let said = JsFuture::from(answer.json()?).await;
            match answer.status() {
                200 => Ok(said?),
                401 => Err(Trouble::Refused(self.texts.signed_out.clone())),
                // The upload continued elsewhere, is gone, or the server is busy: the next attempt finds out.
                404 | 409 | 429 | 500.. => Err(Trouble::Passing),
                status => {
                    let detail = said.ok().and_then(|said| text(&said, "detail").ok());
                    let refused = || filled(&self.texts.refused, &[("status", &status.to_string())]);
                    Err(Trouble::Refused(detail.unwrap_or_else(refused)))
                }
            }
        }

        /// Cancels the upload on the server too, then returns to the upload page.
        async fn cancel(self: Rc<Self>) {
            self.is_cancelled.set(true);
            self.abort.abort();
            let id = self.id.borrow().clone();
            if let Some(id) = id {
                let init = RequestInit::new();
                init.set_method("POST");
                init.set_body(&format!("upload={id}").into());
                let headers = Object::new();
                let kind = "application/x-www-form-urlencoded";
                let _ = Reflect::set(&headers, &"content-type".into(), &kind.into());
                init.set_headers(&headers);
                let _ =
                    JsFuture::from(window().fetch_with_str_and_init("/actions/cancel-upload", &init)).await;
            }
            // A reload rather than a navigation, whose view transition this page could not take part in any more.
            let _ = window().location().reload();
        }

        /// Shows the reason and the form again, so that the person can choose another file.
        fn refuse(&self, why: &str) {
            self.open(false);
            self.shown.told.set(why.to_owned());
            for place in fields::all(None, "[data-upload-problem]") {
                place.set_text_content(Some(why));
                let _ = place.remove_attribute("hidden");
            }
        }

        /// Shows either the upload or the form.
        fn open(&self, is_open: bool) {
            self.shown.is_open.set(is_open);
            for part in fields::all(None, "form[data-upload], [data-upload-rest]") {
                part.unchecked_into::<HtmlElement>().set_hidden(is_open);
            }
        }

        /// Shows the progress; `pace` is in bytes per millisecond.
        fn show(&self, sent: f64, pace: f64) {
            let size = self.file.size();
            let texts = &self.texts;
            let (said, left) = match (size - sent) / pace / 1_000.0 {
                _ if pace <= 0.0 => (&texts.progress, 0.0),
                ..60.0 => (&texts.seconds_left, 0.0),
                seconds @ ..5_400.0 => (&texts.minutes_left, seconds / 60.0),
                seconds => (&texts.hours_left, seconds / 3_600.0),
            };
            let ([done, total], left) = (self.sizes(sent, size), format!("{:.0}", left.ceil()));
            let file = self.file.name();
            let values: [(&str, &str); 4] =
                [("done", &done), ("total", &total), ("left", &left), ("file", &file)];
            self.shown.share.set(sent / size);
            self.shown.said.set(filled(said, &values));
        }

        /// Formats two sizes in bytes in the unit that fits the second.
        fn sizes(&self, done: f64, all: f64) -> [String; 2] {
            let [kilobytes, megabytes, gigabytes] = &self.texts.sizes;
            let (unit, text, digits) = match all {
                ..1e6 => (1e3, kilobytes, 0),
                1e6..1e9 => (1e6, megabytes, usize::from(all < 1e8)),
                _ => (1e9, gigabytes, 2),
            };
            [done, all].map(|bytes| {
                let size = format!("{:.digits$}", bytes / unit).replace('.', &self.mark);
                filled(text, &[("size", &size)])
            })
        }
    }

    /// Replaces the placeholders of a text. The name of a file comes last, since it can contain anything.
    fn filled(text: &str, values: &[(&str, &str)]) -> String {
        values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// Returns the file that is selected in the form.
    fn chosen() -> Option<File> {
        let input = fields::all(None, "form[data-upload] input[type=file]").into_iter().next()?;
        input.dyn_into::<HtmlInputElement>().ok()?.files()?.get(0)
    }

    async fn digest(bytes: &ArrayBuffer) -> Result<Hash, Trouble> {
        let subtle = window().crypto()?.subtle();
        let hash = JsFuture::from(subtle.digest_with_str_and_buffer_source("SHA-256", bytes)?).await?;
        let mut bytes = [0; 32];
        Uint8Array::new(&hash).copy_to(&mut bytes);
        Ok(bytes)
    }

    async fn sleep(ms: u32) {
        let wait = Promise::new(&mut |done, _| {
            let ms = i32::try_from(ms).unwrap_or(i32::MAX);
            let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&done, ms);
        });
        let _ = JsFuture::from(wait).await;
    }

    fn hex(hash: &Hash) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
        hash.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
    }

    fn number(answer: &JsValue, name: &str) -> Result<f64, Trouble> {
        Reflect::get(answer, &name.into())?.as_f64().ok_or(Trouble::Passing)
    }

    fn text(answer: &JsValue, name: &str) -> Result<String, Trouble> {
        Reflect::get(answer, &name.into())?.as_string().ok_or(Trouble::Passing)
    }
}
