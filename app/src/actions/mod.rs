//! Form actions. Each one parses its input, checks access, calls the store and redirects to a page (Post/Redirect/Get). All of
//! them are plain POSTs that work without scripts.

pub mod answers;
pub mod availability;
pub mod changes;
pub mod connection;
pub mod erasure;
mod first_run;
mod forgot;
pub mod leads;
pub mod merges;
pub mod path;
pub mod people;
pub mod queue;
pub mod releases;
pub mod runs;
mod set_password;
mod set_theme;
pub mod settings;
mod sign_in;
mod sign_out;
pub mod stop;
pub mod switches;
pub mod sync;
pub mod throttle;
pub mod titles;
pub mod views;

use engine::change::Kind;
use engine::change::kinds::TextFormat;
use http::{HeaderValue, Method, StatusCode, header};
use leptos::prelude::use_context;
use leptos::server_fn::ServerFn;
use leptos_axum::ResponseOptions;
use store::Actor;

use crate::access::{self, AccessDenied, Caller};
use crate::context::Request;
use crate::error::{Error, Result};
use crate::flash::{Flash, FlashSeal};

pub use self::connection::Connection;
pub use self::first_run::{FirstRun, first_run};
pub use self::forgot::{ForgotPassword, forgot_password};
pub use self::path::LocalPath;
pub use self::set_password::{SetPassword, set_password};
pub use self::set_theme::{SetTheme, THEME_COOKIE, set_theme};
pub use self::sign_in::{SignIn, sign_in, sign_in_as};
pub use self::sign_out::{SignOut, sign_out};

/// Returns the request of an action if the access table permits it.
fn allowed<A: ServerFn>() -> Result<Request> {
    let request = Request::current().ok_or(Error::Internal)?;
    may::<A>(&request)?;
    Ok(request)
}

/// Checks whether the viewer may call an action. Pages use this to decide whether to offer it.
///
/// # Errors
/// Returns [`AccessDenied`] if the viewer is refused.
pub fn may<A: ServerFn>(request: &Request) -> Result<(), AccessDenied> {
    let caller =
        request.viewer.as_ref().map_or(Caller::Nobody, |viewer| Caller::Person(viewer.roles.clone()));
    access::check(&Method::POST, A::PATH, &caller, false)
}

/// Runs an act that reads, compiles or compares content in a slot for such work; see [`service::compute`]. Redirects and messages with
/// numbers need the thread of the request, so they come afterwards. `bytes` is the size of the content.
pub(crate) async fn in_slot<W, T>(request: &Request, bytes: usize, work: W) -> Result<T>
where
    W: AsyncFnOnce(Request) -> T + Send + 'static,
    T: Send + 'static,
{
    let own = request.clone();
    Ok(request.compute.run(bytes, async move || work(own).await).await?)
}

/// Returns the size to expect of content that was not read yet.
pub(crate) fn expected_bytes(kind: Kind) -> usize {
    match kind.spec().text {
        TextFormat::Lines => usize::MAX,
        TextFormat::Yaml => 0,
    }
}

/// Returns the actor of an action that requires sign-in.
pub(crate) fn actor(request: &Request) -> Result<Actor> {
    request.actor().ok_or(Error::SignedOut)
}

/// Like [`actor`], for a form that takes effect only once: `form` is the token that [`crate::ui::form::once`] put in. A form
/// without a token takes effect each time it is sent.
pub(crate) fn actor_once(request: &Request, form: &str) -> Result<Actor> {
    let form = Some(form.trim()).filter(|form| !form.is_empty() && form.len() <= FORM_BYTES);
    Ok(Actor { form: form.map(str::to_owned), ..actor(request)? })
}

/// The maximum length of a form's name in bytes: a request id and a word.
const FORM_BYTES: usize = 100;

/// The message for a form that was sent twice.
const REPEATED: &str = "The form was submitted twice and took effect once.";

/// Returns the path to redirect to: `next` if it is a path of this site, otherwise `page`.
fn back_to(next: Option<&str>, page: &str) -> LocalPath {
    next.and_then(LocalPath::parse)
        .or_else(|| LocalPath::parse(page))
        .unwrap_or_else(|| LocalPath::next(None))
}

/// Returns the connection of the current request.
fn connection() -> Result<Connection> {
    use_context::<Connection>().ok_or(Error::Internal)
}

/// Responds with `303 See Other`, so that reloading the page does not send the form again.
fn lead_to(path: &LocalPath) -> Result<()> {
    let response = use_context::<ResponseOptions>().ok_or(Error::Internal)?;
    let value = HeaderValue::from_str(path.as_str()).map_err(|_| Error::Internal)?;
    response.insert_header(header::LOCATION, value);
    response.set_status(StatusCode::SEE_OTHER);
    Ok(())
}

/// Like [`lead_to`], with a flash message for the next page.
fn lead_to_with(path: &LocalPath, flash: &Flash) -> Result<()> {
    let (request, connection) = (Request::current().ok_or(Error::Internal)?, connection()?);
    // An action that ended or replaced the session leaves it without an id until the response is sent.
    let session = request.viewer.as_ref().and_then(|viewer| viewer.session);
    let seal = FlashSeal {
        keyring: request.store.keyring(),
        now: request.now,
        session: session.filter(|_| connection.session.id().is_some()),
        page: path.page(),
        is_secure: connection.secure_cookies,
    };
    set_cookie(&flash.cookie(&seal))?;
    lead_to(path)
}

fn set_cookie(cookie: &str) -> Result<()> {
    let response = use_context::<ResponseOptions>().ok_or(Error::Internal)?;
    let value = HeaderValue::from_str(cookie).map_err(|_| Error::Internal)?;
    response.append_header(header::SET_COOKIE, value);
    Ok(())
}
