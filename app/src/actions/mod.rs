//! What forms are sent to: each action parses, asks whether it may, calls the store and leads on to a page
//! (Post/Redirect/Get). All of them are plain POSTs that work without scripts.

pub mod answers;
pub mod availability;
pub mod changes;
pub mod connection;
mod first_run;
mod forgot;
pub mod leads;
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

use http::{HeaderValue, Method, StatusCode, header};
use leptos::prelude::use_context;
use leptos::server_fn::ServerFn;
use leptos_axum::ResponseOptions;
use store::Actor;

use crate::access::{self, Caller, Denied};
use crate::context::Request;
use crate::error::{Error, Result};
use crate::flash::Flash;

pub use self::connection::Connection;
pub use self::first_run::{FirstRun, first_run};
pub use self::forgot::{ForgotPassword, forgot_password};
pub use self::path::LocalPath;
pub use self::set_password::{SetPassword, set_password};
pub use self::set_theme::{SetTheme, THEME_COOKIE, set_theme};
pub use self::sign_in::{SignIn, sign_in, sign_in_as};
pub use self::sign_out::{SignOut, sign_out};

/// The request of an action, once the table of who may call what lets it pass.
fn allowed<A: ServerFn>() -> Result<Request> {
    let request = Request::current().ok_or(Error::Internal)?;
    may::<A>(&request)?;
    Ok(request)
}

/// Whether whoever looks may do this: what pages ask before they offer it.
///
/// # Errors
/// [`Denied`] when not.
pub fn may<A: ServerFn>(request: &Request) -> Result<(), Denied> {
    let caller =
        request.viewer.as_ref().map_or(Caller::Nobody, |viewer| Caller::Person(viewer.roles.clone()));
    access::check(&Method::POST, A::PATH, &caller, false)
}

/// Who acts, in an action that only people who are signed in get to.
pub(crate) fn actor(request: &Request) -> Result<Actor> {
    request.actor().ok_or(Error::SignedOut)
}

/// As [`actor`], of a form that acts once however often it is sent: `form` is what [`crate::ui::form::once`] put in. A
/// form without it acts each time.
pub(crate) fn actor_once(request: &Request, form: &str) -> Result<Actor> {
    let form = Some(form.trim()).filter(|form| !form.is_empty() && form.len() <= FORM_BYTES);
    Ok(Actor { form: form.map(str::to_owned), ..actor(request)? })
}

/// Bytes of a form's name: a request's id and a word.
const FORM_BYTES: usize = 100;

/// What a page says of a form that was sent twice.
const REPEATED: &str = "The form was sent twice. What it asks for was done once.";

/// Where a form leads back to: to what it says, if that is a path of this site, else to the page given.
fn back_to(next: Option<&str>, page: &str) -> LocalPath {
    next.and_then(LocalPath::parse)
        .or_else(|| LocalPath::parse(page))
        .unwrap_or_else(|| LocalPath::next(None))
}

/// The browser's connection, beside the request.
fn connection() -> Result<Connection> {
    use_context::<Connection>().ok_or(Error::Internal)
}

/// Answers with `303 See Other`: the browser gets the page, and a reload sends nothing twice.
fn lead_to(path: &LocalPath) -> Result<()> {
    let response = use_context::<ResponseOptions>().ok_or(Error::Internal)?;
    let value = HeaderValue::from_str(path.as_str()).map_err(|_| Error::Internal)?;
    response.insert_header(header::LOCATION, value);
    response.set_status(StatusCode::SEE_OTHER);
    Ok(())
}

/// As [`lead_to`], with something to say there.
fn lead_to_with(path: &LocalPath, flash: &Flash) -> Result<()> {
    let (request, connection) = (Request::current().ok_or(Error::Internal)?, connection()?);
    set_cookie(&flash.cookie(request.store.keyring(), connection.secure_cookies))?;
    lead_to(path)
}

fn set_cookie(cookie: &str) -> Result<()> {
    let response = use_context::<ResponseOptions>().ok_or(Error::Internal)?;
    let value = HeaderValue::from_str(cookie).map_err(|_| Error::Internal)?;
    response.append_header(header::SET_COOKIE, value);
    Ok(())
}
